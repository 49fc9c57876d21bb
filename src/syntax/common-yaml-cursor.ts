import type { YamlScalar } from './yaml.ts';

/** Where reading is. */
export interface Cursor {
  readonly text: string;
  readonly isJson: boolean;
  at: number;
  /** Of the line's first character with content; -1 at the end of the text. */
  column: number;
  lineStart: number;
  depth: number;
  readonly duplicates: { readonly first: YamlScalar; readonly second: YamlScalar }[];
}

/** Thrown where the text is not in a common form. Made once: a stack trace would take longer than the reading. */
export const uncommon: Error = new Error('not in a common form');

/** Ends the reading. */
export function leave(): never {
  throw uncommon;
}

/** From the end of a line (or before the text) to the next line's first character that is neither blank nor comment. */
export function advance(cursor: Cursor): void {
  const { text } = cursor;
  for (;;) {
    const start = cursor.at + 1;
    if (start >= text.length) break;
    let at = start;
    while (text.charCodeAt(at) === 32) at++;
    const code = text.charCodeAt(at);
    if (code === 35) at = lineEnd(text, at);
    else if (code !== 10 && at < text.length) {
      cursor.at = at;
      cursor.column = at - start;
      cursor.lineStart = start;
      return;
    }
    cursor.at = at;
  }
  cursor.at = text.length;
  cursor.column = -1;
}

/** To the end of the line, past blanks and a comment alone. */
export function endLine(cursor: Cursor): void {
  const { text } = cursor;
  const from = cursor.at;
  while (text.charCodeAt(cursor.at) === 32) cursor.at++;
  const code = text.charCodeAt(cursor.at);
  if (code === 35 && (cursor.at > from || text.charCodeAt(from - 1) === 32)) cursor.at = lineEnd(text, cursor.at);
  else if (code !== 10 && cursor.at < text.length) leave();
}

/** The offset of the line feed that ends a line, or of the text's end. */
export function lineEnd(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at;
}

/** True when a dash and a blank stand at the cursor. */
export function isDash({ text, at }: Cursor): boolean {
  if (text.charCodeAt(at) !== 45) return false;
  const next = text.charCodeAt(at + 1);
  return next === 32 || next === 10 || Number.isNaN(next);
}
