import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unpackPlain } from '../../src/runtime/plain-root.ts';
import { unpackImage } from '../../src/runtime/rootfs.ts';
import { anyLayers } from './any-layers.ts';
import { temporaryFolder } from './rig.ts';
import { layerOf, type Member } from './tar.ts';

/** Every path with its content; links into `roots` are what they lead to. */
function seen(root: string, roots: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (folder: string, path: string): void => {
    for (const name of readdirSync(folder)) {
      const [disk, at] = [join(folder, name), `${path}/${name}`];
      const info = lstatSync(disk);
      const link = info.isSymbolicLink() ? readlinkSync(disk) : undefined;
      const own = link?.startsWith(`${roots}/`) === true ? link : disk;
      const kind = lstatSync(own);
      if (kind.isSymbolicLink()) found[at] = `-> ${readlinkSync(own)}`;
      else if (kind.isDirectory()) visit(own, at);
      else found[at] = readFileSync(own, 'utf8');
    }
  };
  visit(root, '');
  return found;
}

const packages = Array.from({ length: 40 }, (_, at) => ({ name: `var/task/one/f${at}.py`, content: `${at}` }));
const base: readonly Member[] = [
  { name: 'bin', type: 'symlink', link: 'usr/bin' }, { name: 'usr/bin/python', content: 'p' }, ...packages, { name: 'var/task/two/g.py', content: 'g' }, { name: 'var/task/h.py', content: 'h' },
];

describe('unpackPlain', () => {
  it('makes anew only what the code has, and leaves the folder of an earlier code as it is', async () => {
    const folder = await temporaryFolder();
    const lower = layerOf(folder, base);
    const of = async (content: string): Promise<string> => await unpackPlain({ layers: [lower, layerOf(folder, [{ name: 'var/task/app.py', content }])], stable: 1, folder });
    const one = await of('1');
    const two = await of('2');
    expect([one, two].map((root) => readFileSync(join(root, 'var/task/app.py'), 'utf8'))).toEqual(['1', '2']);
    expect(readFileSync(join(two, 'var/task/one/f7.py'), 'utf8')).toBe('7');
    expect(readdirSync(join(folder, 'roots'))).toHaveLength(1);
    for (const path of ['usr', 'var/task/one']) expect(readlinkSync(join(two, path))).toBe(join(folder, 'roots', readdirSync(join(folder, 'roots'))[0] ?? '', path));
    expect(await of('1')).toBe(one);
  });

  it('shows the same files as one root would, whatever the layers hold', async () => {
    await fc.assert(
      fc.asyncProperty(anyLayers, async (layers) => {
        const folder = await temporaryFolder();
        const made = layers.map((members) => layerOf(folder, members));
        const plain = await unpackPlain({ layers: made, stable: 1, folder });
        const { root } = await unpackImage({ layers: made, folder: await temporaryFolder() });
        expect(seen(plain, join(folder, 'roots'))).toEqual(seen(root, join(folder, 'none')));
      }),
      { numRuns: 40, seed: 6 },
    );
  });
});
