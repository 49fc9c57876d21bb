import { posix } from 'node:path';
import type { FfmpegRecipe } from './configure-line.ts';
import { demuxerNamed } from './components.ts';
import type { FfmpegProgram } from './profile.ts';
import { profileOfTrace, type TracedCommand, type TraceRecord } from './trace-record.ts';

/** Stands for a sample in a command that is tried with many. */
export const inputWord = '<input>';
/** Stands for an empty folder that the command writes to. */
export const outputWord = '<output>';

/** A command that is run with a derived build and a full one: what follows the program's name, with the two words above. */
export interface Replay {
  readonly program: FfmpegProgram;
  readonly words: readonly string[];
}

/** The recorded commands that a build can be tried with, each once, and why others cannot: `ffmpeg …: it names other files`. */
export function replaysOf(record: TraceRecord, recipe: FfmpegRecipe): { readonly replays: readonly Replay[]; readonly skipped: readonly string[] } {
  const replays = new Map<string, Replay>();
  const skipped = new Set<string>();
  for (const name of Object.keys(record).toSorted()) {
    for (const command of record[name] ?? []) {
      const replay = missingIn(command, recipe) ?? (command.program === 'ffmpeg' ? conversion(command.argv) : question(command.argv));
      if (typeof replay === 'string') skipped.add(`${command.program} of ${name} on ${command.event}: ${replay}`);
      else replays.set(JSON.stringify(replay), replay);
    }
  }
  return { replays: [...replays.keys()].toSorted().flatMap((key) => replays.get(key) ?? []), skipped: [...skipped] };
}

/** Parts that a command needs and a build does not have: it was made before the command was seen, or is for other functions. */
function missingIn(command: TracedCommand, { components, programs }: FfmpegRecipe): string | undefined {
  if (!programs.includes(command.program)) return `this build has no ${command.program}`;
  if (components === 'all') return undefined;
  const has = new Set(components.map(({ kind, name }) => `${kind} ${name}`));
  const lacking = profileOfTrace([command]).components.map(({ kind, name }) => `${kind} ${name}`).filter((part) => !has.has(part));
  return lacking.length === 0 ? undefined : `this build has no ${lacking.slice(0, 3).join(', ')}${lacking.length > 3 ? ` and ${lacking.length - 3} more` : ''}`;
}

/** Options that change what is said or asked, not what comes out; those in the second set take a value. */
const quiet: ReadonlySet<string> = new Set(['-y', '-n', '-nostdin', '-hide_banner', '-stats', '-nostats']);
const quietWithValue: ReadonlySet<string> = new Set(['-loglevel', '-v', '-threads', '-progress']);

function withoutQuiet(words: readonly string[]): readonly string[] {
  return words.filter((word, at) => !quiet.has(word) && !quietWithValue.has(word) && !quietWithValue.has(words[at - 1] ?? ''));
}

/** A file of the user's: `/tmp/a`, `./a`, `fontfile=/opt/a.ttf`. */
const otherFile = /^\.{0,2}\/|[=:]\.{0,2}\/\w/u;

function conversion(argv: readonly string[]): Replay | string {
  const words = withFormatsOf(withoutQuiet(argv));
  if (typeof words === 'string') return words;
  const last = words.at(-1);
  if (!words.includes(inputWord) || last === undefined || last === inputWord || last.startsWith('-') && last !== '-') return 'it has no input or no output';
  const isStream = /^(?:-|pipe:\d*)$/u.test(last);
  if (isStream && !words.includes('-f')) return 'what it writes cannot be compared';
  const folder = posix.dirname(last);
  const moved = words.slice(0, -1).map((word) => (folder !== '.' && word.startsWith(`${folder}/`) ? outputWord + word.slice(folder.length) : word));
  if (moved.some((word) => otherFile.test(word))) return 'it names other files';
  const exact = (['-fflags', '-flags:v', '-flags:a'] as const).filter((option) => !moved.some((word) => word === option || word === '-flags')).flatMap((option) => [option, '+bitexact']);
  return { program: 'ffmpeg', words: [...moved, ...exact, isStream ? `${outputWord}/out.bin` : `${outputWord}/${posix.basename(last)}`] };
}

/** Samples in place of what was read, each in its own format; what ffmpeg makes up stays, and raw samples are raw whatever they are. */
function withFormatsOf(words: readonly string[]): readonly string[] | string {
  const found: string[] = [];
  let from = 0;
  for (let at = words.indexOf('-i'); at >= 0; at = words.indexOf('-i', at + 1)) {
    const before = words.slice(from, at);
    const named = before.indexOf('-f');
    const format = named < 0 ? '' : (before[named + 1] ?? '');
    const demuxer = demuxerNamed(format);
    const isMade = format === 'lavfi';
    if (demuxer === 'concat') return 'its input is a list of files';
    const isKept = isMade || demuxer?.startsWith('pcm_') === true || demuxer === 'rawvideo';
    found.push(...(named >= 0 && !isKept ? before.toSpliced(named, 2) : before), '-i', isMade ? (words[at + 1] ?? '') : inputWord);
    from = at + 2;
  }
  return [...found, ...words.slice(from)];
}

function question(argv: readonly string[]): Replay | string {
  const words = withoutQuiet(argv);
  const named = words.findIndex((word) => word === '-i' || word === '-input');
  const at = named < 0 ? words.length - 1 : named + 1;
  const asked = words.toSpliced(at, 1, inputWord);
  if (words[at] === undefined || (named < 0 && words[at].startsWith('-'))) return 'it has no input';
  return asked.some((word) => otherFile.test(word)) ? 'it names other files' : { program: 'ffprobe', words: asked };
}
