import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDebugPort } from '../../src/runtime/debug-port.ts';
import { startFunction, type Runner } from '../../src/runtime/invoke.ts';
import { provideModules } from '../../src/tools/provide-tool.ts';
import { connectDap, connectInspector } from './debug-client.ts';
import { backends, python, temporaryFolder, testHost, writeFiles } from './rig.ts';

const host = testHost();
const event = Buffer.from('{"a":1}');
const settings = { name: 'Fn', memory: 512, timeout: 1, ephemeralStorage: 512, environment: {}, architecture: host.arch } as const;
const debugpy = await provideModules(host, 'debugpy').catch((error: unknown) => error instanceof Error ? error : new Error(String(error)));
if (debugpy instanceof Error) console.warn(`SKIPPED: debugging of Python, because ${debugpy.message}`);

const pythonCode = 'import time\n\n\ndef handler(event, context):\n    got = event["a"]\n    end = time.time() + 1.3\n    while time.time() < end:\n        pass\n    return got\n';
const nodeCode = 'exports.handler = async (event) => {\n  const got = event.a;\n  const end = Date.now() + 1300;\n  while (Date.now() < end);\n  return got;\n};\n';

describe.each(backends)('under %s', (backend) => {
  it.skipIf(debugpy instanceof Error)('a debugger comes to Python by the Debug Adapter Protocol, stops at a line, and no time counts meanwhile', async () => {
    const port = await openDebugPort(0);
    onTestFinished(() => port.close());
    const folder = writeFiles(join(await temporaryFolder(), 'task'), { 'app.py': pythonCode });
    const runner = await start(folder, { runtime: `python${python.version}`, handler: 'app.handler', interpreter: python.path }, { language: 'python', modules: String(debugpy), port, mustWait: false });
    const client = await connectDap(port.port);
    const file = backend === 'bubblewrap' ? '/var/task/app.py' : join(folder, 'app.py');
    client.send({ seq: 1, type: 'request', command: 'initialize', arguments: { adapterID: 'debugpy', linesStartAt1: true, columnsStartAt1: true, pathFormat: 'path' } });
    expect(await client.find(({ command, type }) => type === 'response' && command === 'initialize')).toMatchObject({ success: true });
    client.send({ seq: 2, type: 'request', command: 'attach', arguments: { justMyCode: false } });
    await client.find(({ type, event: name }) => type === 'event' && name === 'initialized');
    client.send({ seq: 3, type: 'request', command: 'setBreakpoints', arguments: { source: { path: file }, breakpoints: [{ line: 6 }] } });
    await client.find(({ command, type }) => type === 'response' && command === 'setBreakpoints');
    client.send({ seq: 4, type: 'request', command: 'configurationDone' });
    await client.find(({ command, type }) => type === 'response' && command === 'configurationDone');
    const outcome = runner.environment.invoke(event);
    const stopped = await client.find(({ type, event: name }) => type === 'event' && name === 'stopped');
    expect(stopped).toMatchObject({ body: { reason: 'breakpoint' } });
    const threadId = (stopped['body'] as { threadId: number }).threadId;
    client.send({ seq: 5, type: 'request', command: 'stackTrace', arguments: { threadId, levels: 1 } });
    expect(await client.find(({ command, type }) => type === 'response' && command === 'stackTrace')).toMatchObject({ body: { stackFrames: [{ name: 'handler', line: 6, source: { path: file } }] } });
    client.send({ seq: 6, type: 'request', command: 'continue', arguments: { threadId } });
    // The loop after it takes longer than the function's second.
    expect(await outcome).toMatchObject({ kind: 'response', payload: Buffer.from('1') });
    client.close();
  });

  it('a debugger comes to Node by its inspector, stops at a line, and no time counts meanwhile', async () => {
    const port = await openDebugPort(0);
    onTestFinished(() => port.close());
    const folder = writeFiles(join(await temporaryFolder(), 'task'), { 'index.js': nodeCode });
    const runner = await start(folder, { runtime: 'nodejs20.x', handler: 'index.handler', interpreter: process.execPath }, { language: 'nodejs', modules: undefined, port, mustWait: false });
    await runner.environment.initialised();
    const client = await connectInspector(port.port);
    client.send({ id: 1, method: 'Debugger.enable' });
    await client.find(({ id }) => id === 1);
    client.send({ id: 2, method: 'Debugger.setBreakpointByUrl', params: { urlRegex: '.*/index\\.js$', lineNumber: 2 } });
    expect(await client.find(({ id }) => id === 2)).toMatchObject({ result: { locations: expect.arrayContaining([expect.objectContaining({ lineNumber: 2 })]) } });
    const outcome = runner.environment.invoke(event);
    expect(await client.find(({ method }) => method === 'Debugger.paused')).toMatchObject({ params: { callFrames: expect.arrayContaining([expect.objectContaining({ location: expect.objectContaining({ lineNumber: 2 }) })]) } });
    client.send({ id: 3, method: 'Debugger.resume' });
    expect(await outcome).toMatchObject({ kind: 'response', payload: Buffer.from('1') });
    client.close();
  });

  it('without a debugger time counts as ever, and a new process is found under the same port', async () => {
    const port = await openDebugPort(0);
    onTestFinished(() => port.close());
    const folder = writeFiles(join(await temporaryFolder(), 'task'), { 'index.js': nodeCode });
    const request = { language: 'nodejs', modules: undefined, port, mustWait: false } as const;
    const first = await start(folder, { runtime: 'nodejs20.x', handler: 'index.handler', interpreter: process.execPath }, request);
    expect(await first.environment.invoke(event)).toMatchObject({ kind: 'timeout' });
    const second = await start(folder, { runtime: 'nodejs20.x', handler: 'index.handler', interpreter: process.execPath }, request);
    await second.environment.initialised();
    const client = await connectInspector(port.port);
    client.send({ id: 1, method: 'Runtime.evaluate', params: { expression: 'process.env.AWS_LAMBDA_LOG_STREAM_NAME' } });
    const answer = await client.find(({ id }) => id === 1);
    expect(readFileSync(second.logFile, 'utf8')).toContain('Debugger attached');
    expect(JSON.stringify(answer)).toContain('$LATEST');
    client.close();
  });

  async function start(folder: string, how: { readonly runtime: string; readonly handler: string; readonly interpreter: string }, debug: Parameters<typeof startFunction>[1]['debug']): Promise<Runner> {
    const workFolder = await temporaryFolder();
    const runner = await startFunction(host, { backend, workFolder, interpreter: how.interpreter, function: settings, debug, artefact: { kind: 'zip', folder, layerFolders: [], runtime: how.runtime, handler: how.handler } });
    onTestFinished(() => runner.environment.stop());
    return runner;
  }
});
