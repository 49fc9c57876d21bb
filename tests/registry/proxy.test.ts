import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { proxyFor } from '../../src/registry/proxy.ts';
import { createSend, readResponse } from '../../src/registry/http.ts';
import { testHost } from '../support/host.ts';

describe('proxyFor', () => {
  const env = { HTTPS_PROXY: 'http://me:pw@proxy.corp:3128', http_proxy: 'plain.corp:80', NO_PROXY: 'internal, .example.com,*.aws.dev , x.io:8443' };

  it.each([
    ['https://ghcr.io/v2/', 'http://me:pw@proxy.corp:3128/'],
    ['http://ghcr.io/v2/', 'http://plain.corp/'],
    ['https://internal/', undefined],
    ['https://a.example.com/', undefined],
    ['https://example.com/', undefined],
    ['https://notexample.com/', 'http://me:pw@proxy.corp:3128/'],
    ['https://ecr.aws.dev/', undefined],
    ['https://x.io:8443/', undefined],
    ['https://x.io/', 'http://me:pw@proxy.corp:3128/'],
    ['https://localhost:5000/', undefined],
    ['https://127.0.0.1/', undefined],
  ])('sends %s by %s', (url, proxy) => {
    expect(proxyFor(env, new URL(url))?.href).toBe(proxy);
  });

  it('is off without the variables, and with NO_PROXY=*', () => {
    expect(proxyFor({}, new URL('https://ghcr.io'))).toBeUndefined();
    expect(proxyFor({ ...env, NO_PROXY: '*' }, new URL('https://ghcr.io'))).toBeUndefined();
  });
});

describe('requests through a proxy', () => {
  it('go to it with the whole address and its credentials', async () => {
    const seen: IncomingMessage[] = [];
    const proxy = createServer((request, response) => {
      seen.push(request);
      response.end('by proxy');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const send = createSend(testHost({ env: { HTTP_PROXY: `http://me:pw@127.0.0.1:${port}` } }));
    const response = await send({ method: 'GET', url: new URL('http://registry.test/v2/?n=1') });
    expect((await readResponse(response, 100)).toString()).toBe('by proxy');
    expect(seen[0]?.url).toBe('http://registry.test/v2/?n=1');
    expect(seen[0]?.headers).toMatchObject({ host: 'registry.test', 'proxy-authorization': 'Basic bWU6cHc=' });
    proxy.closeAllConnections();
    proxy.close();
  });

  it('ask for a tunnel for https, and say when it is refused', async () => {
    const asked: (string | undefined)[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      asked.push(request.url);
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const send = createSend(testHost({ env: { HTTPS_PROXY: `http://127.0.0.1:${port}` } }));
    await expect(send({ method: 'GET', url: new URL('https://registry.test/v2/') })).rejects.toThrow(`the proxy 127.0.0.1:${port} answered 403`);
    expect(asked).toEqual(['registry.test:443']);
    proxy.close();
  });

  it('go through the tunnel to a registry whose certificate NODE_EXTRA_CA_CERTS makes trusted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shear-tls-'));
    const pem = (name: string): string => join(folder, `${name}.pem`);
    const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=registry.test', '-addext', 'subjectAltName=DNS:registry.test', '-keyout', pem('key'), '-out', pem('cert')];
    if (spawnSync('openssl', args).status !== 0) {
      console.warn('skipped: openssl is not installed');
      return;
    }
    const registry = createTlsServer({ key: readFileSync(pem('key')), cert: readFileSync(pem('cert')) }, (request, response) => response.end(`served ${request.url}`));
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
    const proxy = createServer().on('connect', (_, socket) => {
      const way = connect((registry.address() as AddressInfo).port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        // Either side may hang up while the other still writes.
        socket.on('error', () => way.destroy());
        way.on('error', () => socket.destroy());
        socket.pipe(way).pipe(socket);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const root = join(import.meta.dirname, '../..');
    const script = `
      import { createSend, readResponse } from ${JSON.stringify(join(root, 'src/registry/http.ts'))};
      const send = createSend({ env: process.env, signal: new AbortController().signal });
      for (const path of ['/v2/a', '/v2/b']) console.log(String(await readResponse(await send({ method: 'GET', url: new URL('https://registry.test' + path) }), 100)));
    `;
    writeFileSync(join(folder, 'ask.mts'), script);
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: pem('cert'), HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, NO_PROXY: '', no_proxy: '' };
    const child = spawn(process.execPath, ['--import', 'tsx', join(folder, 'ask.mts')], { cwd: root, env });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    for (const server of [proxy, registry]) server.close();
    rmSync(folder, { recursive: true });
    expect(out.trim()).toBe('served /v2/a\nserved /v2/b');
    expect(code).toBe(0);
  });
});
