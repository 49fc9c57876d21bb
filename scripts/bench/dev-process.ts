import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repository } from '../script-host.ts';

/** One invocation through a `shear dev`, with what that says of it. */
export interface DevAnswer {
  readonly answer: unknown;
  readonly durationMs: number;
  readonly initMs: number | undefined;
  /** Of these, milliseconds before the code was there. */
  readonly initAheadMs: number | undefined;
  /** Milliseconds from the request to the last byte of its answer. */
  readonly tripMs: number;
}

/** A `shear dev` that serves. */
export interface DevProcess {
  readonly pid: number;
  readonly invoke: (name: string) => Promise<DevAnswer>;
  readonly stop: () => Promise<void>;
}

interface Line {
  readonly kind: string;
  readonly url?: string;
  readonly durationMs?: number;
  readonly initMs?: number;
  readonly initAheadMs?: number;
  readonly error?: { readonly what: string };
}

/** Starts the built command line in a project and waits until it serves. */
export async function startDev(project: string, env: Readonly<Record<string, string>>): Promise<DevProcess> {
  const child = spawn(process.execPath, [join(repository, 'dist', 'shear.cjs'), 'dev', '--json', '--port', '0'], { cwd: project, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const finished: Line[] = [];
  let hear: (() => void) | undefined;
  const url = await new Promise<string>((resolve, reject) => {
    void ended.then(() => reject(new Error('shear dev ended')));
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as Line;
      if (line.kind === 'serving') resolve(line.url ?? '');
      if (line.kind === 'failed') {
        child.kill('SIGINT');
        void ended.then(() => reject(new Error(line.error?.what)));
      }
      if (line.kind === 'finished') {
        finished.push(line);
        hear?.();
      }
    });
  });
  return {
    pid: child.pid ?? 0,
    invoke: async (name) => {
      const start = performance.now();
      const answer = await post(`${url}/2015-03-31/functions/${name}/invocations`);
      const tripMs = performance.now() - start;
      if (finished.length === 0) await new Promise<void>((resolve) => (hear = resolve));
      const { durationMs = 0, initMs, initAheadMs } = finished.shift() ?? {};
      return { answer, durationMs, initMs, initAheadMs, tripMs };
    },
    stop: async () => {
      child.kill('SIGINT');
      await ended;
    },
  };
}

async function post(url: string): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST' }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    });
    sent.on('error', reject).end('{}');
  });
}
