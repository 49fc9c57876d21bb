import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScriptHost } from '../script-host.ts';
import { audit } from './audit.ts';
import type { Answer, Job } from './outcome.ts';

// A child of the pool: one job at a time, so that a job that never ends can be ended with its process.
const host = { ...createScriptHost(), cacheFolder: join(tmpdir(), `shear-corpus-${process.pid}`), emit: () => undefined };

process.on('message', (job: Job) => {
  void audit(host, job).then((outcome) => {
    const answer: Answer = { number: job.number, outcome };
    process.send?.(answer);
  });
});
