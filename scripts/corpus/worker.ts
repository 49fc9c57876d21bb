import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScriptHost } from '../script-host.ts';
import { audit } from './audit.ts';
import type { Answer, Job } from './outcome.ts';
import { stopLinter } from './lint.ts';
import { dropCopy } from './try-fix.ts';

// A child of the pool: one job at a time, so that a job that never ends can be ended with its process.
const host = { ...createScriptHost(), cacheFolder: join(tmpdir(), `shear-corpus-${process.pid}`), emit: () => undefined };

process.on('disconnect', () => {
  dropCopy();
  stopLinter();
  rmSync(host.cacheFolder, { recursive: true, force: true });
  process.exit();
});
process.on('message', (job: Job) => {
  void audit(host, job).then((outcome) => {
    const answer: Answer = { number: job.number, outcome };
    process.send?.(answer);
  });
});
