import { request as httpRequest } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RuntimeApi } from '../../src/runtime/api.ts';
import type { Invocation } from '../../src/runtime/api-protocol.ts';

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const invocation = (more: Partial<Invocation> = {}): Invocation => ({
  requestId: 'request-1',
  event: Buffer.from('{"a":1}'),
  deadline: 1_700_000_000_123.4,
  functionArn: 'arn:aws:lambda:eu-west-1:012345678912:function:F',
  traceId: 'Root=1-0-0;Sampled=0',
  ...more,
});

async function start(extensions: readonly string[] = []): Promise<{
  readonly api: RuntimeApi;
  readonly call: (method: string, path: string, body?: string | Buffer, headers?: Record<string, string>) => Promise<Answered>;
}> {
  const api = await RuntimeApi.start({ functionName: 'F', functionVersion: '$LATEST', handler: 'app.handler', extensions });
  onTestFinished(() => api.close());
  const [host, port] = api.address.split(':');
  return {
    api,
    call: (method, path, body, headers = {}) =>
      new Promise((resolve, reject) => {
        const request = httpRequest({ host, port, method, path, headers, agent: false }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() });
          });
        });
        request.on('error', reject);
        request.end(body);
      }),
  };
}

const base = '/2018-06-01/runtime';

describe('the Runtime API', () => {
  it('listens on the loopback address', async () => {
    const { api } = await start();
    expect(api.address).toMatch(/^127\.0\.0\.1:\d+$/u);
  });

  it('delivers an event to a poll that came before it, with all headers', async () => {
    const { api, call } = await start();
    const poll = call('GET', `${base}/invocation/next`);
    expect(await api.initialised).toEqual({ kind: 'ready' });
    const answer = api.invoke(invocation({ clientContext: '{"custom":{"k":"é😀"}}', cognitoIdentity: '{"cognitoIdentityId":"i"}', tenantId: 't' }));
    const next = await poll;
    expect(next).toMatchObject({ status: 200, body: '{"a":1}' });
    expect(next.headers).toMatchObject({
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': 'request-1',
      'lambda-runtime-deadline-ms': '1700000000123',
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-west-1:012345678912:function:F',
      'lambda-runtime-trace-id': 'Root=1-0-0;Sampled=0',
      'lambda-runtime-client-context': '{"custom":{"k":"\\u00e9\\ud83d\\ude00"}}',
      'lambda-runtime-cognito-identity': '{"cognitoIdentityId":"i"}',
      'lambda-runtime-aws-tenant-id': 't',
    });
    const posted = await call('POST', `${base}/invocation/request-1/response`, '"done"', { 'Content-Type': 'application/json' });
    expect(posted).toMatchObject({ status: 202, body: '{"status":"OK"}\n' });
    expect(await answer).toEqual({ kind: 'response', body: Buffer.from('"done"'), contentType: 'application/json', streamed: false });
  });

  it('keeps an event for a poll that comes after it', async () => {
    const { api, call } = await start();
    void api.invoke(invocation());
    expect((await call('GET', `${base}/invocation/next`)).status).toBe(200);
  });

  it('refuses what does not fit its state', async () => {
    const { api, call } = await start();
    const early = await call('POST', `${base}/invocation/request-1/response`, '1');
    expect(early.status).toBe(403);
    expect(JSON.parse(early.body)).toEqual({
      errorType: 'InvalidStateTransition',
      errorMessage: 'State transition from Initializing to InvocationResponse failed for runtime. Error: State transition is not allowed',
    });
    void api.invoke(invocation());
    await call('GET', `${base}/invocation/next`);
    expect((await call('GET', `${base}/invocation/next`)).status).toBe(403);
    expect((await call('POST', `${base}/init/error`, '{}')).status).toBe(403);
    const other = await call('POST', `${base}/invocation/other/response`, '1');
    expect([other.status, JSON.parse(other.body)]).toEqual([400, { errorType: 'InvalidRequestID', errorMessage: 'Invalid request ID' }]);
    const mode = await call('POST', `${base}/invocation/request-1/response`, '1', { 'Lambda-Runtime-Function-Response-Mode': 'slow' });
    expect(mode.status).toBe(400);
    expect((await call('POST', `${base}/invocation/request-1/error`, '{"errorType":"E"}')).status).toBe(202);
    expect((await call('POST', `${base}/invocation/request-1/response`, '1')).status).toBe(403);
    expect((await call('GET', '/elsewhere')).status).toBe(404);
  });

  it('takes an error, by the type in its body or else in its header', async () => {
    const { api, call } = await start();
    const answer = api.invoke(invocation());
    await call('GET', `${base}/invocation/next`);
    const headers = { 'Lambda-Runtime-Function-Error-Type': 'Header.Type' };
    await call('POST', `${base}/invocation/request-1/error`, 'no json', headers);
    expect(await answer).toEqual({ kind: 'error', errorType: 'Header.Type', body: Buffer.from('no json') });
  });

  it('answers 413 to a response over the limit, and takes the invocation as failed', async () => {
    const { api, call } = await start();
    const answer = api.invoke(invocation());
    await call('GET', `${base}/invocation/next`);
    const posted = await call('POST', `${base}/invocation/request-1/response`, Buffer.alloc(6_291_557, 0x31));
    expect([posted.status, JSON.parse(posted.body)]).toEqual([
      413, { errorType: 'RequestEntityTooLarge', errorMessage: 'Exceeded maximum allowed payload size (6291556 bytes).' },
    ]);
    expect(await answer).toMatchObject({ kind: 'error', errorType: 'Function.ResponseSizeTooLarge' });
  });

  it('reports an initialisation that failed', async () => {
    const { api, call } = await start();
    const posted = await call('POST', `${base}/init/error`, '{"errorMessage":"m"}', { 'Lambda-Runtime-Function-Error-Type': 'Runtime.Bad' });
    expect(posted.status).toBe(202);
    expect(await api.initialised).toEqual({ kind: 'init-error', error: { errorType: 'Runtime.Bad', body: Buffer.from('{"errorMessage":"m"}') } });
    expect((await call('GET', `${base}/invocation/next`)).status).toBe(403);
  });

  it('passes on a streamed response piece by piece, past the limit of a buffered one', async () => {
    const { api, call } = await start();
    let seen = 0;
    const answer = api.invoke(invocation({ onChunk: (chunk) => (seen += chunk.length) }));
    await call('GET', `${base}/invocation/next`);
    const headers = { 'Lambda-Runtime-Function-Response-Mode': 'streaming', 'Transfer-Encoding': 'chunked', 'Content-Type': 'text/html' };
    const posted = await call('POST', `${base}/invocation/request-1/response`, Buffer.alloc(7_000_000, 0x32), headers);
    expect(posted.status).toBe(202);
    expect(await answer).toMatchObject({ kind: 'response', streamed: true, contentType: 'text/html' });
    expect(seen).toBe(7_000_000);
  });

  it('reads the error of a streamed response from its trailers', async () => {
    const { api, call } = await start();
    const answer = api.invoke(invocation());
    await call('GET', `${base}/invocation/next`);
    const [host, port] = api.address.split(':');
    await new Promise<void>((resolve) => {
      const request = httpRequest({
        host, port, method: 'POST', path: `${base}/invocation/request-1/response`,
        headers: { 'Lambda-Runtime-Function-Response-Mode': 'streaming', Trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body' },
      }, (response) => response.resume().on('end', resolve));
      request.write('begun');
      request.addTrailers({ 'Lambda-Runtime-Function-Error-Type': 'Late', 'Lambda-Runtime-Function-Error-Body': Buffer.from('{"e":1}').toString('base64') });
      request.end();
    });
    expect(await answer).toEqual({ kind: 'error', errorType: 'Late', body: Buffer.from('{"e":1}') });
  });

  it('fails the invocation of a response that breaks off', async () => {
    const { api, call } = await start();
    const answer = api.invoke(invocation());
    await call('GET', `${base}/invocation/next`);
    const [host, port] = api.address.split(':');
    const request = httpRequest({ host, port, method: 'POST', path: `${base}/invocation/request-1/response`, headers: { 'Content-Length': 100 } });
    request.on('error', () => undefined);
    request.write('short', () => request.destroy());
    expect(await answer).toMatchObject({ kind: 'error', errorType: 'Runtime.TruncatedResponse' });
  });

  it('answers a restore at once', async () => {
    const { call } = await start();
    expect((await call('GET', `${base}/restore/next`)).status).toBe(200);
  });
});

describe('the Extensions API', () => {
  const extension = '/2020-01-01/extension';

  it('waits for external extensions, tells them of invocations and of the end', async () => {
    const { api, call } = await start(['watcher']);
    const poll = call('GET', `${base}/invocation/next`);
    const registered = await call('POST', `${extension}/register`, '{"events":["INVOKE","SHUTDOWN"]}', {
      'Lambda-Extension-Name': 'watcher', 'Lambda-Extension-Accept-Feature': 'accountId',
    });
    expect([registered.status, JSON.parse(registered.body)]).toEqual([
      200, { functionName: 'F', functionVersion: '$LATEST', handler: 'app.handler', accountId: '012345678912' },
    ]);
    const id = { 'Lambda-Extension-Identifier': String(registered.headers['lambda-extension-identifier']) };
    const first = call('GET', `${extension}/event/next`, undefined, id);
    expect(await api.initialised).toEqual({ kind: 'ready' });
    void api.invoke(invocation());
    await poll;
    const told = await first;
    expect(JSON.parse(told.body)).toEqual({
      eventType: 'INVOKE', deadlineMs: 1_700_000_000_123, requestId: 'request-1',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:012345678912:function:F',
      tracing: { type: 'X-Amzn-Trace-Id', value: 'Root=1-0-0;Sampled=0' },
    });
    expect(told.headers['lambda-extension-event-identifier']).toMatch(/^[0-9a-f-]{36}$/u);
    api.extensions.tellShutdown('spindown', 5);
    const last = await call('GET', `${extension}/event/next`, undefined, id);
    expect(JSON.parse(last.body)).toEqual({ eventType: 'SHUTDOWN', shutdownReason: 'spindown', deadlineMs: 5 });
    expect(api.extensions.shutdownMs).toBe(2000);
  });

  it('refuses unknown extensions, wrong events, a second name and late registration', async () => {
    const { api, call } = await start();
    expect((await call('GET', `${extension}/event/next`)).status).toBe(403);
    expect((await call('GET', `${extension}/event/next`, undefined, { 'Lambda-Extension-Identifier': 'x' })).status).toBe(403);
    const named = { 'Lambda-Extension-Name': 'inner' };
    expect((await call('POST', `${extension}/register`, '{"events":["SHUTDOWN"]}', named)).status).toBe(400);
    expect((await call('POST', `${extension}/register`, '{"events":["INVOKE"]}')).status).toBe(400);
    const registered = await call('POST', `${extension}/register`, '{"events":["INVOKE"]}', named);
    expect(registered.status).toBe(200);
    const inner = { 'Lambda-Extension-Identifier': String(registered.headers['lambda-extension-identifier']) };
    expect((await call('POST', `${extension}/register`, '{"events":["INVOKE"]}', named)).status).toBe(403);
    const poll = call('GET', `${base}/invocation/next`);
    poll.catch(() => undefined);
    const first = call('GET', `${extension}/event/next`, undefined, inner);
    first.catch(() => undefined);
    expect(await api.initialised).toEqual({ kind: 'ready' });
    expect((await call('POST', `${extension}/register`, '{}', { 'Lambda-Extension-Name': 'late' })).status).toBe(403);
  });

  it('takes an extension that reports an error as a failed initialisation', async () => {
    const { api, call } = await start(['watcher']);
    const registered = await call('POST', `${extension}/register`, '{"events":[]}', { 'Lambda-Extension-Name': 'watcher' });
    const id = String(registered.headers['lambda-extension-identifier']);
    const posted = await call('POST', `${extension}/init/error`, '{}', { 'Lambda-Extension-Identifier': id, 'Lambda-Extension-Function-Error-Type': 'Ext.Broken' });
    expect(posted.status).toBe(202);
    expect(await api.initialised).toEqual({ kind: 'extension-failed', name: 'watcher', errorType: 'Ext.Broken' });
  });
});
