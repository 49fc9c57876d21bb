import type { SourceFile, Span } from '../base/source.ts';
import { closing, isMark, isName, nameText, type CodeToken, type TokenRange } from '../iam/code-tokens.ts';
import { tokenizePython } from '../model/python-tokens.ts';
import type { Expression, Given } from './expression.ts';
import { findLastToken, findToken, spanOfTokens } from './token-search.ts';

/** Python's words that are no names. */
const keywords = new Set('and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(' '));

/** Reads a range of tokens as one expression; what is not understood becomes `other`. */
export function parsePython(range: TokenRange, file: SourceFile): Expression {
  const tokens = range.tokens;
  const span = spanOfTokens(range);
  const make = <E extends object>(body: E): E & { readonly file: SourceFile; readonly span: Span } => ({ ...body, file, span });
  let { from } = range;
  const { to } = range;
  while (from < to && (isName(tokens[from], 'await') || isName(tokens[from], 'yield'))) from++;
  const sub = (start: number, end: number): Expression => parsePython({ tokens, from: start, to: end }, file);
  if (from >= to) return make({ kind: 'other' });
  if (isName(tokens[from], 'lambda')) {
    const colon = findToken(tokens, from, to, (i) => isMark(tokens[i], ':'));
    return make({ kind: 'other', parts: colon < 0 ? [] : [sub(colon + 1, to)] });
  }
  const operands = (isBetween: (i: number) => boolean): Expression => make({ kind: 'other', parts: cutAt(tokens, { from, to, isBetween }).map((one) => sub(one.from, one.to)) });
  const question = findToken(tokens, from, to, (i) => isName(tokens[i], 'if'));
  if (question >= 0) {
    const otherwise = findToken(tokens, question, to, (i) => isName(tokens[i], 'else'));
    if (otherwise >= 0) return make({ kind: 'choice', options: [sub(from, question), sub(otherwise + 1, to)] });
  }
  const either = findToken(tokens, from, to, (i) => isName(tokens[i], 'or'));
  if (either >= 0) return make({ kind: 'choice', options: [sub(from, either), sub(either + 1, to)] });
  const isComparing = (i: number): boolean => ['and', 'not', 'in', 'is'].includes(nameText(tokens[i])) || isMark(tokens[i], '<>!=&|^~@');
  if (findToken(tokens, from, to, isComparing) >= 0) return operands(isComparing);
  const plus = findLastToken(tokens, from, to, (i) => i > from && isMark(tokens[i], '+-'));
  if (plus >= 0) return isMark(tokens[plus], '+') ? make({ kind: 'join', sign: '+', left: sub(from, plus), right: sub(plus + 1, to) }) : operands((i) => i === plus);
  const times = findLastToken(tokens, from, to, (i) => i > from && isMark(tokens[i], '*%/'));
  if (times >= 0) {
    const sign = isMark(tokens[times], '%') ? '%' : '/';
    if (isMark(tokens[times], '*') || isMark(tokens[times - 1], '/')) return operands((i) => isMark(tokens[i], '*/'));
    return make({ kind: 'join', sign, left: sub(from, times), right: sub(times + 1, to) });
  }
  return parsePrimary({ tokens, from, to }, file);
}

/** The ranges between tokens outside of brackets; none is empty. */
function cutAt(tokens: readonly CodeToken[], { from, to, isBetween }: { readonly from: number; readonly to: number; readonly isBetween: (i: number) => boolean }): readonly { readonly from: number; readonly to: number }[] {
  const found: { from: number; to: number }[] = [];
  let start = from;
  while (start < to) {
    const next = findToken(tokens, start, to, isBetween);
    const end = next < 0 ? to : next;
    if (end > start) found.push({ from: start, to: end });
    start = end + 1;
  }
  return found;
}

/** An atom with what follows it: `.name`, `(…)`, `[…]`. */
function parsePrimary({ tokens, from, to }: TokenRange, file: SourceFile): Expression {
  const atom = atomAt(tokens, from, to, file);
  let { expression } = atom;
  let at = atom.end;
  while (at < to) {
    const span = { start: expression.span.start, end: 0 };
    const close = closing(tokens, at);
    if (isMark(tokens[at], '.') && tokens[at + 1]?.kind === 'name') {
      expression = { kind: 'member', of: expression, name: nameText(tokens[at + 1]), file, span: { ...span, end: tokens[at + 1]?.span.end ?? 0 } };
      at += 2;
    } else if (isMark(tokens[at], '(')) {
      expression = { kind: 'call', callee: expression, given: itemsBetween(tokens, at, close, file), file, span: { ...span, end: tokens[close]?.span.end ?? 0 } };
      at = close + 1;
    } else if (isMark(tokens[at], '[')) {
      const isSlice = findToken(tokens, at + 1, close, (i) => isMark(tokens[i], ':,')) >= 0;
      const key: Expression = isSlice ? { kind: 'other', file, span: expression.span } : parsePython({ tokens, from: at + 1, to: close }, file);
      expression = { kind: 'item', of: expression, key, file, span: { ...span, end: tokens[close]?.span.end ?? 0 } };
      at = close + 1;
    } else return { kind: 'other', file, span: spanOfTokens({ tokens, from, to }) };
  }
  return expression;
}

function atomAt(tokens: readonly CodeToken[], from: number, to: number, file: SourceFile): { readonly expression: Expression; readonly end: number } {
  const token = tokens[from];
  const at = (body: { readonly kind: 'other' } | { readonly kind: 'name'; readonly name: string } | { readonly kind: 'text'; readonly parts: readonly (string | Expression)[] }, end: number): { readonly expression: Expression; readonly end: number } =>
    ({ expression: { ...body, file, span: spanOfTokens({ tokens, from, to: end }) }, end });
  if (token?.kind === 'string') {
    let end = from;
    const parts: (string | Expression)[] = [];
    while (end < to && tokens[end]?.kind === 'string') parts.push(...partsOfString(tokens[end++], file));
    return at({ kind: 'text', parts }, end);
  }
  if (token?.kind === 'name') return keywords.has(token.text) ? at({ kind: 'other' }, to) : at({ kind: 'name', name: token.text }, from + 1);
  if (isMark(token, '([{')) return bracketAt(tokens, from, file);
  let end = from + (isMark(token, '-+') ? 1 : 0);
  while (end < to && tokens[end]?.kind === 'other' && /^[\d._]/u.test(textAt(tokens, end)) && (end === from || tokens[end]?.span.start === tokens[end - 1]?.span.end)) end++;
  const number = file.text.slice(token?.span.start ?? 0, tokens[end - 1]?.span.end ?? 0);
  return /^[-+]?\d/u.test(number) ? at({ kind: 'text', parts: [number] }, end) : at({ kind: 'other' }, to);
}

function textAt(tokens: readonly CodeToken[], index: number): string {
  const token = tokens[index];
  return token?.kind === 'other' ? token.text : '';
}

function bracketAt(tokens: readonly CodeToken[], from: number, file: SourceFile): { readonly expression: Expression; readonly end: number } {
  const close = closing(tokens, from);
  const span = spanOfTokens({ tokens, from, to: close + 1 });
  const end = close + 1;
  const each = eachBetween(tokens, from + 1, close, file);
  if (each) return { expression: each, end };
  if (isMark(tokens[from], '{') && findToken(tokens, from + 1, close, (i) => isMark(tokens[i], ':')) >= 0) return { expression: mapBetween(tokens, from, close, file), end };
  const items = itemsBetween(tokens, from, close, file);
  const hasComma = findToken(tokens, from + 1, close, (i) => isMark(tokens[i], ',')) >= 0;
  if (isMark(tokens[from], '(') && !hasComma && items.length === 1 && items[0]?.isSpread === false) return { expression: items[0].value, end };
  return { expression: { kind: 'list', items, file, span }, end };
}

/** `f(x) for x in xs`; undefined for anything else. */
function eachBetween(tokens: readonly CodeToken[], from: number, to: number, file: SourceFile): Expression | undefined {
  const each = findToken(tokens, from, to, (i) => isName(tokens[i], 'for'));
  if (each < 0) return undefined;
  const inside = findToken(tokens, each, to, (i) => isName(tokens[i], 'in'));
  // `f(x) for x, y in xs` as an argument is cut at its comma.
  if (inside < 0) return undefined;
  const condition = findToken(tokens, inside, to, (i) => isName(tokens[i], 'if') || isName(tokens[i], 'for'));
  const source = parsePython({ tokens, from: inside + 1, to: condition < 0 ? to : condition }, file);
  return { kind: 'each', element: parsePython({ tokens, from, to: each }, file), source, name: inside === each + 2 ? nameText(tokens[each + 1]) : '', isWhole: condition < 0, file, span: spanOfTokens({ tokens, from, to }) };
}

/** What stands between brackets, cut at commas. */
function itemsBetween(tokens: readonly CodeToken[], open: number, close: number, file: SourceFile): readonly Given[] {
  return rangesBetween(tokens, open, close).map(({ from, to }) => {
    let start = from;
    while (start < to && isMark(tokens[start], '*')) start++;
    const isNamed = tokens[from]?.kind === 'name' && isMark(tokens[from + 1], '=') && !isMark(tokens[from + 2], '=');
    const each = eachBetween(tokens, start, to, file);
    if (each) return { name: undefined, isSpread: start > from, value: each };
    return { name: isNamed ? nameText(tokens[from]) : undefined, isSpread: start > from, value: parsePython({ tokens, from: isNamed ? from + 2 : start, to }, file) };
  });
}

function rangesBetween(tokens: readonly CodeToken[], open: number, close: number): readonly TokenRange[] {
  const ranges: TokenRange[] = [];
  let from = open + 1;
  for (let i = open + 1; i <= close; i++) {
    if (i < close && isMark(tokens[i], '([{')) i = closing(tokens, i);
    else if (i === close || isMark(tokens[i], ',')) {
      if (i > from) ranges.push({ tokens, from, to: i });
      from = i + 1;
    }
  }
  return ranges;
}

function mapBetween(tokens: readonly CodeToken[], open: number, close: number, file: SourceFile): Expression {
  const entries: { readonly key: Expression; readonly value: Expression }[] = [];
  let isWhole = true;
  for (const { from, to } of rangesBetween(tokens, open, close)) {
    const colon = findToken(tokens, from, to, (i) => isMark(tokens[i], ':'));
    if (colon < 0) isWhole = false;
    else entries.push({ key: parsePython({ tokens, from, to: colon }, file), value: parsePython({ tokens, from: colon + 1, to }, file) });
  }
  return { kind: 'map', entries, isWhole, file, span: spanOfTokens({ tokens, from: open, to: close + 1 }) };
}

/** A literal's text, cut at the replacement fields of an f-string. */
function partsOfString(token: CodeToken | undefined, file: SourceFile): readonly (string | Expression)[] {
  if (token?.kind !== 'string') return [];
  if (token.value !== undefined) return [token.value];
  const text = file.text.slice(token.span.start, token.span.end).replace(/^[A-Za-z]*("""|'''|"|')([\s\S]*?)\1$/u, '$2');
  const parts: (string | Expression)[] = [];
  let plain = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if ((char === '{' || char === '}') && text[at + 1] === char) {
      plain += char;
      at += 1;
    } else if (char === '{') {
      const end = endOfField(text, at + 1);
      parts.push(plain, fieldOf(text.slice(at + 1, end), file, token.span));
      plain = '';
      at = end;
    } else if (char === '\\' && at + 1 < text.length) {
      const next = text[++at] ?? '';
      plain += { n: '\n', t: '\t', '\n': '' }[next] ?? next;
    } else plain += char;
  }
  return [...parts, plain].filter((part) => part !== '');
}

function endOfField(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return text.length;
}

/** `expression`, `expression!r`, `expression:format`. */
function fieldOf(text: string, file: SourceFile, span: Span): Expression {
  const tokens = tokenizePython(text).filter((token) => token.kind !== 'end');
  const end = findToken(tokens, 0, tokens.length, (i) => isMark(tokens[i], ':') || (isMark(tokens[i], '!') && !isMark(tokens[i + 1], '=')));
  // Offsets inside a field mean nothing in the file: it stands where its string does.
  return { ...parsePython({ tokens, from: 0, to: end < 0 ? tokens.length : end }, { path: file.path, text }), file, span, written: text.trim() };
}
