import { withoutSecrets } from './redact.ts';

/** A text file of the user's, decoded as strict UTF-8; a byte order mark stays in `text` as U+FEFF. */
export interface SourceFile {
  /** As shown to the user: relative to the project folder, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** A range of UTF-16 code units in a SourceFile's text, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where something stands, counted from 1 as editors do; a column is a UTF-16 code unit. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A value together with the place it was written at. */
export interface Located<T> {
  readonly value: T;
  readonly file: SourceFile;
  readonly span: Span;
}

/** The place of an offset in a file. A line ends at LF, CRLF or a lone CR. */
export function placeAt(file: SourceFile, offset: number): Place {
  const { text, path } = file;
  let line = 1;
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const end = Math.min(offset, text.length);
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    const isBreak = code === 10 || (code === 13 && text.charCodeAt(i + 1) !== 10);
    if (!isBreak) continue;
    line++;
    start = i + 1;
  }
  return { file: path, line, column: Math.max(1, end - start + 1) };
}

/** `file:line:column`, the form that terminals and editors make clickable. */
export function printPlace(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`;
}

/** Longest excerpt line, in characters; more would fill the terminal (minified JSON). */
const widest = 160;

/**
 * The line of a span with carets under it, two lines of text, for error messages. A long line is cut around the span;
 * secrets are starred out.
 */
export function squiggle(file: SourceFile, span: Span): string {
  const place = placeAt(file, span.start);
  const start = span.start - (place.column - 1);
  const rest = file.text.slice(start);
  const length = rest.search(/\r|\n/u);
  const line = withoutSecrets(length < 0 ? rest : rest.slice(0, length), (secret) => '*'.repeat(secret.length));
  const cut = line.length > widest ? Math.max(0, place.column - 1 - widest / 2) : 0;
  const shown = line.slice(cut, cut + widest);
  const column = place.column - 1 - cut;
  const width = Math.max(1, Math.min(span.end - span.start, shown.length - column));
  const pad = shown.slice(0, column).replace(/[^\t]/gu, ' ');
  return `${shown}\n${pad}${'^'.repeat(width)}`;
}
