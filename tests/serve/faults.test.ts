import { describe, expect, it, onTestFinished } from 'vitest';
import { createPool, type RunnerPool } from '../../src/runtime/pool.ts';
import { processesOf } from '../../src/runtime/process-tree.ts';
import { serve } from '../../src/serve/serve.ts';
import { backends, pythonFunction, testHost } from '../runtime/rig.ts';

const good = 'def handler(event, context):\n    return "good"\n';

interface Answer {
  readonly error: string | null;
  readonly body: { readonly errorType?: string; readonly errorMessage?: string };
  readonly log: string;
}

describe.each(backends)('front doors before a function under %s that', (backend) => {
  /** Invokes the source's function, with another one beside it, which has to answer afterwards as well. */
  const through = async (source: string, more: { readonly timeout?: number; readonly memory?: number } = {}): Promise<Answer & { readonly pool: RunnerPool }> => {
    const pool = createPool(testHost(), { request: await pythonFunction(source, { backend, ...more }) });
    const beside = createPool(testHost(), { request: await pythonFunction(good, { backend }) });
    onTestFinished(async () => {
      await Promise.all([pool.close(), beside.close()]);
    });
    const served = await serve(testHost(), { port: 0, functions: new Map([['Bad', { pool }], ['Good', { pool: beside }]]), apis: [] });
    onTestFinished(() => served.close());
    const call = (name: string): Promise<Response> => fetch(`${served.url}/2015-03-31/functions/${name}/invocations`, { method: 'POST', body: '{}', headers: { 'x-amz-log-type': 'Tail' } });
    const [answer, meanwhile] = await Promise.all([call('Bad'), call('Good')]);
    expect([await meanwhile.json(), await (await call('Good')).json()]).toEqual(['good', 'good']);
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as Answer['body'];
    return { pool, body, error: answer.headers.get('x-amz-function-error'), log: Buffer.from(answer.headers.get('x-amz-log-result') ?? '', 'base64').toString() };
  };

  it.each<[string, string, { readonly timeout?: number; readonly memory?: number }, string, RegExp]>([
    ['has a syntax error', 'def handler(event, context)\n    return 1\n', {}, 'Runtime.UserCodeSyntaxError', /Syntax error in module 'app'/u],
    ['imports what is not there', 'import nowhere\n', {}, 'Runtime.ImportModuleError', /No module named 'nowhere'/u],
    ['runs in a circle', 'def handler(event, context):\n    while True: pass\n', { timeout: 1 }, 'Sandbox.Timedout', /Task timed out after 1\.00 seconds/u],
    ['takes 10 GB', 'def handler(event, context):\n    kept = []\n    for _ in range(10240): kept.append(b"x" * 1048576)\n', { memory: 128 }, 'Runtime.OutOfMemory', /signal: killed/u],
    ['leaves by os._exit', 'import os\ndef handler(event, context):\n    os._exit(0)\n', {}, 'Runtime.ExitError', /Runtime exited without providing a reason/u],
  ])('%s say so as AWS does, and go on', async (_what, source, more, errorType, message) => {
    const { body, error, pool } = await through(source, more);
    expect([error, body.errorType]).toEqual(['Unhandled', errorType]);
    expect(body.errorMessage).toMatch(message);
    expect(pool.state()).toMatchObject({ errors: 1, busy: 0 });
  });

  it('leaves a child behind end that too', async () => {
    const source = 'import os, subprocess\nsubprocess.Popen(["sleep", "600"], start_new_session=True)\ndef handler(event, context):\n    return os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]\n';
    const { body, pool } = await through(source);
    expect(processesOf([], String(body)).length).toBeGreaterThanOrEqual(2);
    await pool.close();
    expect(processesOf([], String(body))).toEqual([]);
  });

  it('writes 200 MB of log stay small and keep its end', async () => {
    const before = process.memoryUsage().rss;
    const { log, pool } = await through('def handler(event, context):\n    line = "x" * 1023\n    for _ in range(200 * 1024): print(line)\n    print("the end")\n', { timeout: 120 });
    expect(log).toMatch(/xxx\nthe end\nEND RequestId: .*\nREPORT /u);
    expect(pool.state()).toMatchObject({ invocations: 1, errors: 0 });
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  });
});
