import { once } from '../base/once.ts';
import type { PythonToken } from '../model/python-tokens.ts';

/** A token of Python or JavaScript, as far as finding calls and their arguments needs. */
export type CodeToken = PythonToken;

/** A range of tokens, end exclusive. */
export interface TokenRange {
  readonly tokens: readonly CodeToken[];
  readonly from: number;
  readonly to: number;
}

/** True for a name token, of this text where one is given. */
export function isName(token: CodeToken | undefined, text?: string): boolean {
  return token?.kind === 'name' && (text === undefined || token.text === text);
}

/** True for a character of punctuation. */
export function isMark(token: CodeToken | undefined, marks: string): boolean {
  return token?.kind === 'other' && token.text !== '' && marks.includes(token.text);
}

/** The text of a name; empty for everything else. */
export function nameText(token: CodeToken | undefined): string {
  return token?.kind === 'name' ? token.text : '';
}

/** The value of a string literal without replacement fields; undefined for everything else. */
export function stringValue(token: CodeToken | undefined): string | undefined {
  return token?.kind === 'string' ? token.value : undefined;
}

interface Brackets {
  /** By the index of an opening bracket; -1 where none closes it. */
  readonly closing: Int32Array;
  /** By the index of any token; -1 outside all brackets. */
  readonly enclosing: Int32Array;
}

/** Which bracket closes which, for all of a file at once: asked for token by token it takes the square of the file's length. */
const bracketsOf: (tokens: readonly CodeToken[]) => Brackets = once((tokens) => {
  const closing = new Int32Array(tokens.length).fill(-1);
  const enclosing = new Int32Array(tokens.length).fill(-1);
  const open: number[] = [];
  for (const [i, token] of tokens.entries()) {
    enclosing[i] = open.at(-1) ?? -1;
    if (isMark(token, '([{')) open.push(i);
    if (!isMark(token, ')]}')) continue;
    const opener = open.pop();
    if (opener !== undefined) closing[opener] = i;
  }
  return { closing, enclosing };
});

/** The index of the bracket that closes the one at `open`; the last token's where none does; a token that is no bracket closes itself. */
export function closing(tokens: readonly CodeToken[], open: number): number {
  if (!isMark(tokens[open], '([{')) return open < tokens.length && !isMark(tokens[open], ')]}') ? open : tokens.length - 1;
  const found = bracketsOf(tokens).closing[open] ?? -1;
  return found < 0 ? tokens.length - 1 : found;
}

/** The index of the bracket that is open around a token; -1 when there is none. */
export function enclosing(tokens: readonly CodeToken[], index: number): number {
  return bracketsOf(tokens).enclosing[index] ?? -1;
}

/** The arguments of a call whose bracket opens at `open`, one range each. */
export function argumentsOf(tokens: readonly CodeToken[], open: number): readonly TokenRange[] {
  const close = closing(tokens, open);
  const ranges: TokenRange[] = [];
  let from = open + 1;
  for (let i = open + 1; i <= close; i++) {
    if (isMark(tokens[i], '([{') && i < close) i = closing(tokens, i);
    else if (i === close || isMark(tokens[i], ',')) {
      if (i > from) ranges.push({ tokens, from, to: i });
      from = i + 1;
    }
  }
  return ranges;
}

/** Every value that a name is given inside a call: `Name=value`, `'Name': value`, `Name: value` or, in braces, `Name` alone. */
export function valuesGiven(tokens: readonly CodeToken[], open: number, name: string): readonly TokenRange[] {
  const close = closing(tokens, open);
  const found: TokenRange[] = [];
  for (let i = open + 1; i < close; i++) {
    const token = tokens[i];
    const isIt = isName(token, name) || stringValue(token) === name;
    if (!isIt || isMark(tokens[i - 1], '.')) continue;
    if (isMark(tokens[i + 1], ':=') && !isMark(tokens[i + 2], '=>')) found.push({ tokens, from: i + 2, to: endOfValue(tokens, i + 2, close) });
    else if (isName(token) && isMark(tokens[i - 1], '{,') && isMark(tokens[i + 1], '},')) found.push({ tokens, from: i, to: i + 1 });
    else if (isName(token) && isMark(tokens[i - 1], '{,')) found.push({ tokens, from: i, to: i });
  }
  return found;
}

function endOfValue(tokens: readonly CodeToken[], from: number, most: number): number {
  for (let i = from; i < most; i++) {
    if (isMark(tokens[i], '([{')) i = closing(tokens, i);
    else if (isMark(tokens[i], ',)]}')) return i;
  }
  return most;
}

/** An operation's name without case and underscores: `list_objects_v2`, `listObjectsV2` and `ListObjectsV2` are one. */
export function operationKey(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}
