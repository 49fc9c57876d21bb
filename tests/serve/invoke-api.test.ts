import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPool } from '../../src/runtime/pool.ts';
import type { Notice } from '../../src/serve/served.ts';
import { serve } from '../../src/serve/serve.ts';
import { backends, pythonFunction, testHost } from '../runtime/rig.ts';

const source = `import os
calls = {}
def handler(event, context):
    print("seen", event)
    if event == "fail":
        calls[context.aws_request_id] = calls.get(context.aws_request_id, 0) + 1
        raise ValueError("try %d" % calls[context.aws_request_id])
    custom = context.client_context.custom if context.client_context else None
    return {"event": event, "arn": context.invoked_function_arn, "custom": custom, "id": context.aws_request_id}
`;
const backend = backends[0] ?? 'process';

async function open(more: { readonly reserved?: number } = {}): Promise<{ call: (path: string, init?: RequestInit) => Promise<Response>; notices: Notice[] }> {
  const pool = createPool(testHost(), { request: await pythonFunction(source, { backend }), ...more });
  onTestFinished(() => pool.close());
  const notices: Notice[] = [];
  const functions = new Map([['Example', { pool, names: ['the-example'], aliases: ['live'] }]]);
  const served = await serve(testHost(), { port: 0, functions, apis: [], onNotice: (notice) => notices.push(notice), retryDelays: [1, 1] });
  onTestFinished(() => served.close());
  return { notices, call: (path, init) => fetch(`${served.url}${path}`, { method: 'POST', body: '{}', ...init }) };
}

const invocations = (name: string): string => `/2015-03-31/functions/${name}/invocations`;

describe('the Invoke API', () => {
  it('answers with what the handler returns, and with the tail of the log on request', async () => {
    const { call } = await open();
    const plain = await call(invocations('Example'), { body: '{"a":1}' });
    expect(plain.status).toBe(200);
    expect(await plain.json()).toEqual({ event: { a: 1 }, arn: 'arn:aws:lambda:us-east-1:012345678912:function:Example', custom: null, id: plain.headers.get('x-amzn-requestid') });
    expect(plain.headers.get('x-amz-executed-version')).toBe('$LATEST');
    expect(plain.headers.get('x-amz-log-result')).toBeNull();
    const tailed = await call(invocations('Example'), { headers: { 'x-amz-log-type': 'Tail' } });
    expect(Buffer.from(tailed.headers.get('x-amz-log-result') ?? '', 'base64').toString()).toMatch(/^START RequestId: [\s\S]*seen \{\}\nEND [\s\S]*REPORT RequestId: /u);
  });

  it.each([
    'Example', 'Example:$LATEST', 'Example:live', 'the-example', '012345678912:function:Example',
    'arn:aws:lambda:eu-west-1:012345678912:function:Example', encodeURIComponent('arn:aws:lambda:eu-west-1:012345678912:function:Example:live'), 'Example?Qualifier=live',
  ])('knows the function as %s', async (name) => {
    const { call } = await open();
    const [path = '', query] = name.split('?');
    expect((await call(`${invocations(path)}${query === undefined ? '' : `?${query}`}`)).status).toBe(200);
  });

  it.each([
    ['another function', 'Other', {}, 404, 'ResourceNotFoundException', 'Function not found: arn:aws:lambda:us-east-1:012345678912:function:Other'],
    ['another qualifier', 'Example:7', {}, 404, 'ResourceNotFoundException', 'Function not found: arn:aws:lambda:us-east-1:012345678912:function:Example:7'],
    ['text that is no JSON', 'Example', { body: '{' }, 400, 'InvalidRequestContentException', /^Could not parse request body into json: /u],
    ['an unknown type', 'Example', { headers: { 'x-amz-invocation-type': 'Maybe' } }, 400, 'ValidationException', /Member must satisfy enum value set/u],
    ['a broken client context', 'Example', { headers: { 'x-amz-client-context': 'e30x' } }, 400, 'InvalidRequestContentException', /Base64/u],
    ['more than 6 MB', 'Example', { body: `"${'x'.repeat(6 * 1024 * 1024)}"` }, 413, 'RequestTooLargeException', 'Request must be smaller than 6291456 bytes for the InvokeFunction operation'],
    ['more than 1 MB as an event', 'Example', { body: `"${'x'.repeat(1024 * 1024)}"`, headers: { 'x-amz-invocation-type': 'Event' } }, 413, 'RequestTooLargeException', 'Request must be smaller than 1048576 bytes for the InvokeFunction operation'],
  ])('refuses %s as AWS does', async (_what, name, init, status, type, message) => {
    const { call } = await open();
    const refused = await call(invocations(name), init);
    expect([refused.status, refused.headers.get('x-amzn-errortype')]).toEqual([status, type]);
    expect(await refused.json()).toMatchObject({ Type: 'User', Message: typeof message === 'string' ? message : expect.stringMatching(message) as unknown });
  });

  it('marks errors of the function, and throttles', async () => {
    const { call } = await open();
    const failed = await call(invocations('Example'), { body: '"fail"' });
    expect([failed.status, failed.headers.get('x-amz-function-error')]).toEqual([200, 'Unhandled']);
    expect(await failed.json()).toMatchObject({ errorType: 'ValueError', errorMessage: 'try 1' });
    const none = await open({ reserved: 0 });
    const throttled = await none.call(invocations('Example'));
    expect([throttled.status, throttled.headers.get('x-amzn-errortype')]).toEqual([429, 'TooManyRequestsException']);
    expect(await throttled.json()).toMatchObject({ Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' });
  });

  it('hands on the client context', async () => {
    const { call } = await open();
    const context = Buffer.from('{"custom":{"k":"ü"}}').toString('base64');
    const answer = await call(invocations('Example'), { headers: { 'x-amz-client-context': context } });
    expect(await answer.json()).toMatchObject({ custom: { k: 'ü' } });
  });

  it('only checks at DryRun, and tries an Event again twice under the same ID', async () => {
    const { call, notices } = await open();
    const dry = await call(invocations('Example'), { headers: { 'x-amz-invocation-type': 'DryRun' } });
    expect([dry.status, await dry.text()]).toEqual([204, '']);
    const taken = await call(invocations('Example'), { body: '"fail"', headers: { 'x-amz-invocation-type': 'Event', 'x-request': randomUUID() } });
    expect([taken.status, await taken.text()]).toEqual([202, '']);
    await expect.poll(() => notices.length).toBe(3);
    const id = taken.headers.get('x-amzn-requestid');
    expect(notices.map(({ text }) => text)).toEqual([
      `event ${id} failed (ValueError); try 2 of 3 in 0.001 s, where Lambda waits 1 min`,
      `event ${id} failed (ValueError); try 3 of 3 in 0.001 s, where Lambda waits 2 min`,
      `event ${id} is given up: 3 tries failed; Lambda would send it to the failure destination or dead-letter queue, where there is one`,
    ]);
  });

  it('says which port is taken', async () => {
    const first = await serve(testHost(), { port: 0, functions: new Map(), apis: [] });
    onTestFinished(() => first.close());
    const port = Number(new URL(first.url).port);
    await expect(serve(testHost(), { port, functions: new Map(), apis: [] })).rejects.toMatchObject({
      fault: { code: 'usage', what: `port ${port} of 127.0.0.1 is in use by another program` },
    });
  });
});
