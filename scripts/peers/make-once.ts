import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Host } from '../../src/base/host.ts';
import { withLockFile } from '../../src/store/lock-file.ts';

/** The slowest peer is compiled, on a busy machine. */
const patience = 20 * 60_000;

/** Makes something below `folder` unless it is made: alone, since several test files may want it at the same time. */
export async function makeOnce(host: Host, folder: string, isMade: () => boolean, make: () => Promise<void>): Promise<void> {
  if (isMade()) return;
  mkdirSync(dirname(folder), { recursive: true });
  await withLockFile(`${folder}.lock`, Date.now, async () => {
    if (!isMade()) await make();
  }, { patience, signal: host.signal });
}
