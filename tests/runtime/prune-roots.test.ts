import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pruneRoots } from '../../src/runtime/prune-roots.ts';
import { unpackImage } from '../../src/runtime/rootfs.ts';
import { unpackSplit } from '../../src/runtime/split-root.ts';
import { temporaryFolder } from './rig.ts';
import { layerOf } from './tar.ts';

const day = 86_400_000;

/** Two images with a layer in common, the second unpacked in parts. */
async function filled(): Promise<{ readonly folder: string; readonly forget: () => string }> {
  const folder = await temporaryFolder();
  const base = layerOf(folder, [{ name: 'lib/base', content: 'b'.repeat(10_000) }]);
  await unpackImage({ layers: [base, layerOf(folder, [{ name: 'task/one', content: '1'.repeat(1000) }])], folder });
  await unpackSplit({ layers: [base, layerOf(folder, [{ name: 'task/two', content: '2'.repeat(1000) }])], stable: 1, folder });
  return {
    folder,
    // As when the process that unpacked them has ended.
    forget: () => {
      const [name = ''] = readdirSync(join(folder, 'uses'));
      const text = readFileSync(join(folder, 'uses', name), 'utf8');
      writeFileSync(join(folder, 'uses', name), '');
      return text;
    },
  };
}

function counts(folder: string): Record<string, number> {
  return Object.fromEntries(['roots', 'tops', 'layers'].map((kind) => [kind, readdirSync(join(folder, kind)).length]));
}

function touch(folder: string, at: number): void {
  for (const kind of ['roots', 'tops', 'layers']) for (const name of readdirSync(join(folder, kind))) utimesSync(join(folder, kind, name), at / 1000, at / 1000);
}

describe('pruning unpacked images', () => {
  it('leaves alone what this process uses, whatever its age and the limit', async () => {
    const { folder } = await filled();
    expect(counts(folder)).toEqual({ roots: 2, tops: 1, layers: 3 });
    const now = Date.now() + 40 * day;
    expect(pruneRoots(folder, { now, maxBytes: 0 })).toMatchObject({ roots: 0, layers: 0, bytes: 0 });
    const report = pruneRoots(folder, { now, maxAgeMs: 30 * day, maxBytes: 0 });
    // The files themselves are the roots' as well.
    expect([report.roots, report.layers, report.bytes < 1000]).toEqual([0, 3, true]);
    expect(counts(folder)).toEqual({ roots: 2, tops: 1, layers: 0 });
  });

  it('removes what has not been used for so long, and keeps the rest', async () => {
    const { folder, forget } = await filled();
    forget();
    const now = Date.now() + day;
    expect(pruneRoots(folder, { now, maxAgeMs: 2 * day })).toMatchObject({ roots: 0, layers: 0, bytes: 0 });
    touch(folder, now - 3 * day);
    expect(pruneRoots(folder, { now, maxAgeMs: 2 * day })).toMatchObject({ roots: 3, layers: 3 });
    expect(counts(folder)).toEqual({ roots: 0, tops: 0, layers: 0 });
  });

  it('removes the longest unused first until there is little enough, but nothing of the last hour', async () => {
    const { folder, forget } = await filled();
    forget();
    expect(pruneRoots(folder, { now: Date.now(), maxBytes: 0 })).toMatchObject({ roots: 0, layers: 0 });
    const report = pruneRoots(folder, { now: Date.now() + day, maxBytes: 0 });
    expect(report).toMatchObject({ roots: 3, layers: 3 });
    expect(report.bytes).toBeGreaterThanOrEqual(12_000);
  });

  it('asks whether the process that marked a use lives, and forgets the dead ones\' marks', async () => {
    const { folder, forget } = await filled();
    const text = forget();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'ignore' });
    const mark = join(folder, 'uses', `${child.pid}..${hostname()}`);
    writeFileSync(mark, text);
    const old = { now: Date.now() + 40 * day, maxAgeMs: day };
    expect(pruneRoots(folder, old).roots).toBe(0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(pruneRoots(folder, old).roots).toBe(3);
    expect(existsSync(mark)).toBe(false);
  });

  it('sweeps what killed processes left half-made, and finds nothing where nothing was unpacked', async () => {
    const { folder } = await filled();
    mkdirSync(join(folder, 'roots', '.tmp-0123'));
    pruneRoots(folder, { now: Date.now() + day });
    expect(existsSync(join(folder, 'roots', '.tmp-0123'))).toBe(false);
    expect(pruneRoots(join(folder, 'nowhere'), { now: Date.now(), maxBytes: 0 })).toEqual({ roots: 0, layers: 0, bytes: 0, kept: 0 });
  });
});
