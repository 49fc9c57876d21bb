import { spawn, spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profileOf } from '../../src/ffmpeg/need-builder.ts';
import { compiledFfmpeg, obstacleTo } from '../support/compiled-ffmpeg.ts';

const parts = 'demuxer:wav muxer:wav demuxer:hls demuxer:mpegts demuxer:aac parser:aac decoder:aac decoder:pcm_s16le encoder:pcm_s16le muxer:framemd5 filter:aresample filter:aformat filter:anull ' +
  'protocol:file protocol:pipe protocol:http protocol:https protocol:httpproxy protocol:tcp protocol:tls protocol:crypto protocol:data';
const profile = profileOf(parts.split(' ').map((part) => part.split(':')).map(([kind, name]) => ({ kind: kind as 'demuxer', name: name ?? '' })), ['ffmpeg']);
const obstacle = await obstacleTo(profile);
const scratch = mkdtempSync(join(tmpdir(), 'shear-network-'));
const ffmpeg = join(scratch, 'ffmpeg');
const servers: Server[] = [];
const sockets: Socket[] = [];
afterAll(() => {
  for (const server of servers) server.close();
  for (const socket of sockets) socket.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** Half a second of a rising tone: 48,044 bytes. */
function tone(): Buffer {
  const data = Buffer.alloc(48_000);
  for (let at = 0; at < 24_000; at++) data.writeInt16LE(Math.round(9_000 * Math.sin((at * at) / 30_000)), at * 2);
  const head = Buffer.from('524946460000000057415645666d74201000000001000100803e0000007d0000020010006461746100000000', 'hex');
  head.writeUInt32LE(36 + data.length, 4);
  head.writeUInt32LE(48_000, 24);
  head.writeUInt32LE(96_000, 28);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

const certificate = (name: string): { readonly key: string; readonly cert: string } => ({ key: join(scratch, `${name}-key.pem`), cert: join(scratch, `${name}.pem`) });

/** A certificate for `localhost`, signed by itself; false without openssl. */
function makeCertificate(name: string, kind: readonly string[]): boolean {
  const { key, cert } = certificate(name);
  return spawnSync('openssl', ['req', '-x509', ...kind, '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert]).status === 0;
}

const serve: RequestListener = (request, response) => {
  if (request.url === '/moved.wav') return void response.writeHead(302, { location: '/tone.wav?signature=a%2Fb' }).end();
  if (request.url?.startsWith('/tone.wav') !== true) return void response.writeHead(404).end();
  const bytes = tone();
  const from = Number(/bytes=(\d+)-/u.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(from > 0 ? 206 : 200, { 'content-type': 'audio/wav', 'accept-ranges': 'bytes', 'content-length': bytes.length - from, 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }).end(bytes.subarray(from));
};

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

interface Ran {
  readonly status: number | null;
  readonly signal: string | null;
  readonly frames: string;
  readonly told: string;
}

/** Not `spawnSync`: the servers are in this process. */
async function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const child = spawn(program, args, { cwd: scratch, env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const out = { frames: '', told: '' };
  child.stdout.on('data', (chunk: Buffer) => (out.frames += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (out.told += chunk.toString()));
  const [status, signal] = await new Promise<readonly [number | null, string | null]>((resolve) => child.once('close', (...end) => resolve(end)));
  return { status, signal, ...out };
}

const read = (address: string, ...options: readonly string[]): readonly string[] => ['-nostdin', '-loglevel', 'error', ...options, '-i', address, '-f', 'framemd5', '-'];

describe.skipIf(obstacle !== undefined)(`an ffmpeg that reads from the network${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`, () => {
  let frames = '';
  let plain = 0;
  let hasOpenssl = false;
  beforeAll(async () => {
    await compiledFfmpeg(profile, ffmpeg);
    writeFileSync(join(scratch, 'tone.wav'), tone());
    frames = (await run(ffmpeg, read('tone.wav'))).frames;
    plain = await listening(createPlainServer(serve));
    hasOpenssl = makeCertificate('rsa', ['-newkey', 'rsa:2048']) && makeCertificate('curve', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']);
    if (!hasOpenssl) console.warn('skipped: TLS, openssl is not installed');
  }, 900_000);

  it('is still a static program, whose licence is the third version', () => {
    const elf = readFileSync(ffmpeg);
    const [offset, size, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)];
    expect(Array.from({ length: count }, (_, at) => elf.readUInt32LE(offset + at * size)).includes(3)).toBe(false);
    expect(spawnSync(ffmpeg, ['-L'], { encoding: 'utf8' }).stdout).toContain('version 3 of the License');
  });

  it.each(['localhost', 'LOCALHOST', '127.0.0.1'])('reads over HTTP from %s what it reads from a file', async (name) => {
    expect(await run(ffmpeg, read(`http://${name}:${plain}/tone.wav`))).toEqual({ status: 0, signal: null, frames, told: '' });
  });

  it('follows a redirection, and says what the server answers', async () => {
    expect(await run(ffmpeg, read(`http://localhost:${plain}/moved.wav`))).toEqual({ status: 0, signal: null, frames, told: '' });
    const missing = await run(ffmpeg, read(`http://localhost:${plain}/none.wav`));
    expect([missing.signal, missing.status === 0, missing.told.includes('404 Not Found')]).toEqual([null, false, true]);
  });

  it('reads through a proxy', async () => {
    const asked: string[] = [];
    const proxy = await listening(createPlainServer((request, response) => {
      asked.push(request.url ?? '');
      request.url = '/tone.wav';
      serve(request, response);
    }));
    expect((await run(ffmpeg, read('http://media.example/tone.wav'), { http_proxy: `http://localhost:${proxy}` })).frames).toBe(frames);
    expect(asked[0]).toBe('http://media.example:80/tone.wav');
  });

  it('ends with an error, not a crash, where a name has no address', async () => {
    const { status, signal, told } = await run(ffmpeg, read('http://no-such-name.invalid/tone.wav'), { RES_OPTIONS: 'timeout:1 attempts:1' });
    expect([signal, status === 0]).toEqual([null, false]);
    expect(told).toMatch(/Failed to resolve hostname no-such-name\.invalid: (?:Name or service not known|Temporary failure in name resolution)/u);
  });

  it.each(['rsa', 'curve'] as const)('reads over TLS with a certificate of kind %s, and verifies it when asked to', async (kind) => {
    if (!hasOpenssl) return;
    const { key, cert } = certificate(kind);
    const other = certificate(kind === 'rsa' ? 'curve' : 'rsa').cert;
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const port = await listening(createTlsServer({ key: readFileSync(key), cert: readFileSync(cert), minVersion: maxVersion, maxVersion }, serve));
      const address = `https://localhost:${port}/tone.wav`;
      const whole = { status: 0, signal: null, frames, told: '' };
      expect(await run(ffmpeg, read(address))).toEqual(whole);
      expect(await run(ffmpeg, read(address, '-tls_verify', '1', '-ca_file', cert))).toEqual(whole);
      // As the images have it: a bundle of what the machine trusts.
      expect(await run(ffmpeg, read(address, '-tls_verify', '1'), { SSL_CERT_FILE: cert })).toEqual(whole);
      const foreign = await run(ffmpeg, read(address, '-tls_verify', '1'), { SSL_CERT_FILE: other });
      expect([foreign.signal, foreign.frames, foreign.told.includes('not correctly signed by the trusted CA')]).toEqual([null, '', true]);
      const named = await run(ffmpeg, read(address, '-tls_verify', '1', '-verifyhost', 'other.example'), { SSL_CERT_FILE: cert });
      expect([named.signal, named.frames]).toEqual([null, '']);
    }
  });

  it('asks the name servers of /etc/resolv.conf, and takes what /etc/hosts says first', async () => {
    const server = await nameServer({ 'media.test': '127.0.0.1', 'deep.media.test': '127.0.0.1' });
    if (typeof server === 'string' || spawnSync('bwrap', ['--ro-bind', '/', '/', 'true']).status !== 0) {
      console.warn(`skipped: ${typeof server === 'string' ? server : 'bwrap does not run here'}`);
      return;
    }
    writeFileSync(join(scratch, 'resolv.conf'), 'nameserver 127.0.0.1\nsearch media.test\noptions timeout:1 attempts:2\n');
    writeFileSync(join(scratch, 'hosts'), '# 127.0.0.9 here.test\n::1 six.test\n127.0.0.1\there.test  alias.test # 127.0.0.9\n');
    // A name service that no static program can load.
    writeFileSync(join(scratch, 'nsswitch.conf'), 'hosts: mymachines resolve [!UNAVAIL=return] myhostname\n');
    const inside = (name: string): Promise<Ran> => run('bwrap', ['--ro-bind', '/', '/', ...['resolv.conf', 'hosts', 'nsswitch.conf'].flatMap((file) => ['--ro-bind', join(scratch, file), `/etc/${file}`]), ffmpeg, ...read(`http://${name}:${plain}/tone.wav`)]);
    for (const name of ['here.test', 'ALIAS.test', 'media.test', 'deep']) expect([name, await inside(name)]).toEqual([name, { status: 0, signal: null, frames, told: '' }]);
    expect(server.asked.filter((name) => /here|alias/iu.test(name))).toEqual([]);
    const missing = await inside('gone.test');
    expect([missing.signal, missing.told.includes('Failed to resolve hostname gone.test: Name or service not known')]).toEqual([null, true]);
  });
});

/** Answers questions for IPv4 addresses on port 53 of 127.0.0.1; a text where it may not. */
async function nameServer(known: Readonly<Record<string, string>>): Promise<{ readonly asked: readonly string[] } | string> {
  const asked: string[] = [];
  const socket = createSocket('udp4', (question, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let size = question[at] ?? 0; size > 0; size = question[at] ?? 0) {
      labels.push(question.toString('latin1', at + 1, at + 1 + size));
      at += size + 1;
    }
    const name = labels.join('.').toLowerCase();
    asked.push(name);
    const address = question.readUInt16BE(at + 1) === 1 ? known[name] : undefined;
    const head = Buffer.from(question.subarray(0, 12));
    head.writeUInt16BE(name in known ? 0x8180 : 0x8183, 2);
    head.writeUInt16BE(address === undefined ? 0 : 1, 6);
    head.writeUInt32BE(0, 8);
    const answer = address === undefined ? [] : [Buffer.from('c00c00010001000000050004', 'hex'), Buffer.from(address.split('.').map(Number))];
    socket.send(Buffer.concat([head, question.subarray(12, at + 5), ...answer]), from.port, from.address);
  });
  const failed = await new Promise<Error | undefined>((resolve) => socket.once('error', resolve).bind(53, '127.0.0.1', () => resolve(undefined)));
  if (failed) return `port 53 is not to be had: ${failed.message}`;
  sockets.push(socket);
  return { asked };
}
