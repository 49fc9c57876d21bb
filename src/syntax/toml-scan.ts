import { parse } from 'smol-toml';
import type { Span } from '../base/source.ts';
import type { TomlEntry, TomlHeader, TomlNode } from './toml.ts';

/** A table while it grows; the finished tree has the same shape. */
type GrowingTable = { kind: 'table'; entries: GrowingEntry[]; span: { start: number; end: number }; inline: boolean };
type GrowingArray = { kind: 'array'; items: TomlNode[]; span: { start: number; end: number } };
type GrowingEntry = { key: string; keySpan: Span; value: TomlNode };

interface KeyPart {
  readonly key: string;
  readonly span: Span;
}

/** What the scanner found in a text that is known to be valid TOML. */
export interface ScannedToml {
  readonly root: TomlNode & { readonly kind: 'table' };
  readonly headers: readonly TomlHeader[];
  /** Past the last key line before the first header. */
  readonly rootEnd: number;
}

interface Scanner {
  readonly text: string;
  at: number;
}

/** Finds the range of every key, value and header. The text must have passed a full TOML parser. */
export function scanToml(text: string): ScannedToml {
  const scanner: Scanner = { text, at: text.charCodeAt(0) === 0xfeff ? 1 : 0 };
  const root = table({ start: 0, end: text.length });
  const headers: (TomlHeader & { bodyEnd: number })[] = [];
  let rootEnd = scanner.at;
  let current = root;
  for (skipEmpty(scanner); scanner.at < text.length; skipEmpty(scanner)) {
    if (text[scanner.at] === '[') {
      const header = readHeader(scanner);
      current = openTable(root, header.parts, header);
      headers.push({ path: header.parts.map((part) => part.key), span: header.span, isArray: header.isArray, bodyEnd: lineEnd(scanner) });
      continue;
    }
    const entry = readEntry(scanner, current);
    current.span.end = Math.max(current.span.end, entry.end);
    const end = lineEnd(scanner);
    const header = headers.at(-1);
    if (header) header.bodyEnd = end;
    else rootEnd = end;
  }
  root.span.end = text.length;
  return { root, headers, rootEnd };
}

function table(span: Span, inline = false): GrowingTable {
  return { kind: 'table', entries: [], span: { ...span }, inline };
}

interface Header {
  readonly parts: readonly KeyPart[];
  readonly span: Span;
  readonly isArray: boolean;
}

function readHeader(scanner: Scanner): Header {
  const start = scanner.at;
  const isArray = scanner.text.startsWith('[[', start);
  scanner.at += isArray ? 2 : 1;
  const parts = readKey(scanner);
  skipBlanks(scanner);
  scanner.at += isArray ? 2 : 1;
  return { parts, span: { start, end: scanner.at }, isArray };
}

/** The table that a header opens, made where it is not there yet. */
function openTable(root: GrowingTable, parts: readonly KeyPart[], header: Header): GrowingTable {
  let at = root;
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    if (isLast && header.isArray) return appendTable(at, part, header.span);
    at = childTable(at, part, header.span);
    at.span.end = Math.max(at.span.end, header.span.end);
  }
  return at;
}

function appendTable(parent: GrowingTable, part: KeyPart, span: Span): GrowingTable {
  const made = table(span);
  const existing = parent.entries.find((entry) => entry.key === part.key)?.value;
  if (existing?.kind === 'array') {
    (existing as GrowingArray).items.push(made);
    (existing as GrowingArray).span.end = span.end;
  } else {
    const array: GrowingArray = { kind: 'array', items: [made], span: { ...span } };
    parent.entries.push({ key: part.key, keySpan: part.span, value: array });
  }
  return made;
}

/** A member that is a table: of an array of tables the newest one, as TOML says. */
function childTable(parent: GrowingTable, part: KeyPart, span: Span): GrowingTable {
  const existing = parent.entries.find((entry) => entry.key === part.key)?.value;
  const found = existing?.kind === 'array' ? existing.items.at(-1) : existing;
  if (found?.kind === 'table') return found as GrowingTable;
  const made = table(span);
  parent.entries.push({ key: part.key, keySpan: part.span, value: made });
  return made;
}

function readEntry(scanner: Scanner, into: GrowingTable): Span {
  const parts = readKey(scanner);
  skipBlanks(scanner);
  // The equals sign.
  scanner.at++;
  skipBlanks(scanner);
  const value = readValue(scanner);
  const start = parts[0]?.span.start ?? value.span.start;
  let at = into;
  for (const part of parts.slice(0, -1)) {
    at = childTable(at, part, { start, end: value.span.end });
    at.span.end = Math.max(at.span.end, value.span.end);
  }
  const last = parts.at(-1);
  if (last) at.entries.push({ key: last.key, keySpan: last.span, value });
  return { start, end: value.span.end };
}

function readKey(scanner: Scanner): readonly KeyPart[] {
  const parts: KeyPart[] = [];
  for (;;) {
    skipBlanks(scanner);
    const start = scanner.at;
    const char = scanner.text.charAt(start);
    const end = char === '"' || char === "'" ? stringEnd(scanner.text, start) : bareEnd(scanner.text, start);
    const written = scanner.text.slice(start, end);
    parts.push({ key: char === '"' || char === "'" ? decodedString(written) : written, span: { start, end } });
    scanner.at = end;
    skipBlanks(scanner);
    if (scanner.text[scanner.at] !== '.' || end === start) return parts;
    scanner.at++;
  }
}

function bareEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && /[A-Za-z0-9_-]/u.test(text.charAt(end))) end++;
  return end;
}

function readValue(scanner: Scanner): TomlNode {
  const char = scanner.text.charAt(scanner.at);
  if (char === '[') return readArray(scanner);
  if (char === '{') return readInlineTable(scanner);
  const start = scanner.at;
  const isString = char === '"' || char === "'";
  const end = isString ? stringEnd(scanner.text, start) : bareValueEnd(scanner.text, start);
  const text = scanner.text.slice(start, end);
  scanner.at = end;
  return { kind: 'scalar', value: isString ? decodedString(text) : decoded(text), text, span: { start, end } };
}

function readArray(scanner: Scanner): TomlNode {
  const start = scanner.at++;
  const items: TomlNode[] = [];
  for (skipEmpty(scanner); scanner.at < scanner.text.length && scanner.text[scanner.at] !== ']'; skipEmpty(scanner)) {
    if (scanner.text[scanner.at] === ',') scanner.at++;
    else items.push(readValue(scanner));
  }
  return { kind: 'array', items, span: { start, end: ++scanner.at } };
}

function readInlineTable(scanner: Scanner): TomlNode {
  const start = scanner.at++;
  const made = table({ start, end: start }, true);
  for (skipEmpty(scanner); scanner.at < scanner.text.length && scanner.text[scanner.at] !== '}'; skipEmpty(scanner)) {
    if (scanner.text[scanner.at] === ',') scanner.at++;
    else readEntry(scanner, made);
  }
  made.span.end = ++scanner.at;
  return made;
}

/** Past the closing quotes; a multi-line string may end in up to two quotes of its own. */
function stringEnd(text: string, start: number): number {
  const quote = text.charAt(start);
  const isLong = text.startsWith(quote.repeat(3), start);
  const close = isLong ? quote.repeat(3) : quote;
  for (let i = start + close.length; i < text.length; i++) {
    if (quote === '"' && text[i] === '\\') i++;
    else if (text.startsWith(close, i)) {
      let end = i + close.length;
      while (isLong && text[end] === quote && end < i + 5) end++;
      return end;
    }
  }
  return text.length;
}

function bareValueEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && !/[,\]}#\r\n]/u.test(text.charAt(end))) end++;
  return start + text.slice(start, end).trimEnd().length;
}

function decodedString(text: string): string {
  const isLong = /^("""|''')/u.test(text);
  if (!isLong && (text.startsWith("'") || !text.includes('\\'))) return text.slice(1, -1);
  return String(decoded(text));
}

function decoded(text: string): string | number | bigint | boolean | Date {
  const { value } = parse(`value = ${text}`, { integersAsBigInt: 'asNeeded' });
  return typeof value === 'object' && !(value instanceof Date) ? text : (value ?? text);
}

function skipBlanks(scanner: Scanner): void {
  while (scanner.text[scanner.at] === ' ' || scanner.text[scanner.at] === '\t') scanner.at++;
}

/** Blanks, newlines and comments. */
function skipEmpty(scanner: Scanner): void {
  for (; scanner.at < scanner.text.length; scanner.at++) {
    const char = scanner.text.charAt(scanner.at);
    if (char === '#') {
      const newline = scanner.text.indexOf('\n', scanner.at);
      scanner.at = newline < 0 ? scanner.text.length - 1 : newline;
    } else if (!' \t\r\n'.includes(char)) return;
  }
}

/** Past the newline of the line that the scanner is on. */
function lineEnd(scanner: Scanner): number {
  const newline = scanner.text.indexOf('\n', scanner.at);
  return newline < 0 ? scanner.text.length : newline + 1;
}

/** An entry of a table by its key. */
export function tomlEntry(node: TomlNode | undefined, key: string): TomlEntry | undefined {
  return node?.kind === 'table' ? node.entries.find((entry) => entry.key === key) : undefined;
}
