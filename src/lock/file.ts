import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { diskFault, Failure, fault } from '../base/fault.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Lock } from './lock.ts';
import { parseLock } from './parse.ts';
import { printLock } from './print.ts';

/** The lock's name in the project folder. */
export const lockFileName = 'shear.lock';

/** The lock of a project (absolute folder); undefined when it has none. Errors are `lock/invalid`, with their place. */
export function readLock(projectFolder: string): Result<Lock | undefined> {
  let text: string;
  try {
    text = readFileSync(join(projectFolder, lockFileName), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ok(undefined);
    return err(fault('lock/invalid', `${lockFileName} cannot be read`, { place: { file: lockFileName, line: 1, column: 1 }, why: error instanceof Error ? error.message : undefined, next: 'check that it is a file that you may read' }));
  }
  return parseLock({ path: lockFileName, text });
}

/** Writes a lock; it appears complete or not at all. Nothing is written when the file already says the same. Returns whether it changed. */
export function writeLock(projectFolder: string, lock: Lock): boolean {
  const path = join(projectFolder, lockFileName);
  const text = printLock(lock);
  try {
    if (readFileSync(path, 'utf8') === text) return false;
  } catch {
    // It is not there yet.
  }
  const temporary = `${path}.tmp-${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(temporary, text, { flag: 'wx', flush: true });
    renameSync(temporary, path);
    return true;
  } catch (error) {
    rmSync(temporary, { force: true });
    const reason = diskFault(error, path);
    throw reason ? new Failure(reason, error) : error;
  }
}
