import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { createScriptHost, repository } from '../script-host.ts';
import { largeTemplate, layOutLargeTemplate, layOutMonorepo } from './audit-projects.ts';

// npm run bench:audit: how long an audit takes once shear is loaded, on projects that are large in two ways.
const host = createScriptHost();
const rounds = 5;
/** Then times say more about the other work than about shear. */
const isBusy = (loadavg()[0] ?? 0) > cpus().length / 2;
const scratch = mkdtempSync(join(tmpdir(), 'shear-bench-audit-'));
const large = largeTemplate();
const scenarios = [
  { name: `one template of ${Math.round(large.length / 1000)} kB, ${large.match(/!(?:Ref|Sub|GetAtt|If|Join|FindInMap|Equals)\b/gu)?.length ?? 0} intrinsic functions`, budget: 300, layOut: layOutLargeTemplate },
  { name: '200 functions in folders of their own', budget: 2000, layOut: (folder: string) => layOutMonorepo(folder, 200) },
];
try {
  // As it is shipped: a runner of sources would be measured along.
  const once = join(scratch, 'audit-once.mjs');
  const bundle = await rolldown({ input: join(repository, 'scripts/bench/audit-once.ts'), platform: 'node', logLevel: 'silent' });
  await bundle.write({ file: once, format: 'esm', codeSplitting: false });
  await bundle.close();
  for (const [index, { name, budget, layOut }] of scenarios.entries()) {
    const folder = join(scratch, String(index));
    layOut(folder);
    const times: { readonly ms: number; readonly cpu: number; readonly open: number; readonly resolve: number; readonly check: number; readonly findings: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const { stdout, stderr } = await host.run(process.execPath, [once, folder]);
      if (stdout === '') throw new Error(stderr);
      times.push(JSON.parse(stdout) as (typeof times)[number]);
    }
    const median = times.toSorted((a, b) => a.ms - b.ms)[Math.floor(rounds / 2)];
    if (!median) throw new Error('unreachable: no round');
    // A busy machine stretches the time on the clock alone.
    const isOver = Math.min(median.ms, median.cpu) > budget;
    if (isOver && !isBusy) process.exitCode = 1;
    process.stdout.write(`${name}: ${median.ms.toFixed(0)} ms, ${median.cpu.toFixed(0)} of a processor, of ${budget} (read ${median.open.toFixed(0)}, resolve ${median.resolve.toFixed(0)}, rules ${median.check.toFixed(0)}), ${median.findings} findings${isOver ? `, over budget${isBusy ? ', but the machine has other work' : ''}` : ''}\n`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
