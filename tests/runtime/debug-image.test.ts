import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openDebugPort, type DebugPort } from '../../src/runtime/debug-port.ts';
import type { ImageArtefact } from '../../src/runtime/image-function.ts';
import { startFunction, type Runner } from '../../src/runtime/invoke.ts';
import { nodeBootstrap } from '../../src/runtime/node-bootstrap.ts';
import { provideModules } from '../../src/tools/provide-tool.ts';
import { connectDap, connectInspector } from './debug-client.ts';
import { installClient, pythonImage } from './python-image.ts';
import { backends, python, temporaryFolder, testHost } from './rig.ts';
import { layerOf } from './tar.ts';

const host = testHost();
const debugpy = await provideModules(host, 'debugpy').catch((error: unknown) => error instanceof Error ? error : new Error(String(error)));
if (debugpy instanceof Error) console.warn(`SKIPPED: debugging of Python images, because ${debugpy.message}`);
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'shear-debug-image-')));
afterAll(() => rm(folder, { recursive: true, force: true }));
const client = installClient(folder);
const canRun = client !== undefined && backends.includes('bubblewrap');
let pythonLayers: ImageArtefact['layers'] = [];
let nodeLayers: ImageArtefact['layers'] = [];
beforeAll(() => {
  if (!canRun) return;
  pythonLayers = pythonImage(folder, client);
  nodeLayers = nodeImage();
}, 60_000);

const pythonCode = `import time


def handler(event, context):
    got = event["a"]
    end = time.time() + 1.3
    while time.time() < end:
        pass
    return [got, context.get_remaining_time_in_millis() > 1000]
`;
const nodeCode = `exports.handler = async (event, context) => {
  const got = event.a;
  const end = Date.now() + 1300;
  while (Date.now() < end);
  return [got, context.getRemainingTimeInMillis() > 1000];
};
`;

/** This machine's Node with its libraries, and a client of the Runtime API. */
function nodeImage(): ImageArtefact['layers'] {
  const stage = join(folder, 'node-stage');
  const node = realpathSync(process.execPath);
  const libraries = [...execFileSync('ldd', [node], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/gu)].map((match) => match[1] ?? '');
  for (const [path, to] of [[node, '/usr/bin/node'], ...libraries.map((library) => [library, library])]) {
    mkdirSync(dirname(join(stage, to ?? '')), { recursive: true });
    cpSync(realpathSync(path ?? ''), join(stage, to ?? ''));
  }
  mkdirSync(join(stage, 'var/runtime'), { recursive: true });
  writeFileSync(join(stage, 'var/runtime/bootstrap.mjs'), nodeBootstrap);
  mkdirSync(join(stage, 'var/task'));
  execFileSync('tar', ['-C', stage, '--owner=0', '--group=0', '-cf', join(folder, 'node.tar'), '.']);
  const tar = readFileSync(join(folder, 'node.tar'));
  const { digest, path } = { digest: `sha256:${execFileSync('sha256sum', { input: tar, encoding: 'utf8' }).slice(0, 64)}`, path: join(folder, 'node.tar') };
  return [{ digest, diffId: digest, path } as unknown as ImageArtefact['layers'][number]];
}

async function start(layers: ImageArtefact['layers'], files: Readonly<Record<string, string>>, how: { readonly config: ImageArtefact['config']; readonly port: DebugPort; readonly modules: string | undefined }): Promise<Runner> {
  const work = await temporaryFolder();
  const app = layerOf(work, Object.entries(files).map(([name, content]) => ({ name: `var/task/${name}`, content })));
  const { config, port, modules } = how;
  const runner = await startFunction(host, {
    artefact: { kind: 'image', layers: [...layers, app], stable: layers.length, config }, workFolder: join(work, 'work'), rootsFolder: join(folder, 'roots'), backend: 'bubblewrap',
    function: { name: 'Fn', memory: 512, timeout: 1, ephemeralStorage: 512, environment: {}, architecture: host.arch },
    debug: { language: 'either', modules, port, mustWait: false },
  });
  onTestFinished(() => runner.environment.stop());
  return runner;
}

const pythonConfig: ImageArtefact['config'] = {
  env: ['PATH=/var/lang/bin', 'LD_LIBRARY_PATH=/var/lang/lib', 'LAMBDA_TASK_ROOT=/var/task'], entrypoint: [`/var/lang/bin/python${python.version}`, '-m', 'awslambdaric'], cmd: ['app.handler'], workingDir: '/var/task',
};
const nodeConfig: ImageArtefact['config'] = { env: ['PATH=/usr/bin', 'LAMBDA_TASK_ROOT=/var/task'], entrypoint: ['/usr/bin/node', '/var/runtime/bootstrap.mjs'], cmd: ['index.handler'], workingDir: '/var/task' };

describe.runIf(canRun)('an image function', () => {
  it.skipIf(debugpy instanceof Error)('of Python: a debugger stops at a line, and neither the timeout nor the remaining time runs out', async () => {
    const port = await openDebugPort(0);
    onTestFinished(() => port.close());
    const runner = await start(pythonLayers, { 'app.py': pythonCode }, { config: pythonConfig, port, modules: String(debugpy) });
    await runner.environment.initialised();
    const dap = await connectDap(port.port);
    const path = '/var/task/app.py';
    const answer = async (command: string): Promise<unknown> => await dap.find((message) => message['type'] === 'response' && message['command'] === command);
    dap.send({ seq: 1, type: 'request', command: 'initialize', arguments: { adapterID: 'debugpy', linesStartAt1: true, columnsStartAt1: true, pathFormat: 'path' } });
    expect(await answer('initialize')).toMatchObject({ success: true });
    dap.send({ seq: 2, type: 'request', command: 'attach', arguments: { justMyCode: false } });
    await dap.find(({ event }) => event === 'initialized');
    dap.send({ seq: 3, type: 'request', command: 'setBreakpoints', arguments: { source: { path }, breakpoints: [{ line: 6 }] } });
    await answer('setBreakpoints');
    dap.send({ seq: 4, type: 'request', command: 'configurationDone' });
    await answer('configurationDone');
    const outcome = runner.environment.invoke(Buffer.from('{"a":1}'));
    const stopped = await dap.find(({ event }) => event === 'stopped');
    const { threadId } = stopped['body'] as { readonly threadId: number };
    dap.send({ seq: 5, type: 'request', command: 'stackTrace', arguments: { threadId, levels: 1 } });
    expect(await answer('stackTrace')).toMatchObject({ body: { stackFrames: [{ name: 'handler', line: 6, source: { path } }] } });
    dap.send({ seq: 6, type: 'request', command: 'continue', arguments: { threadId } });
    // The loop after it takes longer than the function's second.
    expect(await outcome).toMatchObject({ kind: 'response', payload: Buffer.from('[1, true]') });
    dap.close();
  });

  it('of Node: a debugger stops at a line, and neither the timeout nor the remaining time runs out', async () => {
    const port = await openDebugPort(0);
    onTestFinished(() => port.close());
    const runner = await start(nodeLayers, { 'index.js': nodeCode }, { config: nodeConfig, port, modules: undefined });
    await runner.environment.initialised();
    const inspector = await connectInspector(port.port);
    inspector.send({ id: 1, method: 'Debugger.enable' });
    await inspector.find(({ id }) => id === 1);
    inspector.send({ id: 2, method: 'Debugger.setBreakpointByUrl', params: { urlRegex: '.*/var/task/index\\.js$', lineNumber: 2 } });
    expect(await inspector.find(({ id }) => id === 2)).toMatchObject({ result: { locations: expect.arrayContaining([expect.objectContaining({ lineNumber: 2 })]) as unknown } });
    const outcome = runner.environment.invoke(Buffer.from('{"a":1}'));
    expect(await inspector.find(({ method }) => method === 'Debugger.paused')).toMatchObject({ params: { callFrames: expect.arrayContaining([expect.objectContaining({ functionName: 'exports.handler', location: expect.objectContaining({ lineNumber: 2 }) as unknown })]) as unknown } });
    inspector.send({ id: 3, method: 'Debugger.resume' });
    expect(await outcome).toMatchObject({ kind: 'response', payload: Buffer.from('[1,true]') });
    inspector.close();
  });

  it('is killed at its timeout as ever when no debugger has come', async () => {
    const port = await openDebugPort(0);
    onTestFinished(() => port.close());
    const runner = await start(nodeLayers, { 'index.js': nodeCode }, { config: nodeConfig, port, modules: undefined });
    expect(await runner.environment.invoke(Buffer.from('{"a":1}'))).toMatchObject({ kind: 'timeout' });
  });
});
