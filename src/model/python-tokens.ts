import { once } from '../base/once.ts';
import type { SourceFile, Span } from '../base/source.ts';

/** A token of Python, as far as reading imports and string literals needs. */
export type PythonToken =
  | { readonly kind: 'name'; readonly text: string; readonly span: Span }
  | {
      readonly kind: 'string';
      /** The literal's content with simple escapes decoded; undefined for f-strings with replacement fields. */
      readonly value: string | undefined;
      readonly span: Span;
    }
  /** A single character of punctuation, or a run of digits and the like. */
  | { readonly kind: 'other'; readonly text: string; readonly span: Span }
  /** The end of a logical line, or `;`. `indent` is the width of the white space that starts the next one. */
  | { readonly kind: 'end'; readonly indent: number; readonly span: Span };

const nameStart = /[\p{L}_]/u;
const name = /[\p{L}\p{N}_]+/uy;
const stringPrefix = /^(?:[rbu]|br|rb|f|fr|rf|t|tr|rt)$/iu;

/** A source's tokens. */
export const pythonTokens: (source: SourceFile) => readonly PythonToken[] = once(({ text }) => tokenizePython(text));

/**
 * Splits Python source into tokens: strings and comments are told apart from code, lines joined by brackets or a
 * backslash are one. Source: Python language reference, "Lexical analysis". Never fails; broken code gives odd tokens.
 */
export function tokenizePython(text: string): readonly PythonToken[] {
  const tokens: PythonToken[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let depth = 0;
  tokens.push({ kind: 'end', indent: indentAt(text, at), span: { start: at, end: at } });
  while (at < text.length) {
    const char = text[at] ?? '';
    if (char === ' ') {
      at += 1;
    } else if (char === '\n' || char === '\r') {
      if (depth === 0) tokens.push({ kind: 'end', indent: indentAt(text, at + 1), span: { start: at, end: at + 1 } });
      at += 1;
    } else if (char === '#') {
      at = endOfLine(text, at);
    } else if (char === '\\' && /[\r\n]/u.test(text[at + 1] ?? '')) {
      at += text[at + 1] === '\r' && text[at + 2] === '\n' ? 3 : 2;
    } else if (/\s/u.test(char)) {
      at += 1;
    } else if (char === '"' || char === "'") {
      at = pushString(text, at, at, tokens);
    } else if (nameStart.test(char)) {
      at = pushName(text, at, tokens);
    } else {
      if ('([{'.includes(char)) depth += 1;
      if (')]}'.includes(char)) depth = Math.max(0, depth - 1);
      const span = { start: at, end: at + 1 };
      tokens.push(char === ';' ? { kind: 'end', indent: lastIndent(tokens), span } : { kind: 'other', text: char, span });
      at += 1;
    }
  }
  tokens.push({ kind: 'end', indent: 0, span: { start: at, end: at } });
  return tokens;
}

function pushName(text: string, start: number, tokens: PythonToken[]): number {
  name.lastIndex = start;
  const word = name.exec(text)?.[0] ?? text[start] ?? '';
  const end = start + word.length;
  const next = text[end];
  if ((next === '"' || next === "'") && stringPrefix.test(word)) return pushString(text, start, end, tokens);
  tokens.push({ kind: 'name', text: word, span: { start, end } });
  return end;
}

/** Takes a literal whose prefix starts at `start` and whose quote stands at `quoteAt`; returns the offset after it. */
function pushString(text: string, start: number, quoteAt: number, tokens: PythonToken[]): number {
  const prefix = text.slice(start, quoteAt).toLowerCase();
  const quote = text[quoteAt] ?? '"';
  const isTriple = text.startsWith(quote.repeat(3), quoteAt);
  const closing = isTriple ? quote.repeat(3) : quote;
  const from = quoteAt + closing.length;
  const at = isTriple ? closingAt(text, from, closing) : lineStringEnd(text, from, quote.charCodeAt(0));
  const content = text.slice(from, Math.min(at, text.length));
  const end = Math.min(text.length, at + (text.startsWith(closing, at) ? closing.length : 0));
  tokens.push({ kind: 'string', value: valueOf(content, prefix), span: { start, end } });
  return end;
}

/** Where an unescaped closing quote stands; past the end when there is none. */
function closingAt(text: string, from: number, closing: string): number {
  for (let at = from; ; ) {
    const close = text.indexOf(closing, at);
    const escape = text.indexOf('\\', at);
    if (close < 0) return Math.max(text.length, at);
    if (escape < 0 || escape > close) return close;
    at = escape + 2;
  }
}

/** The closing quote, or the end of the line. */
function lineStringEnd(text: string, from: number, quote: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); at < text.length && code !== quote && code !== 10 && code !== 13; code = text.charCodeAt(at)) at += code === 92 ? 2 : 1;
  return at;
}

function valueOf(content: string, prefix: string): string | undefined {
  const isTemplate = prefix.includes('f') || prefix.includes('t');
  if (isTemplate && /\{(?!\{)/u.test(content.replaceAll('{{', ''))) return undefined;
  if (prefix.includes('r')) return content;
  if (!content.includes('\\')) return content;
  return content.replace(/\\(\r\n|[\s\S])/gu, (written, char: string) => {
    if (/[\r\n]/u.test(char)) return '';
    return { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' }[char] ?? written;
  });
}

function indentAt(text: string, at: number): number {
  let width = 0;
  for (let i = at; text[i] === ' ' || text[i] === '\t'; i++) width += text[i] === '\t' ? 8 - (width % 8) : 1;
  return width;
}

function lastIndent(tokens: readonly PythonToken[]): number {
  for (let i = tokens.length - 1; i >= 0; i--) {
    const token = tokens[i];
    if (token?.kind === 'end') return token.indent;
  }
  return 0;
}

function endOfLine(text: string, at: number): number {
  const rest = text.slice(at).search(/[\r\n]/u);
  return rest < 0 ? text.length : at + rest;
}
