import type { SourceFile, Span } from '../base/source.ts';
import type { Heredoc } from './dockerfile.ts';

/** An instruction's text with continuations joined, and the way back to the file. */
export interface LogicalLine {
  readonly text: string;
  /** Pieces of the file that the text is made of, in order. */
  readonly pieces: readonly { readonly at: number; readonly start: number; readonly length: number }[];
  readonly heredocs: readonly Heredoc[];
  /** Of all heredocs together, when there are any. */
  readonly heredocEnd: number | undefined;
  /** A heredoc that is never closed. */
  readonly open: { readonly name: string; readonly span: Span } | undefined;
}

interface PhysicalLine {
  readonly start: number;
  /** Without the newline. */
  readonly text: string;
  /** With it. */
  readonly raw: string;
  /** Past the newline. */
  readonly next: number;
}

/** What the top of the file says to the builder. */
export interface Directives {
  readonly escape: '\\' | '`';
  readonly syntax: string | undefined;
  /** Of an `escape` that is neither a backslash nor a backtick. */
  readonly badEscape: Span | undefined;
}

/** Parser directives: `# name=value` lines before anything else. Source: Dockerfile reference, "Parser directives". */
export function readDirectives(source: SourceFile): Directives {
  let escape: '\\' | '`' = '\\';
  let syntax: string | undefined;
  let badEscape: Span | undefined;
  for (const line of physicalLines(source.text)) {
    const match = /^\s*#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.*?)\s*$/u.exec(line.text);
    const name = match?.[1]?.toLowerCase();
    const value = match?.[2] ?? '';
    if (name !== 'escape' && name !== 'syntax' && name !== 'check') break;
    if (name === 'syntax') syntax ??= value;
    if (name !== 'escape') continue;
    if (value === '`' || value === '\\') escape = value;
    else badEscape = { start: line.start, end: line.start + line.text.length };
  }
  return { escape, syntax, badEscape };
}

/** The logical lines of a Dockerfile: comments and blank lines dropped, continuations joined, heredocs taken along. */
export function logicalLines(source: SourceFile, escape: '\\' | '`'): readonly LogicalLine[] {
  const lines = physicalLines(source.text);
  const found: LogicalLine[] = [];
  for (let i = 0; i < lines.length; ) {
    const read = joinLines(lines, i, escape);
    i = read.next;
    if (read.text.trim() === '') continue;
    const tail = readHeredocs(lines, i, read.text, escape);
    i = tail.next;
    found.push({ text: read.text, pieces: read.pieces, heredocs: tail.heredocs, heredocEnd: tail.end, open: tail.open === undefined ? undefined : { name: tail.open, span: pieceSpan(read.pieces) } });
  }
  return found;
}

/** The file's range for a range of the joined text. */
export function spanIn(line: LogicalLine, start: number, end: number): Span {
  return { start: offsetIn(line, start), end: end > start ? offsetIn(line, end - 1) + 1 : offsetIn(line, start) };
}

/** The pieces of a part of the joined text, counted from that part's start. */
export function piecesIn(line: LogicalLine, start: number, end: number): LogicalLine['pieces'] {
  return line.pieces.flatMap((piece) => {
    const from = Math.max(start, piece.at);
    const to = Math.min(end, piece.at + piece.length);
    return to > from ? [{ at: from - start, start: piece.start + from - piece.at, length: to - from }] : [];
  });
}

function offsetIn(line: LogicalLine, at: number): number {
  const piece = line.pieces.findLast((candidate) => candidate.at <= at);
  return piece ? piece.start + Math.min(at - piece.at, piece.length) : 0;
}

function pieceSpan(pieces: LogicalLine['pieces']): Span {
  const first = pieces[0];
  return first ? { start: first.start, end: first.start + first.length } : { start: 0, end: 0 };
}

function physicalLines(text: string): readonly PhysicalLine[] {
  const lines: PhysicalLine[] = [];
  for (let start = text.charCodeAt(0) === 0xfeff ? 1 : 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const next = newline < 0 ? text.length : newline + 1;
    const raw = text.slice(start, newline < 0 ? text.length : newline);
    lines.push({ start, text: raw.endsWith('\r') ? raw.slice(0, -1) : raw, raw: text.slice(start, next), next });
    start = next;
  }
  return lines;
}

interface JoinedLines {
  readonly text: string;
  readonly pieces: LogicalLine['pieces'];
  readonly next: number;
}

function joinLines(lines: readonly PhysicalLine[], from: number, escape: '\\' | '`'): JoinedLines {
  const pieces: { readonly at: number; readonly start: number; readonly length: number }[] = [];
  let text = '';
  let next = from;
  for (const line of lines.slice(from)) {
    next++;
    const isFirst = next === from + 1;
    if (line.text.trimStart().startsWith('#')) {
      if (isFirst) break;
      continue;
    }
    if (!isFirst && line.text.trim() === '') continue;
    const kept = withoutContinuation(line.text, escape);
    const body = kept ?? line.text;
    pieces.push({ at: text.length, start: line.start, length: body.length });
    text += body;
    if (kept === undefined) break;
  }
  return { text, pieces, next };
}

/** The line without its continuation character; undefined when the next line does not belong to it. A doubled escape is no continuation. */
function withoutContinuation(text: string, escape: string): string | undefined {
  const trimmed = text.replace(/[ \t]+$/u, '');
  if (!trimmed.endsWith(escape) || trimmed.endsWith(escape + escape)) return undefined;
  return trimmed.slice(0, -1);
}

interface HeredocTail {
  readonly heredocs: readonly Heredoc[];
  readonly next: number;
  readonly end: number | undefined;
  readonly open: string | undefined;
}

function readHeredocs(lines: readonly PhysicalLine[], from: number, text: string, escape: string): HeredocTail {
  const heredocs: Heredoc[] = [];
  let next = from;
  let end: number | undefined;
  for (const opener of heredocOpeners(text, escape)) {
    const last = lines.findIndex((line, index) => index >= next && (opener.chomp ? line.text.replace(/^\t+/u, '') : line.text) === opener.name);
    if (last < 0) return { heredocs, next: lines.length, end: lines.at(-1)?.next, open: opener.name };
    const body = lines.slice(next, last);
    const terminator = lines[last];
    const start = body[0]?.start ?? terminator?.start ?? 0;
    end = terminator ? terminator.start + terminator.text.length : start;
    heredocs.push({
      name: opener.name, expand: opener.expand, span: { start, end },
      // Line endings stay as they are: a file with CRLF copies CRLF into the image.
      content: body.map((line) => (opener.chomp ? line.raw.replace(/^\t+/u, '') : line.raw)).join(''),
    });
    next = last + 1;
  }
  return { heredocs, next, end, open: undefined };
}

/** `<<EOF`, `<<-EOF`, `<<"EOF"` words of a RUN, COPY or ADD. Source: Dockerfile reference, "Here-documents". */
function heredocOpeners(text: string, escape: string): readonly { readonly name: string; readonly chomp: boolean; readonly expand: boolean }[] {
  if (!/^\s*(?:onbuild\s+)?(?:run|copy|add)\s/iu.test(text) || !text.includes('<<')) return [];
  return shellWords(text, escape).flatMap((word) => {
    const match = /^\d*<<(-?)([^<]+)$/u.exec(word);
    const written = match?.[2];
    if (written === undefined) return [];
    const name = written.replace(/['"]/gu, '').replaceAll(escape, '');
    return name === '' ? [] : [{ name, chomp: match?.[1] === '-', expand: !/['"]/u.test(written) }];
  });
}

/** Words separated by blanks outside quotes, as written. */
function shellWords(text: string, escape: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (quote === '' && /\s/u.test(char)) {
      if (word !== '') words.push(word);
      word = '';
      continue;
    }
    if (char === escape && quote !== "'") word += char + text.charAt(++i);
    else {
      if (quote === char) quote = '';
      else if (quote === '' && (char === '"' || char === "'")) quote = char;
      word += char;
    }
  }
  return word === '' ? words : [...words, word];
}
