import { chmodSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { RuntimeApi } from '../../src/runtime/api.ts';
import { startFunction } from '../../src/runtime/invoke.ts';
import { backends, python, pythonFunction, testHost } from './rig.ts';

/** Listens, subscribes, and at the end prints what it was told. */
const listener = (interpreter: string, host: string): string => `#!${interpreter}
import http.client, http.server, json, os, threading
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def call(method, path, headers, body=None):
    api.request(method, path, body, headers)
    response = api.getresponse()
    return response.status, response.headers, response.read()
told = []
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        told.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()
    def log_message(self, *arguments):
        pass
server = http.server.HTTPServer(("${host}", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
headers = call("POST", "/2020-01-01/extension/register", {"Lambda-Extension-Name": "listener"}, json.dumps({"events": ["INVOKE", "SHUTDOWN"]}))[1]
me = {"Lambda-Extension-Identifier": headers["Lambda-Extension-Identifier"]}
wish = {"schemaVersion": "2022-12-13", "types": ["platform", "function"], "buffering": {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25}, "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:%d/told" % server.server_port}}
print("subscribed", call("PUT", "/2022-07-01/telemetry", me, json.dumps(wish))[::2], flush=True)
while json.loads(call("GET", "/2020-01-01/extension/event/next", me)[2])["eventType"] != "SHUTDOWN":
    pass
print("told " + json.dumps(told), flush=True)
`;

const source = `def handler(event, context):
    print("said by the function")
    if event.get("fail"):
        raise ValueError("on purpose")
    return 1
`;

describe.each(backends)('telemetry under %s', (backend) => {
  it('comes to an extension that subscribed, in the form of its schema', async () => {
    const [interpreter, host] = backend === 'bubblewrap' ? [`/var/lang/bin/python${python.version}`, 'sandbox.localdomain'] : [python.path, '127.0.0.1'];
    const request = await pythonFunction(source, { backend, layers: [{ 'extensions/listener': listener(interpreter, host) }] });
    if (request.artefact.kind !== 'zip') throw new Error('unreachable');
    chmodSync(join(request.artefact.layerFolders[0] ?? '', 'extensions/listener'), 0o755);
    const runner = await startFunction(testHost(), request);
    const good = await runner.environment.invoke(Buffer.from('{}'));
    const bad = await runner.environment.invoke(Buffer.from('{"fail":true}'));
    await runner.environment.stop();
    const log = readFileSync(runner.logFile, 'utf8');
    expect(log).toContain(`subscribed (200, b'"OK"')\n`);
    const told = JSON.parse(/^told (.*)$/mu.exec(log)?.[1] ?? '[]') as readonly { readonly type: string; readonly time: string; readonly record: unknown }[];
    const init = { initializationType: 'on-demand', phase: 'init' };
    const tracing = { type: 'X-Amzn-Trace-Id', value: expect.stringMatching(/^Root=1-/u), spanId: expect.stringMatching(/^[0-9a-f]{16}$/u) };
    const number: unknown = expect.any(Number);
    const ofInvocation = ({ requestId, billedMs }: typeof good, more: object, metrics: object): readonly object[] => [
      { type: 'platform.start', record: { requestId, version: '$LATEST', tracing } },
      { type: 'platform.runtimeDone', record: { requestId, ...more, tracing, metrics: { durationMs: number, producedBytes: 'errorType' in more ? 0 : 1 } } },
      { type: 'platform.report', record: { requestId, ...more, tracing, metrics: { durationMs: number, billedDurationMs: billedMs, memorySizeMB: 256, maxMemoryUsedMB: number, ...metrics } } },
    ];
    const expected = [
      { type: 'platform.telemetrySubscription', record: { name: 'listener', state: 'Subscribed', types: ['platform', 'function'] } },
      { type: 'platform.initStart', record: { ...init, functionName: expect.any(String) as unknown, functionVersion: '$LATEST', instanceId: expect.any(String) as unknown, instanceMaxMemory: 256 * 1024 * 1024 } },
      { type: 'platform.extension', record: { name: 'listener', state: 'Ready', events: ['INVOKE', 'SHUTDOWN'] } },
      { type: 'platform.initRuntimeDone', record: { ...init, status: 'success' } },
      { type: 'platform.initReport', record: { ...init, status: 'success', metrics: { durationMs: number } } },
      ...ofInvocation(good, { status: 'success' }, { initDurationMs: number }),
      ...ofInvocation(bad, { status: 'error', errorType: 'ValueError' }, {}),
    ];
    expect(told.filter(({ type }) => type !== 'function').map(({ type, record }) => ({ type, record }))).toEqual(expected);
    expect(told.filter(({ type, record }) => type === 'function' && record === 'said by the function\n')).toHaveLength(2);
    expect(told.every(({ time }) => /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/u.test(time))).toBe(true);
  });
});

describe('a subscription', () => {
  const good = { schemaVersion: '2022-12-13', types: ['platform'], destination: { protocol: 'HTTP', URI: 'http://sandbox.localdomain:8080' } };

  async function start(): Promise<{ readonly api: RuntimeApi; readonly put: (path: string, body: unknown, more?: Readonly<Record<string, string>>) => Promise<{ readonly status: number; readonly body: string }> }> {
    const api = await RuntimeApi.start({ functionName: 'F', functionVersion: '$LATEST', handler: 'app.handler', extensions: [] });
    onTestFinished(() => api.close());
    const registered = await fetch(`http://${api.address}/2020-01-01/extension/register`, { method: 'POST', headers: { 'Lambda-Extension-Name': 'one' }, body: '{"events":[]}' });
    const own = { 'Lambda-Extension-Identifier': registered.headers.get('lambda-extension-identifier') ?? '' };
    return {
      api,
      put: async (path, body, headers = own) => {
        const response = await fetch(`http://${api.address}${path}`, { method: 'PUT', headers, body: JSON.stringify(body) });
        return { status: response.status, body: await response.text() };
      },
    };
  }

  it.each<readonly [string, object, RegExp]>([
    ['without types', { ...good, types: [] }, /types should not be empty/u],
    ['without a port', { ...good, destination: { protocol: 'HTTP', URI: 'http://sandbox.localdomain' } }, /URI port is not provided/u],
    ['of an unknown version', { ...good, schemaVersion: '1999-01-01' }, /schemaVersion should be one of 2022-07-01/u],
    ['of unknown types', { ...good, types: ['all'] }, /types should be of platform, function and extension/u],
    ['with too small a buffer', { ...good, buffering: { maxItems: 1 } }, /maxItems should be between 1000 and 10000/u],
    ['to another machine', { ...good, destination: { protocol: 'HTTP', URI: 'http://example.org:80' } }, /URI should be at sandbox\.localdomain/u],
  ])('%s is refused', async (_, body, message) => {
    const { put } = await start();
    expect(await put('/2022-07-01/telemetry', body)).toEqual({ status: 400, body: expect.stringMatching(message) as unknown });
  });

  it('is for registered extensions, while the function initialises', async () => {
    const { put, api } = await start();
    expect((await put('/2022-07-01/telemetry', good, {})).status).toBe(403);
    expect(await put('/2022-07-01/telemetry', good)).toEqual({ status: 200, body: '"OK"' });
    await fetch(`http://${api.address}/2018-06-01/runtime/init/error`, { method: 'POST', body: '{}' });
    expect(await put('/2022-07-01/telemetry', good)).toEqual({ status: 403, body: '{"errorMessage":"Telemetry API subscription is closed already","errorType":"Telemetry.SubscriptionClosed"}\n' });
  });

  it('of the Logs API gets its events, by TCP too', async () => {
    const { put, api } = await start();
    const batches: unknown[] = [];
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => {
        batches.push(...(JSON.parse(text) as readonly unknown[]));
        response.end();
      });
    });
    let lines = '';
    const tcp = createTcpServer((socket) => void socket.on('data', (chunk: Buffer) => (lines += chunk.toString())));
    for (const one of [server, tcp]) await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void [server, tcp].map((one) => one.close()));
    const port = (one: typeof server | typeof tcp): number => (one.address() as AddressInfo).port;
    expect(await put('/2020-08-15/logs', { types: ['platform', 'function'], destination: { protocol: 'HTTP', URI: `http://sandbox.localdomain:${port(server)}` } })).toEqual({ status: 200, body: '"OK"' });
    expect((await put('/2022-07-01/telemetry', { ...good, destination: { protocol: 'TCP', port: port(tcp) } })).status).toBe(200);
    api.telemetry.emit('platform.initReport', { phase: 'init' });
    api.telemetry.emit('platform.end', { requestId: '1' });
    api.telemetry.write('function', Buffer.from('one\ntwo'));
    api.telemetry.write('extension', Buffer.from('not asked for'));
    await api.telemetry.flush();
    const time = expect.any(String) as unknown;
    expect(batches).toEqual([
      { time, type: 'platform.logsSubscription', record: { name: 'one', state: 'Subscribed', types: ['platform', 'function'] } },
      { time, type: 'platform.end', record: { requestId: '1' } }, { time, type: 'function', record: 'one\n' }, { time, type: 'function', record: 'two' },
    ]);
    await vi.waitUntil(() => lines.split('\n').length === 3);
    expect(lines.trim().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual([
      { time, type: 'platform.telemetrySubscription', record: { name: 'one', state: 'Subscribed', types: ['platform'] } }, { time, type: 'platform.initReport', record: { phase: 'init' } },
    ]);
  });
});
