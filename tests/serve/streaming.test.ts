import { createServer, request as plainRequest } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPool } from '../../src/runtime/pool.ts';
import { eventStreamMessage } from '../../src/serve/event-stream.ts';
import { serve, type Served } from '../../src/serve/serve.ts';
import { backends, temporaryFolder, testHost, writeFiles } from '../runtime/rig.ts';

const source = `exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  const out = event.rawPath === '/plain' ? stream : awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { 'X-A': 'b' }, cookies: ['c=1'] });
  if (event.rawPath === '/plain') stream.setContentType('text/event-stream');
  out.write('first,');
  if (event.rawQueryString) await fetch('http://' + event.rawQueryString);
  if (event.rawPath === '/fail') throw new TypeError('midway');
  out.write('second');
  out.end();
});`;

async function open(): Promise<Served> {
  const folder = await temporaryFolder();
  const pool = createPool(testHost(), {
    request: {
      artefact: { kind: 'zip', folder: writeFiles(join(folder, 'task'), { 'index.js': source }), runtime: 'nodejs22.x', handler: 'index.handler', layerFolders: [] },
      function: { name: 'Streams', memory: 512, timeout: 20, ephemeralStorage: 512, environment: {}, architecture: testHost().arch },
      workFolder: join(folder, 'work'), interpreter: process.execPath, backend: backends[0],
    },
  });
  onTestFinished(() => pool.close());
  const route = { method: 'ANY', path: '$default', functionName: 'Streams', payload: '2.0' as const, authorizer: undefined };
  const served = await serve(testHost(), {
    port: 0, functions: new Map([['Streams', { pool }]]),
    apis: [{ name: 'Streams', kind: 'url', stage: '$default', stageVariables: {}, routes: [route], binaryTypes: [], cors: undefined, streams: true, remarks: [] }],
  });
  onTestFinished(() => served.close());
  return served;
}

function get(url: string, onChunk: () => void = () => undefined): Promise<{ readonly status: number; readonly headers: Record<string, unknown>; readonly chunks: readonly string[]; readonly isWhole: boolean }> {
  return new Promise((resolve, reject) => {
    plainRequest(url, (response) => {
      const chunks: string[] = [];
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk.toString());
        onChunk();
      });
      response.on('error', () => undefined);
      response.on('close', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, chunks, isWhole: response.complete }));
    }).on('error', reject).end();
  });
}

describe('a function URL that streams', () => {
  it('passes status, headers, cookies and pieces on as they come', async () => {
    const url = (await open()).apis()[0]?.url ?? '';
    // The function goes on only when the first piece has come here.
    let arrived = (): void => undefined;
    const first = new Promise<void>((resolve) => { arrived = resolve; });
    const gate = createServer((_request, response) => void first.then(() => response.end()));
    await new Promise<void>((resolve) => { gate.listen(0, '127.0.0.1', resolve); });
    onTestFinished(() => gate.closeAllConnections());
    onTestFinished(() => void gate.close());
    const address = gate.address();
    const got = await get(`${url}/wait?127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, arrived);
    expect(got).toMatchObject({ status: 201, headers: { 'x-a': 'b', 'set-cookie': ['c=1'], 'content-type': 'application/octet-stream' }, chunks: ['first,', 'second'], isWhole: true });
    expect(await get(`${url}/plain`)).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream' }, isWhole: true });
  });

  it('breaks off when the function fails midway', async () => {
    const url = (await open()).apis()[0]?.url ?? '';
    expect(await get(`${url}/fail`)).toMatchObject({ status: 201, isWhole: false });
  });
});

it('a message of an event stream has the bytes that AWS\'s SDKs test their readers with', () => {
  // From the format's public example: one header `content-type: application/json`, the payload {'foo':'bar'}.
  const bytes = eventStreamMessage({ 'content-type': 'application/json' }, Buffer.from("{'foo':'bar'}"));
  expect(bytes.toString('hex')).toBe('0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b27666f6f273a27626172277d8d9c08b1');
});
