import type { Place } from '../base/source.ts';
import { isFlag } from './components.ts';
import { unknownText } from './filter-graph.ts';

/**
 * An argument of a command as far as the code tells it: every text that it may be. What cannot be known stands in a text as
 * `unknownText`.
 */
export interface Argument {
  readonly kind: 'argument';
  readonly texts: readonly string[];
  readonly place: Place;
  /** How the code writes it; may tell an address from a file. */
  readonly written: string;
  /** What the names in it were given, as the code writes it. */
  readonly origin?: string;
}

/** Arguments whose number is not known either. */
export interface MoreArguments {
  readonly kind: 'more';
  readonly why: string;
  readonly place: Place;
}

export type CommandWord = Argument | MoreArguments;

/** An option with its value. */
export interface OptionUse {
  /** Without minus and stream specifier: `c`. */
  readonly name: string;
  /** Behind the first colon: `a`, `v:0`; empty for all streams. */
  readonly stream: string;
  /** Absent for options without one. */
  readonly value: Argument | undefined;
  readonly place: Place;
}

/** An input or output with the options before it. */
export interface CommandFile {
  readonly options: readonly OptionUse[];
  readonly url: Argument;
}

/** A command of ffmpeg or ffprobe, taken apart. */
export interface ParsedCommand {
  readonly inputs: readonly CommandFile[];
  readonly outputs: readonly CommandFile[];
  /** Behind the last file: of the whole command, or without effect. */
  readonly trailing: readonly OptionUse[];
  readonly doubts: readonly { readonly why: string; readonly place: Place }[];
}

/**
 * Takes a command's words apart, the program left out. Options stand before the file that they are for; all but ffmpeg's own
 * switches take a value. Source: FFmpeg's documentation, "Synopsis" and "Stream specifiers".
 */
export function parseCommand(words: readonly CommandWord[], program: 'ffmpeg' | 'ffprobe' = 'ffmpeg'): ParsedCommand {
  const inputs: CommandFile[] = [];
  const outputs: CommandFile[] = [];
  const doubts: { readonly why: string; readonly place: Place }[] = [];
  let options: OptionUse[] = [];
  const file = (into: CommandFile[], url: Argument): void => {
    into.push({ options, url });
    options = [];
  };
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (!word) continue;
    if (word.kind === 'more') {
      doubts.push({ why: word.why, place: word.place });
      continue;
    }
    const names = optionNames(word);
    if (names === 'mixed') {
      doubts.push({ why: `\`${word.written}\` may be one option or another, or a file`, place: word.place });
      continue;
    }
    if (names.length === 0) {
      file(program === 'ffprobe' ? inputs : outputs, word);
      continue;
    }
    const takesValue = names.some((name) => !isFlag(bare(name)));
    if (takesValue && names.some((name) => isFlag(bare(name)))) doubts.push({ why: `\`${word.written}\` may take a value or not`, place: word.place });
    const next = takesValue ? words[at + 1] : undefined;
    if (takesValue) at += 1;
    if (next?.kind === 'more') {
      doubts.push({ why: next.why, place: next.place });
      continue;
    }
    if (names.includes('i') && next) {
      file(inputs, next);
      continue;
    }
    for (const name of names) options.push({ name: bare(name), stream: name.includes(':') ? name.slice(name.indexOf(':') + 1) : '', value: next, place: word.place });
  }
  return { inputs, outputs, trailing: options, doubts };
}

function bare(name: string): string {
  return name.split(':')[0] ?? name;
}

/** The options that a word may be, without minus; none for a file; `mixed` where it cannot be told. */
function optionNames({ texts }: Argument): readonly string[] | 'mixed' {
  const options = texts.filter((text) => /^-./su.test(text));
  if (options.length === 0) return [];
  // A stream's number may be unknown: `-b:a:…`.
  if (options.length < texts.length || options.some((text) => (text.split(':')[0] ?? '').includes(unknownText) || /\s/u.test(text))) return 'mixed';
  return options.map((text) => text.replace(/^--?/u, ''));
}
