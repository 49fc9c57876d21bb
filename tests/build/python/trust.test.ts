import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../src/base/fault.ts';
import { createDownloader, download, prepareDownloads } from '../../../src/build/python/download.ts';
import { testHost } from '../../support/host.ts';

const folder = mkdtempSync(join(tmpdir(), 'shear-trust-'));
const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate]);

describe.skipIf(made.status !== 0)('an index with a certificate of a company\'s own', () => {
  let connections = 0;
  const server = createServer((_, response) => void response.end('a wheel'));
  beforeAll(async () => {
    server.setSecureContext({ key: readFileSync(key), cert: readFileSync(certificate) });
    server.on('secureConnection', () => connections++);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void server.close());

  async function bring(certificates: string | undefined): Promise<string> {
    const host = testHost();
    const indexes = { env: {}, authorization: () => undefined, certificates };
    prepareDownloads(host, indexes);
    const address = server.address();
    const url = new URL(`https://localhost:${typeof address === 'object' ? String(address?.port) : ''}/one.whl`);
    const parts: string[] = [];
    await download(host, { url, what: 'one.whl', size: 7 }, { downloader: createDownloader(host, indexes), write: (chunk) => void parts.push(Buffer.from(chunk).toString()), onBytes: () => undefined });
    return parts.join('');
  }

  it('is trusted by the file that SSL_CERT_FILE names', async () => {
    expect(await bring(certificate)).toBe('a wheel');
    expect(connections).toBe(1);
  });

  it('is not trusted without it, nor with a file that is none', async () => {
    const broken = join(folder, 'broken.pem');
    writeFileSync(broken, 'no certificate');
    for (const file of [undefined, join(folder, 'absent.pem'), broken]) await expect(bring(file)).rejects.toThrow(Failure);
  });
});
