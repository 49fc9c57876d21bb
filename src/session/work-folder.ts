import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, startOf } from '../store/living-process.ts';

/**
 * Works in a folder of its own among the system's temporary ones, which is removed at the end. Those whose process was killed
 * are removed first: their names tell whose they are.
 * @param kind one word.
 */
export async function inWorkFolder<T>(kind: string, work: (folder: string) => Promise<T>, place: string = tmpdir()): Promise<T> {
  await removeLeftOver(place);
  const folder = await mkdtemp(join(place, `shear-${kind}-${process.pid}.${startOf(process.pid)}.${machine()}-`));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function removeLeftOver(place: string): Promise<void> {
  for (const name of existsSync(place) ? readdirSync(place) : []) {
    const [, pid, start = '', owner] = /^shear-[a-z]+-(\d+)\.(\d*)\.([0-9a-f]{8})-\w+$/u.exec(name) ?? [];
    // A container that shares the folder has processes of its own, with the same numbers.
    if (pid === undefined || owner !== machine() || isAlive(Number(pid), start)) continue;
    // Another user's stays.
    await rm(join(place, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function machine(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}
