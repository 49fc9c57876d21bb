import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const bin = join(import.meta.dirname, '..', '..', 'dist', 'shear.cjs');
const folder = mkdtempSync(join(tmpdir(), 'shear-event-cli-'));
const got: { url: string | undefined; body: string }[] = [];
let server: Server;

beforeAll(async () => {
  writeFileSync(join(folder, 'template.yaml'), 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Reader: { Type: AWS::Serverless::Function, Properties: { Runtime: python3.12, Handler: app.handler, CodeUri: src } }\n');
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src', 'app.py'), 'def handler(event, context): return event\n');
  writeFileSync(join(folder, 'body.json'), '{"from":"a file"}');
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      got.push({ url: request.url, body });
      const isBad = request.url?.includes('Bad') === true;
      response.writeHead(200, isBad ? { 'x-amz-function-error': 'Unhandled' } : {}).end('{"answered":true}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function event(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [bin, 'event', ...args], { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, SHEAR_CACHE: join(folder, '.cache') } });
    const text = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (text.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text.err += chunk.toString()));
    child.once('close', (code) => resolve({ code, ...text }));
  });
}

describe.runIf(existsSync(bin))('shear event', () => {
  it('lists what there is', async () => {
    const { code, out } = await event();
    expect(code).toBe(0);
    expect(out).toContain('s3 put ');
    expect(JSON.parse((await event('--json')).out)).toMatchObject({ schema: 1, events: expect.arrayContaining([{ source: 'sqs', kind: 'message', summary: 'messages of a queue' }]) });
  });

  it('prints one event, with what the flags say', async () => {
    const { code, out } = await event('api', 'rest', '--path', 'a/b', '--method', 'post', '--body', '@body.json', '--header', 'X-Trace: 1', '--query', 'q=a=b');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ path: '/a/b', httpMethod: 'POST', body: '{"from":"a file"}', headers: { 'x-trace': '1' }, queryStringParameters: { q: 'a=b' } });
  });

  it('keeps it in a new file, and never over another', async () => {
    expect(await event('s3', 'put', '--out', 'events/put.json')).toMatchObject({ code: 0, out: '', err: 'events/put.json written\n' });
    expect(JSON.parse(readFileSync(join(folder, 'events', 'put.json'), 'utf8'))).toMatchObject({ Records: [{ eventName: 'ObjectCreated:Put' }] });
    expect(await event('s3', 'put', '--out', 'events/put.json')).toMatchObject({ code: 0 });
    const refused = await event('s3', 'delete', '--out', 'events/put.json');
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('events/put.json is there already');
    expect(await event('s3', 'delete', '--out', 'events/put.json', '--force')).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, 'events', 'put.json'), 'utf8')).toContain('ObjectRemoved:Delete');
  });

  it('goes to a shear dev that runs, found by its file or by its port', async () => {
    const { port } = server.address() as AddressInfo;
    mkdirSync(join(folder, '.aws-sam', 'shear'), { recursive: true });
    writeFileSync(join(folder, '.aws-sam', 'shear', 'dev.json'), JSON.stringify({ pid: process.pid, port }));
    expect(await event('sqs', '--body', 'hi', '--invoke', 'Reader')).toMatchObject({ code: 0, out: '{"answered":true}\n' });
    expect(got.at(-1)).toMatchObject({ url: '/2015-03-31/functions/Reader/invocations', body: expect.stringContaining('"body": "hi"') });
    rmSync(join(folder, '.aws-sam'), { recursive: true });
    expect(await event('sqs', '--invoke', 'Reader', '--port', String(port))).toMatchObject({ code: 0 });
    expect(await event('sqs', '--invoke', 'Reader', '--port', '1')).toMatchObject({ code: 3, err: expect.stringContaining('nothing answers at http://127.0.0.1:1') });
  });

  it('says which number or pair is none', async () => {
    expect(await event('sqs', '--count', 'x')).toMatchObject({ code: 2, err: expect.stringContaining('--count x is no number of records') });
    expect(await event('sqs', '--attributes', 'x')).toMatchObject({ code: 2, err: expect.stringContaining('--attributes has x, which is not NAME=VALUE') });
  });
});
