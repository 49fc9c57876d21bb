import { lstatSync, type Stats } from 'node:fs';

/** What a stat says of a file, as far as it tells an edit: times in milliseconds, size in bytes. */
export type FileStamp = readonly [mtimeMs: number, ctimeMs: number, size: number, inode: number, mode: number];

/** Folder, regular file, symbolic link, or anything else (sockets, devices), which no artefact can hold. */
export type EntryKind = 'd' | 'f' | 'l' | 'o';

/** Names and kinds in a folder, sorted by code unit. */
export type FolderEntries = readonly (readonly [name: string, kind: EntryKind])[];

/** A file index as it is kept between runs. */
export interface FileIndexData {
  /** When the index was taken, milliseconds since the epoch. */
  readonly takenAt: number;
  readonly files: Readonly<Record<string, readonly [kind: 'file' | 'link', stamp: FileStamp, sha256: string]>>;
  readonly folders: Readonly<Record<string, readonly [stamp: FileStamp, entries: FolderEntries]>>;
  /** Paths that were looked for and not there. */
  readonly absent: readonly string[];
}

/** Time stamps younger than this when the index was taken are not trusted; file systems tick in steps up to this long. */
const racyMs = 20;

/** True when a file changed so shortly before the index was taken that a second change could hide behind the same stamp. */
export function isRacy(stamp: FileStamp, index: FileIndexData): boolean {
  return Math.max(stamp[0], stamp[1]) > index.takenAt - racyMs;
}

/**
 * True when nothing that the index holds has changed on disk. The whole work of a build with no change, so it reads no
 * file, stops at the first difference and allocates little. A racy stamp counts as a change: the build then looks closer.
 */
export function isUnchanged(index: FileIndexData): boolean {
  const { files, folders } = index;
  for (const path in folders) {
    const entry = folders[path];
    if (!entry || !isSame(path, entry[0], index)) return false;
  }
  for (const path in files) {
    const entry = files[path];
    if (!entry || !isSame(path, entry[1], index)) return false;
  }
  return index.absent.every((path) => look(path) === undefined);
}

/** An index of files and folders by their stats alone: for what a build wrote itself, and so knows the content of. */
export function stampsOf(files: readonly string[], folders: readonly string[]): FileIndexData {
  const stamp = (path: string): FileStamp => stampOf(lstatSync(path));
  return {
    // Written by this process, which does not write them twice: no stamp is racy.
    takenAt: Number.MAX_SAFE_INTEGER,
    files: Object.fromEntries(files.map((path) => [path, ['file', stamp(path), ''] as const])),
    folders: Object.fromEntries(folders.map((path) => [path, [stamp(path), []] as const])),
    absent: [],
  };
}

/** A parent that is a file or a loop of links, and names that no file can have. */
const nothingThere: ReadonlySet<string> = new Set(['ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

/** A stat, or undefined when there is nothing, also where a parent is a file. Throws the system's error when it may not look. */
export function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (error instanceof Error && 'code' in error && nothingThere.has(String(error.code))) return undefined;
    throw error;
  }
}

/** The stamp of a stat. */
export function stampOf(found: Stats): FileStamp {
  return [found.mtimeMs, found.ctimeMs, found.size, found.ino, found.mode];
}

/** Whether a stat is as a stamp says. */
export function sameStamp(stamp: FileStamp, found: Stats): boolean {
  return stamp[0] === found.mtimeMs && stamp[1] === found.ctimeMs && stamp[2] === found.size && stamp[3] === found.ino && stamp[4] === found.mode;
}

function isSame(path: string, stamp: FileStamp, index: FileIndexData): boolean {
  const found = look(path);
  return found !== undefined && sameStamp(stamp, found) && !isRacy(stamp, index);
}
