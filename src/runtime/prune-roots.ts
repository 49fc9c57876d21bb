import { lstatSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../store/living-process.ts';
import { temporaryName } from './temporary-name.ts';

/** What to keep of the runtime cache. */
export interface PruneRootsOptions {
  /** Bytes at most; what living processes use stays all the same. */
  readonly maxBytes?: number | undefined;
  /** Unused for longer goes, milliseconds. */
  readonly maxAgeMs?: number | undefined;
  /** Nothing used more recently goes, milliseconds: a process may be about to use it. An hour when absent. */
  readonly graceMs?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What went. */
export interface PruneRootsReport {
  /** Unpacked images and parts of them. */
  readonly roots: number;
  readonly layers: number;
  /** Bytes freed. */
  readonly bytes: number;
  /** Bytes that stay. */
  readonly kept: number;
}

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly used: number;
}

const hour = 60 * 60 * 1000;

/**
 * Removes unpacked images, then unpacked layers, the longest unused first. Never those that a living process uses. All can be made
 * again from the store. Files of a layer that an image shares are freed with whichever goes last.
 * @param folder absolute: `runtime` in the cache folder.
 */
export function pruneRoots(folder: string, options: PruneRootsOptions): PruneRootsReport {
  const { maxBytes = Infinity, maxAgeMs = Infinity, now } = options;
  const newest = now - (options.graceMs ?? hour);
  sweep(folder, newest);
  const before = sizeOf(folder, new Set());
  const counts = { roots: 0, layers: 0 };
  let left = before;
  for (const kinds of [['roots', 'tops'], ['layers']]) {
    for (const entry of kinds.flatMap((kind) => entriesOf(folder, kind)).toSorted((a, b) => a.used - b.used)) {
      const isOld = now - entry.used > maxAgeMs;
      if (entry.used > newest || (!isOld && left <= maxBytes) || inUse(folder).has(entry.name)) continue;
      const freed = freedBy(entry.path);
      // All its files are those of an image that stays.
      if (!isOld && kinds.includes('layers') && freedBy(join(entry.path, 'files')) === 0) continue;
      remove(folder, entry.path);
      left -= freed;
      counts[kinds.includes('layers') ? 'layers' : 'roots']++;
    }
  }
  return { ...counts, bytes: before - left, kept: left };
}

/** What killed processes left half-made, and the marks of those that are gone. */
function sweep(folder: string, newest: number): void {
  for (const kind of ['roots', 'tops', 'layers']) {
    for (const name of namesIn(join(folder, kind))) {
      const path = join(folder, kind, name);
      if (name.startsWith('.tmp-') && timeOf(path) <= newest) rmSync(path, { recursive: true, force: true });
    }
  }
  for (const name of namesIn(join(folder, 'uses'))) if (isGone(name)) rmSync(join(folder, 'uses', name), { force: true });
}

function entriesOf(folder: string, kind: string): readonly Entry[] {
  return namesIn(join(folder, kind)).filter((name) => !name.startsWith('.')).map((name) => {
    const path = join(folder, kind, name);
    return { name: `${kind}/${name}`, path, used: timeOf(path) };
  });
}

/** Read anew before each removal: a process may have begun to use what was listed. */
function inUse(folder: string): ReadonlySet<string> {
  return new Set(namesIn(join(folder, 'uses')).flatMap((name) => (isGone(name) ? [] : readFileSync(join(folder, 'uses', name), 'utf8').split('\n'))));
}

/** One of another machine, on a shared disk, cannot be asked and counts as living. */
function isGone(use: string): boolean {
  const [pid = '', start = '', ...machine] = use.split('.');
  return machine.join('.') === hostname() && !isAlive(Number(pid), start);
}

/** Out of the way at once, so that nobody finds half of it. */
function remove(folder: string, path: string): void {
  const away = temporaryName(join(folder, 'layers'));
  renameSync(path, away);
  rmSync(away, { recursive: true, force: true });
}

function freedBy(path: string): number {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return 0;
  if (found.isDirectory()) return namesIn(path).reduce((sum, name) => sum + freedBy(join(path, name)), 0);
  return found.nlink === 1 ? found.size : 0;
}

/** Bytes of all files below, those with several names once. */
function sizeOf(path: string, seen: Set<string>): number {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return 0;
  if (found.isDirectory()) return namesIn(path).reduce((sum, name) => sum + sizeOf(join(path, name), seen), 0);
  const key = `${found.dev} ${found.ino}`;
  if (seen.has(key)) return 0;
  seen.add(key);
  return found.size;
}

function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
