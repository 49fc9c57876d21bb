import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { ffmpegNode, proofNodes } from '../../src/build/ffmpeg/proof-plan.ts';
import type { FfmpegProfile } from '../../src/ffmpeg/profile.ts';
import { readyProfiles } from '../../src/ffmpeg/ready-profiles.ts';
import type { GraphNode } from '../../src/graph/node.ts';
import { builtFfmpegStage } from '../../src/model/built-ffmpeg-stage.ts';
import { runWithoutFiles } from '../../src/session/run-steps.ts';
import { openStore } from '../../src/store/store.ts';
import { findCompiler } from '../../src/tools/find-compiler.ts';
import { createScriptHost, repository } from '../script-host.ts';
import { timed } from '../scenario/shear-cli.ts';
import { median } from './statistics.ts';

// npm run bench:ffmpeg: how big and how quick ffmpeg is that is compiled for what code needs, beside a full build of the same version.
const host = createScriptHost();
const store = openStore(join(host.cacheFolder, 'store'), host.now);
const rounds = 7;
/** Compressed bytes of the static program that the pinned package has. */
const packageSize = 29_498_237;
const isBusy = (loadavg()[0] ?? 0) > cpus().length / 2;
const shearProgram = join(repository, 'dist', 'shear.cjs');
/** Says behind a program's own words how long it had the processors. */
const clock = 'TIMEFORMAT="%3U %3S"; time "$0" "$@"';
const scratch = mkdtempSync(join(tmpdir(), 'shear-bench-ffmpeg-'));

/** Milliseconds of a whole process. */
interface Spent {
  readonly ms: number;
  /** Of the processors, with all that it started. */
  readonly processor: number;
}

interface Contest {
  readonly name: string;
  readonly profile: FfmpegProfile;
  /** Largest share of the package's compressed size. */
  readonly share: number;
  readonly make: readonly string[];
  readonly input: string;
  readonly args: readonly string[];
}

const sound = ['-f', 'lavfi', '-i', 'aevalsrc=0.4*sin(2*PI*440*t)+0.2*sin(2*PI*(900+300*sin(t))*t)|0.3*sin(2*PI*660*t):s=44100:d=60'];
const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=24:duration=8', '-pix_fmt', 'yuv420p'];
const contests: readonly Contest[] = [
  { name: 'speech: 60 s of AAC to 16 kHz mono', profile: readyProfiles.speech, share: 0.07, make: [...sound, '-c:a', 'aac'], input: 'sound.m4a', args: ['-ac', '1', '-ar', '16000', '-fflags', '+bitexact', '-flags:a', '+bitexact', '-f', 'wav', 'out.wav'] },
  { name: 'thumbnails: a frame a second of 8 s of MPEG-4', profile: readyProfiles.thumbnails, share: 0.14, make: [...picture, '-c:v', 'mpeg4', '-q:v', '4'], input: 'film.mp4', args: ['-an', '-vf', 'fps=1,scale=320:-2', '-fflags', '+bitexact', '-flags:v', '+bitexact', '-c:v', 'mjpeg', '-f', 'mjpeg', 'out.mjpeg'] },
  { name: 'transcode: 8 s of MPEG-4 to H.264', profile: readyProfiles.transcode, share: 0.2, make: [...picture, '-c:v', 'mpeg4', '-q:v', '4'], input: 'film.mp4', args: ['-an', '-fflags', '+bitexact', '-flags:v', '+bitexact', '-c:v', 'libopenh264', '-f', 'mp4', 'out.mp4'] },
];

try {
  await main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const search = await findCompiler(host, host.arch);
  if (search.kind === 'missing') {
    process.stdout.write(`nothing measured: ${search.why}\n`);
    return;
  }
  const builtFor = { architecture: host.arch, compiler: search.compiler.id };
  process.stdout.write(`the full build is compiled the first time, which takes some minutes\n`);
  const full = await program(proofNodes(readyProfiles.transcode, ffmpegNode(readyProfiles.transcode, builtFor, 'derived'), builtFor).full, 'full');
  say('full build, every part', weigh(full));
  for (const contest of contests) {
    const derived = await program(ffmpegNode(contest.profile, builtFor, contest.name), contest.name.replace(/:.*$/u, ''));
    const { raw, packed } = weigh(derived);
    const share = packed / packageSize;
    const { ratio, wall, isEqual, ms } = await race(contest, derived, full);
    const isOver = share > contest.share || !isEqual || (isBusy ? ratio : wall) > 1.05;
    if (isOver) process.exitCode = 1;
    process.stdout.write(`${contest.name}\n  ${megabytes(raw)}, ${megabytes(packed)} compressed: ${(share * 100).toFixed(1)} % of the package's ${megabytes(packageSize)}, of ${(contest.share * 100).toFixed(0)} % at most\n  ${ms.toFixed(0)} ms of the processors, ${ratio.toFixed(3)} times the full build's; by the clock ${wall.toFixed(3)} times (n = ${rounds}, medians, taken by turns; 1.05 at most${isBusy ? ', of the processors, since the machine has other work' : ''}); output ${isEqual ? 'the same' : 'DIFFERENT'}\n`);
  }
  await builds();
}

function say(name: string, { raw, packed }: { readonly raw: number; readonly packed: number }): void {
  process.stdout.write(`${name}: ${megabytes(raw)}, ${megabytes(packed)} compressed\n`);
}

/** A build's program, out of the store or made. */
async function program(node: GraphNode, name: string): Promise<string> {
  const results = await runWithoutFiles({ host, store, projectFolder: scratch }, [node]);
  const blob = results.get(node.id)?.output.blobs.find((one) => one.name === 'bin/ffmpeg');
  if (!blob) throw new Error('unreachable: a build without its program');
  const path = join(scratch, `${name}-ffmpeg`);
  writeFileSync(path, readFileSync(store.pathOf(blob.digest)), { mode: 0o755 });
  return path;
}

function weigh(path: string): { readonly raw: number; readonly packed: number } {
  const bytes = readFileSync(path);
  return { raw: bytes.length, packed: gzipSync(bytes, { level: 9 }).length };
}

async function race({ make, input, args, name }: Contest, derived: string, full: string): Promise<{ readonly ratio: number; readonly wall: number; readonly isEqual: boolean; readonly ms: number }> {
  const folder = join(scratch, name.replace(/:.*$/u, ''));
  mkdirSync(folder);
  expectSuccess(await timed(full, ['-nostdin', '-y', '-loglevel', 'error', ...make, join(folder, input)], { cwd: folder }));
  const [own, theirs]: [Spent[], Spent[]] = [[], []];
  const sums = new Set<string>();
  for (let round = 0; round <= rounds; round++) {
    for (const [path, times] of round % 2 === 0 ? [[derived, own], [full, theirs]] as const : [[full, theirs], [derived, own]] as const) {
      const run = expectSuccess(await timed('bash', ['-c', clock, path, '-nostdin', '-y', '-loglevel', 'error', '-i', input, ...args], { cwd: folder }));
      sums.add(createHash('sha256').update(readFileSync(join(folder, args.at(-1) ?? ''))).digest('hex'));
      // The first only warms the page cache.
      if (round > 0) times.push({ ms: run.ms, processor: processorTime(run.stderr) });
    }
  }
  const middle = (times: readonly Spent[], what: keyof Spent): number => median(times.map((one) => one[what]));
  return { ratio: middle(own, 'processor') / middle(theirs, 'processor'), wall: middle(own, 'ms') / middle(theirs, 'ms'), isEqual: sums.size === 1, ms: middle(own, 'processor') };
}

/** Milliseconds that bash's `time` says a program had of the processors: what other work does not stretch. */
function processorTime(told: string): number {
  return (told.trim().split('\n').at(-1) ?? '').split(' ').reduce((sum, part) => sum + Number(part) * 1000, 0);
}

function expectSuccess<T extends { readonly code: number; readonly stderr: string }>(run: T): T {
  if (run.code !== 0) throw new Error(run.stderr);
  return run;
}

/** A project with the speech profile: built with nothing in the store but the source, from the store, and unchanged. */
async function builds(): Promise<void> {
  const project = join(scratch, 'project');
  const cache = join(scratch, 'cache');
  mkdirSync(project);
  writeFileSync(join(project, 'template.yaml'), 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Metadata: { Dockerfile: Dockerfile, DockerContext: . }\n    Properties: { PackageType: Image }\n');
  writeFileSync(join(project, 'app.py'), 'x = 1\n');
  writeFileSync(join(project, 'Dockerfile'), [...builtFfmpegStage(readyProfiles.speech, 'ffmpeg'), 'FROM scratch', 'COPY --from=ffmpeg /usr/local/bin/ffmpeg /opt/bin/ffmpeg', 'COPY app.py /var/task/', 'CMD ["app.handler"]', ''].join('\n'));
  // An empty folder as PATH: neither a compiler nor anything else can be started.
  const nothing = join(scratch, 'nothing');
  mkdirSync(nothing);
  const build = async (path = process.env['PATH'] ?? ''): Promise<Spent> => {
    const run = expectSuccess(await timed('/bin/bash', ['-c', clock, process.execPath, shearProgram, 'build'], { cwd: project, env: { SHEAR_CACHE: cache, PATH: path } }));
    return { ms: run.ms, processor: processorTime(run.stderr) };
  };
  const cold = await build();
  const again: number[] = [];
  const stored: number[] = [];
  for (let round = 0; round < 5; round++) {
    again.push((await build(nothing)).ms);
    rmSync(join(project, '.aws-sam'), { recursive: true });
    stored.push((await build(nothing)).ms);
  }
  // What other work stretches says nothing; the processors' time does, shared among them.
  const least = cold.processor / cpus().length;
  const isOver = (isBusy ? least : cold.ms) > 120_000 || (!isBusy && median(stored) > 1000);
  if (isOver) process.exitCode = 1;
  process.stdout.write([
    `shear build of a function with the speech profile, on ${cpus().length} processors (whole processes${isBusy ? '; the machine has other work' : ''})`,
    `  ${seconds(cold.ms)} with an empty store, fetching the source included (n = 1): ${seconds(cold.processor)} of the processors, so no less than ${seconds(least)} on all of them; 120 s at most`,
    `  ${median(stored).toFixed(0)} ms from the store, 1000 ms at most; ${median(again).toFixed(0)} ms unchanged, (n = 5, medians); both with an empty PATH, so that no compiler or other program is started`, '',
  ].join('\n'));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(0)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
