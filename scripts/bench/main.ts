import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../src/base/fault.ts';
import { cacheFolder, createScriptHost } from '../script-host.ts';
import { readArguments } from './arguments.ts';
import type { Contestant } from './contestant.ts';
import { startCountingRegistry } from './counting-registry.ts';
import { gather } from './gather.ts';
import { measure } from './measure.ts';
import { printResult, type BenchResult } from './report.ts';
import { scenarios } from './scenario.ts';
import { measureSizes } from './sizes.ts';

// npm run bench: shear beside what users have today, on the example, in one run on one machine.
const wish = readArguments(process.argv.slice(2));
if (typeof wish === 'string') {
  process.stderr.write(wish);
  process.exit(wish.startsWith('npm run') ? 0 : 2);
}
const host = createScriptHost();
const load = loadavg()[0] ?? 0;
const folder = mkdtempSync(join(tmpdir(), 'shear-bench-'));
const registry = await startCountingRegistry(join(folder, 'registry'));
const tell = (line: string): void => void process.stderr.write(`  ${line}\n`);
let finish: (() => Promise<void>) | undefined;
try {
  const { people, base, stop } = await gather(host, wish, { folder, cache: cacheFolder, registry });
  finish = stop;
  const contestants = people.filter((one): one is Contestant => one.kind === 'contestant');
  const absent = people.filter((one) => one.kind === 'absent');
  for (const one of absent) tell(`not measured: ${one.label}: ${one.reason}`);
  const times = await measure(scenarios.filter((one) => wish.scenarios.includes(one.name)), contestants, { ...wish, tell });
  const { sizes, breakdown } = await measureSizes(contestants, tell);
  const result: BenchResult = { schema: 1, machine: { node: process.versions.node, cpus: cpus().length, load }, base, files: wish.files, absent, times, sizes, breakdown };
  process.stdout.write(wish.json ? `${JSON.stringify(result, undefined, 2)}\n` : `\n${printResult(result, contestants)}\n`);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`${error.fault.what}\n${error.fault.why ?? ''}\n`);
  process.exitCode = 1;
} finally {
  await finish?.();
  await registry.stop();
  rmSync(folder, { recursive: true, force: true });
}
