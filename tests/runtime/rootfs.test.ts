import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diffId } from '../../src/base/digest.ts';
import { unpackImage } from '../../src/runtime/rootfs.ts';
import type { RootLayer } from '../../src/runtime/rootfs.ts';
import { temporaryFolder } from './rig.ts';
import type { Member } from './tar.ts';
import { layerOf } from './tar.ts';

/** Every path below a folder with what it is, the mount points that every root has left out. */
function listing(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (folder: string): void => {
    for (const name of readdirSync(folder).toSorted()) {
      const path = join(folder, name);
      const info = lstatSync(path);
      const at = relative(root, path);
      if (info.isSymbolicLink()) found[at] = `-> ${readlinkSync(path)}`;
      else if (info.isDirectory()) {
        found[at] = 'folder';
        visit(path);
      } else found[at] = readFileSync(path, 'utf8');
    }
  };
  visit(root);
  const own = new Set(['dev', 'proc', 'tmp', 'etc', 'etc/hosts', 'etc/resolv.conf']);
  return Object.fromEntries(Object.entries(found).filter(([path]) => !own.has(path)));
}

async function unpack(...layers: readonly (readonly Member[])[]): Promise<{ readonly root: string; readonly folder: string }> {
  const folder = await temporaryFolder();
  const { root } = await unpackImage({ layers: layers.map((members) => layerOf(folder, members)), folder });
  return { root, folder };
}

const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
  } catch (error) {
    return (error as { fault?: { code: string } }).fault?.code ?? String(error);
  }
  return 'no failure';
};

describe('unpackImage', () => {
  it('puts layers over each other, files, links and folders replacing each other', async () => {
    const { root } = await unpack(
      [
        { name: './' }, { name: './a/', type: 'folder' }, { name: './a/one', content: '1' }, { name: 'a/two', content: '2' },
        { name: 'b', content: 'file' }, { name: 'c/', type: 'folder' }, { name: 'c/inner', content: 'i' }, { name: 'l', type: 'symlink', link: 'a/one' },
      ],
      [
        { name: 'a/one', content: 'new' }, { name: 'b/', type: 'folder' }, { name: 'b/inside', content: 'x' },
        { name: 'c', content: 'now a file' }, { name: 'a/hard', type: 'hardlink', link: 'a/two' }, { name: 'l', content: 'no link' },
      ],
    );
    expect(listing(root)).toEqual({
      a: 'folder', 'a/one': 'new', 'a/two': '2', 'a/hard': '2', b: 'folder', 'b/inside': 'x', c: 'now a file', l: 'no link',
    });
    expect(statSync(join(root, 'a/hard')).ino).toBe(statSync(join(root, 'a/two')).ino);
  });

  it('lets whiteouts hide lower layers, wherever they stand in their own', async () => {
    const { root } = await unpack(
      [{ name: 'd/old', content: 'o' }, { name: 'd/kept', content: 'k' }, { name: 'e/x', content: 'x' }, { name: 'e/y/z', content: 'z' }, { name: 'f/g', content: 'g' }],
      [
        { name: 'd/.wh.old' }, { name: 'e/new', content: 'n' }, { name: 'e/.wh..wh..opq' }, { name: 'f', content: 'file again' }, { name: '.wh.f' },
        { name: 'nowhere/.wh.nothing' },
      ],
    );
    expect(listing(root)).toEqual({ d: 'folder', 'd/kept': 'k', e: 'folder', 'e/new': 'n', f: 'file again' });
  });

  it('follows links of lower layers within the root, as when Docker unpacks', async () => {
    const { root } = await unpack(
      [{ name: 'usr/lib/', type: 'folder' }, { name: 'lib', type: 'symlink', link: 'usr/lib' }, { name: 'abs', type: 'symlink', link: '/usr/lib' }],
      [{ name: 'lib/a.so', content: 'a' }, { name: 'abs/b.so', content: 'b' }],
    );
    expect(listing(root)).toEqual({ abs: '-> /usr/lib', lib: '-> usr/lib', usr: 'folder', 'usr/lib': 'folder', 'usr/lib/a.so': 'a', 'usr/lib/b.so': 'b' });
  });

  it('never writes through a planted link, and keeps its target as written', async () => {
    const outside = await temporaryFolder();
    writeFileSync(join(outside, 'victim'), 'untouched');
    const { root } = await unpack([
      { name: 'escape', type: 'symlink', link: outside }, { name: 'escape/victim', content: 'overwritten' },
      { name: 'up', type: 'symlink', link: '../../../../../../../../..' }, { name: 'up/top', content: 't' },
      { name: 'round', type: 'symlink', link: 'round' }, { name: 'round/trip', content: 'lost' },
      { name: 'stolen', type: 'hardlink', link: join(outside, 'secret') },
    ]);
    expect(readFileSync(join(outside, 'victim'), 'utf8')).toBe('untouched');
    expect(existsSync('/top')).toBe(false);
    expect(readFileSync(join(root, outside, 'victim'), 'utf8')).toBe('overwritten');
    expect(readFileSync(join(root, 'top'), 'utf8')).toBe('t');
    expect(readlinkSync(join(root, 'round'))).toBe('round');
    expect(existsSync(join(root, 'stolen'))).toBe(false);
  });

  it('refuses names that lead out of the root, and leaves no root', async () => {
    const folder = await temporaryFolder();
    const layer = layerOf(folder, [{ name: 'a/../../evil', content: 'x' }]);
    expect(await codeOf(unpackImage({ layers: [layer], folder }))).toBe('archive/hostile');
    expect(readdirSync(join(folder, 'layers'))).toEqual([]);
    expect(existsSync(join(folder, 'roots'))).toBe(false);
  });

  it('gives files the permissions that the user of Lambda has, without setuid, and leaves devices out', async () => {
    const { root } = await unpack([
      { name: 'plain', mode: 0o644 }, { name: 'tool', mode: 0o4755 }, { name: 'private', mode: 0o600 }, { name: 'null', type: 'device' },
    ]);
    const modes = Object.fromEntries(['plain', 'tool', 'private'].map((name) => [name, statSync(join(root, name)).mode & 0o7777]));
    expect(modes).toEqual({ plain: 0o444, tool: 0o555, private: 0 });
    expect(existsSync(join(root, 'null'))).toBe(false);
  });

  it('stops at too many bytes and too many entries', async () => {
    const folder = await temporaryFolder();
    const bomb = layerOf(folder, [{ name: 'zeros', content: Buffer.alloc(5_000_000) }]);
    expect(await codeOf(unpackImage({ layers: [bomb], folder, limits: { bytes: 1_000_000, entries: 10 } }))).toBe('archive/hostile');
    const many = layerOf(folder, Array.from({ length: 11 }, (_, at) => ({ name: `f${at}` })));
    expect(await codeOf(unpackImage({ layers: [many], folder, limits: { bytes: 1_000_000, entries: 10 } }))).toBe('archive/hostile');
  });

  it('refuses bytes that are not those of the diffID, and damaged ones', async () => {
    const folder = await temporaryFolder();
    const layer = layerOf(folder, [{ name: 'a', content: 'x'.repeat(5000) }]);
    const other: RootLayer = { ...layer, diffId: diffId(`sha256:${'0'.repeat(64)}`) };
    expect(await codeOf(unpackImage({ layers: [other], folder }))).toBe('store/corrupt');
    writeFileSync(layer.path, readFileSync(layer.path).subarray(0, 60));
    expect(await codeOf(unpackImage({ layers: [layer], folder }))).toBe('archive/corrupt');
  });

  it('makes an image once, and unpacks only a changed last layer', async () => {
    const folder = await temporaryFolder();
    const base = layerOf(folder, [{ name: 'base', content: 'b' }], false);
    const first = layerOf(folder, [{ name: 'app', content: '1' }]);
    const second = layerOf(folder, [{ name: 'app', content: '2' }]);
    const one = await unpackImage({ layers: [base, first], folder });
    expect(one.cached).toBe(false);
    expect(await unpackImage({ layers: [base, first], folder })).toEqual({ root: one.root, cached: true });
    // Were the base read again, it would now be found damaged.
    writeFileSync(base.path, 'gone');
    const two = await unpackImage({ layers: [base, second], folder });
    expect(statSync(join(two.root, 'base')).ino).toBe(statSync(join(one.root, 'base')).ino);
    expect([listing(one.root)['app'], listing(two.root)['app']]).toEqual(['1', '2']);
  });

  it('is not disturbed by others that unpack the same image, nor by what a killed run left', async () => {
    const folder = await temporaryFolder();
    const layers = [layerOf(folder, Array.from({ length: 300 }, (_, at) => ({ name: `d/f${at}`, content: String(at) })))];
    mkdirSync(join(folder, 'roots', '.tmp-left'), { recursive: true });
    const all = await Promise.all(Array.from({ length: 4 }, () => unpackImage({ layers, folder })));
    expect(new Set(all.map(({ root }) => root)).size).toBe(1);
    expect(Object.keys(listing(all[0]?.root ?? ''))).toHaveLength(301);
    expect(readdirSync(join(folder, 'layers')).filter((name) => name.startsWith('.tmp'))).toEqual([]);
  });
});
