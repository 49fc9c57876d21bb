import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TreeEntry } from '../../src/base/tree.ts';
import { writeLayer } from '../../src/oci/layer.ts';
import { sortEntries } from '../../src/oci/tar.ts';
import { openStore, type Store } from '../../src/store/store.ts';

let folder: string;
let store: Store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shear-layer-'));
  store = openStore(join(folder, 'store'), () => 0);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const hello: readonly TreeEntry[] = [
  { kind: 'folder', path: 'var/task', mode: 0o755 },
  { kind: 'file', path: 'var/task/app.py', mode: 0o644, size: 6, content: { kind: 'bytes', bytes: Buffer.from('hello\n') } },
  { kind: 'link', path: 'var/task/main.py', target: 'app.py' },
];

describe('writeLayer', () => {
  it('gives the same bytes on every machine', async () => {
    const layer = await writeLayer(hello, store, { createdBy: 'COPY app.py .' });
    expect(layer.createdBy).toBe('COPY app.py .');
    expect(layer.blob.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+gzip');
    expect(layer.diffId).toBe('sha256:0838a6f41729a02972b3332c13c3b51ac61dc0e8fd9ef8570663eb1671631b71');
  });

  it('names the blob and the tar inside by their own digests', async () => {
    const layer = await writeLayer(hello, store, { createdBy: '' });
    const blob = readFileSync(store.pathOf(layer.blob.digest));
    expect(sha256(blob)).toBe(layer.blob.digest);
    expect(blob.length).toBe(layer.blob.size);
    expect(sha256(gunzipSync(blob))).toBe(layer.diffId);
  });

  it('writes no time and no system into the gzip header', async () => {
    for (const size of [10, 6_000_000]) {
      const layer = await writeLayer([bytesFile('a', Buffer.alloc(size, 'x'))], store, { createdBy: '' });
      const blob = readFileSync(store.pathOf(layer.blob.digest));
      expect([...blob.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
    }
  });

  it('gives one diffID whether a file comes from disk, from memory or from a wheel', async () => {
    const bytes = Buffer.from('x = 1\n'.repeat(1_000_000));
    const path = join(folder, 'x.py');
    writeFileSync(path, bytes);
    const deflated = deflateRawSync(bytes);
    const archive = join(folder, 'x.whl');
    writeFileSync(archive, Buffer.concat([Buffer.alloc(37), deflated, Buffer.alloc(11)]));
    const contents: readonly Extract<TreeEntry, { kind: 'file' }>['content'][] = [
      { kind: 'bytes', bytes },
      { kind: 'disk', path },
      { kind: 'zip-member', archive, offset: 37, compressedSize: deflated.length, method: 'deflated', crc32: crc32(bytes) },
    ];
    const ids = [];
    for (const content of contents) {
      const layer = await writeLayer([{ kind: 'file', path: 'x.py', mode: 0o644, size: bytes.length, content }], store, { createdBy: '' });
      ids.push([layer.diffId, layer.blob.digest]);
    }
    expect(ids[1]).toEqual(ids[0]);
    expect(ids[2]).toEqual(ids[0]);
  });

  it('does not depend on the order in which entries were found', async () => {
    const found = [...hello, bytesFile('a-b', Buffer.from('1')), { kind: 'folder', path: 'a', mode: 0o755 } as const, bytesFile('a/b', Buffer.from('2'))];
    const one = await writeLayer(sortEntries(found), store, { createdBy: '' });
    const other = await writeLayer(sortEntries(found.toReversed()), store, { createdBy: '' });
    expect(other.blob.digest).toBe(one.blob.digest);
  });

  it.each([100, 5_000_000])('refuses a file of %i bytes that changes while it is read, and names it', async (size) => {
    const path = join(folder, 'moving.txt');
    writeFileSync(path, Buffer.alloc(size));
    truncateSync(path, size - 1);
    const entry = { kind: 'file', path: 'moving.txt', mode: 0o644, size, content: { kind: 'disk', path } } as const;
    await expect(writeLayer([entry], store, { createdBy: '' })).rejects.toMatchObject({
      fault: { code: 'build/failed', what: `${path} changed while it was read: ${size - 1} bytes where ${size} were expected` },
    });
  });

  it.each([100, 5_000_000])('refuses a wheel member of %i bytes with a wrong checksum', async (size) => {
    const archive = join(folder, 'bad.whl');
    const deflated = deflateRawSync(Buffer.alloc(size, 'a'));
    writeFileSync(archive, deflated);
    const content = { kind: 'zip-member', archive, offset: 0, compressedSize: deflated.length, method: 'deflated', crc32: 1 } as const;
    await expect(writeLayer([{ kind: 'file', path: 'm', mode: 0o644, size, content }], store, { createdBy: '' })).rejects.toMatchObject({
      fault: { code: 'archive/corrupt' },
    });
  });

  it('leaves nothing behind when it fails', async () => {
    const entry = { kind: 'file', path: 'gone', mode: 0o644, size: 9_000_000, content: { kind: 'disk', path: join(folder, 'gone') } } as const;
    await expect(writeLayer([entry], store, { createdBy: '' })).rejects.toMatchObject({ fault: { code: 'build/failed' } });
    const { readdirSync } = await import('node:fs');
    expect(readdirSync(join(folder, 'store', 'tmp'))).toEqual([]);
    expect(readdirSync(join(folder, 'store', 'blobs', 'sha256'))).toEqual([]);
  });
});

function bytesFile(path: string, bytes: Buffer): TreeEntry {
  return { kind: 'file', path, mode: 0o644, size: bytes.length, content: { kind: 'bytes', bytes } };
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
