import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Answer, Job, Outcome } from './outcome.ts';

/** How jobs are run. */
export interface PoolOptions {
  readonly children: number;
  /** Milliseconds until a job counts as hanging. */
  readonly limit: number;
  /** No job is started after this time (milliseconds since 1970). */
  readonly until: number;
  readonly finished: (job: Job, outcome: Outcome) => void;
}

/** Runs jobs in child processes; one that hangs or dies costs only its own job. */
export async function runJobs(jobs: readonly Job[], options: PoolOptions): Promise<void> {
  const waiting = [...jobs];
  await Promise.all(Array.from({ length: options.children }, async () => {
    let child: ChildProcess | undefined;
    for (let job = waiting.shift(); job && Date.now() < options.until; job = waiting.shift()) {
      child ??= fork(join(import.meta.dirname, 'worker.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      const outcome = await runOne(child, job, options.limit);
      if (outcome.kind === 'hang' || child.exitCode !== null || child.signalCode !== null) {
        child.kill('SIGKILL');
        child = undefined;
      }
      options.finished(job, outcome);
    }
    child?.disconnect();
  }));
}

async function runOne(child: ChildProcess, job: Job, limit: number): Promise<Outcome> {
  const started = performance.now();
  const ms = (): number => Math.round(performance.now() - started);
  return await new Promise((resolve) => {
    const settle = (outcome: Outcome): void => {
      clearTimeout(timer);
      child.off('message', answered);
      child.off('exit', died);
      resolve(outcome);
    };
    const answered = ({ outcome }: Answer): void => settle(outcome);
    const died = (code: number | null, signal: string | null): void => settle({ kind: 'crash', ms: ms(), error: `the process ended with ${signal ?? String(code)}` });
    const timer = setTimeout(() => settle({ kind: 'hang', ms: ms() }), limit);
    child.on('message', answered);
    child.on('exit', died);
    child.send(job);
  });
}
