import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../../base/host.ts';
import { proofCases, reachableParts, type ProofCase } from '../../ffmpeg/proof-cases.ts';
import type { FfmpegProfile, FfmpegProgram } from '../../ffmpeg/profile.ts';
import { captions } from '../../ffmpeg/proof-samples.ts';
import { inputWord, outputWord, type Replay } from '../../ffmpeg/replay.ts';

/** What a proof came to. */
export interface Proof {
  /** Commands that both builds ran. */
  readonly commands: number;
  /** Those that came out differently, in words; empty when the profile serves. */
  readonly failures: readonly string[];
  /** Parts that no command reached, as `decoder theora`. */
  readonly unreached: readonly string[];
}

/** Absolute paths of a build's programs. */
export type BuiltPrograms = Readonly<Partial<Record<FfmpegProgram, string>>>;

/** Programs that take part: absolute paths. */
export interface ProofPrograms {
  readonly derived: BuiltPrograms;
  /** A full build of the same version. */
  readonly full: BuiltPrograms;
  /** What makes the samples: any ffmpeg, the more it has the better. */
  readonly maker: string;
  /** Comes before `derived` and `full` where the machine is of another architecture. */
  readonly emulator: readonly string[];
  /** Absolute; an empty folder. */
  readonly scratch: string;
  /** Recorded commands, which both builds run on every sample. */
  readonly replays?: readonly Replay[];
}

/**
 * Runs every command of a profile's proof with a derived and a full build: exit codes and what ffprobe says must agree, the same files
 * be written, and those be equal byte for byte or else frame for frame. Each sample also comes cut off and with damage in its middle.
 */
export async function proveProfile(host: Host, profile: FfmpegProfile, programs: ProofPrograms): Promise<Proof> {
  const cases = proofCases(profile, programs.replays);
  const made = new Set<string>();
  writeFileSync(join(programs.scratch, captions.name), captions.text);
  for (const { sample } of cases) if (!made.has(sample.name) && (await makeSample(host, programs, sample.make, sample.name))) made.add(sample.name);
  const seen = new Set<string>();
  const trials = cases.filter(({ sample }) => made.has(sample.name)).flatMap((one, at) => {
    const isFirst = !seen.has(`${one.program} ${one.sample.name}`);
    seen.add(`${one.program} ${one.sample.name}`);
    return variantsOf(one, programs.scratch, isFirst).map((input, variant): Trial => ({ one, input, id: `${at}-${variant}` }));
  });
  const failures: string[] = [];
  const reached = new Set<string>();
  const queue = [...trials];
  const worker = async (): Promise<void> => {
    for (let trial = queue.shift(); trial; trial = queue.shift()) {
      const { difference, isDone } = await outcomeOf(host, programs, trial);
      if (difference !== undefined) failures.push(`${trial.one.program} ${textOf(trial)}: ${difference}`);
      else if (isDone) for (const part of trial.one.reaches) reached.add(part);
    }
  };
  await Promise.all([worker(), worker()]);
  if (trials.length === 0) failures.push('nothing could be tried: no sample that the profile reads and writes could be made');
  return { commands: trials.length, failures: failures.toSorted(), unreached: reachableParts(profile).filter((part) => !reached.has(part)) };
}

/** `-i cut-sound.mp3 -ac 1 out.wav`, without what every command of a proof has. */
function textOf({ one, input }: Trial): string {
  const shown = one.words.filter((word, at) => word !== '+bitexact' && one.words[at + 1] !== '+bitexact' && word !== '-map_metadata' && one.words[at - 1] !== '-map_metadata' && word !== '-threads' && one.words[at - 1] !== '-threads');
  return shown.map((word) => word.replace(inputWord, input.split('/').at(-1) ?? '').replace(`${outputWord}/`, '')).join(' ');
}

async function makeSample(host: Host, { maker, scratch }: ProofPrograms, make: readonly string[], name: string): Promise<boolean> {
  const { code } = await host.run(maker, ['-nostdin', '-y', '-loglevel', 'error', ...make, '-fflags', '+bitexact', join(scratch, name)], { timeout: 60_000, cwd: scratch });
  return code === 0 && existsSync(join(scratch, name));
}

/** A whole sample; the first time that it is used also without its end, and with its middle damaged. */
function variantsOf({ sample }: ProofCase, scratch: string, isFirst: boolean): readonly string[] {
  const path = join(scratch, sample.name);
  if (!isFirst) return [path];
  const bytes = readFileSync(path);
  const [cut, damaged] = [join(scratch, `cut-${sample.name}`), join(scratch, `damaged-${sample.name}`)];
  writeFileSync(cut, bytes.subarray(0, Math.floor(bytes.length * 0.6)));
  const middle = Buffer.from(bytes);
  for (let at = Math.floor(bytes.length / 2); at < Math.min(bytes.length, Math.floor(bytes.length / 2) + 40); at++) middle[at] = (at * 37 + 11) % 256;
  writeFileSync(damaged, middle);
  return [path, cut, damaged];
}

interface Trial {
  readonly one: ProofCase;
  /** Absolute path of the sample, or of a broken copy. */
  readonly input: string;
  readonly id: string;
}

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly told: string;
  /** Absolute; what was written is in it. */
  readonly folder: string;
}

interface Outcome {
  /** undefined where both builds did the same. */
  readonly difference: string | undefined;
  /** Both succeeded. */
  readonly isDone: boolean;
}

async function outcomeOf(host: Host, programs: ProofPrograms, trial: Trial): Promise<Outcome> {
  const folder = join(programs.scratch, trial.id);
  try {
    const [derived, full] = [await runTrial(host, programs, { ...trial, side: 'derived' }), await runTrial(host, programs, { ...trial, side: 'full' })];
    return { difference: await differenceOf(host, programs, { derived, full }), isDone: full.code === 0 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runTrial(host: Host, programs: ProofPrograms, { one, input, id, side }: Trial & { readonly side: 'derived' | 'full' }): Promise<Run> {
  const folder = join(programs.scratch, id, side);
  await mkdir(folder, { recursive: true });
  const program = programs[side][one.program];
  if (program === undefined) return { code: 127, stdout: '', told: `it has no ${one.program}`, folder };
  const plain = one.program === 'ffmpeg' ? ['-nostdin', '-y', '-loglevel', 'error', '-threads', '1'] : ['-loglevel', 'error'];
  const words = one.words.map((word) => (word === inputWord ? input : word.startsWith(outputWord) ? folder + word.slice(outputWord.length) : word));
  const { code, stdout, stderr } = await invoke(host, programs, [program, ...plain, ...words], folder);
  return { code, stdout, told: stderr.trim().split('\n')[0] ?? '', folder };
}

async function differenceOf(host: Host, programs: ProofPrograms, { derived, full }: { readonly derived: Run; readonly full: Run }): Promise<string | undefined> {
  if (derived.code !== full.code) return `exit code ${derived.code} where the full build has ${full.code} (${derived.told})`;
  if (derived.stdout !== full.stdout) return `it says ${firstDifference(derived.stdout, full.stdout)}`;
  const [own, theirs] = [filesIn(derived.folder), filesIn(full.folder)];
  if (own.join('\n') !== theirs.join('\n')) return `it writes ${own.join(', ') || 'nothing'} where the full build writes ${theirs.join(', ') || 'nothing'}`;
  for (const name of own) {
    if (sumOf(join(derived.folder, name)) === sumOf(join(full.folder, name))) continue;
    const [a, b] = [await framesOf(host, programs, join(derived.folder, name)), await framesOf(host, programs, join(full.folder, name))];
    if (a === undefined || a !== b) return `${name} has other frames than the full build's`;
  }
  return undefined;
}

function firstDifference(own: string, theirs: string): string {
  const [lines, others] = [own.split('\n'), theirs.split('\n')];
  const at = lines.findIndex((line, index) => line !== others[index]);
  return `\`${(lines[at] ?? '').trim()}\` where the full build says \`${(others[Math.max(0, at)] ?? '').trim()}\``;
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile()).toSorted();
}

async function invoke(host: Host, { emulator }: ProofPrograms, command: readonly string[], cwd: string): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const [first = '', ...rest] = [...emulator, ...command];
  return await host.run(first, rest, { timeout: 120_000, cwd, env: { AWS_LAMBDA_FUNCTION_NAME: undefined } });
}

function sumOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

async function framesOf(host: Host, programs: ProofPrograms, path: string): Promise<string | undefined> {
  const { ffmpeg } = programs.full;
  if (ffmpeg === undefined) return undefined;
  const { code, stdout } = await invoke(host, programs, [ffmpeg, '-nostdin', '-loglevel', 'error', '-threads', '1', '-i', path, '-f', 'framemd5', '-'], programs.scratch);
  return code === 0 ? stdout : undefined;
}
