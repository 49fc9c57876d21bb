/** An element of an answer: its text, or its children by name. */
export interface XmlElement {
  readonly text: string;
  readonly children: readonly { readonly name: string; readonly element: XmlElement }[];
}

/**
 * Reads what AWS's Query APIs answer: elements and text, no namespaces that matter. Attributes are passed over. A library for
 * all of XML would be twenty times this and has to be told to switch most of it off.
 */
export function readXml(text: string): XmlElement {
  const open: { readonly name: string; readonly children: { name: string; element: XmlElement }[]; text: string }[] = [{ name: '', children: [], text: '' }];
  for (const [, cdata, closing, name = '', isEmpty, chars] of text.matchAll(/<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([\w:.-]+)(?:\s[^<>]*?)?(\/?)>|([^<]+)/gu)) {
    const top = open.at(-1);
    if (!top) break;
    if (chars !== undefined) top.text += decoded(chars);
    else if (cdata !== undefined) top.text += cdata;
    else if (name === '') continue;
    else if (closing === '/') {
      if (open.length === 1) break;
      open.pop();
      open.at(-1)?.children.push({ name: top.name, element: { text: top.text, children: top.children } });
    } else if (isEmpty === '/') top.children.push({ name, element: { text: '', children: [] } });
    else open.push({ name, children: [], text: '' });
  }
  const [root] = open;
  return { text: root?.text ?? '', children: root?.children ?? [] };
}

/** The element below by a path of names; undefined where there is none. */
export function elementAt(from: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((at, name) => at?.children.find((child) => child.name === name)?.element, from);
}

/** The text below by a path of names, trimmed. */
export function textAt(from: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  return elementAt(from, ...path)?.text.trim();
}

/** The `member`s of a list. */
export function membersAt(from: XmlElement | undefined, ...path: readonly string[]): readonly XmlElement[] {
  return (elementAt(from, ...path)?.children ?? []).filter((child) => child.name === 'member').map((child) => child.element);
}

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decoded(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/giu, (all, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
    if (name !== undefined) return named[name] ?? all;
    const code = Number.parseInt(hex ?? decimal ?? '', hex === undefined ? 10 : 16);
    return code <= 0x10_ff_ff ? String.fromCodePoint(code) : all;
  });
}
