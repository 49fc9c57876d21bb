import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { digestOf, hexOf } from '../../src/base/digest.ts';
import { inWorkFolder } from '../../src/session/work-folder.ts';

it('removes the folders of processes that were killed, no others, and its own at the end', async () => {
  const place = mkdtempSync(join(tmpdir(), 'shear-test-'));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const here = hexOf(digestOf(hostname())).slice(0, 8);
  for (const name of [`shear-dev-${dead}.1.${here}-abcdef`, `shear-dev-${dead}.1.00000000-abcdef`, `shear-dev-${process.pid}..${here}-abcdef`, 'shear-dev-mine']) mkdirSync(join(place, name, 'inside'), { recursive: true });
  await inWorkFolder('dev', async (folder) => {
    expect(readdirSync(place).toSorted()).toEqual([`shear-dev-${dead}.1.00000000-abcdef`, `shear-dev-${process.pid}..${here}-abcdef`, basename(folder), 'shear-dev-mine'].toSorted());
    await Promise.resolve();
  }, place);
  expect(readdirSync(place)).toHaveLength(3);
  await expect(inWorkFolder('dev', () => Promise.reject(new Error('broken')), place)).rejects.toThrow('broken');
  expect(readdirSync(place)).toHaveLength(3);
  expect(existsSync(place)).toBe(true);
});
