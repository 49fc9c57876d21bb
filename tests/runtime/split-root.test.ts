import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unpackImage } from '../../src/runtime/rootfs.ts';
import { unpackSplit, type SplitRoot } from '../../src/runtime/split-root.ts';
import { anyLayers } from './any-layers.ts';
import { temporaryFolder } from './rig.ts';
import { layerOf, type Member } from './tar.ts';

/** What a process sees: every path with its kind, content and mode. */
function seen({ root, mounts }: SplitRoot): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (disk: string, path: string): void => {
    for (const name of readdirSync(disk)) {
      const at = `${path}/${name}`;
      const own = mounts.findLast(({ target }) => target === at)?.source ?? join(disk, name);
      const info = lstatSync(own);
      if (info.isSymbolicLink()) found[at] = `-> ${readlinkSync(own)}`;
      else if (info.isDirectory()) {
        found[at] = `folder ${(info.mode & 0o777).toString(8)}`;
        visit(own, at);
      } else found[at] = `${(info.mode & 0o777).toString(8)} ${readFileSync(own, 'utf8')}`;
    }
  };
  visit(mounts.findLast(({ target }) => target === '/')?.source ?? root, '');
  return found;
}

async function both(layers: readonly (readonly Member[])[], stable: number): Promise<{ readonly split: SplitRoot; readonly whole: Record<string, string>; readonly folder: string }> {
  const folder = await temporaryFolder();
  const made = layers.map((members) => layerOf(folder, members));
  const split = await unpackSplit({ layers: made, stable, folder });
  const { root } = await unpackImage({ layers: made, folder: await temporaryFolder() });
  return { split, whole: seen({ root, mounts: [] }), folder };
}

const packages = Array.from({ length: 40 }, (_, at) => ({ name: `var/task/one/f${at}.py`, content: `${at}` }));
const base: readonly Member[] = [
  { name: 'bin', type: 'symlink', link: 'usr/bin' }, { name: 'usr/bin/python', content: 'p' }, { name: 'opt/', type: 'folder' },
  { name: 'var/task/', type: 'folder' }, ...packages, { name: 'var/task/two/g.py', content: 'g' }, { name: 'var/task/h.py', content: 'h' },
];

describe('unpackSplit', () => {
  it('mounts only the folder of the code, and in it what is large beside the code', async () => {
    const { split, whole } = await both([base, [{ name: 'var/task/app.py', content: 'code' }, { name: 'var/task/h.py', content: 'other' }]], 1);
    expect(split.mounts.map((mount) => mount.target)).toEqual(['/var/task', '/var/task/one']);
    expect(seen(split)).toEqual(whole);
  });

  it('shares the root of the lower layers between versions of the code', async () => {
    const folder = await temporaryFolder();
    const lower = layerOf(folder, base);
    const one = await unpackSplit({ layers: [lower, layerOf(folder, [{ name: 'var/task/app.py', content: '1' }])], stable: 1, folder });
    const two = await unpackSplit({ layers: [lower, layerOf(folder, [{ name: 'var/task/app.py', content: '2' }])], stable: 1, folder });
    expect(two.root).toBe(one.root);
    expect(seen(two)['/var/task/app.py']).toBe('444 2');
    expect(seen(one)['/var/task/app.py']).toBe('444 1');
    expect(readdirSync(join(folder, 'roots'))).toHaveLength(1);
  });

  it('takes layers by their size where nothing tells which change', async () => {
    const folder = await temporaryFolder();
    const layers = [base, [{ name: 'var/task/lib.py', content: 'l' }], [{ name: 'var/task/app.py', content: 'a' }]].map((members) => layerOf(folder, members));
    expect((await unpackSplit({ layers, folder })).mounts.map((mount) => mount.target)).toContain('/var/task');
  });

  it('gives an image its own root where the code hides, or goes through links', async () => {
    for (const top of [[{ name: 'var/task/.wh.h.py' }], [{ name: 'bin/tool', content: 't' }]]) {
      const { split, whole } = await both([base, top], 1);
      expect(split.mounts).toEqual([]);
      expect(seen(split)).toEqual(whole);
    }
  });

  it('shows the same tree as one root would, whatever the layers hold', async () => {
    await fc.assert(
      fc.asyncProperty(anyLayers, async (layers) => {
        const { split, whole } = await both(layers, 1);
        expect(seen(split)).toEqual(whole);
      }),
      { numRuns: 25, seed: 6 },
    );
  });
});
