import { Agent, request } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { createPool } from '../../src/runtime/pool.ts';
import { processesOf } from '../../src/runtime/process-tree.ts';
import { serve } from '../../src/serve/serve.ts';
import { backends, pythonFunction, testHost } from '../runtime/rig.ts';

/** 10,000 with `npm run test:soak`. */
const count = Number(process.env['SHEAR_SOAK'] ?? 400);
const atOnce = 50;
/** Every so many-th invocation ends its runtime. */
const deadly = 100;

const source = `import os
def handler(event, context):
    if event["exit"]:
        os._exit(3)
    return {"n": event["n"], "id": context.aws_request_id, "stream": os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]}
`;

it(`loses none of ${count} invocations, ${atOnce} at a time, runtimes that die among them`, async () => {
  const pool = createPool(testHost(), { request: await pythonFunction(source, { backend: backends[0] ?? 'process' }), most: 6 });
  onTestFinished(() => pool.close());
  const served = await serve(testHost(), { port: 0, functions: new Map([['Example', { pool }]]), apis: [] });
  onTestFinished(() => served.close());
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  onTestFinished(() => agent.destroy());
  const invoke = (n: number): Promise<{ readonly id: string; readonly error: string | undefined; readonly body: Record<string, unknown> }> => new Promise((resolve, reject) => {
    const sent = request(`${served.url}/2015-03-31/functions/Example/invocations`, { method: 'POST', agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { 'x-amzn-requestid': id, 'x-amz-function-error': error } = response.headers;
        resolve({ id: String(id), error: error === undefined ? undefined : String(error), body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown> });
      });
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ n, exit: n % deadly === deadly - 1 }));
  });
  const streams = new Set<string>();
  const ids = new Set<string>();
  let next = 0;
  const wrong: unknown[] = [];
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < count) {
      const n = next++;
      const { id, error, body } = await invoke(n);
      ids.add(id);
      if (typeof body['stream'] === 'string') streams.add(body['stream']);
      const isRight = n % deadly === deadly - 1 ? error === 'Unhandled' && body['errorType'] === 'Runtime.ExitError' : error === undefined && body['n'] === n && body['id'] === id;
      if (!isRight) wrong.push({ n, id, error, body });
    }
  }));
  expect(wrong).toEqual([]);
  expect(ids.size).toBe(count);
  expect(streams.size).toBeLessThanOrEqual(6);
  expect(pool.state()).toMatchObject({ invocations: count, errors: Math.floor(count / deadly), busy: 0, waiting: 0 });
  await pool.close();
  for (const stream of streams) expect(processesOf([], stream)).toEqual([]);
}, 600_000);
