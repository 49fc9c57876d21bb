import { entryOf, type YamlEntry, type YamlList, type YamlMap, type YamlNode, type YamlScalar } from '../../syntax/yaml.ts';

/** The value under a key; when a key stands twice the later one wins, and one written out wins over a merged one. */
export function member(node: YamlNode | undefined, name: string): YamlNode | undefined {
  return entryOf(node, name)?.value;
}

/** A key as text: `8080:` is the key "8080". */
export function nameOf(entry: YamlEntry): string {
  return String(entry.key.value);
}

/** The entries that count: each key once. */
export function membersOf(node: YamlNode | undefined): readonly YamlEntry[] {
  if (node?.kind !== 'map') return [];
  const names = new Set(node.entries.map(nameOf));
  if (names.size === node.entries.length) return node.entries;
  return [...names].flatMap((name) => entryOf(node, name) ?? []);
}

/** A map with these entries, standing where `at` stands. */
export function mapAt(at: YamlMap, entries: readonly YamlEntry[]): YamlMap {
  return { ...at, entries };
}

/** A list with these items, standing where `at` stands. */
export function listAt(at: YamlNode, items: readonly YamlNode[]): YamlList {
  return { kind: 'list', items, flow: true, span: at.span };
}

/** A scalar that an expression came to, standing where the expression stands. */
export function scalarAt(at: YamlNode, value: YamlScalar['value']): YamlScalar {
  return { kind: 'scalar', value, text: String(value), span: at.span };
}

/** A scalar as the text that CloudFormation makes of it; undefined for maps, lists and null. */
export function textOf(node: YamlNode | undefined): string | undefined {
  if (node?.kind !== 'scalar' || node.value === null) return undefined;
  return Number.isNaN(node.value) ? node.text : String(node.value);
}

/** What a node is called in a message. */
export function kindOf(node: YamlNode): string {
  if (node.kind === 'map') return intrinsicOf(node) === undefined ? 'a map' : intrinsicNameOf(node);
  if (node.kind === 'list') return 'a list';
  return node.value === null ? 'empty' : `the ${typeof node.value} ${JSON.stringify(node.value)}`;
}

/** The one entry of a map that is an intrinsic function (`Ref`, `Fn::…`), else undefined. */
export function intrinsicOf(node: YamlNode): YamlEntry | undefined {
  if (node.kind !== 'map' || node.entries.length !== 1) return undefined;
  const [entry] = node.entries;
  if (entry === undefined) return undefined;
  const name = nameOf(entry);
  const isFunction = name === 'Ref' || (name.startsWith('Fn::') && !name.startsWith('Fn::ForEach'));
  return isFunction ? entry : undefined;
}

function intrinsicNameOf(node: YamlMap): string {
  return node.tag ?? `the function ${String(node.entries[0]?.key.value)}`;
}
