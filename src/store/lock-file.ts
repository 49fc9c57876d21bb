import * as fs from 'node:fs';
import { hostname } from 'node:os';
import { kill, pid } from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { failure } from '../base/fault.ts';

/** A lock of another machine (a shared disk) whose owner can't be asked counts as left over after this, ms. */
const oldestForeign = 60_000;

/** How long to wait for a living owner, milliseconds: holders need a few. */
const longestWait = 30_000;
const step = 10;

/**
 * Does something while holding a lock file, alone among processes. The lock of a process that has died
 * is taken over. Rejects with `disk/unwritable` when a living process keeps it for 30 seconds.
 * @param now milliseconds since the epoch.
 */
export async function withLockFile<T>(path: string, now: () => number, work: () => T): Promise<T> {
  const mine = `${pid} ${hostname()}`;
  for (let waited = 0; !take(path, mine); waited += step) {
    const dead = leftOver(path, now());
    if (dead !== undefined) {
      discard(path, mine, dead);
      continue;
    }
    if (waited >= longestWait) {
      throw failure('disk/unwritable', `${path} has been held by another process for ${longestWait / 1000} seconds`, {
        next: `end the process that it names, or remove the file: \`rm ${path}\``,
      });
    }
    await pause(step);
  }
  try {
    return work();
  } finally {
    fs.rmSync(path, { force: true });
  }
}

/** The file appears with its owner in it, by linking: an owner that dies early cannot leave an empty lock. */
function take(path: string, owner: string): boolean {
  const own = `${path}.${owner.replace(/[^\w.-]/gu, '-')}`;
  try {
    fs.writeFileSync(own, owner);
    fs.linkSync(own, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(own, { force: true });
  }
}

/** The owner that a lock names, when that has died. */
function leftOver(path: string, now: number): string | undefined {
  try {
    const text = fs.readFileSync(path, 'utf8');
    const [owner, machine] = text.split(' ');
    const isDead = machine === hostname() ? !isAlive(Number(owner)) : now - fs.statSync(path).mtimeMs > oldestForeign;
    return isDead ? text : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Takes a dead owner's lock away by renaming: of several that try, one succeeds. Between the look and
 * the renaming another process may have done the same and taken the lock: then it gets it back.
 */
function discard(path: string, mine: string, dead: string): void {
  const grave = `${path}.dead-${mine.replace(/[^\w.-]/gu, '-')}`;
  try {
    fs.renameSync(path, grave);
    if (fs.readFileSync(grave, 'utf8') !== dead) fs.linkSync(grave, path);
  } catch {
    // Another process was quicker.
  } finally {
    fs.rmSync(grave, { force: true });
  }
}

function isAlive(owner: number): boolean {
  if (!Number.isSafeInteger(owner) || owner <= 0) return false;
  try {
    kill(owner, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
