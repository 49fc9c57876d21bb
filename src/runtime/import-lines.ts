/** A module's docstring in one of its plain forms. */
const docstring = /^[ru]?(?:"""[^\\]*?"""|'''[^\\]*?'''|"[^"\\\n]*"|'[^'\\\n]*')[ \t]*(?:#.*)?$/mu;
const name = String.raw`[A-Za-z_]\w*`;
const dotted = `${name}(?:\\.${name})*`;
const one = (what: string): string => `${what}(?:[ \\t]+as[ \\t]+${name})?`;
const some = (what: string): string => `${one(what)}(?:[ \\t]*,[ \\t]*${one(what)})*`;
const importLine = new RegExp(`^(?:import[ \\t]+(${some(dotted)})|from[ \\t]+(${dotted})[ \\t]+import[ \\t]+(?:\\*|${some(name)}))[ \\t]*(?:#.*)?$`, 'u');

/** An import statement at a module's begin. */
export interface ImportLine {
  readonly text: string;
  /** First parts of the modules that it names: `urllib` of `urllib.parse`. */
  readonly roots: readonly string[];
}

/**
 * The import statements that a Python module begins with, before anything else that it does: what they do depends on nothing in it.
 * Reads less than Python does; the list ends at the first line that is not surely an import of its own on one line.
 */
export function importLinesOf(source: string): readonly ImportLine[] {
  let text = source.replace(/^\uFEFF/u, '').replaceAll('\r\n', '\n').replace(/^(?:[ \t]*(?:#.*)?\n)*/u, '');
  const doc = docstring.exec(text);
  if (doc?.index === 0) text = text.slice(doc[0].length);
  const found: ImportLine[] = [];
  for (const line of text.split('\n')) {
    if (/^[ \t]*(?:#.*)?$/u.test(line)) continue;
    const [, modules, from] = importLine.exec(line) ?? [];
    const named = from ?? modules;
    if (named === undefined) break;
    const roots = named.split(',').map((part) => /^[ \t]*(\w+)/u.exec(part)?.[1] ?? '');
    found.push({ text: line.replace(/[ \t]*#.*$/u, ''), roots });
  }
  return found;
}
