import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InvokeResult } from '../../src/runtime/invoke.ts';
import { invokeFunction } from '../../src/runtime/invoke.ts';
import { backends, temporaryFolder, testHost, writeFiles } from './rig.ts';

const json = (payload: Uint8Array): Record<string, unknown> => JSON.parse(Buffer.from(payload).toString('utf8')) as Record<string, unknown>;

describe.each(backends)('a Node.js function under %s', (backend) => {
  const run = async (
    files: Record<string, string>,
    more: { readonly handler?: string; readonly event?: unknown; readonly onChunk?: (chunk: Uint8Array) => void; readonly layer?: Record<string, string> } = {},
  ): Promise<InvokeResult> => {
    const folder = await temporaryFolder();
    return invokeFunction(testHost(), {
      artefact: {
        kind: 'zip', folder: writeFiles(join(folder, 'task'), files), runtime: 'nodejs22.x', handler: more.handler ?? 'index.handler',
        layerFolders: more.layer ? [writeFiles(join(folder, 'layer'), more.layer)] : [],
      },
      function: { name: 'Node', memory: 512, timeout: 20, ephemeralStorage: 512, environment: {}, architecture: testHost().arch },
      workFolder: join(folder, 'work'),
      interpreter: process.execPath,
      backend,
      event: Buffer.from(JSON.stringify(more.event ?? { a: 'ü' })),
      invocation: { onChunk: more.onChunk },
    });
  };

  it.each([
    ['an async CommonJS handler', { 'index.js': 'exports.handler = async (event) => ({ got: event });' }],
    ['a callback', { 'index.js': 'exports.handler = (event, context, done) => { setImmediate(() => done(null, { got: event })); };' }],
    ['an ES module', { 'index.mjs': 'export const handler = async (event) => ({ got: event });' }],
    ['a package of type module', { 'package.json': '{"type":"module"}', 'index.js': 'export const handler = async (event) => ({ got: event });' }],
  ])('answers through %s', async (_, files) => {
    const result = await run(files);
    expect(result.kind).toBe('response');
    expect(json(result.payload)).toEqual({ got: { a: 'ü' } });
  });

  it.runIf(backend === 'bubblewrap')('has a home folder, as the AWS SDK asks for one', async () => {
    const result = await run({ 'index.js': 'exports.handler = async () => require("os").homedir();' });
    expect(json(result.payload)).toBe('/home/sbx_user1051');
  });

  it('finds a handler in a folder, and packages in a Lambda layer', async () => {
    const result = await run(
      { 'src/deep/app.js': 'exports.main = async () => require("shared").value;' },
      { handler: 'src/deep/app.main', layer: { 'nodejs/node_modules/shared/index.js': 'exports.value = 42;' } },
    );
    expect(json(result.payload)).toBe(42);
  });

  it('reports a thrown error with its trace, and logs it', async () => {
    const result = await run({ 'index.js': 'exports.handler = async () => { console.log("before", { a: 1 }); throw new TypeError("bad"); };' });
    expect(result).toMatchObject({ kind: 'error', errorType: 'TypeError' });
    const document = json(result.payload) as { trace: string[] };
    expect(document).toMatchObject({ errorType: 'TypeError', errorMessage: 'bad' });
    expect(document.trace[0]).toBe('TypeError: bad');
    expect(document.trace[1]).toContain('index.js:1');
    expect(result.logs).toMatch(/Z\t\S+\tINFO\tbefore \{ a: 1 \}\n/u);
    expect(result.logs).toContain('\tERROR\tInvoke Error ');
  });

  it.each([
    ['a syntax error', { 'index.js': 'exports.handler = (' }, 'Runtime.UserCodeSyntaxError'],
    ['a missing module', { 'index.js': 'require("nowhere-at-all");' }, 'Runtime.ImportModuleError'],
    ['a missing file', { 'other.js': '' }, 'Runtime.ImportModuleError'],
    ['a missing export', { 'index.js': 'exports.other = 1;' }, 'Runtime.HandlerNotFound'],
    ['an error at load', { 'index.js': 'throw new RangeError("early");' }, 'RangeError'],
  ])('reports %s as a failed initialisation', async (_, files, errorType) => {
    expect(await run(files)).toMatchObject({ kind: 'init-error', errorType });
  });

  it('reports process.exit in the handler as the end of the runtime', async () => {
    const result = await run({ 'index.js': 'exports.handler = async () => process.exit(5);' });
    expect(json(result.payload)['errorMessage']).toMatch(/Runtime exited with error: exit status 5$/u);
  });

  it('streams a response', async () => {
    const chunks: string[] = [];
    const source = 'exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.setContentType("text/plain"); stream.write("one "); stream.end("two"); });';
    const result = await run({ 'index.js': source }, { onChunk: (chunk) => chunks.push(Buffer.from(chunk).toString()) });
    expect(result).toMatchObject({ kind: 'response', streamed: true, contentType: 'text/plain' });
    expect(Buffer.from(result.payload).toString()).toBe('one two');
    expect(chunks.join('')).toBe('one two');
  });
});
