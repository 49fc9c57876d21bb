import { enclosing, isMark, isName, nameText, type CodeToken } from '../iam/code-tokens.ts';

/** The blocks that a statement of JavaScript stands in, by the places of their brackets; what may run alone without any is one by itself. */
export function blocksAt(tokens: readonly CodeToken[], at: number): readonly number[] {
  const found = isConditional(tokens, at) ? [at] : [];
  for (let open = enclosing(tokens, at), inside = at; open >= 0; inside = open, open = enclosing(tokens, open)) {
    if (isSwitch(tokens, open)) found.push(caseBefore(tokens, inside, open));
    found.push(open);
  }
  return found.toReversed();
}

/** `if (a) x = …`, `else x = …`, `a && x = …`: no bracket tells that the rest may run without it. */
function isConditional(tokens: readonly CodeToken[], at: number): boolean {
  const before = tokens[at - 1];
  if (isName(before, 'else') || isName(before, 'do') || isMark(before, '?&|>')) return true;
  return isMark(before, ')') && /^(?:if|for|while|await)$/u.test(nameText(tokens[enclosing(tokens, at - 1) - 1]));
}

function isSwitch(tokens: readonly CodeToken[], open: number): boolean {
  return isMark(tokens[open], '{') && isMark(tokens[open - 1], ')') && isName(tokens[enclosing(tokens, open - 1) - 1], 'switch');
}

/** The `case` or `default` that a place below a switch belongs to. */
function caseBefore(tokens: readonly CodeToken[], at: number, open: number): number {
  for (let i = at; i > open; i--) if ((isName(tokens[i], 'case') || isName(tokens[i], 'default')) && enclosing(tokens, i) === open) return i;
  return open;
}
