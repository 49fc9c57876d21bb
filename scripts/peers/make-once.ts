import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Host } from '../../src/base/host.ts';
import { withLockFile } from '../../src/store/lock-file.ts';

/** Milliseconds: the slowest peer is compiled, on a busy machine, and a test file may keep an engine for minutes. */
const patience = 20 * 60_000;

/** Makes something below `folder` unless it is made: alone, since several test files may want it at the same time. */
export async function makeOnce(host: Host, folder: string, isMade: () => boolean, make: () => Promise<void>): Promise<void> {
  if (isMade()) return;
  mkdirSync(dirname(folder), { recursive: true });
  await withLockFile(`${folder}.lock`, Date.now, async () => {
    if (!isMade()) await make();
  }, { patience, signal: host.signal });
}

/** Waits until nobody else holds what is called `path`, and holds it until the returned function is called. */
export function hold(host: Host, path: string): Promise<() => Promise<void>> {
  mkdirSync(dirname(path), { recursive: true });
  return new Promise((resolve, reject) => {
    const held = withLockFile(`${path}.lock`, Date.now, () => new Promise<void>((free) => {
      resolve(async () => {
        free();
        await held;
      });
    }), { patience, signal: host.signal });
    held.catch(reject);
  });
}
