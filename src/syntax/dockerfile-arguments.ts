import { spanIn, type LogicalLine } from './dockerfile-lines.ts';
import type { DockerfileFlag, DockerfileKeyword, DockerfileWord } from './dockerfile.ts';

/** What stands after an instruction's flags. */
export interface InstructionArguments {
  readonly form: 'exec' | 'shell' | 'words';
  readonly words: readonly DockerfileWord[];
}

/** Leading `--name=value` words. Source: Dockerfile reference; a lone `--` ends them. */
export function readFlags(line: LogicalLine, from: number, escape: string): { readonly flags: readonly DockerfileFlag[]; readonly next: number } {
  const flags: DockerfileFlag[] = [];
  let at = skipBlanks(line.text, from);
  while (line.text.startsWith('--', at)) {
    const end = quotedWordEnd(line.text, at, escape);
    const written = line.text.slice(at, end);
    if (written === '--') return { flags, next: skipBlanks(line.text, end) };
    const [name = '', ...rest] = unquoted(written.slice(2), escape).split('=');
    flags.push({ name, value: rest.join('='), span: spanIn(line, at, end) });
    at = skipBlanks(line.text, end);
  }
  return { flags, next: at };
}

/** Takes an argument apart the way its instruction does. `start` and `end` bound it in the joined line. */
export function readArguments(keyword: DockerfileKeyword, line: LogicalLine, bounds: { readonly start: number; readonly end: number; readonly escape: string }): InstructionArguments {
  const { start, end, escape } = bounds;
  switch (keyword) {
    case 'RUN':
    case 'CMD':
    case 'ENTRYPOINT':
    case 'SHELL': {
      const words = jsonWords(line, start, end);
      return words ? { form: 'exec', words } : { form: 'shell', words: [] };
    }
    case 'ONBUILD':
      return { form: 'shell', words: [] };
    case 'COPY':
    case 'ADD':
    case 'VOLUME': {
      const words = jsonWords(line, start, end);
      return words ? { form: 'exec', words } : { form: 'words', words: blankSeparated(line, start, end) };
    }
    case 'WORKDIR':
    case 'USER':
    case 'STOPSIGNAL':
    case 'MAINTAINER':
      return { form: 'words', words: start < end ? [wordAt(line, start, end)] : [] };
    case 'ENV':
    case 'LABEL':
    case 'ARG':
      return { form: 'words', words: quotedWords(line, start, end, escape) };
    default:
      return { form: 'words', words: blankSeparated(line, start, end) };
  }
}

export function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/u.test(text.charAt(at))) at++;
  return at;
}

function wordAt(line: LogicalLine, start: number, end: number): DockerfileWord {
  return { text: line.text.slice(start, end), span: spanIn(line, start, end) };
}

function blankSeparated(line: LogicalLine, start: number, end: number): readonly DockerfileWord[] {
  return [...line.text.slice(start, end).matchAll(/\S+/gu)].map((match) => wordAt(line, start + match.index, start + match.index + match[0].length));
}

/** ENV, LABEL and ARG keep quoted blanks within a word. */
function quotedWords(line: LogicalLine, start: number, end: number, escape: string): readonly DockerfileWord[] {
  const words: DockerfileWord[] = [];
  for (let at = start; at < end; ) {
    const stop = Math.min(end, quotedWordEnd(line.text, at, escape));
    words.push(wordAt(line, at, stop));
    at = skipBlanks(line.text, stop);
  }
  return words;
}

function quotedWordEnd(text: string, from: number, escape: string): number {
  let quote = '';
  for (let i = from; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === escape && quote !== "'") i++;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (/\s/u.test(char)) return i;
  }
  return text.length;
}

function unquoted(text: string, escape: string): string {
  let out = '';
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === escape && quote !== "'" && i + 1 < text.length) out += text.charAt(++i);
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (quote === char) quote = '';
    else out += char;
  }
  return out;
}

/** The strings of a JSON array; undefined when the argument is none: Docker then reads it as a command line. */
function jsonWords(line: LogicalLine, start: number, end: number): readonly DockerfileWord[] | undefined {
  const text = line.text.slice(start, end);
  if (!text.startsWith('[')) return undefined;
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(values)) return undefined;
  const written = [...text.matchAll(/"(?:[^"\\]|\\.)*"/gu)];
  const words = values.flatMap((value: unknown, index): readonly DockerfileWord[] => {
    const match = written[index];
    if (typeof value !== 'string' || !match) return [];
    return [{ text: value, span: spanIn(line, start + match.index, start + match.index + match[0].length) }];
  });
  return words.length === values.length ? words : undefined;
}
