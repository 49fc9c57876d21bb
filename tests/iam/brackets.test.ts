import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closing, enclosing, isMark, type CodeToken } from '../../src/iam/code-tokens.ts';

function tokensOf(text: string): readonly CodeToken[] {
  return Array.from(text, (char, at) => ({ kind: char === 'x' ? 'name' : 'other', text: char, span: { start: at, end: at + 1 } }));
}

describe('brackets', () => {
  it.each([
    { text: 'x(x[x]x)x', open: 1, close: 7 },
    { text: 'x(x[x]x)x', open: 3, close: 5 },
    { text: 'x(x', open: 1, close: 2 },
    { text: 'x(x', open: 0, close: 0 },
  ])('$text: the one at $open is closed at $close', ({ text, open, close }) => expect(closing(tokensOf(text), open)).toBe(close));

  it('finds what counting from each token finds, however broken the code is', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('(', ')', '[', ']', '{', '}', 'x', ',') }), (text) => {
      const tokens = tokensOf(text);
      for (const [at, token] of tokens.entries()) {
        expect(enclosing(tokens, at)).toBe(countedBack(tokens, at));
        if (isMark(token, '([{')) expect(closing(tokens, at)).toBe(countedOn(tokens, at));
      }
    }));
  });
});

function countedBack(tokens: readonly CodeToken[], index: number): number {
  let depth = 0;
  for (let i = index - 1; i >= 0; i--) {
    if (isMark(tokens[i], ')]}')) depth += 1;
    if (isMark(tokens[i], '([{') && --depth < 0) return i;
  }
  return -1;
}

function countedOn(tokens: readonly CodeToken[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    if (isMark(tokens[i], '([{')) depth += 1;
    if (isMark(tokens[i], ')]}') && --depth === 0) return i;
  }
  return tokens.length - 1;
}
