import type { CodeToken } from './code-tokens.ts';

const word = /[\p{L}\p{N}_$#]+/uy;
const wordStart = /[\p{L}_$#]/u;
/** Names behind which a slash starts a regular expression. */
const operators = new Set(['return', 'typeof', 'case', 'in', 'of', 'do', 'else', 'void', 'delete', 'throw', 'new', 'await', 'yield']);

/**
 * Splits JavaScript or TypeScript into tokens: strings, comments and regular expressions are told apart from code; what stands
 * in `${…}` follows its template as tokens of its own. Never fails; broken code gives odd tokens.
 * Source: ECMAScript language specification, "Lexical Grammar".
 */
export function tokenizeScript(text: string): readonly CodeToken[] {
  const tokens: CodeToken[] = [];
  readUntil(text, 0, text.length, tokens);
  return tokens;
}

function readUntil(text: string, from: number, to: number, tokens: CodeToken[]): void {
  let at = from;
  while (at < to) {
    const char = text[at] ?? '';
    const pair = text.slice(at, at + 2);
    if (/\s/u.test(char)) at += 1;
    else if (pair === '//') at = endOf(text, '\n', at);
    else if (pair === '/*') at = endOf(text, '*/', at + 2) + 2;
    else if (char === '"' || char === "'") at = readString(text, at, tokens);
    else if (char === '`') at = readTemplate(text, at, tokens);
    else if (char === '/' && startsRegExp(tokens.at(-1))) at = readRegExp(text, at, tokens);
    else if (wordStart.test(char)) at = readWord(text, at, tokens);
    else {
      tokens.push({ kind: 'other', text: char, span: { start: at, end: at + 1 } });
      at += 1;
    }
  }
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at;
}

function startsRegExp(before: CodeToken | undefined): boolean {
  if (before?.kind === 'name') return operators.has(before.text);
  return before?.kind !== 'string' && !(before?.kind === 'other' && /[\d)\]}]/u.test(before.text));
}

function readWord(text: string, start: number, tokens: CodeToken[]): number {
  word.lastIndex = start;
  const found = word.exec(text)?.[0] ?? text[start] ?? '';
  tokens.push({ kind: 'name', text: found, span: { start, end: start + found.length } });
  return start + found.length;
}

function readString(text: string, start: number, tokens: CodeToken[]): number {
  const quote = text[start] ?? '"';
  let at = start + 1;
  while (at < text.length && text[at] !== quote && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1;
  const content = text.slice(start + 1, at);
  tokens.push({ kind: 'string', value: content.includes('\\') ? undefined : content, span: { start, end: Math.min(text.length, at + 1) } });
  return at + 1;
}

function readTemplate(text: string, start: number, tokens: CodeToken[]): number {
  const inner: (readonly [from: number, to: number])[] = [];
  let at = start + 1;
  while (at < text.length && text[at] !== '`') {
    if (text[at] === '$' && text[at + 1] === '{') {
      const end = closingBrace(text, at + 2);
      inner.push([at + 2, end]);
      at = end + 1;
    } else {
      at += text[at] === '\\' ? 2 : 1;
    }
  }
  tokens.push({ kind: 'string', value: inner.length === 0 ? text.slice(start + 1, at) : undefined, span: { start, end: Math.min(text.length, at + 1) } });
  for (const [from, to] of inner) {
    tokens.push({ kind: 'other', text: ';', span: { start: from, end: from } });
    readUntil(text, from, to, tokens);
  }
  return at + 1;
}

/** The brace that ends `${…}`: strings and templates within are skipped. */
function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    if (depth === 0) return at;
    if ('"\'`'.includes(char)) at = char === '`' ? skipTemplate(text, at) : skipString(text, at);
  }
  return text.length;
}

function skipString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== text[start] && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function skipTemplate(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '`') {
    if (text[at] === '$' && text[at + 1] === '{') at = closingBrace(text, at + 2) + 1;
    else at += text[at] === '\\' ? 2 : 1;
  }
  return at;
}

function readRegExp(text: string, start: number, tokens: CodeToken[]): number {
  let isClass = false;
  let at = start + 1;
  for (; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '[') isClass = true;
    else if (text[at] === ']') isClass = false;
    else if (text[at] === '/' && !isClass) break;
  }
  tokens.push({ kind: 'string', value: undefined, span: { start, end: at + 1 } });
  return at + 1;
}
