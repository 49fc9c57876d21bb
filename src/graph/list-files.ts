import { join } from 'node:path';
import { digestOf, type Digest } from '../base/digest.ts';
import type { FileIndex } from './file-index.ts';
import type { FileSet } from './node.ts';

/** A file, link or folder that a file set lets through. */
export interface ListedFile {
  readonly kind: 'file' | 'link' | 'folder';
  /** Relative to the file set's folder, forward slashes. */
  readonly path: string;
  /** Absolute. */
  readonly absolute: string;
  /** Permission bits as on disk. */
  readonly mode: number;
  /** Bytes; 0 for folders. */
  readonly size: number;
  /** Hex; of the target for a link; empty for a folder. */
  readonly sha256: string;
}

/** What a file set holds right now. */
export interface FileListing {
  /** What stands at `below`. */
  readonly root: 'file' | 'link' | 'folder' | 'other' | 'absent';
  readonly files: readonly ListedFile[];
  /** What no artefact can hold, absolute: FIFOs, sockets, devices, and what has a name that is no UTF-8. */
  readonly leftOut: readonly { readonly path: string; readonly why: 'special' | 'name' }[];
  /** Of names, kinds, owner-executable bits and contents; times and other bits left out. */
  readonly digest: Digest;
}

/** Decides by the .dockerignore lines whether a relative path stays. */
export type IgnoreFilter = (lines: readonly string[]) => (path: string) => boolean;

/**
 * Lists a file set through the index.
 * @param ignore how .dockerignore lines are read; handed in, since the graph knows nothing of Docker.
 */
export function listFiles(index: FileIndex, set: FileSet, ignore: IgnoreFilter): FileListing {
  const keeps = set.dockerignore === null ? () => true : ignore(set.dockerignore);
  const excluded = new Set(set.excludeNames);
  const files: ListedFile[] = [];
  const leftOut: FileListing['leftOut'][number][] = [];
  const root = set.below === '' ? 'd' : index.kindOf(join(set.folder, set.below));
  // Node gives bytes that are no UTF-8 as U+FFFD; such a name then leads to nothing. Without that sign it has just been removed.
  const refuse = (path: string): void => void (path.includes('\ufffd') && leftOut.push({ path: join(set.folder, path), why: 'name' }));
  const add = (path: string, kind: 'file' | 'link'): void => {
    const absolute = join(set.folder, path);
    const file = index.file(absolute);
    if (!file) return refuse(path);
    files.push({ kind, path, absolute, mode: file.stamp[4] & 0o7777, size: file.stamp[2], sha256: file.sha256 });
  };
  const walk = (path: string): void => {
    const folder = index.folder(path === '' ? set.folder : join(set.folder, path));
    if (!folder) return refuse(path);
    for (const [name, kind] of folder.entries) {
      if (excluded.has(name)) continue;
      const below = path === '' ? name : `${path}/${name}`;
      if (kind === 'd') {
        // A folder that is ignored may hold files that a later `!` line brings back, so it is walked all the same.
        if (keeps(below)) files.push(folderEntry(set, below, index));
        if (keeps(below) || mayReinclude(set)) walk(below);
      } else if (kind === 'o' && keeps(below)) leftOut.push({ path: join(set.folder, below), why: 'special' });
      else if (keeps(below)) add(below, kind === 'f' ? 'file' : 'link');
    }
  };
  if (root === 'd') walk(set.below);
  else if ((root === 'f' || root === 'l') && keeps(set.below)) add(set.below, root === 'f' ? 'file' : 'link');
  const isAbsent = root === undefined || ((root === 'f' || root === 'l') && files.length === 0);
  return {
    root: isAbsent ? 'absent' : rootKinds[root],
    files,
    leftOut,
    digest: digestListing(files, set.below),
  };
}

const rootKinds = { d: 'folder', f: 'file', l: 'link', o: 'other' } as const;

function folderEntry(set: FileSet, path: string, index: FileIndex): ListedFile {
  const absolute = join(set.folder, path);
  const mode = (index.folder(absolute)?.stamp[4] ?? 0o755) & 0o7777;
  return { kind: 'folder', path, absolute, mode, size: 0, sha256: '' };
}

function mayReinclude(set: FileSet): boolean {
  return set.dockerignore?.some((line) => line.startsWith('!')) ?? false;
}

function digestListing(files: readonly ListedFile[], below: string): Digest {
  const lines = files.map((file) => {
    const bits = file.kind === 'file' && (file.mode & 0o100) !== 0 ? 'x' : '-';
    return `${file.kind}\0${bits}\0${file.path.length}:${file.path}\0${file.sha256}`;
  });
  return digestOf(`v1\0${below}\0${lines.join('\n')}`);
}
