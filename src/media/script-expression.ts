import type { SourceFile } from '../base/source.ts';
import { closing, isMark, isName, nameText, type CodeToken } from '../iam/code-tokens.ts';
import { tokenizeScript } from '../iam/script-tokens.ts';
import type { Expression, Given } from './expression.ts';
import { findLastToken, findToken, spanOfTokens } from './token-search.ts';

/** Tokens of a script without those inside templates, which are read with their template. */
export function scriptTokens(text: string): readonly CodeToken[] {
  let end = 0;
  return tokenizeScript(text).filter((token) => {
    if (token.span.start < end) return false;
    if (token.kind === 'string') end = token.span.end;
    return true;
  });
}

/** Reads tokens as one JavaScript or TypeScript expression; what is not understood becomes `other`. */
export function parseScript(tokens: readonly CodeToken[], start: number, to: number, file: SourceFile): Expression {
  let from = start;
  while (from < to && /^(?:await|new|void|return)$/u.test(nameText(tokens[from]))) from++;
  const span = spanOfTokens({ tokens, from, to });
  const sub = (a: number, b: number): Expression => parseScript(tokens, a, b, file);
  const other: Expression = { kind: 'other', file, span };
  if (from >= to || findToken(tokens, from, to, (i) => isArrow(tokens, i)) >= 0 || /^(?:function|async|class)$/u.test(nameText(tokens[from]))) return other;
  const as = findToken(tokens, from, to, (i) => i > from && (isName(tokens[i], 'as') || isName(tokens[i], 'satisfies')));
  if (as >= 0) return sub(from, as);
  const question = findToken(tokens, from, to, (i) => isMark(tokens[i], '?') && !isMark(tokens[i + 1], '?.') && !isMark(tokens[i - 1], '?'));
  if (question >= 0) {
    const colon = findToken(tokens, question, to, (i) => isMark(tokens[i], ':'));
    return colon < 0 ? other : { kind: 'choice', options: [sub(question + 1, colon), sub(colon + 1, to)], file, span };
  }
  const either = findToken(tokens, from, to, (i) => (isMark(tokens[i], '|') && isMark(tokens[i + 1], '|')) || (isMark(tokens[i], '?') && isMark(tokens[i + 1], '?')));
  if (either >= 0) return { kind: 'choice', options: [sub(from, either), sub(either + 2, to)], file, span };
  const both = findToken(tokens, from, to, (i) => isMark(tokens[i], '&') && isMark(tokens[i + 1], '&'));
  if (both >= 0) return sub(both + 2, to);
  const plus = findLastToken(tokens, from, to, (i) => i > from && isMark(tokens[i], '+'));
  if (plus >= 0) return { kind: 'join', sign: '+', left: sub(from, plus), right: sub(plus + 1, to), file, span };
  if (findToken(tokens, from, to, (i) => isMark(tokens[i], '<>=*%&|^~-/') && i > from) >= 0) return other;
  return chainAt(tokens, from, to, file).expression;
}

/** `=>` */
export function isArrow(tokens: readonly CodeToken[], at: number): boolean {
  return isMark(tokens[at], '=') && isMark(tokens[at + 1], '>');
}

/** An atom and the `.name`, `(…)` and `[…]` behind it; `end` is the first token that does not belong to it. */
export function chainAt(tokens: readonly CodeToken[], from: number, to: number, file: SourceFile): { readonly expression: Expression; readonly end: number } {
  const atom = atomAt(tokens, from, to, file);
  let { expression } = atom;
  let at = atom.end;
  for (;;) {
    const start = expression.span.start;
    if (isMark(tokens[at], '!') && isMark(tokens[at + 1], '.[)')) at += 1;
    const dot = isMark(tokens[at], '?') && isMark(tokens[at + 1], '.') ? at + 1 : at;
    if (dot < to && isMark(tokens[dot], '.') && tokens[dot + 1]?.kind === 'name') {
      expression = { kind: 'member', of: expression, name: nameText(tokens[dot + 1]), file, span: { start, end: tokens[dot + 1]?.span.end ?? 0 } };
      at = dot + 2;
    } else if (at < to && isMark(tokens[at], '(')) {
      const close = closing(tokens, at);
      expression = { kind: 'call', callee: expression, given: itemsBetween(tokens, at, close, file), file, span: { start, end: tokens[close]?.span.end ?? 0 } };
      at = close + 1;
    } else if (at < to && isMark(tokens[at], '[')) {
      const close = closing(tokens, at);
      expression = { kind: 'item', of: expression, key: parseScript(tokens, at + 1, close, file), file, span: { start, end: tokens[close]?.span.end ?? 0 } };
      at = close + 1;
    } else return { expression, end: at };
  }
}

function atomAt(tokens: readonly CodeToken[], from: number, to: number, file: SourceFile): { readonly expression: Expression; readonly end: number } {
  const token = tokens[from];
  const span = spanOfTokens({ tokens, from, to: from + 1 });
  if (token?.kind === 'string' && file.text[token.span.start] === '/') return { expression: { kind: 'other', file, span }, end: from + 1 };
  if (token?.kind === 'string') return { expression: { kind: 'text', parts: partsOfString(token, file), file, span }, end: from + 1 };
  if (token?.kind === 'name') return { expression: { kind: 'name', name: token.text, file, span }, end: from + 1 };
  if (isMark(token, '[')) {
    const close = closing(tokens, from);
    return { expression: { kind: 'list', items: itemsBetween(tokens, from, close, file), file, span: spanOfTokens({ tokens, from, to: close + 1 }) }, end: close + 1 };
  }
  if (isMark(token, '{')) {
    const close = closing(tokens, from);
    return { expression: mapBetween(tokens, from, close, file), end: close + 1 };
  }
  if (isMark(token, '(')) {
    const close = closing(tokens, from);
    return { expression: parseScript(tokens, from + 1, close, file), end: close + 1 };
  }
  let end = from;
  while (end < to && tokens[end]?.kind === 'other' && /[\d.]/u.test(file.text[tokens[end]?.span.start ?? 0] ?? '') && (end === from || tokens[end]?.span.start === tokens[end - 1]?.span.end)) end++;
  const number = file.text.slice(token?.span.start ?? 0, tokens[end - 1]?.span.end ?? 0);
  if (end > from && /^\d/u.test(number)) return { expression: { kind: 'text', parts: [number], file, span: spanOfTokens({ tokens, from, to: end }) }, end };
  return { expression: { kind: 'other', file, span }, end: Math.max(from + 1, to) };
}

function rangesBetween(tokens: readonly CodeToken[], open: number, close: number): readonly { readonly from: number; readonly to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  let from = open + 1;
  for (let i = open + 1; i <= close; i++) {
    if (i < close && isMark(tokens[i], '([{')) i = closing(tokens, i);
    else if (i === close || isMark(tokens[i], ',')) {
      if (i > from) ranges.push({ from, to: i });
      from = i + 1;
    }
  }
  return ranges;
}

function isSpread(tokens: readonly CodeToken[], at: number): boolean {
  return isMark(tokens[at], '.') && isMark(tokens[at + 1], '.') && isMark(tokens[at + 2], '.');
}

function itemsBetween(tokens: readonly CodeToken[], open: number, close: number, file: SourceFile): readonly Given[] {
  return rangesBetween(tokens, open, close).map(({ from, to }) => {
    const spread = isSpread(tokens, from);
    return { name: undefined, isSpread: spread, value: parseScript(tokens, spread ? from + 3 : from, to, file) };
  });
}

function mapBetween(tokens: readonly CodeToken[], open: number, close: number, file: SourceFile): Expression {
  const entries: { readonly key: Expression; readonly value: Expression }[] = [];
  let isWhole = true;
  for (const { from, to } of rangesBetween(tokens, open, close)) {
    const key: Expression = { kind: 'text', parts: [tokens[from]?.kind === 'string' ? (tokens[from].value ?? '') : nameText(tokens[from])], file, span: spanOfTokens({ tokens, from, to: from + 1 }) };
    if (isMark(tokens[from + 1], ':')) entries.push({ key, value: parseScript(tokens, from + 2, to, file) });
    else if (to === from + 1 && tokens[from]?.kind === 'name') entries.push({ key, value: { kind: 'name', name: nameText(tokens[from]), file, span: spanOfTokens({ tokens, from, to }) } });
    else isWhole = false;
  }
  return { kind: 'map', entries, isWhole, file, span: spanOfTokens({ tokens, from: open, to: close + 1 }) };
}

/** A template's text, cut at `${…}`. */
function partsOfString(token: Extract<CodeToken, { kind: 'string' }>, file: SourceFile): readonly (string | Expression)[] {
  const written = file.text.slice(token.span.start, token.span.end);
  if (!written.startsWith('`')) return [token.value ?? written.slice(1, -1).replace(/\\([\s\S])/gu, (_, char: string) => ({ n: '\n', t: '\t' }[char] ?? char))];
  const text = written.slice(1, -1);
  const parts: (string | Expression)[] = [];
  let plain = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') {
      const next = text[++at] ?? '';
      plain += { n: '\n', t: '\t', '\n': '' }[next] ?? next;
    } else if (text[at] === '$' && text[at + 1] === '{') {
      const end = endOfField(text, at + 2);
      const inner = text.slice(at + 2, end);
      const tokens = scriptTokens(inner);
      parts.push(plain, { ...parseScript(tokens, 0, tokens.length, { path: file.path, text: inner }), file, span: token.span, written: inner.trim() });
      plain = '';
      at = end;
    } else plain += text[at] ?? '';
  }
  return [...parts, plain].filter((part) => part !== '');
}

/** The brace that closes a field. */
function endOfField(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return text.length;
}
