import type { Span } from '../base/source.ts';
import { leave, lineEnd, type Cursor } from './common-yaml-cursor.ts';
import { plainStop, quotedScalar, scalarOf } from './common-yaml-scalars.ts';
import { spellOut, writtenEnd } from './short-tags.ts';
import type { YamlEntry, YamlList, YamlMap, YamlNode, YamlScalar } from './yaml.ts';

/** A node inside brackets, or the brackets themselves. `parent`: further lines are indented deeper than this column. */
export function flowNode(cursor: Cursor, parent: number): YamlNode {
  switch (cursor.text.charAt(cursor.at)) {
    case '[':
      return flowList(cursor, parent);
    case '{':
      return flowMap(cursor, parent);
    case '"':
    case "'":
      return quotedScalar(cursor);
    case '!': {
      const tag = tagAt(cursor);
      if (cursor.text.charCodeAt(cursor.at) !== 32) leave();
      blanks(cursor);
      if (cursor.text.charCodeAt(cursor.at) === 33) leave();
      return spellOut(flowNode(cursor, parent), tag.text, tag.span);
    }
    default:
      return plain(cursor);
  }
}

/** The short tag at the cursor; a blank or the end of the line follows it. */
export function tagAt(cursor: Cursor): { readonly text: string; readonly span: Span } {
  const start = cursor.at;
  shortTag.lastIndex = start;
  const text = shortTag.exec(cursor.text)?.[0] ?? leave();
  cursor.at += text.length;
  return { text, span: { start, end: cursor.at } };
}

const shortTag = /![A-Za-z][\w.-]*(?=[ \n])/uy;

function flowList(cursor: Cursor, parent: number): YamlList {
  const start = cursor.at++;
  const items: YamlNode[] = [];
  nest(cursor);
  gap(cursor, parent);
  while (cursor.text.charCodeAt(cursor.at) !== 93) {
    items.push(flowNode(cursor, parent));
    separator(cursor, parent, 93);
  }
  cursor.depth--;
  return { kind: 'list', items, flow: true, span: { start, end: ++cursor.at } };
}

function flowMap(cursor: Cursor, parent: number): YamlMap {
  const start = cursor.at++;
  const entries: YamlEntry[] = [];
  const seen = new Map<string, YamlScalar>();
  const twice: Cursor['duplicates'] = [];
  nest(cursor);
  gap(cursor, parent);
  while (cursor.text.charCodeAt(cursor.at) !== 125) {
    const key = flowKey(cursor);
    gap(cursor, parent);
    const value = flowNode(cursor, parent);
    const first = seen.get(String(key.value));
    if (first) twice.push({ first, second: key });
    else seen.set(String(key.value), key);
    entries.push({ key, value, span: { start: key.span.start, end: Math.max(key.span.end, writtenEnd(value)) } });
    separator(cursor, parent, 125);
  }
  cursor.duplicates.push(...twice);
  cursor.depth--;
  return { kind: 'map', entries, flow: true, span: { start, end: ++cursor.at } };
}

function nest(cursor: Cursor): void {
  if (cursor.depth++ > 60) leave();
}

function flowKey(cursor: Cursor): YamlScalar {
  const { text } = cursor;
  const code = text.charCodeAt(cursor.at);
  const isQuoted = code === 34 || code === 39;
  const key = isQuoted ? quotedScalar(cursor) : plain(cursor);
  blanks(cursor);
  if (text.charCodeAt(cursor.at) !== 58) leave();
  cursor.at++;
  return key;
}

function plain(cursor: Cursor): YamlScalar {
  const start = cursor.at;
  const stop = plainStop(cursor.text, start, true);
  cursor.at = stop;
  return scalarOf(cursor, start, stop);
}

/** Past a comma, or up to the closing bracket. */
function separator(cursor: Cursor, parent: number, closing: number): void {
  gap(cursor, parent);
  const code = cursor.text.charCodeAt(cursor.at);
  if (code === 44) {
    cursor.at++;
    gap(cursor, parent);
  } else if (code !== closing) leave();
}

function blanks(cursor: Cursor): void {
  while (cursor.text.charCodeAt(cursor.at) === 32) cursor.at++;
}

/** Past blanks, comments and line breaks, each further line indented deeper than the parent. */
function gap(cursor: Cursor, parent: number): void {
  const { text } = cursor;
  for (;;) {
    blanks(cursor);
    const code = text.charCodeAt(cursor.at);
    if (code === 35) {
      const before = text.charCodeAt(cursor.at - 1);
      if (before !== 32 && before !== 10) leave();
      cursor.at = lineEnd(text, cursor.at);
    } else if (code === 10) {
      const start = ++cursor.at;
      blanks(cursor);
      const next = text.charCodeAt(cursor.at);
      if (next !== 10 && next !== 35 && cursor.at - start <= parent) leave();
    } else return;
  }
}
