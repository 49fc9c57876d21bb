import { once } from './once.ts';
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

/** Offsets at which the lines of a text start. A line ends at LF, CRLF or a lone CR. */
const lineStarts: (file: SourceFile) => readonly number[] = once(({ text }) => {
  const starts = [text.charCodeAt(0) === 0xfeff ? 1 : 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 10 || (code === 13 && text.charCodeAt(i + 1) !== 10)) starts.push(i + 1);
  }
  return starts;
});

/** The place of an offset in a file. */
export function placeAt(file: SourceFile, offset: number): Place {
  const starts = lineStarts(file);
  const end = Math.min(offset, file.text.length);
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= end) low = middle;
    else high = middle - 1;
  }
  return { file: file.path, line: low + 1, column: Math.max(1, end - (starts[low] ?? 0) + 1) };
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
