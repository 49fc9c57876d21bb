import { lineEnd, lineStart, nextLine, type Splice } from './splice.ts';
import { entryOf } from './yaml-navigate.ts';
import { writtenEnd } from './short-tags.ts';
import { quoteYaml } from './yaml-quote.ts';
import type { YamlDocument, YamlEntry, YamlList, YamlMap, YamlNode } from './yaml.ts';

/**
 * Replaces the value of a key, or adds the entry at the map's end, in the map's own style; comments, anchors, indentation and
 * line endings around it stay.
 * @param valueText YAML as it would stand at column 0. Several lines that start with a key or a dash, and any text that starts
 *   with a newline, go on lines of their own below the key; of other texts (`!If`, `|`) the first line stands behind the colon.
 *   In a map in braces it must be one line of flow style, in JSON one of JSON.
 */
export function setEntry(document: YamlDocument, map: YamlMap, key: string, valueText: string): Splice {
  if (map.tag !== undefined) throw new Error(`unreachable: an entry set in the short form ${map.tag}`);
  const entry = entryOf(map, key);
  if (entry && entry.merged !== true) return replaceValue(document, map, entry, valueText);
  const pair = (indent: number): string => `${quoteYaml(document, key)}:${valueBehind(document, valueText, indent, map.flow)}`;
  return map.flow ? addToFlow(document, map, pair(0)) : addLine(document, map, pair(columnOf(document, map)));
}

/** Removes an entry with its lines, or from its braces; undefined when the map has no such entry of its own. The last one leaves `{}`. */
export function removeEntry(document: YamlDocument, map: YamlMap, key: string): Splice | undefined {
  const { text } = document.source;
  const entry = entryOf(map, key);
  if (!entry || entry.merged === true || map.tag !== undefined) return undefined;
  const own = map.entries.filter((other) => other.merged !== true);
  const index = own.indexOf(entry);
  const next = own[index + 1];
  if (map.flow) return removeFromFlow(text, own[index - 1]?.span.end, entry, next?.span.start);
  const start = lineStart(text, entry.span.start);
  const standsAlone = /^\s*(?:\?\s+)?$/u.test(text.slice(start, entry.span.start));
  if (!standsAlone && next) return { start: entry.span.start, end: next.span.start, text: '' };
  const isWhole = map.span.start >= entry.span.start && map.span.end <= entry.span.end;
  if (!standsAlone || isWhole) return { start: entry.span.start, end: entry.span.end, text: '{}' };
  const end = nextLine(text, entry.span.end);
  // Without a newline behind the last line, the one before goes.
  const from = end === text.length && text[end - 1] !== '\n' && start > 0 ? lineEnd(text, start - 1 - (text[start - 2] === '\r' ? 1 : 0)) : start;
  return { start: from, end, text: '' };
}

/**
 * Adds several entries that a map does not have yet, at its end. The splices may share an offset and keep their order.
 * For value texts see `setEntry`.
 */
export function addEntries(document: YamlDocument, map: YamlMap, entries: readonly (readonly [key: string, valueText: string])[]): readonly Splice[] {
  const [first] = entries;
  if (!first || !map.flow || map.entries.some((entry) => entry.merged !== true)) return entries.map(([key, valueText]) => setEntry(document, map, key, valueText));
  const members = entries.map(([key, valueText]) => `${quoteYaml(document, key)}: ${valueText.trim()}`);
  return [{ ...setEntry(document, map, ...first), text: members.join(', ') }];
}

/**
 * Adds an entry before another one of the same map, above the comments that belong to that one, and apart from it by an empty
 * line where the file has one above it. For `valueText` see `setEntry`.
 */
export function insertEntry(document: YamlDocument, map: YamlMap, before: YamlEntry, key: string, valueText: string): Splice {
  const { text } = document.source;
  const { start: at } = before.span;
  const begin = lineStart(text, at);
  const lead = text.slice(begin, at);
  const isOwnLine = /^[ \t]*$/u.test(lead);
  if (map.flow) {
    const member = `${quoteYaml(document, key)}: ${valueText.trim()},`;
    return { start: at, end: at, text: isOwnLine ? `${member}${document.newline}${lead}` : `${member} ` };
  }
  const pair = `${quoteYaml(document, key)}:${valueBehind(document, valueText, columnAt(text, at), false)}`;
  // In a list the first entry stands behind the dash.
  if (!isOwnLine) return { start: at, end: at, text: `${pair}${document.newline}${' '.repeat(columnAt(text, at))}` };
  const start = aboveComments(text, begin, lead.length);
  const gap = start > 0 && /(?:^|\n)[ \t]*\r?\n$/u.test(text.slice(0, start)) ? document.newline : '';
  return { start, end: start, text: `${lead}${pair}${document.newline}${gap}` };
}

/** Where the comment lines directly above a line begin, as far as they stand in its column. */
function aboveComments(text: string, lineBegin: number, column: number): number {
  let start = lineBegin;
  while (start > 0) {
    const previous = lineStart(text, start - 1);
    const line = text.slice(previous, start);
    if (previous === start || line.search(/\S/u) !== column || line[column] !== '#') return start;
    start = previous;
  }
  return start;
}

/** Adds an item at a list's end, in the list's own style. For `valueText` see `setEntry`. */
export function appendItem(document: YamlDocument, list: YamlList, valueText: string): Splice {
  if (list.flow) return addToFlow(document, list, valueText.trim());
  const column = columnOf(document, list);
  const lines = linesOf(valueText.replace(/^\r?\n/u, ''));
  return addLine(document, list, `- ${indented(lines, column + 2).trimStart().replaceAll('\n', document.newline)}`);
}

function linesOf(text: string): readonly string[] {
  return text.replace(/\s+$/u, '').split(/\r?\n/u);
}

function indented(lines: readonly string[], column: number): string {
  return lines.map((line) => (line.trim() === '' ? '' : ' '.repeat(column) + line)).join('\n');
}

/** What follows the colon, its blank or newline included. */
function valueBehind(document: YamlDocument, valueText: string, column: number, isFlow: boolean): string {
  if (isFlow) return ` ${valueText.trim()}`;
  const isNested = isNestedText(valueText);
  const lines = linesOf(isNested ? valueText.replace(/^\r?\n/u, '') : valueText);
  const [first = '', ...rest] = lines;
  const depth = column + stepOf(document);
  const text = isNested ? `\n${indented(lines, depth)}` : [` ${first}`, ...(rest.length > 0 ? [indented(rest, isIndented(rest) ? column : depth)] : [])].join('\n');
  return text.replaceAll('\n', document.newline);
}

function isNestedText(text: string): boolean {
  if (/^\r?\n/u.test(text)) return true;
  return /\n/u.test(text.trimEnd()) && /^(?:-\s|["']?[\w:.${}-]+["']?:(?:\s|$))/u.test(text);
}

/** Continuation lines that bring their own indentation keep it. */
function isIndented(lines: readonly string[]): boolean {
  return lines.every((line) => line.trim() === '' || /^\s/u.test(line));
}

function replaceValue(document: YamlDocument, map: YamlMap, entry: YamlEntry, valueText: string): Splice {
  const { text } = document.source;
  const { value } = entry;
  const start = (value.alias ?? value.span).start;
  const end = writtenEnd(value);
  const keyEnd = entry.key.span.end;
  const colon = keyEnd + text.slice(keyEnd, start).indexOf(':');
  if (colon < keyEnd) return { start: keyEnd, end: Math.max(keyEnd, end), text: `:${valueBehind(document, valueText, 0, map.flow)}` };
  if (map.flow) return { start, end, text: start === colon + 1 ? ` ${valueText.trim()}` : valueText.trim() };
  const behind = valueBehind(document, valueText, columnAt(text, entry.key.span.start), false);
  const isSameLine = !text.slice(colon, start).includes('\n');
  // Below several lines a comment would join the last of them, which may be text: it goes up behind the first.
  const trailing = behind.includes('\n') ? (/^[ \t]+#.*$/u.exec(text.slice(end, lineEnd(text, end)))?.[0] ?? '') : '';
  if (isSameLine && behind.startsWith(' ') && start > colon + 1 && trailing === '') return { start, end, text: behind.slice(1) };
  // An anchor or a comment behind the colon stays where it is.
  const between = text.slice(colon + 1, isSameLine ? start : lineEnd(text, colon)).trimEnd();
  const comment = /(?:^|\s)#.*$/u.exec(between)?.[0] ?? '';
  const anchor = between.slice(0, between.length - comment.length).trimEnd();
  const [head = '', ...rest] = behind.split(document.newline);
  return { start: colon + 1, end: end + trailing.length, text: [anchor + head + comment + trailing, ...rest].join(document.newline) };
}

/** Adds a line behind a block map or list. */
function addLine(document: YamlDocument, node: YamlMap | YamlList, line: string): Splice {
  const { text } = document.source;
  const at = lineEnd(text, keptEnd(text, node));
  return { start: at, end: at, text: document.newline + ' '.repeat(columnOf(document, node)) + line };
}

/** Where a node ends; blank lines belong to a block scalar that keeps them (`|+`). */
function keptEnd(text: string, node: YamlNode): number {
  const end = node.span.end;
  const last = lastScalar(node);
  if (last?.kind !== 'scalar' || last.alias || last.span.end !== end || !/^[|>]\d*\+/u.test(last.text)) return end;
  const blank = /^(?:[ \t]*\r?\n)+/u.exec(text.slice(lineEnd(text, end)))?.[0] ?? '';
  return blank === '' ? end : lineEnd(text, end) + blank.replace(/\r?\n$/u, '').length;
}

function lastScalar(node: YamlNode): YamlNode {
  let at = node;
  for (;;) {
    const child = at.alias ? undefined : at.kind === 'map' ? at.entries.at(-1)?.value : at.kind === 'list' ? at.items.at(-1) : undefined;
    if (!child) return at;
    at = child;
  }
}

/** Adds to `{…}` or `[…]`: on a line of its own where the last member has one. */
function addToFlow(document: YamlDocument, node: YamlMap | YamlList, member: string): Splice {
  const { text } = document.source;
  const close = node.span.end - 1;
  const last = node.kind === 'map' ? node.entries.filter((entry) => entry.merged !== true).at(-1)?.span : lastItemSpan(node);
  if (!last) return { start: node.span.start + 1, end: close, text: member };
  const tail = text.slice(last.end, close);
  const hasComma = /^\s*,/u.test(tail);
  const begin = lineStart(text, last.start);
  const lead = text.slice(begin, last.start);
  const isOwnLine = /^\s*$/u.test(lead) && tail.includes('\n');
  if (!isOwnLine) {
    const at = hasComma ? last.end + tail.indexOf(',') + 1 : last.end;
    return { start: at, end: at, text: hasComma ? ` ${member}` : `, ${member}` };
  }
  const end = lineEnd(text, last.end);
  const rest = text.slice(last.end, end);
  return { start: last.end, end, text: `${hasComma ? '' : ','}${rest}${document.newline}${lead}${member}` };
}

function lastItemSpan(list: YamlList): { readonly start: number; readonly end: number } | undefined {
  const last = list.items.at(-1);
  return last && (last.alias ?? last.span);
}

function removeFromFlow(text: string, previousEnd: number | undefined, entry: YamlEntry, nextStart: number | undefined): Splice {
  if (nextStart !== undefined) return { start: entry.span.start, end: nextStart, text: '' };
  if (previousEnd !== undefined) return { start: previousEnd, end: entry.span.end, text: '' };
  const comma = /^\s*,/u.exec(text.slice(entry.span.end))?.[0] ?? '';
  return { start: entry.span.start, end: entry.span.end + comma.length, text: '' };
}

function columnOf(document: YamlDocument, node: YamlMap | YamlList): number {
  return columnAt(document.source.text, node.span.start);
}

function columnAt(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

/** How many spaces the file indents by: those of its first nested map. */
function stepOf(document: YamlDocument): number {
  const { text } = document.source;
  for (const { value, key } of document.root.entries) {
    if (value.kind !== 'map' || value.flow || value.alias || value.tag !== undefined) continue;
    const step = columnAt(text, value.span.start) - columnAt(text, key.span.start);
    if (step > 0) return step;
  }
  return 2;
}
