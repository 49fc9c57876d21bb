import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../src/base/fault.ts';
import { cacheFolder, createScriptHost } from '../script-host.ts';
import { readArguments, type BenchArguments } from './arguments.ts';
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
try {
  const result = await bench(wish);
  process.stdout.write(wish.json ? `${JSON.stringify(result, undefined, 2)}\n` : `\n${printResult(result)}\n`);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`${error.fault.what}\n${error.fault.why ?? ''}\n`);
  process.exitCode = 1;
} finally {
  await registry.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Scenarios with equally large projects share one set-up; sizes are taken of the smallest. */
async function bench({ rounds, naiveRounds, ...asked }: BenchArguments): Promise<BenchResult> {
  const chosen = scenarios.filter((one) => asked.scenarios.includes(one.name));
  const groups = [...new Set(chosen.map((one) => one.files))];
  let result: BenchResult = { schema: 1, machine: { node: process.versions.node, cpus: cpus().length, load }, base: '', absent: [], times: {}, sizes: {}, breakdown: {} };
  for (const files of groups) {
    const { people, base, stop } = await gather(host, { contestants: asked.contestants, files }, { folder: join(folder, String(files)), cache: cacheFolder, registry });
    try {
      const contestants = people.filter((one): one is Contestant => one.kind === 'contestant');
      const absent = people.filter((one) => one.kind === 'absent');
      if (files === groups[0]) for (const one of absent) tell(`not measured: ${one.label}: ${one.reason}`);
      const times = await measure(chosen.filter((one) => one.files === files), contestants, { rounds, naiveRounds, tell });
      result = { ...result, base, absent, times: { ...result.times, ...times } };
      if (files === groups[0]) result = { ...result, ...(await measureSizes(contestants, tell)) };
    } finally {
      await stop();
    }
  }
  return result;
}
