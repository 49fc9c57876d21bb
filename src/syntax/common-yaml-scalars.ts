import { advance, leave, lineEnd, type Cursor } from './common-yaml-cursor.ts';
import { jsonValue, plainValue } from './yaml-scalar.ts';
import type { YamlScalar } from './yaml.ts';

/** Longer keys than 1,024 characters are an error; no text on one line that may be a key comes near. */
const longest = 1000;

/** Where a plain scalar's part on this line stops: at a colon, comment, line break or bracket. Blanks before that are not cut off. */
export function plainStop(text: string, from: number, isFlow: boolean): number {
  startsPlain(text, from, isFlow);
  const stops = isFlow ? flowStop : lineStop;
  for (let at = from; ; at++) {
    stops.lastIndex = at;
    at = stops.test(text) ? stops.lastIndex - 1 : text.length;
    const code = text.charCodeAt(at);
    if (code === 9) leave();
    if (code === 58) {
      const next = text.charCodeAt(at + 1);
      if (next === 9 || (isFlow && isIndicator(next))) leave();
      if (next === 32 || next === 10 || Number.isNaN(next)) return at - from > longest ? leave() : at;
    } else if (code !== 35 || text.charCodeAt(at - 1) === 32) return at;
  }
}

const lineStop = /[\n\t:#]/gu;
const flowStop = /[\n\t:#,[\]{}]/gu;

/** Leaves when what is at an offset cannot begin a plain scalar, or only in ways that are rare. */
function startsPlain(text: string, at: number, isFlow: boolean): void {
  const char = text.charAt(at);
  if (char === '' || '\n\t ,[]{}#&*!|>\'"%@`?:'.includes(char)) leave();
  if (char !== '-') return;
  const next = text.charAt(at + 1);
  if (next === '' || ' \n\t'.includes(next) || (isFlow && ',[]{}'.includes(next))) leave();
}

function isIndicator(code: number): boolean {
  return code === 44 || code === 91 || code === 93 || code === 123 || code === 125;
}

/** A plain scalar on one line, with the blanks behind it. */
export function scalarOf({ text, isJson }: Cursor, start: number, stop: number): YamlScalar {
  let end = stop;
  while (text.charCodeAt(end - 1) === 32) end--;
  return plainOf(isJson, text.slice(start, end), text.slice(start, end), start);
}

function plainOf(isJson: boolean, content: string, text: string, start: number): YamlScalar {
  // A merge key, or a value that looks like one.
  if (content === '<<') leave();
  return { kind: 'scalar', value: (isJson ? jsonValue(content) : undefined) ?? plainValue(content), text, span: { start, end: start + text.length } };
}

/** A plain scalar that may go on over lines which are indented deeper than the parent. The cursor is then at the next line with content. */
export function plainScalar(cursor: Cursor, parent: number): YamlScalar {
  const { text, at: start } = cursor;
  let stop = plainStop(text, start, false);
  let end = stop;
  while (text.charCodeAt(end - 1) === 32) end--;
  let content = text.slice(start, end);
  for (;;) {
    if (text.charCodeAt(stop) === 58) leave();
    cursor.at = lineEnd(text, stop);
    const isLast = cursor.at > stop;
    const before = cursor.at;
    advance(cursor);
    if (cursor.column <= parent) break;
    // A comment before the next line ends the scalar, and nothing may follow it then.
    const between = text.slice(before, cursor.at);
    if (isLast || !/^\s+$/u.test(between) || isOdd(text, cursor.at)) leave();
    const breaks = between.split('\n').length - 2;
    stop = plainStop(text, cursor.at, false);
    end = stop;
    while (text.charCodeAt(end - 1) === 32) end--;
    content += (breaks === 0 ? ' ' : '\n'.repeat(breaks)) + text.slice(cursor.at, end);
  }
  return plainOf(cursor.isJson, content, text.slice(start, end), start);
}

/** Lines that look like an entry of a list. */
function isOdd(text: string, at: number): boolean {
  return text.charCodeAt(at) === 45;
}

/** A quoted scalar on one line; the cursor is then behind it. */
export function quotedScalar(cursor: Cursor): YamlScalar {
  const { text, at: start } = cursor;
  const isDouble = text.charCodeAt(start) === 34;
  const pattern = isDouble ? doubleQuoted : singleQuoted;
  pattern.lastIndex = start;
  const written = pattern.exec(text)?.[0] ?? leave();
  if (written.length > longest && text.charCodeAt(start + written.length) === 58) leave();
  cursor.at = start + written.length;
  const inner = written.slice(1, -1);
  const value = !isDouble ? inner.replaceAll("''", "'") : inner.includes('\\') ? inner.replace(/\\(.)/gu, (_, char: string) => escapes.get(char) ?? leave()) : inner;
  return { kind: 'scalar', value, text: written, span: { start, end: cursor.at } };
}

const singleQuoted = /'(?:[^'\n]|'')*'(?!')/uy;
const doubleQuoted = /"(?:[^"\\\n]|\\[^\n])*"/uy;
const escapes: ReadonlyMap<string, string> = new Map([['"', '"'], ['\\', '\\'], ['/', '/'], ['n', '\n'], ['t', '\t'], ['r', '\r']]);

/** `|` and `>` with their lines. The cursor is then at the next line with content. */
export function blockScalar(cursor: Cursor, parent: number): YamlScalar {
  const { text, at: start } = cursor;
  const isFolded = text.charCodeAt(start) === 62;
  const isStripped = text.charCodeAt(start + 1) === 45;
  cursor.at += isStripped ? 2 : 1;
  while (text.charCodeAt(cursor.at) === 32) cursor.at++;
  if (text.charCodeAt(cursor.at) !== 10) leave();
  const { lines, end } = blockLines(cursor, parent);
  const content = isFolded ? folded(lines) : lines.join('\n');
  advance(cursor);
  const written = text.slice(start, end);
  return { kind: 'scalar', value: isStripped ? content : `${content}\n`, text: written, span: { start, end: start + written.length } };
}

/** The lines of a block scalar without their indentation, and where the last one with content ends. The cursor is then at the break after it. */
function blockLines(cursor: Cursor, parent: number): { readonly lines: readonly string[]; readonly end: number } {
  const { text } = cursor;
  const lines: string[] = [];
  let count = 0;
  let end = cursor.at;
  let indent = -1;
  let trailing = end;
  for (let start = cursor.at + 1; start < text.length; ) {
    let at = start;
    while (text.charCodeAt(at) === 32) at++;
    const stop = lineEnd(text, at);
    if (at < stop) {
      const column = at - start;
      if (column <= parent && text.charCodeAt(at) !== 9) break;
      if (indent < 0) indent = column;
      // Less than the first line, yet inside; or a blank line that is no blank.
      if (column < indent || text.charCodeAt(at) === 9) leave();
      lines.push(text.slice(start + indent, stop));
      count = lines.length;
      end = stop;
      cursor.at = stop;
      trailing = stop;
    } else {
      trailing = stop;
      if (indent < 0 && at > start) leave();
      lines.push(text.slice(Math.min(start + Math.max(indent, 0), at), at));
    }
    start = stop + 1;
  }
  // Blanks on the lines after the last one with content may count as content.
  if (indent < 0 || text.slice(end + 1, trailing).includes(' ')) leave();
  return { lines: lines.slice(0, count), end: withoutBlanks(text, end) };
}

/** Blanks at the end of the last line are in the value, but not in what counts as written. */
function withoutBlanks(text: string, end: number): number {
  let at = end;
  while (text.charCodeAt(at - 1) === 32 || text.charCodeAt(at - 1) === 9) at--;
  return at;
}

/** Lines joined by blanks, blank lines kept as breaks; lines that are indented further have rules of their own. */
function folded(lines: readonly string[]): string {
  let content = '';
  let join = '';
  let hasText = false;
  for (const line of lines) {
    if (line.startsWith(' ')) leave();
    if (line !== '') {
      content += join + line;
      join = ' ';
      hasText = true;
    } else if (join === '\n' || !hasText) content += '\n';
    else join = '\n';
  }
  return content;
}
