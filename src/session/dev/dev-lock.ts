import { mkdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { attemptOnDisk, Failure, failure } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import { stateFolder, writeJson } from '../../build/state.ts';
import { withLockFile } from '../../store/lock-file.ts';
import { runningDev, runningDevPath } from '../running-dev.ts';

/** Works as the only `shear dev` of a project: a second one fails with `usage` and says where the first one serves. */
export async function asOnlyDev<T>(host: Host, folder: string, work: () => Promise<T>): Promise<T> {
  const path = join(stateFolder(folder), 'dev.lock');
  const made = attemptOnDisk(path, () => mkdirSync(stateFolder(folder), { recursive: true }));
  let isAlone = false;
  try {
    return await withLockFile(path, host.now, async () => {
      isAlone = true;
      try {
        return await work();
      } finally {
        rmSync(runningDevPath(folder), { force: true });
      }
    }, { patience: 0 });
  } catch (error) {
    if (isAlone || !(error instanceof Failure)) throw error;
    const owner = ownerOf(path);
    if (owner === undefined) throw error;
    const address = runningDev(folder, undefined);
    throw failure('usage', `\`shear dev\` runs in this project already: process ${owner}${address === undefined ? '' : ` at ${address}`}`, { next: 'use that one, or end it first', cause: error });
  } finally {
    if (made !== undefined) removeEmpty(stateFolder(folder), dirname(made));
  }
}

/** Where there was no project nothing is left behind: folders without anything in them go, up to `end`. */
function removeEmpty(folder: string, end: string): void {
  try {
    for (let at = folder; at !== end; at = dirname(at)) rmdirSync(at);
  } catch {
    // Something is in it.
  }
}

/** Tells other processes where this one serves. */
export function tellPort(folder: string, port: number): void {
  writeJson(runningDevPath(folder), { pid: process.pid, port });
}

function ownerOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').split(' ')[0];
  } catch {
    return undefined;
  }
}
