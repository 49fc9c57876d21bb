import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hexOf } from '../../src/base/digest.ts';
import { archiveStream, updateArchive, writeArchive } from '../../src/oci/archive.ts';
import { importArchive } from '../../src/oci/import-archive.ts';
import type { AssembledImage } from '../../src/oci/image.ts';
import { openLayout, writeLayout } from '../../src/oci/layout.ts';
import { readTar } from '../../src/oci/read-tar.ts';
import { validateImage } from '../../src/oci/validate.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { tag } from '../../src/store/tag.ts';
import { imageOn, testImage, textLayer } from '../support/image.ts';

let folder: string;
let store: Store;
let base: AssembledImage;
let image: AssembledImage;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shear-archive-'));
  store = openStore(join(folder, 'store'), () => 0);
  base = testImage(store, [textLayer(store, { 'usr/lib/big': Array.from({ length: 20_000 }, (_, i) => String(i * 7919)).join() })]);
  image = imageOn(base, [textLayer(store, { 'var/task/app.py': 'v1' })], store);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function has(program: string): boolean {
  if (spawnSync(program, ['--version']).status === 0) return true;
  console.warn(`skipped: ${program} is not installed`);
  return false;
}

function skopeo(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('skopeo', ['--insecure-policy', ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`skopeo ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function names(path: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const member of readTar(readFileSync(path), path)) found.push(member.path);
  return found;
}

describe('writeArchive', () => {
  it('puts what seldom changes first', async () => {
    await writeArchive(join(folder, 'a.tar'), image, ['fn:v1'], store);
    const blob = (one: { readonly digest: (typeof image.config)['digest'] }): string => `blobs/sha256/${hexOf(one.digest)}`;
    expect(await names(join(folder, 'a.tar'))).toEqual([
      'blobs', 'blobs/sha256', 'oci-layout', blob(image.layers[0]!), blob(image.layers[1]!), blob(image.config), blob(image.manifest), 'index.json', 'manifest.json',
    ]);
  });

  it('is read by skopeo as docker-archive and as oci-archive', async () => {
    if (!has('skopeo')) return;
    const path = join(folder, 'a.tar');
    await writeArchive(path, image, ['fn:v1'], store);
    const docker = JSON.parse(skopeo('inspect', '--config', `docker-archive:${path}:fn:v1`)) as { readonly config: { readonly Cmd: unknown } };
    expect(docker.config.Cmd).toEqual(['app.handler']);
    expect(JSON.parse(skopeo('inspect', '--raw', `oci-archive:${path}:v1`))).toEqual(JSON.parse(image.manifestBytes.toString()));
  });
});

describe('updateArchive', () => {
  it('writes only the tail when the front is the same, and gives what writeArchive gives', async () => {
    const path = join(folder, 'a.tar');
    const state = await writeArchive(path, image, ['fn:v1'], store);
    // The base is no longer in the store: it can only come from the archive itself.
    renameSync(store.pathOf(base.layers[0]!.digest), join(folder, 'away'));
    const changed = imageOn(base, [textLayer(store, { 'var/task/app.py': 'v2, longer than before' })], store);
    const inode = statSync(path).ino;
    const next = await updateArchive(path, changed, ['fn:v1'], { source: store, previous: state });
    expect(statSync(path).ino).toBe(inode);
    renameSync(join(folder, 'away'), store.pathOf(base.layers[0]!.digest));
    await writeArchive(join(folder, 'b.tar'), changed, ['fn:v1'], store);
    expect(readFileSync(path).equals(readFileSync(join(folder, 'b.tar')))).toBe(true);
    expect(next.blobs.map((blob) => blob.digest)).toEqual([...changed.layers, changed.config, changed.manifest].map((blob) => blob.digest));
  });

  it('can be done again and again, growing and shrinking', async () => {
    const path = join(folder, 'a.tar');
    let state = await writeArchive(path, image, ['fn:v1'], store);
    for (const text of ['x'.repeat(100_000), 'y', 'z'.repeat(5000)]) {
      const changed = imageOn(base, [textLayer(store, { a: text }), textLayer(store, { b: text })], store);
      state = await updateArchive(path, changed, ['fn:v2'], { source: store, previous: state });
      await writeArchive(join(folder, 'b.tar'), changed, ['fn:v2'], store);
      expect(readFileSync(path).equals(readFileSync(join(folder, 'b.tar')))).toBe(true);
    }
  });

  it.each([
    ['gone', () => undefined],
    ['another', (path: string) => writeFileSync(path, 'something else')],
  ])('writes anew when the file is %s', async (_, spoil) => {
    const path = join(folder, 'a.tar');
    const state = await writeArchive(path, image, ['fn:v1'], store);
    rmSync(path);
    spoil(path);
    await updateArchive(path, image, ['fn:v1'], { source: store, previous: state });
    expect(await names(path)).toHaveLength(9);
  });

  it('leaves the archive as it was when it fails', async () => {
    const path = join(folder, 'a.tar');
    const state = await writeArchive(path, image, ['fn:v1'], store);
    const before = readFileSync(path);
    const changed = imageOn(base, [textLayer(store, { a: 'x'.repeat(5000) }), textLayer(store, { a: 'lost' })], store);
    rmSync(store.pathOf(changed.layers[2]!.digest));
    await expect(updateArchive(path, changed, ['fn:v1'], { source: store, previous: state })).rejects.toMatchObject({ fault: { code: 'store/corrupt' } });
    expect(readdirSync(folder).toSorted()).toEqual(['a.tar', 'store']);
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe('archiveStream', () => {
  it('leaves out what the other side has', async () => {
    const parts: Buffer[] = [];
    for await (const part of archiveStream(image, ['fn:v1'], store, new Set([base.layers[0]!.digest]))) parts.push(part);
    const found: string[] = [];
    for await (const member of readTar(Buffer.concat(parts), 'stream')) found.push(member.path);
    expect(found).toHaveLength(8);
    expect(found).not.toContain(`blobs/sha256/${hexOf(base.layers[0]!.digest)}`);
  });
});

describe('writeLayout', () => {
  it('makes a layout of hard links that skopeo and umoci read', async () => {
    const path = join(folder, 'layout');
    writeLayout(path, [{ name: 'v1', image }], store);
    expect(statSync(join(path, 'blobs/sha256', hexOf(image.layers[0]!.digest))).nlink).toBe(2);
    if (has('skopeo')) expect(JSON.parse(skopeo('inspect', '--raw', `oci:${path}:v1`))).toEqual(JSON.parse(image.manifestBytes.toString()));
    if (!has('umoci')) return;
    const { status, stderr } = spawnSync('umoci', ['raw', 'unpack', '--rootless', '--image', `${path}:v1`, join(folder, 'root')], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    expect(readFileSync(join(folder, 'root/var/task/app.py'), 'utf8')).toBe('v1');
  });

  it('takes away what is stale, and keeps what is the same', () => {
    const path = join(folder, 'layout');
    writeLayout(path, [{ name: 'v1', image }], store);
    const kept = join(path, 'blobs/sha256', hexOf(base.layers[0]!.digest));
    const { ino, ctimeMs } = statSync(kept);
    const changed = imageOn(base, [textLayer(store, { 'var/task/app.py': 'v2' })], store);
    writeLayout(path, [{ name: 'v1', image: changed }], store);
    expect([statSync(kept).ino, statSync(kept).ctimeMs]).toEqual([ino, ctimeMs]);
    expect(existsSync(join(path, 'blobs/sha256', hexOf(image.layers[1]!.digest)))).toBe(false);
    expect(openLayout(path).manifests).toMatchObject([{ digest: changed.manifest.digest, annotations: { 'org.opencontainers.image.ref.name': 'v1' } }]);
    expect(readdirSync(path).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout']);
  });

  it('names the blob that the store lacks', () => {
    rmSync(store.pathOf(base.layers[0]!.digest));
    expect(() => writeLayout(join(folder, 'layout'), [{ name: 'v1', image }], store)).toThrow(base.layers[0]!.digest);
  });
});

describe('the store', () => {
  it('is a layout for skopeo', async () => {
    await tag(store, 'fn', image.manifest);
    if (has('skopeo')) expect(JSON.parse(skopeo('inspect', '--raw', `oci:${store.folder}:fn`))).toEqual(JSON.parse(image.manifestBytes.toString()));
  });
});

describe('importArchive', () => {
  it('takes our own archive back, gzipped or not', async () => {
    const path = join(folder, 'a.tar');
    await writeArchive(path, image, ['fn:v1'], store);
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
    for (const file of [path, `${path}.gz`]) {
      const other = openStore(join(folder, `other-${file.length}`), () => 0);
      const [imported] = await importArchive(file, other);
      expect(imported).toMatchObject({ manifest: image.manifest, names: ['docker.io/library/fn:v1', 'v1'], platform: { architecture: 'amd64', os: 'linux' } });
      expect(await validateImage(image.manifest, other)).toEqual([]);
    }
  });

  it('compresses the layers of an archive as docker 20.10 saves it', async () => {
    const path = join(folder, 'legacy.tar');
    const tree = join(folder, 'tree');
    const ids = ['1'.repeat(64), '2'.repeat(64)];
    image.layers.forEach((layer, i) => {
      mkdirSync(join(tree, ids[i]!), { recursive: true });
      writeFileSync(join(tree, ids[i]!, 'layer.tar'), gunzipSync(readFileSync(store.pathOf(layer.digest))));
      writeFileSync(join(tree, ids[i]!, 'VERSION'), '1.0');
    });
    const config = `${hexOf(image.config.digest)}.json`;
    writeFileSync(join(tree, config), image.configBytes);
    writeFileSync(join(tree, 'manifest.json'), JSON.stringify([{ Config: config, RepoTags: ['fn:v1'], Layers: ids.map((id) => `${id}/layer.tar`) }]));
    writeFileSync(join(tree, 'repositories'), '{}');
    spawnSync('tar', ['-cf', path, '-C', tree, '.']);
    const other = openStore(join(folder, 'other'), () => 0);
    const [imported] = await importArchive(path, other);
    expect(imported?.names).toEqual(['fn:v1']);
    expect(await validateImage(imported!.manifest, other)).toEqual([]);
    const manifest = JSON.parse(imported!.manifestBytes.toString()) as { readonly mediaType: string; readonly config: { readonly digest: string }; readonly layers: readonly { readonly digest: string }[] };
    expect(manifest.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
    expect(manifest.config.digest).toBe(image.config.digest);
    expect(manifest.layers).toHaveLength(2);
  });

  it('compresses the layers of a layout that docker 25 and later save', async () => {
    const layout = join(folder, 'layout');
    const plain = image.layers.map((layer) => gunzipSync(readFileSync(store.pathOf(layer.digest))));
    const blobs = openStore(layout, () => 0);
    const layers = plain.map((bytes) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...blobs.putBytes(bytes) }));
    const manifest = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...blobs.putBytes(image.configBytes) }, layers };
    await tag(blobs, 'v1', { mediaType: manifest.mediaType, ...blobs.putBytes(Buffer.from(JSON.stringify(manifest))) });
    const path = join(folder, 'new.tar');
    spawnSync('tar', ['-cf', path, '-C', layout, 'blobs', 'oci-layout', 'index.json']);
    const other = openStore(join(folder, 'other'), () => 0);
    const [imported] = await importArchive(path, other);
    expect(await validateImage(imported!.manifest, other)).toEqual([]);
  });

  it.each([
    ['nothing in it', Buffer.alloc(1024), 'image/invalid'],
    ['no end', Buffer.alloc(300, 'x'), 'archive/corrupt'],
  ])('refuses an archive with %s', async (_, bytes, code) => {
    writeFileSync(join(folder, 'bad.tar'), bytes);
    await expect(importArchive(join(folder, 'bad.tar'), store)).rejects.toMatchObject({ fault: { code } });
  });

  it('refuses a blob that is not what its name says', async () => {
    const path = join(folder, 'a.tar');
    await writeArchive(path, image, ['fn:v1'], store);
    const bytes = readFileSync(path);
    bytes[bytes.indexOf('"architecture"') + 3] = 0x58;
    writeFileSync(path, bytes);
    await expect(importArchive(path, openStore(join(folder, 'other'), () => 0))).rejects.toMatchObject({ fault: { code: 'archive/corrupt' } });
  });
});

describe('validateImage', () => {
  it('finds nothing wrong with what we write', async () => {
    expect(await validateImage(image.manifest, store)).toEqual([]);
  });

  it('lists every false claim', async () => {
    const good = readFileSync(store.pathOf(image.layers[1]!.digest));
    const twice = store.putBytes(Buffer.concat([good, good]));
    const manifest = JSON.parse(image.manifestBytes.toString()) as { layers: object[]; config: object };
    const config = JSON.parse(image.configBytes.toString()) as { history: object[]; rootfs: object };
    manifest.layers[1] = { mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', ...twice };
    config.history.pop();
    manifest.config = { ...manifest.config, ...store.putBytes(Buffer.from(JSON.stringify(config))) };
    const bad = { ...image.manifest, ...store.putBytes(Buffer.from(JSON.stringify(manifest))) };
    expect(await validateImage(bad, store)).toEqual([
      'the media type application/vnd.docker.image.rootfs.diff.tar.gzip in an image that is otherwise of the oci family',
      'the history tells of 1 layers where there are 2',
      'layer 2 of 2: several gzip members, of which some readers see only the first',
    ]);
  });

  it('finds hardlink entries in own layers, not in the base\'s', async () => {
    const tree = join(folder, 'tree');
    mkdirSync(tree);
    writeFileSync(join(tree, 'a'), 'x');
    linkSync(join(tree, 'a'), join(tree, 'b'));
    spawnSync('tar', ['-czf', join(folder, 'l.tgz'), '-C', tree, 'a', 'b']);
    const bytes = readFileSync(join(folder, 'l.tgz'));
    const { digestOf, diffId } = await import('../../src/base/digest.ts');
    const blob = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...store.putBytes(bytes) };
    const linked = testImage(store, [{ blob, diffId: diffId(digestOf(gunzipSync(bytes))), createdBy: 'x' }]);
    expect(await validateImage(linked.manifest, store)).toEqual(['layer 1 of 1: /b is a hardlink entry, which Lambda refuses']);
    expect(await validateImage(linked.manifest, store, { baseLayers: 1 })).toEqual([]);
  });

  it('says which layer is damaged', async () => {
    const path = store.pathOf(image.layers[1]!.digest);
    const bytes = readFileSync(path);
    rmSync(path);
    writeFileSync(path, bytes.subarray(0, -20));
    const wrong = await validateImage(image.manifest, store);
    expect(wrong.length).toBeGreaterThan(0);
    expect(wrong.every((text) => text.startsWith('layer 2 of 2: '))).toBe(true);
  });
});
