import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { provideSource } from '../../src/build/ffmpeg/provide-source.ts';
import { openStore } from '../../src/store/store.ts';
import { testHost } from '../support/host.ts';

const folder = mkdtempSync(join(tmpdir(), 'shear-source-'));
const archive = Buffer.from('not much of an archive');
let asked = 0;
const server = createServer((_request, response) => {
  asked++;
  response.end(archive);
});
beforeAll(async () => await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

it('a source is fetched once for all that want it at once', async () => {
  const { port } = server.address() as AddressInfo;
  const sha256 = createHash('sha256').update(archive).digest('hex');
  const source = { name: 'ffmpeg', version: '0', fileName: 'ffmpeg-0.tar.xz', sha256, size: archive.length, address: `http://127.0.0.1:${port}/ffmpeg-0.tar.xz`, debian: { package: 'none', suite: 'none' } } as const;
  // Nothing on the PATH, so apt is not asked.
  const host = testHost({ env: { PATH: folder, HOME: folder } });
  const paths = await Promise.all([1, 2, 3].map(() => provideSource(host, openStore(join(folder, 'store'), Date.now), source)));
  expect(new Set(paths).size).toBe(1);
  expect(readFileSync(paths[0] ?? '')).toEqual(archive);
  expect(asked).toBe(1);
  expect(readdirSync(join(folder, 'store')).filter((name) => name.includes('lock'))).toEqual([]);
});
