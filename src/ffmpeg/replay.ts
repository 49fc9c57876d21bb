import { posix } from 'node:path';
import type { FfmpegRecipe } from './configure-line.ts';
import { profileOfTrace, type TracedCommand, type TraceRecord } from './trace-record.ts';

/** A recorded command, to be run on samples in place of its input. */
export interface Replay {
  /** Before the input. */
  readonly before: readonly string[];
  /** Between input and output. */
  readonly args: readonly string[];
  /** File name of the output. */
  readonly output: string;
}

/** The recorded commands that a build can be tried with, each once, and why others cannot: `ffmpeg …: two inputs`. */
export function replaysOf(record: TraceRecord, recipe: FfmpegRecipe): { readonly replays: readonly Replay[]; readonly skipped: readonly string[] } {
  const replays = new Map<string, Replay>();
  const skipped = new Set<string>();
  for (const name of Object.keys(record).toSorted()) {
    for (const command of record[name] ?? []) {
      const replay = command.program === 'ffmpeg' ? (missingIn(command, recipe) ?? replayOf(command)) : 'ffprobe is not tried';
      if (typeof replay === 'string') skipped.add(`${command.program} of ${name} on ${command.event}: ${replay}`);
      else replays.set(JSON.stringify(replay), replay);
    }
  }
  return { replays: [...replays.keys()].toSorted().flatMap((key) => replays.get(key) ?? []), skipped: [...skipped] };
}

/** Parts that a command needs and a build does not have: it was made before the command was seen, or is for other functions. */
function missingIn(command: TracedCommand, { components }: FfmpegRecipe): string | undefined {
  if (components === 'all') return undefined;
  const has = new Set(components.map(({ kind, name }) => `${kind} ${name}`));
  const lacking = profileOfTrace([command]).components.map(({ kind, name }) => `${kind} ${name}`).filter((part) => !has.has(part));
  return lacking.length === 0 ? undefined : `this build has no ${lacking.slice(0, 3).join(', ')}${lacking.length > 3 ? ` and ${lacking.length - 3} more` : ''}`;
}

/** Options that change what is said or asked, not what comes out; those in the second set take a value. */
const quiet: ReadonlySet<string> = new Set(['-y', '-n', '-nostdin', '-hide_banner', '-stats', '-nostats']);
const quietWithValue: ReadonlySet<string> = new Set(['-loglevel', '-v', '-threads', '-progress']);

function replayOf({ argv }: TracedCommand): Replay | string {
  const input = argv.indexOf('-i');
  const last = argv.at(-1);
  if (input < 0 || last === undefined || input + 2 >= argv.length) return 'it has no input or no output';
  if (argv.includes('-i', input + 1)) return 'it has several inputs';
  const [before, args] = [withoutQuiet(argv.slice(0, input)), withoutQuiet(argv.slice(input + 2, -1))];
  if ([...before, ...args].some((word) => word.includes('/'))) return 'it names other files';
  const isStream = /^(?:-|pipe:\d*)$/u.test(last);
  if (last.includes('%') || (isStream && !args.includes('-f'))) return 'what it writes cannot be compared';
  // The input's own format is that of the sample.
  const at = before.indexOf('-f');
  return { before: at < 0 ? before : before.toSpliced(at, 2), args, output: isStream ? 'out.bin' : `out${posix.extname(last)}` };
}

function withoutQuiet(words: readonly string[]): readonly string[] {
  return words.filter((word, at) => !quiet.has(word) && !quietWithValue.has(word) && !quietWithValue.has(words[at - 1] ?? ''));
}
