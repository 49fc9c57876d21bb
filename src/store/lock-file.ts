import * as fs from 'node:fs';
import { hostname } from 'node:os';
import { pid } from 'node:process';
import { isAlive, startOf } from './living-process.ts';
import { attemptOnDisk, failure } from '../base/fault.ts';
import { removeFile } from '../oci/remove-file.ts';

/** A lock of another machine (a shared disk) whose owner can't be asked counts as left over after this, ms. */
const oldestForeign = 60_000;

/** How long to wait for a living owner, milliseconds: holders need a few. */
const longestWait = 30_000;
const step = 10;

/** How to wait for a lock. */
export interface LockWait {
  /** Milliseconds to wait for a living owner; 30 seconds when absent. */
  readonly patience?: number;
  /** Told once when another process has the lock, after a second. */
  readonly onWait?: (owner: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Does something while holding a lock file, alone among processes. The lock of a process that has died
 * is taken over. Rejects with `disk/unwritable` when a living process keeps it for longer than the caller's patience.
 * @param now milliseconds since the epoch.
 */
export async function withLockFile<T>(path: string, now: () => number, work: () => T | Promise<T>, { patience = longestWait, onWait, signal }: LockWait = {}): Promise<T> {
  const mine = `${pid} ${hostname()} ${startOf(pid)}`;
  for (let waited = 0; !take(path, mine); waited += step) {
    const dead = leftOver(path, now());
    if (dead !== undefined) {
      discard(path, mine, dead);
      continue;
    }
    if (waited === 1000) onWait?.(ownerOf(path));
    if (waited >= patience) {
      throw failure('disk/unwritable', `${path} has been held by another process for ${patience / 1000} seconds`, {
        next: `end the process that it names, or remove the file: \`rm ${path}\``,
      });
    }
    await pause(step, signal);
  }
  try {
    return await work();
  } finally {
    removeFile(path);
  }
}

/** Loaded late: few builds wait. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { setTimeout } = await import('node:timers/promises');
  await setTimeout(ms, undefined, { signal });
}

/** The file appears with its owner in it, by linking: an owner that dies early cannot leave an empty lock. */
function take(path: string, owner: string): boolean {
  const own = `${path}.${owner.replace(/[^\w.-]/gu, '-')}`;
  try {
    attemptOnDisk(path, () => fs.writeFileSync(own, owner));
    fs.linkSync(own, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    removeFile(own);
  }
}

/** The owner that a lock names, when that has died. */
function leftOver(path: string, now: number): string | undefined {
  try {
    const text = fs.readFileSync(path, 'utf8');
    const [owner, machine, start = ''] = text.split(' ');
    const isDead = machine === hostname() ? !isAlive(Number(owner), start) : now - fs.statSync(path).mtimeMs > oldestForeign;
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

function ownerOf(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8').split(' ')[0] ?? '';
  } catch {
    return '';
  }
}
