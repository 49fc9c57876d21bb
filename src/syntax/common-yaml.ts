import type { SourceFile } from '../base/source.ts';
import { advance, endLine, isDash, leave, uncommon, type Cursor } from './common-yaml-cursor.ts';
import { flowNode, tagAt } from './common-yaml-flow.ts';
import { blockScalar, plainScalar, plainStop, quotedScalar, scalarOf } from './common-yaml-scalars.ts';
import { spellOut, writtenEnd } from './short-tags.ts';
import type { YamlDocument, YamlEntry, YamlList, YamlMap, YamlNode, YamlScalar } from './yaml.ts';

/** A document's root, and its keys that stand twice. */
export type CommonYaml = Pick<YamlDocument, 'root' | 'duplicates'>;

/** Levels of nesting that are read here. */
const deepest = 60;

/** Characters that end lines or count as blanks in one reader and not in the other, and marks of further documents. */
const unusual = /[\r\v\f\0\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]|^\.\.\.|\n(?:---|\.\.\.)/u;

/**
 * Reads YAML in the forms that templates are mostly written in, at a tenth of the time that a reader of all of YAML takes
 * in a process that has just started. Undefined for everything else, be it broken or merely uncommon: anchors, tabs, CRLF, keys that are
 * no plain or quoted text on one line, quoted text over several lines. What it gives is what `readTree` makes of the same text.
 */
export function readCommonYaml(source: SourceFile, isJson: boolean): CommonYaml | undefined {
  const head = /^(?:[ ]*(?:#[^\n]*)?\n)*---[ ]*\n/u.exec(source.text)?.[0].length ?? 0;
  if (unusual.test(head === 0 ? source.text : source.text.slice(head - 1))) return undefined;
  const cursor: Cursor = { text: source.text, isJson, at: head - 1, column: -1, lineStart: 0, duplicates: [], depth: 0 };
  try {
    advance(cursor);
    const isFlow = source.text.charAt(cursor.at) === '{';
    const root = isFlow || cursor.column === 0 ? blockNode(cursor, -1) : leave();
    if (cursor.column !== -1 || root.kind !== 'map' || root.tag !== undefined) return undefined;
    return { root, duplicates: cursor.duplicates };
  } catch (error) {
    if (error === uncommon) return undefined;
    throw error;
  }
}

/** The node at the cursor, which may be a map or list of its own lines. The cursor is then at the next line with content. */
function blockNode(cursor: Cursor, parent: number): YamlNode {
  if (cursor.depth++ > deepest) leave();
  const node = isDash(cursor) ? blockList(cursor) : isKeyAhead(cursor) ? blockMap(cursor) : lineNode(cursor, parent);
  cursor.depth--;
  return node;
}

function blockMap(cursor: Cursor): YamlMap {
  const { at: start, column } = cursor;
  const entries: YamlEntry[] = [];
  const seen = new Map<string, YamlScalar>();
  const twice: Cursor['duplicates'] = [];
  do {
    const key = keyAt(cursor);
    const name = String(key.value);
    const first = seen.get(name);
    const colon = cursor.at++;
    const value = valueBehind(cursor, column, 'key') ?? { kind: 'scalar', value: null, text: '', span: { start: colon + 1, end: colon + 1 } };
    if (first) twice.push({ first, second: key });
    else seen.set(name, key);
    entries.push({ key, value, span: { start: key.span.start, end: Math.max(key.span.end, value.span.end) } });
  } while (cursor.column === column && !isDash(cursor));
  if (cursor.column > column) leave();
  cursor.duplicates.push(...twice);
  return { kind: 'map', entries, flow: false, span: { start, end: entries.at(-1)?.span.end ?? start } };
}

function blockList(cursor: Cursor): YamlList {
  const { at: start, column } = cursor;
  const items: YamlNode[] = [];
  let end = start;
  do {
    cursor.at++;
    const item = valueBehind(cursor, column, 'dash') ?? leave();
    end = writtenEnd(item);
    items.push(item);
  } while (cursor.column === column && isDash(cursor));
  if (cursor.column > column) leave();
  return { kind: 'list', items, flow: false, span: { start, end } };
}

/** What follows a colon, a dash or a tag, on the line or below it. */
function valueBehind(cursor: Cursor, parent: number, behind: 'key' | 'dash' | 'tag'): YamlNode | undefined {
  const { text } = cursor;
  while (text.charCodeAt(cursor.at) === 32) cursor.at++;
  const code = text.charCodeAt(cursor.at);
  if (code === 10 || code === 35 || cursor.at >= text.length) {
    endLine(cursor);
    advance(cursor);
    if (cursor.column > parent) return blockNode(cursor, parent);
    return behind === 'key' && cursor.column === parent && isDash(cursor) ? blockNode(cursor, parent) : undefined;
  }
  if (behind !== 'dash') return lineNode(cursor, parent);
  cursor.column = cursor.at - cursor.lineStart;
  return blockNode(cursor, parent);
}

/** A node that begins on this line and is no map or list of lines, unless a tag stands before it. */
function lineNode(cursor: Cursor, parent: number): YamlNode {
  switch (cursor.text.charAt(cursor.at)) {
    case '!': {
      const tag = tagAt(cursor);
      const value = valueBehind(cursor, parent, 'tag') ?? leave();
      return value.tag === undefined ? spellOut(value, tag.text, tag.span) : leave();
    }
    case '{':
    case '[':
      return lastOnLine(cursor, flowNode(cursor, parent));
    case '"':
    case "'":
      return lastOnLine(cursor, quotedScalar(cursor));
    case '|':
    case '>':
      return blockScalar(cursor, parent);
    default:
      return plainScalar(cursor, parent);
  }
}

function lastOnLine(cursor: Cursor, node: YamlNode): YamlNode {
  endLine(cursor);
  advance(cursor);
  return node;
}

/** True when a key and its colon stand at the cursor. */
function isKeyAhead(cursor: Cursor): boolean {
  const { text, at } = cursor;
  const code = text.charCodeAt(at);
  if (code === 33 || code === 91 || code === 123 || code === 124 || code === 62) return false;
  if (code !== 34 && code !== 39) return text.charCodeAt(plainStop(text, at, false)) === 58;
  quotedScalar(cursor);
  const isKey = isColon(cursor);
  cursor.at = at;
  return isKey;
}

/** The key at the cursor, which is then at the colon. */
function keyAt(cursor: Cursor): YamlScalar {
  const { text, at } = cursor;
  const code = text.charCodeAt(at);
  if (code === 34 || code === 39) {
    const key = quotedScalar(cursor);
    return isColon(cursor) ? key : leave();
  }
  const stop = plainStop(text, at, false);
  if (text.charCodeAt(stop) !== 58) leave();
  cursor.at = stop;
  return scalarOf(cursor, at, stop);
}

/** Skips blanks up to a colon that ends a key. */
function isColon(cursor: Cursor): boolean {
  const { text } = cursor;
  while (text.charCodeAt(cursor.at) === 32) cursor.at++;
  const next = text.charCodeAt(cursor.at + 1);
  return text.charCodeAt(cursor.at) === 58 && (next === 32 || next === 10 || Number.isNaN(next));
}
