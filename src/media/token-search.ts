import type { Span } from '../base/source.ts';
import { closing, isMark, type CodeToken, type TokenRange } from '../iam/code-tokens.ts';

/** The first token of [from, to) outside of brackets for which `is` holds; -1 when there is none. */
export function findToken(tokens: readonly CodeToken[], from: number, to: number, is: (i: number) => boolean): number {
  for (let i = from; i < to; i++) {
    if (is(i)) return i;
    if (isMark(tokens[i], '([{')) i = closing(tokens, i);
  }
  return -1;
}

/** As `findToken`, the last one. */
export function findLastToken(tokens: readonly CodeToken[], from: number, to: number, is: (i: number) => boolean): number {
  let last = -1;
  for (let i = from; i < to; i++) {
    if (is(i)) last = i;
    if (isMark(tokens[i], '([{')) i = closing(tokens, i);
  }
  return last;
}

/** From the first of the tokens [from, to) to the end of the last. */
export function spanOfTokens({ tokens, from, to }: TokenRange): Span {
  return { start: tokens[from]?.span.start ?? 0, end: tokens[Math.max(from, to - 1)]?.span.end ?? 0 };
}
