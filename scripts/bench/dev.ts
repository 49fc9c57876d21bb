import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { installPeers } from '../peers/install.ts';
import { cacheFolder, createScriptHost } from '../script-host.ts';
import { shear } from '../scenario/shear-cli.ts';
import { provideBase, type Base } from '../stand-in/base.ts';
import { measureIdle, ticks } from './dev-idle.ts';
import { measureSam } from './dev-peers.ts';
import { startDev, type DevProcess } from './dev-process.ts';
import { copyExample } from './projects.ts';
import { summarize, type Series } from './statistics.ts';

// npm run bench:dev [-- --peers] [--rounds N]: from a save to the next invocation's answer, and what watching costs.
const host = createScriptHost();
const withPeers = process.argv.includes('--peers');
const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 15;
const folder = mkdtempSync(join(tmpdir(), 'shear-bench-dev-'));
const warmRounds = 1000;
/** Milliseconds, less than it takes to switch windows. */
const betweenSaves = 1000;
/** Rounds with sam, which takes a minute for one of them. */
const samRounds = 3;
const name = 'TranscribeFunction';
const tell = (line: string): void => void process.stdout.write(`${line}\n`);
const shown = (series: Series | undefined): string => (series ? `${Math.round(series.median)} ms (${Math.round(series.least)} to ${Math.round(series.most)}, n=${series.n})` : 'not measured');
const finely = (series: Series | undefined): string => (series ? `${series.median.toFixed(2)} ms (${series.least.toFixed(2)} to ${series.most.toFixed(2)}, n=${series.n})` : 'not measured');
try {
  tell(`${cpus().length} cores, load ${(loadavg()[0] ?? 0).toFixed(1)}, Node ${process.versions.node}`);
  if (withPeers) await installPeers(host, cacheFolder);
  const base = await provideBase(host, cacheFolder, withPeers ? 'debian' : 'host');
  tell(base.sentence);
  const own = await saves(base);
  if (withPeers) await peers(base, own);
  const idle = await measureIdle(join(folder, 'many'), 100);
  tell(`100 functions watched, ${idle.files} files: ${idle.memoryMb.toFixed(0)} MB over idle Node (at most 150)`);
  tell(`  processor time in idle spans of ${idle.seconds} s: ${idle.cpuMs.join(', ')} ms; in the minute before, when the engine collects once what the build left: ${idle.tidyMs} ms`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The handler answers with a number; its imports stay what they are. */
function handlerSaying(text: string, version: number): string {
  return `${text}\n\ndef handler(event, context):\n    return {"version": ${version}}\n`;
}

async function saves(base: Base): Promise<Series | undefined> {
  const project = await copyExample('transcribe', join(folder, 'shear'));
  const cache = join(folder, 'cache');
  mkdirSync(cache);
  symlinkSync(join(host.cacheFolder, 'tools'), join(cache, 'tools'));
  const env = { SHEAR_CACHE: cache, SHEAR_FFMPEG: 'prebuilt', AWS_DEFAULT_REGION: 'eu-central-1', ...(base.kind === 'stand-in' ? { SHEAR_REGISTRY_MIRRORS: base.mirrors } : {}) };
  await shear(['fix', '--yes', '--allow-dirty'], { cwd: project, env });
  const dev = await startDev(project, env);
  try {
    return await measureSaves(dev, project);
  } finally {
    await dev.stop();
  }
}

async function measureSaves(dev: DevProcess, project: string): Promise<Series | undefined> {
  const path = join(project, 'app.py');
  const text = readFileSync(path, 'utf8');
  await dev.invoke(name);
  let version = 0;
  const round = async (): Promise<Save> => await save(dev, { path, text, version: version++ });
  // The first rounds also load what no build before needed.
  for (let i = 0; i < 3; i++) await round();
  const inHaste: Save[] = [];
  for (let i = 0; i < rounds; i++) inHaste.push(await round());
  const all: Save[] = [];
  for (let i = 0; i < rounds; i++) {
    await pause(betweenSaves);
    all.push(await round());
  }
  const total = summarize(all.map(({ ms }) => ms));
  tell(`save to the answer of the new code, saves ${betweenSaves / 1000} s apart: ${shown(total)}`);
  tell(`  of it shear's own, without the function's initialisation and run: ${shown(summarize(all.map(({ own }) => own)))} (at most 150 ms)`);
  tell(`  the initialisation: ${shown(summarize(all.map(({ init }) => init)))}, of it before the save, in a process kept ready: ${shown(summarize(all.map(({ ahead }) => ahead)))}`);
  tell(`  processor time of shear's process, whatever else the machine does: ${shown(summarize(all.map(({ processor }) => processor)))}`);
  tell(`one save right after the other, before a process is ready for the next: ${shown(summarize(inHaste.map(({ ms }) => ms)))}, shear's own: ${shown(summarize(inHaste.map(({ own }) => own)))}`);
  await measureWarm(dev);
  return total;
}

/** Milliseconds, of one save. */
interface Save {
  readonly ms: number;
  readonly own: number;
  readonly init: number;
  /** Of the initialisation: before the save. */
  readonly ahead: number;
  readonly processor: number;
}

async function save(dev: DevProcess, { path, text, version }: { readonly path: string; readonly text: string; readonly version: number }): Promise<Save> {
  const start = performance.now();
  const used = ticks(dev.pid);
  writeFileSync(path, handlerSaying(text, version));
  const { answer, initMs = 0, initAheadMs = 0, durationMs } = await dev.invoke(name);
  const ms = performance.now() - start;
  if (JSON.stringify(answer) !== JSON.stringify({ version })) throw new Error(`the answer after save ${version} is ${JSON.stringify(answer)}`);
  return { ms, own: ms - (initMs - initAheadMs) - durationMs, init: initMs, ahead: initAheadMs, processor: (ticks(dev.pid) - used) * 10 };
}

/** One after the other through the Invoke API; the handler only answers, so all of the time is the way to it and back. */
async function measureWarm(dev: DevProcess): Promise<void> {
  const trips: number[] = [];
  const front: number[] = [];
  for (let i = 0; i < 50; i++) await dev.invoke(name);
  const used = ticks(dev.pid);
  for (let i = 0; i < warmRounds; i++) {
    const { tripMs, durationMs } = await dev.invoke(name);
    trips.push(tripMs);
    front.push(tripMs - durationMs);
  }
  const spent = ((ticks(dev.pid) - used) * 10) / warmRounds;
  tell(`a warm invocation of a handler that only answers, from request to answer: ${finely(summarize(trips))} (at most 3 ms)`);
  tell(`  of it outside the Duration of REPORT: ${finely(summarize(front))}; processor time of shear's process: ${spent.toFixed(2)} ms each`);
}

/** The same with sam and Docker, and how many times as long that takes. */
async function peers(base: Base, own: Series | undefined): Promise<void> {
  const all = await measureSam(host, { cache: cacheFolder, folder, base, name, rounds: samRounds, handlerSaying });
  if ('why' in all) return tell(`sam not measured: ${all.why}`);
  for (const one of all) {
    if ('why' in one) {
      tell(`${one.label} not measured: ${one.why}`);
      continue;
    }
    const series = summarize(one.times);
    tell(`the same by ${one.label}: ${shown(series)}: ${((series?.median ?? 0) / (own?.median ?? 1)).toFixed(1)} times as long (at least ${one.atLeast})`);
  }
}
