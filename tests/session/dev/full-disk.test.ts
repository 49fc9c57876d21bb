import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRig, projectFiles, type Rig } from './rig.ts';

/** Puts a small disk of its own at the place; false where this user may not. */
function mountSmall(place: string): boolean {
  mkdirSync(place, { recursive: true });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', place]).status !== 0) return false;
  onTestFinished(() => void spawnSync('umount', ['-l', place]));
  return true;
}

function fill(folder: string): void {
  for (const size of [1_000_000, 1000, 1]) {
    try {
      for (let at = 0; at < 6000; at++) writeFileSync(join(folder, `filler-${size}-${at}`), Buffer.alloc(size));
    } catch {
      // Full.
    }
  }
}

async function throughFullDisk(rig: Rig, disk: string): Promise<void> {
  const loop = await rig.start();
  const before = rig.digests();
  fill(disk);
  rig.write('image/app.py', `VERSION = 2\n${'x = 1\n'.repeat(50_000)}`);
  rig.write('zip/app.py', `VERSION = 2\n${Array.from({ length: 20_000 }, (_, at) => `x${at} = ${at * 7919}\n`).join('')}`);
  await loop.settled();
  const last = rig.events.at(-1);
  expect(last?.kind === 'failed' ? last.fault.code : last?.kind).toBe('disk/full');
  expect(loop.hasFailed()).toBe(true);
  for (const size of [1_000_000, 1000, 1]) for (let at = 0; at < 6000; at++) rmSync(join(disk, `filler-${size}-${at}`), { force: true });
  rig.write('zip/app.py', 'VERSION = 3\n');
  await loop.settled();
  expect(loop.hasFailed()).toBe(false);
  expect(rig.digests()['Zip']).not.toBe(before['Zip']);
  expect(rig.digests()).toEqual(await rig.freshDigests());
}

describe('the loop on a full disk', () => {
  it('says so where the cache is full, and builds when there is room again', async (context) => {
    const rig = createRig(projectFiles);
    onTestFinished(() => rig.close());
    const disk = join(rig.root, 'cache');
    if (!mountSmall(disk)) return context.skip('this user may not mount a small disk');
    await throughFullDisk(rig, disk);
  });

  it('says so where the project\'s own folder for builds is full, and builds when there is room again', async (context) => {
    const rig = createRig(projectFiles);
    onTestFinished(() => rig.close());
    const disk = rig.at('.aws-sam');
    if (!mountSmall(disk)) return context.skip('this user may not mount a small disk');
    await throughFullDisk(rig, disk);
  });
});
