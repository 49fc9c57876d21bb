import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, openSync, readSync, closeSync, type Stats } from 'node:fs';
import { failure } from '../base/fault.ts';
import { isRacy, look, sameStamp, stampOf, type EntryKind, type FileIndexData, type FolderEntries, type FileStamp } from './unchanged.ts';

/** A file or symbolic link that has been looked at. */
export interface IndexedFile {
  readonly kind: 'file' | 'link';
  readonly stamp: FileStamp;
  /** Hex sha256 of the content, or of the link's target. */
  readonly sha256: string;
}

/** A folder that has been listed. */
export interface IndexedFolder {
  readonly stamp: FileStamp;
  /** Names and kinds, sorted by code unit. */
  readonly entries: FolderEntries;
}

/**
 * Answers "what is in this folder" and "what is the digest of this file" with as few system calls as
 * can be: what an earlier run saw is believed while the stat is equal and not racy (changed so shortly
 * before the index was taken that a second change could hide behind the same time stamp).
 */
export interface FileIndex {
  /** undefined when there is no such file. */
  readonly file: (path: string) => IndexedFile | undefined;
  /** undefined when there is no such folder. */
  readonly folder: (path: string) => IndexedFolder | undefined;
  readonly kindOf: (path: string) => EntryKind | undefined;
  /** True when a path is still as this index saw it. */
  readonly isStill: (path: string) => boolean;
  /** Only what this run asked for: an input that is no longer one is forgotten. */
  readonly data: (takenAt: number) => FileIndexData;
}

/** Starts an index from what an earlier run kept, if any. */
export function createFileIndex(previous?: FileIndexData): FileIndex {
  const files = new Map<string, IndexedFile>();
  const folders = new Map<string, IndexedFolder>();
  const stats = new Map<string, Stats | undefined>();
  const absent = new Set<string>();
  const stat = (path: string): Stats | undefined => {
    if (stats.has(path)) return stats.get(path);
    const found = lookAt(path);
    stats.set(path, found);
    if (found === undefined) absent.add(path);
    return found;
  };
  const file = (path: string): IndexedFile | undefined => {
    const known = files.get(path);
    if (known) return known;
    const found = stat(path);
    if (!found || !(found.isFile() || found.isSymbolicLink())) return undefined;
    const stamp = stampOf(found);
    const old = previous?.files[path];
    const sha256 = old && isTrusted(old[1], found, previous) ? old[2] : hashPath(path, found);
    const entry: IndexedFile = { kind: found.isFile() ? 'file' : 'link', stamp, sha256 };
    files.set(path, entry);
    return entry;
  };
  const folder = (path: string): IndexedFolder | undefined => {
    const known = folders.get(path);
    if (known) return known;
    const found = stat(path);
    if (!found?.isDirectory()) return undefined;
    const stamp = stampOf(found);
    const old = previous?.folders[path];
    const entries = old && isTrusted(old[0], found, previous) ? old[1] : listFolder(path);
    const entry: IndexedFolder = { stamp, entries };
    folders.set(path, entry);
    return entry;
  };
  return {
    file,
    folder,
    kindOf: (path) => {
      const found = stat(path);
      return found && kindOfStats(found);
    },
    isStill: (path) => {
      const [then, now] = [stats.get(path), look(path)];
      return then === undefined ? now === undefined : now !== undefined && sameStamp(stampOf(then), now);
    },
    data: (takenAt) => ({
      takenAt,
      files: Object.fromEntries([...files].map(([path, f]) => [path, [f.kind, f.stamp, f.sha256] as const])),
      folders: Object.fromEntries([...folders].map(([path, f]) => [path, [f.stamp, f.entries] as const])),
      absent: [...absent],
    }),
  };
}

function isTrusted(old: FileStamp, now: Stats, index: FileIndexData | undefined): boolean {
  return index !== undefined && sameStamp(old, now) && !isRacy(old, index);
}

function kindOfStats(found: Stats): EntryKind {
  if (found.isDirectory()) return 'd';
  if (found.isFile()) return 'f';
  return found.isSymbolicLink() ? 'l' : 'o';
}

function listFolder(path: string): FolderEntries {
  const entries = attempt(path, () => readdirSync(path, { withFileTypes: true })).map((entry) => {
    const kind: EntryKind = entry.isDirectory() ? 'd' : entry.isFile() ? 'f' : entry.isSymbolicLink() ? 'l' : 'o';
    return [entry.name, kind] as const;
  });
  return entries.toSorted((a, b) => (a[0] < b[0] ? -1 : 1));
}

function hashPath(path: string, found: Stats): string {
  const hash = createHash('sha256');
  return attempt(path, () => {
    if (found.isSymbolicLink()) return hash.update(readlinkSync(path)).digest('hex');
    if (found.size < 8_000_000) return hash.update(readFileSync(path)).digest('hex');
    return hashLarge(path, hash);
  });
}

function lookAt(path: string): Stats | undefined {
  return attempt(path, () => look(path));
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') throw failure('build/failed', `${path} went away while it was read`, { cause: error, next: 'run the same command again when nothing writes to the project' });
    throw failure('project/unreadable', `${path} cannot be read (${code})`, { cause: error, next: 'check its permissions, or leave it out with .dockerignore' });
  }
}

function hashLarge(path: string, hash: ReturnType<typeof createHash>): string {
  const handle = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(1 << 20);
    for (let read = readSync(handle, chunk); read > 0; read = readSync(handle, chunk)) hash.update(chunk.subarray(0, read));
    return hash.digest('hex');
  } finally {
    closeSync(handle);
  }
}
