import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../../base/host.ts';
import { proofCases, type ProofCase } from '../../ffmpeg/proof-cases.ts';
import type { FfmpegProfile } from '../../ffmpeg/profile.ts';
import type { Replay } from '../../ffmpeg/replay.ts';

/** What a proof came to. */
export interface Proof {
  /** Commands that both builds ran. */
  readonly commands: number;
  /** Those that came out differently, in words; empty when the profile serves. */
  readonly failures: readonly string[];
  /** Parts that no command reached, as `decoder theora`. */
  readonly unreached: readonly string[];
}

/** Programs that take part: absolute paths. */
export interface ProofPrograms {
  readonly derived: string;
  /** A full build of the same version. */
  readonly full: string;
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
 * Runs every command of a profile's proof with a derived and a full build: exit codes must agree, and outputs be equal, byte for byte
 * or else frame for frame. Each sample also comes cut off and with damage in its middle.
 */
export async function proveProfile(host: Host, profile: FfmpegProfile, programs: ProofPrograms): Promise<Proof> {
  const { cases, unreached } = proofCases(profile, programs.replays);
  const names = [...new Set(cases.map(({ sample }) => sample.name))];
  const made = new Set<string>();
  for (const name of names) {
    const sample = cases.find((one) => one.sample.name === name)?.sample;
    if (sample && (await makeSample(host, programs, sample.make, name))) made.add(name);
  }
  const trials = cases.filter(({ sample }) => made.has(sample.name)).flatMap((one, at) => variantsOf(one, programs.scratch, cases.findIndex(({ sample }) => sample.name === one.sample.name) === cases.indexOf(one)).map((input, variant) => ({ one, input, id: `${at}-${variant}` })));
  const failures: string[] = [];
  const queue = [...trials];
  const worker = async (): Promise<void> => {
    for (let trial = queue.shift(); trial; trial = queue.shift()) {
      const difference = await differenceOf(host, programs, trial);
      if (difference !== undefined) failures.push(`${trial.one.args.join(' ')} of ${trial.input.split('/').at(-1) ?? ''}: ${difference}`);
    }
  };
  await Promise.all([worker(), worker()]);
  const unmade = names.filter((name) => !made.has(name)).map((name) => `sample ${name}`);
  return { commands: trials.length, failures: failures.toSorted(), unreached: [...unreached, ...unmade] };
}

async function makeSample(host: Host, { maker, scratch }: ProofPrograms, make: readonly string[], name: string): Promise<boolean> {
  const path = join(scratch, name);
  const { code } = await host.run(maker, ['-nostdin', '-y', '-loglevel', 'error', ...make, '-fflags', '+bitexact', path], { timeout: 60_000 });
  return code === 0 && existsSync(path);
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
  readonly input: string;
  readonly id: string;
}

async function differenceOf(host: Host, programs: ProofPrograms, { one, input, id }: Trial): Promise<string | undefined> {
  const folder = join(programs.scratch, id);
  const run = async (program: string, side: string): Promise<{ readonly code: number; readonly output: string; readonly told: string }> => {
    await mkdir(join(folder, side), { recursive: true });
    const output = join(folder, side, one.output);
    const args = ['-nostdin', '-y', '-loglevel', 'error', '-threads', '1', ...(one.before ?? []), '-i', input, '-threads', '1', '-map_metadata', '-1', '-fflags', '+bitexact', '-flags:v', '+bitexact', '-flags:a', '+bitexact', ...one.args, output];
    const { code, stderr } = await invoke(host, programs, program, args);
    return { code, output, told: stderr.trim().split('\n')[0] ?? '' };
  };
  try {
    const [derived, full] = [await run(programs.derived, 'derived'), await run(programs.full, 'full')];
    if (derived.code !== full.code) return `exit code ${derived.code} where the full build has ${full.code} (${derived.told})`;
    if (sumOf(derived.output) === sumOf(full.output)) return undefined;
    const [a, b] = [await framesOf(host, programs, derived.output), await framesOf(host, programs, full.output)];
    return a !== undefined && a === b ? undefined : 'the output has other frames than the full build\'s';
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function invoke(host: Host, { emulator }: ProofPrograms, program: string, args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const [first, ...rest] = [...emulator, program];
  return await host.run(first ?? program, [...rest, ...args], { timeout: 120_000, env: { AWS_LAMBDA_FUNCTION_NAME: undefined } });
}

function sumOf(path: string): string {
  return existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'none';
}

async function framesOf(host: Host, programs: ProofPrograms, path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  const { code, stdout } = await invoke(host, programs, programs.full, ['-nostdin', '-loglevel', 'error', '-threads', '1', '-i', path, '-f', 'framemd5', '-']);
  return code === 0 ? stdout : undefined;
}
