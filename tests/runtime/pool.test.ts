import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunnerPool } from '../../src/runtime/pool.ts';
import { createPool } from '../../src/runtime/pool.ts';
import type { PoolEvent } from '../../src/runtime/pool-state.ts';
import { processesOf } from '../../src/runtime/process-tree.ts';
import { backends, pythonFunction, testHost } from './rig.ts';

const payload = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const counting = `import os, sys
count = 0
def handler(event, context):
    global count
    count += 1
    if event.get("exit"):
        os._exit(1)
    if "meet" in event:
        # Waits until as many invocations as it names have come.
        open(os.path.join(event["folder"], context.aws_request_id), "w").close()
        while len(os.listdir(event["folder"])) < event["meet"]:
            pass
    print("call", count)
    return {"count": count, "version": os.environ["VERSION"], "stream": os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]}
`;

interface Answer {
  readonly count: number;
  readonly version: string;
  readonly stream: string;
}

describe.each(backends)('a pool under %s', (backend) => {
  const open = async (more: { readonly reserved?: number; readonly most?: number; readonly source?: string } = {}): Promise<RunnerPool> => {
    const request = await pythonFunction(more.source ?? counting, { backend, environment: { VERSION: 'first' } });
    const pool = createPool(testHost(), { request, ...more });
    onTestFinished(() => pool.close());
    return pool;
  };
  const call = async (pool: RunnerPool, event: unknown = {}): Promise<Answer> => {
    const outcome = await pool.invoke({ payload: payload(event) });
    if (outcome.kind !== 'response') throw new Error(JSON.stringify(outcome));
    return JSON.parse(Buffer.from(outcome.payload).toString('utf8')) as Answer;
  };

  it('starts a runner for the first event and keeps it for the next', async () => {
    const pool = await open();
    expect(pool.state()).toMatchObject({ condition: 'cold', invocations: 0, last: undefined });
    const first = await call(pool);
    const second = await call(pool);
    expect([first.count, second.count]).toEqual([1, 2]);
    expect(second.stream).toBe(first.stream);
    expect(pool.state()).toMatchObject({ condition: 'warm', idle: 1, busy: 0, invocations: 2, errors: 0, backend, last: { kind: 'response', initMs: undefined } });
    expect(pool.state().peakMemoryMb).toBeGreaterThan(3);
  });

  it('runs events at the same time in runners of their own, and lets more wait than its bound allows', async () => {
    const pool = await open({ most: 3 });
    const request = await pythonFunction('', { backend: 'process' });
    const shared = join(request.workFolder, 'meeting');
    mkdirSync(shared, { recursive: true });
    const answers = backend === 'process'
      ? await Promise.all([1, 2, 3].map(() => call(pool, { meet: 3, folder: shared })))
      : await Promise.all([1, 2, 3].map(() => call(pool)));
    expect(answers).toHaveLength(3);
    const more = await Promise.all(Array.from({ length: 20 }, () => call(pool)));
    expect(new Set(more.map(({ stream }) => stream)).size).toBeLessThanOrEqual(3);
    expect(pool.state().invocations).toBe(23);
  });

  it('throttles beyond the reserved concurrency', async () => {
    const none = await open({ reserved: 0 });
    expect(await none.invoke({ payload: payload({}), requestId: 'r' })).toEqual({ kind: 'throttled', requestId: 'r', limit: 0 });
    const one = await open({ reserved: 1 });
    const both = await Promise.all([one.invoke({ payload: payload({}) }), one.invoke({ payload: payload({}) })]);
    expect(both.map(({ kind }) => kind)).toEqual(['response', 'throttled']);
    expect(one.state()).toMatchObject({ invocations: 1, throttles: 1 });
  });

  it('runs new code after a replacement, lets what is under way end, and leaves nothing of the old', async () => {
    const pool = await open();
    const { stream } = await call(pool);
    const next = await pythonFunction(counting, { backend, environment: { VERSION: 'second' } });
    const running = call(pool);
    pool.replace({ request: next });
    expect((await running).version).toBe('first');
    const after = await call(pool);
    expect(after).toMatchObject({ count: 1, version: 'second' });
    await expect.poll(() => processesOf([], stream)).toEqual([]);
    expect(pool.state()).toMatchObject({ generation: 1, condition: 'warm' });
  });

  it('goes on after a runner died, and ends an invocation that is given up', async () => {
    const pool = await open();
    expect(await pool.invoke({ payload: payload({ exit: true }) })).toMatchObject({ kind: 'crash', errorType: 'Runtime.ExitError' });
    expect((await call(pool)).count).toBe(1);
    const looping = await open({ source: 'def handler(event, context):\n    print("looping", flush=True)\n    while True: pass\n' });
    const given = new AbortController();
    const outcome = await looping.invoke({ payload: payload({}), signal: given.signal, onLog: (chunk) => Buffer.from(chunk).includes('looping') && given.abort() });
    expect(outcome.kind).toBe('crash');
    expect(looping.state()).toMatchObject({ errors: 1, busy: 0 });
  });

  it('does not begin an invocation that is given up in the moment in which it gets its runner', async () => {
    const pool = await open();
    await expect(pool.invoke({ payload: payload({}), signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    await call(pool);
    const given = new AbortController();
    const invoked = pool.invoke({ payload: payload({}), signal: given.signal });
    given.abort(new Error('at once'));
    await expect(invoked).rejects.toThrow('at once');
    expect(pool.state()).toMatchObject({ invocations: 1, busy: 0, idle: 1 });
    expect((await call(pool)).count).toBe(2);
  });

  it('tells its listeners what happens, and removes its files at the end', async () => {
    const pool = await open();
    const told: PoolEvent[] = [];
    pool.subscribe((event) => told.push(event));
    await pool.invoke({ payload: payload({}), requestId: 'id-1' });
    const kinds = told.flatMap(({ kind }) => (kind === 'begun' || kind === 'finished' ? [kind] : []));
    expect(kinds).toEqual(['begun', 'finished']);
    const log = told.flatMap((event) => (event.kind === 'log' && event.requestId === 'id-1' ? [Buffer.from(event.chunk).toString()] : [])).join('');
    expect(log).toContain('call 1\n');
    expect(log).toContain('REPORT RequestId: id-1\t');
    await pool.close();
    await expect(pool.invoke({ payload: payload({}) })).rejects.toMatchObject({ fault: { code: 'runtime/failed' } });
  });

  it('refuses what cannot be started, and starts again once it can', async () => {
    const request = await pythonFunction(counting, { backend, environment: { VERSION: 'first' } });
    const pool = createPool(testHost(), { request: { ...request, interpreter: undefined } });
    onTestFinished(() => pool.close());
    await expect(pool.invoke({ payload: payload({}) })).rejects.toMatchObject({ fault: { code: 'runtime/failed' } });
    expect(pool.state()).toMatchObject({ condition: 'failed', failure: expect.stringContaining('no python interpreter') as unknown });
    pool.replace({ request });
    expect((await call(pool)).count).toBe(1);
    expect(readdirSync(request.workFolder).length).toBeGreaterThan(0);
    await pool.close();
    expect(readdirSync(request.workFolder)).toEqual([]);
  });
});
