import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { provideNode22 } from '../../scripts/peers/node22.ts';
import { provideNodeClient } from '../../scripts/peers/node-client.ts';
import { cacheFolder } from '../../scripts/script-host.ts';
import { diffId, digestOf } from '../../src/base/digest.ts';
import type { ImageArtefact } from '../../src/runtime/image-function.ts';
import { createPool } from '../../src/runtime/pool.ts';
import { backends, testHost } from '../runtime/rig.ts';
import { layerOf } from '../runtime/tar.ts';
import { host as scriptHost } from './built-project.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'shear-node-client-')));
let layers: ImageArtefact['layers'] | undefined;
let missing = backends.includes('bubblewrap') ? undefined : 'bubblewrap does not run here';
beforeAll(async () => {
  if (missing !== undefined) return;
  const node = await provideNode22(scriptHost, cacheFolder);
  const client = 'path' in node ? await provideNodeClient(scriptHost, cacheFolder) : node;
  if ('path' in node && 'folder' in client) layers = nodeImage(node.path, client.folder);
  else if ('reason' in client) missing = client.reason;
  if (missing !== undefined) console.warn(`SKIPPED: functions under aws-lambda-ric, because ${missing}`);
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** An image as AWS describes custom Node images: an interpreter, the libraries it needs, the client beside the function. */
function nodeImage(node: string, client: string): ImageArtefact['layers'] {
  const stage = join(folder, 'stage');
  const addon = join(client, 'node_modules', 'aws-lambda-ric', 'rapid-client.node');
  const libraries = [node, addon].flatMap((path) => [...execFileSync('ldd', [path], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/gu)].map((match) => match[1] ?? ''));
  for (const path of libraries) {
    mkdirSync(dirname(join(stage, path)), { recursive: true });
    if (!existsSync(join(stage, path))) cpSync(realpathSync(path), join(stage, path));
  }
  mkdirSync(join(stage, 'usr/bin'), { recursive: true });
  cpSync(realpathSync(node), join(stage, 'usr/bin/node'));
  const isWanted = (path: string): boolean => !/\/(?:node-gyp|node-addon-api|deps)(?:\/|$)/u.test(path.slice(client.length));
  cpSync(join(client, 'node_modules'), join(stage, 'function/node_modules'), { recursive: true, filter: isWanted });
  const path = join(folder, 'base.tar');
  execFileSync('tar', ['-C', stage, '--owner=0', '--group=0', '-cf', path, '.']);
  const bytes = readFileSync(path);
  return [{ digest: digestOf(bytes), diffId: diffId(`sha256:${createHash('sha256').update(bytes).digest('hex')}`), path }];
}

const source = `let count = 0;
exports.handler = async (event, context) => {
  if (event.fail) throw new TypeError('ünfit 😀');
  if (event.exit) process.exit(7);
  if (event.hang) await new Promise((done) => setTimeout(done, 60_000));
  console.log('seen');
  return { count: ++count, event, name: context.functionName, memory: context.memoryLimitInMB, left: context.getRemainingTimeInMillis() > 0, client: process.argv[1] };
};
exports.stream = awslambda.streamifyResponse(async (event, out) => { out.write('one '); out.write('two'); out.end(); });
`;

it('a Node image runs under AWS\'s own client', async (context) => {
  if (layers === undefined) return context.skip(missing);
  const app = layerOf(folder, [{ name: 'function/app.js', content: source }]);
  const open = (handler: string) => {
    const config = { env: ['PATH=/usr/bin:/bin', 'LAMBDA_TASK_ROOT=/function'], entrypoint: ['/usr/bin/node', 'node_modules/aws-lambda-ric/index.mjs'], cmd: [handler], workingDir: '/function' };
    return createPool(testHost(), { request: { artefact: { kind: 'image', layers: [...(layers ?? []), app], config }, function: { name: 'NodeFn', memory: 512, timeout: 3, ephemeralStorage: 512, environment: {}, architecture: testHost().arch }, workFolder: join(folder, 'work', handler), backend: 'bubblewrap' } });
  };
  const pool = open('app.handler');
  const streaming = open('app.stream');
  const call = async (event: object): Promise<{ readonly kind: string; readonly body: unknown; readonly logs: string }> => {
    const outcome = await pool.invoke({ payload: Buffer.from(JSON.stringify(event)) });
    if (outcome.kind === 'throttled') throw new Error('throttled');
    return { kind: outcome.kind, logs: outcome.logs, body: JSON.parse(Buffer.from(outcome.payload).toString('utf8')) };
  };
  try {
    const first = await call({ a: 'ü😀' });
    expect(first, first.logs).toMatchObject({ kind: 'response', body: { count: 1, event: { a: 'ü😀' }, name: 'NodeFn', memory: '512', left: true, client: '/function/node_modules/aws-lambda-ric/index.mjs' } });
    expect(first.logs).toMatch(/INFO\tseen\n/u);
    expect((await call({})).body).toMatchObject({ count: 2 });
    expect(await call({ fail: true })).toMatchObject({ kind: 'error', body: { errorType: 'TypeError', errorMessage: 'ünfit 😀' } });
    expect(await call({ exit: true })).toMatchObject({ kind: 'crash', body: { errorType: 'Runtime.ExitError' } });
    expect((await call({})).body).toMatchObject({ count: 1 });
    expect(await call({ hang: true })).toMatchObject({ kind: 'timeout' });
    const chunks: string[] = [];
    const streamed = await streaming.invoke({ payload: Buffer.from('{}'), onChunk: (chunk) => void chunks.push(Buffer.from(chunk).toString()) });
    expect(streamed).toMatchObject({ kind: 'response', streamed: true });
    expect(chunks.join('')).toBe('one two');
  } finally {
    await Promise.all([pool.close(), streaming.close()]);
  }
});
