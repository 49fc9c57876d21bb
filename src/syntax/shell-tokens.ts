import type { Span } from '../base/source.ts';
import type { ShellPart, ShellWord } from './shell.ts';

/** What a shell text consists of. A `doubt` is why the command that the word is in cannot be understood. */
export type ShellToken =
  | { readonly kind: 'word'; readonly word: ShellWord; readonly doubt: string | undefined }
  | { readonly kind: 'operator'; readonly text: string; readonly span: Span };

/** The tokens, or why the text cannot be taken apart with certainty. */
export type ShellTokens =
  | { readonly kind: 'tokens'; readonly tokens: readonly ShellToken[] }
  | { readonly kind: 'opaque'; readonly reason: string; readonly span: Span };

const operators: readonly string[] = ['<<<', '<<-', '&>>', '&&', '||', ';;', ';&', '|&', '&>', '>>', '<<', '>&', '<&', '>|', '<>', ';', '|', '&', '<', '>', '(', ')'];

/** Splits a text by the token rules of POSIX's shell language (XCU 2.3). */
export function shellTokens(text: string): ShellTokens {
  const tokens: ShellToken[] = [];
  for (let at = 0; at < text.length; ) {
    const char = text.charAt(at);
    if (char === ' ' || char === '\t') at++;
    else if (text.startsWith('\\\n', at)) at += 2;
    else if (text.startsWith('\\\r\n', at)) at += 3;
    else if (char === '#') {
      const newline = text.indexOf('\n', at);
      at = newline < 0 ? text.length : newline;
    } else if (char === '\n') tokens.push({ kind: 'operator', text: '\n', span: { start: at, end: ++at } });
    else if (text.startsWith('\r\n', at)) at++;
    else {
      const operator = operators.find((candidate) => text.startsWith(candidate, at));
      const token = operator === undefined ? readWord(text, at) : operatorAt(operator, at);
      if (token.kind === 'opaque') return token;
      tokens.push(token);
      at = token.kind === 'word' ? token.word.span.end : token.span.end;
    }
  }
  return { kind: 'tokens', tokens };
}

function operatorAt(text: string, at: number): ShellToken {
  return { kind: 'operator', text, span: { start: at, end: at + text.length } };
}

type Opaque = Extract<ShellTokens, { readonly kind: 'opaque' }>;

interface Reading {
  readonly text: string;
  readonly parts: ShellPart[];
  at: number;
  /** Bare characters of the word, a space for each quoted one: shows patterns and braces that count. */
  bare: string;
  doubt: string | undefined;
  broken: Opaque | undefined;
}

function readWord(text: string, start: number): Extract<ShellToken, { readonly kind: 'word' }> | Opaque {
  const reading: Reading = { text, parts: [], at: start, bare: '', doubt: undefined, broken: undefined };
  while (reading.at < text.length && !reading.broken) {
    const char = text.charAt(reading.at);
    if (' \t\n;|&<>()'.includes(char) || text.startsWith('\r\n', reading.at)) break;
    if (char === "'") readSingleQuotes(reading);
    else if (char === '"') readDoubleQuotes(reading);
    else if (char === '\\') readEscape(reading);
    else if (char === '$' || char === '`') readExpansion(reading, false);
    else if (char === '~' && startsTilde(reading)) readTilde(reading);
    else {
      push(reading, char, false);
      reading.at++;
    }
  }
  if (reading.broken) return reading.broken;
  const { parts, bare } = reading;
  if (/\{[^{}]*(?:,|\.\.)[^{}]*\}/u.test(bare)) reading.doubt ??= 'some shells expand braces';
  const hasPattern = /[*?]|\[[^\]]*\]/u.test(bare);
  const isFixed = parts.every((part) => part.kind === 'literal');
  const value = isFixed && reading.doubt === undefined ? parts.map((part) => part.text).join('') : undefined;
  const span = { start, end: reading.at };
  return { kind: 'word', word: { text: text.slice(start, reading.at), parts, value, hasPattern, span }, doubt: reading.doubt };
}

function push(reading: Reading, text: string, quoted: boolean): void {
  reading.bare += quoted ? ' '.repeat(text.length) : text;
  const last = reading.parts.at(-1);
  if (last?.kind === 'literal' && last.quoted === quoted) reading.parts[reading.parts.length - 1] = { ...last, text: last.text + text };
  else reading.parts.push({ kind: 'literal', text, quoted });
}

function breakOff(reading: Reading, reason: string): void {
  reading.broken = { kind: 'opaque', reason, span: { start: reading.at, end: Math.min(reading.text.length, reading.at + 1) } };
}

function readSingleQuotes(reading: Reading): void {
  const end = reading.text.indexOf("'", reading.at + 1);
  if (end < 0) return breakOff(reading, 'a quote is not closed');
  push(reading, reading.text.slice(reading.at + 1, end), true);
  reading.at = end + 1;
}

function readDoubleQuotes(reading: Reading): void {
  const { text } = reading;
  const start = reading.at++;
  push(reading, '', true);
  while (reading.at < text.length && !reading.broken) {
    const char = text.charAt(reading.at);
    if (char === '"') {
      reading.at++;
      return;
    }
    const next = text.charAt(reading.at + 1);
    if (char === '\\' && next === '\n') reading.at += 2;
    else if (char === '\\' && next !== '' && '$`"\\'.includes(next)) {
      push(reading, next, true);
      reading.at += 2;
    } else if (char === '$' || char === '`') readExpansion(reading, true);
    else {
      push(reading, char, true);
      reading.at++;
    }
  }
  if (reading.broken) return;
  reading.at = start;
  breakOff(reading, 'a quote is not closed');
}

function readEscape(reading: Reading): void {
  const next = reading.text.charAt(reading.at + 1);
  if (next === '') return breakOff(reading, 'the text ends with a backslash');
  if (next === '\n') {
    reading.at += 2;
    return;
  }
  if (reading.text.startsWith('\\\r\n', reading.at)) {
    reading.at += 3;
    return;
  }
  push(reading, next, true);
  reading.at += 2;
}

/** A tilde at the word's start, or at the start of an assignment's value. */
function startsTilde(reading: Reading): boolean {
  return reading.parts.length === 0 || /^[A-Za-z_]\w*=(?:[^ ]*:)?$/u.test(reading.bare);
}

function readTilde(reading: Reading): void {
  const next = reading.text.charAt(reading.at + 1);
  const isHome = next === '' || '/ \t\n;|&<>)'.includes(next);
  if (!isHome) reading.doubt ??= '~ may name the folder of another user';
  if (isHome) {
    reading.parts.push({ kind: 'variable', name: 'HOME', text: '~', plain: true, quoted: true });
    reading.bare += ' ';
  } else push(reading, '~', false);
  reading.at++;
}

/** `$X`, `${…}`, `$(…)` and backquotes. */
function readExpansion(reading: Reading, quoted: boolean): void {
  const { text, at } = reading;
  const next = text.charAt(at + 1);
  if (text[at] === '`' || next === '(') {
    const end = text[at] === '`' ? backquoteEnd(text, at) : substitutionEnd(text, at + 2);
    if (end === undefined) return breakOff(reading, 'it holds a command substitution');
    reading.doubt ??= next === '(' && text[at + 2] === '(' ? 'it computes something' : 'it holds a command substitution';
    push(reading, text.slice(at, end), true);
    reading.at = end;
  } else if (next === '{') readBraces(reading, quoted);
  else if (!quoted && (next === "'" || next === '"')) breakOff(reading, `$${next} means different things to different shells`);
  else {
    const name = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/u.exec(text.slice(at + 1, at + 200))?.[0];
    if (name === undefined) push(reading, '$', quoted);
    else addVariable(reading, { name, text: `$${name}`, plain: true, quoted });
    reading.at = at + 1 + (name?.length ?? 0);
  }
}

function readBraces(reading: Reading, quoted: boolean): void {
  const { text, at } = reading;
  const match = /^\$\{([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])([^'"`\\{}]*)\}/u.exec(text.slice(at, at + 2000));
  const [written, name, operation = ''] = match ?? [];
  if (written === undefined || name === undefined || operation.includes('$(')) return breakOff(reading, 'it holds an expansion that is not simple');
  if (operation !== '' && !/^(?::?[-+?=]|##?|%%?|\/)/u.test(operation)) reading.doubt ??= `${written} is not understood`;
  addVariable(reading, { name, text: written, plain: operation === '', quoted });
  reading.at = at + written.length;
}

function addVariable(reading: Reading, part: Omit<Extract<ShellPart, { readonly kind: 'variable' }>, 'kind'>): void {
  reading.parts.push({ kind: 'variable', ...part });
  reading.bare += ' ';
}

function backquoteEnd(text: string, start: number): number | undefined {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '`') return i + 1;
  }
  return undefined;
}

/** Past the closing parenthesis; undefined where quotes, comments or `case` make it uncertain. */
function substitutionEnd(text: string, start: number): number | undefined {
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '\\') i++;
    else if (char === '`' || char === '#') return undefined;
    else if (char === '(') depth++;
    else if (char === ')' && --depth === 0) return /\bcase\b|<</u.test(text.slice(start, i)) ? undefined : i + 1;
    else if (char === "'" || char === '"') {
      const end = quoteEnd(text, i);
      if (end === undefined) return undefined;
      i = end;
    }
  }
  return undefined;
}

/** The closing quote; undefined when double quotes hold a substitution of their own. */
function quoteEnd(text: string, start: number): number | undefined {
  const quote = text.charAt(start);
  for (let i = start + 1; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === quote) return i;
    if (quote === '"' && char === '\\') i++;
    else if (quote === '"' && (char === '`' || text.startsWith('$(', i))) return undefined;
  }
  return undefined;
}
