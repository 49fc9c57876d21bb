import type { Span } from '../base/source.ts';
import { lineEnd, lineStart, nextLine, type Splice } from './splice.ts';
import { tomlEntry } from './toml-scan.ts';
import type { TomlDocument, TomlEntry, TomlHeader, TomlNode } from './toml.ts';

type Table = TomlNode & { readonly kind: 'table' };

/**
 * Sets a key of a table: replaces its value in place, adds a line to its section, its braces or beside its dotted keys, or adds
 * the section behind the last one of the same beginning. Everything else stays. `valueText` is TOML as it stands behind `=`.
 * Throws (a defect of the caller) where the path leads through a value that is no table, or the key is a section itself.
 */
export function setTomlKey(document: TomlDocument, tablePath: readonly string[], key: string, valueText: string): Splice {
  const value = valueText.replaceAll(/\r?\n/gu, document.newline);
  const { table, depth } = deepestTable(document, tablePath);
  const rest = tablePath.slice(depth);
  const existing = rest.length === 0 ? tomlEntry(table, key)?.value : undefined;
  if (existing) {
    if (!isWrittenValue(document, existing)) throw new Error(`unreachable: ${[...tablePath, key].join('.')} is a section`);
    return { ...existing.span, text: value };
  }
  const line = `${[...rest, key].map(keyText).join('.')} = ${value}`;
  if (table.inline) return addInline(document, table, line);
  const header = document.headers.findLast((candidate) => samePath(candidate.path, tablePath));
  if (rest.length === 0 && (header || tablePath.length === 0)) return addToSection(document, table, header, line);
  const sibling = dottedEntries(document, table, tablePath.slice(0, depth)).at(-1);
  return sibling ? addBeside(document, sibling, line) : addSection(document, tablePath, `${keyText(key)} = ${value}`);
}

/** Removes a key with its line, or from its braces; undefined when there is none, or it is a section of its own. */
export function removeTomlKey(document: TomlDocument, tablePath: readonly string[], key: string): Splice | undefined {
  const { table, depth } = deepestTable(document, tablePath);
  const entry = depth === tablePath.length ? tomlEntry(table, key) : undefined;
  if (!entry || !isWrittenValue(document, entry.value)) return undefined;
  const { text } = document.source;
  if (table.inline) return removeInline(text, table, entry);
  const inline = enclosingInline(document, entry);
  if (inline) return undefined;
  const end = nextLine(text, entry.value.span.end);
  const start = lineStart(text, entry.keySpan.start);
  return { start, end, text: '' };
}

/** The deepest table along a path that is there, and how many of the path's keys lead to it. */
function deepestTable(document: TomlDocument, path: readonly string[]): { readonly table: Table; readonly depth: number } {
  let table: Table = document.root;
  for (const [depth, key] of path.entries()) {
    const value = tomlEntry(table, key)?.value;
    const next = value?.kind === 'array' ? value.items.at(-1) : value;
    if (!next) return { table, depth };
    if (next.kind !== 'table') throw new Error(`unreachable: ${path.slice(0, depth + 1).join('.')} is no table`);
    table = next;
  }
  return { table, depth: path.length };
}

/** Whether a value stands behind `=`, rather than being made by a header or by dotted keys. */
function isWrittenValue(document: TomlDocument, value: TomlNode): boolean {
  if (value.kind === 'table') return value.inline;
  return value.kind !== 'array' || !document.headers.some((header) => header.span.start === value.span.start);
}

/** Entries of a table that dotted keys make: TOML forbids to open it again by a header. Empty for a table that has its own. */
function dottedEntries(document: TomlDocument, table: Table, path: readonly string[]): readonly TomlEntry[] {
  if (path.length === 0 || document.headers.some((header) => samePath(header.path, path))) return [];
  return table.entries.filter((entry) => !isInHeader(document, entry));
}

function isInHeader(document: TomlDocument, entry: TomlEntry): boolean {
  return document.headers.some(({ span }) => span.start <= entry.keySpan.start && entry.keySpan.start < span.end);
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/u.test(key) ? key : JSON.stringify(key).replaceAll('\u007f', '\\u007f');
}

function addInline(document: TomlDocument, table: Table, line: string): Splice {
  const last = table.entries.at(-1);
  if (!last) return { start: table.span.start + 1, end: table.span.end - 1, text: ` ${line} ` };
  const end = furthestEnd(document, table);
  const tail = document.source.text.slice(end, table.span.end - 1);
  const comma = /^\s*,/u.exec(tail)?.[0].length ?? 0;
  return { start: end + comma, end: end + comma, text: comma > 0 ? ` ${line}` : `, ${line}` };
}

function addToSection(document: TomlDocument, table: Table, header: TomlHeader | undefined, line: string): Splice {
  const { text } = document.source;
  const at = header ? header.bodyEnd : document.rootEnd;
  const from = header ? header.span.end : 0;
  const sibling = table.entries.findLast((entry) => entry.keySpan.start >= from && entry.keySpan.start < at && isWrittenValue(document, entry.value));
  const indent = sibling ? /^[ \t]*/u.exec(text.slice(lineStart(text, sibling.keySpan.start)))?.[0] ?? '' : '';
  // Keys of the root must stand above the first header; a blank line keeps the two apart.
  const gap = !header && document.headers.length > 0 && !/^\r?\n/u.test(text.slice(at)) ? document.newline : '';
  return insertLine(document, at, `${indent}${line}${document.newline}${gap}`);
}

/** Inserts whole lines at a line's start, closing an unfinished last line first. */
function insertLine(document: TomlDocument, at: number, lines: string): Splice {
  const { text } = document.source;
  const isUnfinished = at > lineStart(text, at) && text[at - 1] !== '\n';
  return { start: at, end: at, text: isUnfinished ? `${document.newline}${lines.replace(/(?:\r?\n)+$/u, '')}` : lines };
}

function addBeside(document: TomlDocument, sibling: TomlEntry, line: string): Splice {
  const { text } = document.source;
  const start = lineStart(text, sibling.keySpan.start);
  const prefix = text.slice(start, sibling.keySpan.start);
  const end = sibling.value.kind === 'table' && !sibling.value.inline ? furthestEnd(document, sibling.value) : sibling.value.span.end;
  return insertLine(document, nextLine(text, end), `${prefix}${line}${document.newline}`);
}

/** Where the last value behind `=` in a table ends; sections below it do not count. */
function furthestEnd(document: TomlDocument, table: Table): number {
  const own = table.entries.filter((entry) => !isInHeader(document, entry));
  return Math.max(table.span.start, ...own.map(({ value }) => (value.kind === 'table' && !value.inline ? furthestEnd(document, value) : value.span.end)));
}

/** A new section stands behind the last one that shares the longest beginning with it, else at the end of the file. */
function addSection(document: TomlDocument, path: readonly string[], line: string): Splice {
  const { text } = document.source;
  const { newline } = document;
  const shared = (header: TomlHeader): number => {
    const differs = path.findIndex((part, index) => header.path[index] !== part);
    return differs < 0 ? path.length : differs;
  };
  const longest = Math.max(0, ...document.headers.map(shared));
  const neighbour = longest > 0 ? document.headers.findLast((header) => shared(header) === longest) : undefined;
  const section = `[${path.map(keyText).join('.')}]${newline}${line}${newline}`;
  if (neighbour && neighbour !== document.headers.at(-1)) {
    const isFollowedByBlank = /^\r?\n/u.test(text.slice(neighbour.bodyEnd, neighbour.bodyEnd + 2));
    return { start: neighbour.bodyEnd, end: neighbour.bodyEnd, text: `${newline}${section}${isFollowedByBlank ? '' : newline}` };
  }
  const isEmpty = text.replace(/^\uFEFF/u, '').trim() === '';
  const isUnfinished = text.length > 0 && !text.endsWith('\n') && !isEmpty;
  const gap = isEmpty || /\n\r?\n$/u.test(text) ? '' : newline;
  return { start: text.length, end: text.length, text: `${isUnfinished ? newline : ''}${gap}${section}` };
}

function removeInline(text: string, table: Table, entry: TomlEntry): Splice | undefined {
  const bounds = table.entries.map((other): Span => ({ start: other.keySpan.start, end: other.value.span.end }));
  const index = table.entries.indexOf(entry);
  // Dotted keys within the braces: the ranges of neighbours are not those of whole entries.
  if (table.entries.some((other) => other.value.kind === 'table' && !other.value.inline)) return undefined;
  const own = bounds[index];
  const next = bounds[index + 1];
  const previous = bounds[index - 1];
  if (!own) return undefined;
  if (next) return { start: own.start, end: next.start, text: '' };
  if (previous) return { start: previous.end, end: own.end, text: '' };
  const comma = /^\s*,/u.exec(text.slice(own.end))?.[0].length ?? 0;
  return { start: own.start, end: own.end + comma, text: '' };
}

/** Whether an entry of a dotted table stands within braces on its line. */
function enclosingInline(document: TomlDocument, entry: TomlEntry): boolean {
  const { text } = document.source;
  const before = text.slice(lineStart(text, entry.keySpan.start), entry.keySpan.start);
  const behind = text.slice(entry.value.span.end, lineEnd(text, entry.value.span.end));
  return !/^\s*(?:(?:[\w-]+|"[^"]*"|'[^']*')\s*\.\s*)*$/u.test(before) || !/^\s*(?:#|$)/u.test(behind);
}
