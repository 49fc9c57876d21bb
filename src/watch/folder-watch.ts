import { statSync, watch } from 'node:fs';
import { basename, join, sep } from 'node:path';

/** Watches one folder; the listener gets the name of what changed in it, null where the system does not say. */
export type WatchFolder = (
  folder: string,
  options: { readonly recursive: boolean },
  listener: (event: string, name: string | null) => void,
) => { readonly on: (event: 'error', listener: (error: Error) => void) => unknown; readonly close: () => void };

/** A changing set of watched folders. */
export interface FolderWatch {
  /** Watches just these, as far as they are there. True when one is watched that was not before. */
  readonly aim: (folders: ReadonlySet<string>) => boolean;
  readonly close: () => void;
}

interface FolderWatchOptions {
  readonly isRecursive: boolean;
  readonly watchFolder?: WatchFolder;
  /** Gets the absolute path of what may have changed. */
  readonly onEvent: (path: string) => void;
  /** The system takes no further watches. */
  readonly onRefused: (why: string) => void;
}

interface Watched {
  readonly inode: number;
  readonly close: () => void;
}

/** Starts with none. */
export function createFolderWatch({ isRecursive, watchFolder = watch, onEvent, onRefused }: FolderWatchOptions): FolderWatch {
  const watched = new Map<string, Watched>();
  const drop = (folder: string): void => {
    watched.get(folder)?.close();
    watched.delete(folder);
  };
  /** The watch stays with the folder that moved or went, and its number may come back with another: watched anew at the next aim. */
  const forget = (path: string): void => {
    if (isRecursive) return;
    for (const folder of watched.keys()) if (folder === path || folder.startsWith(path + sep)) drop(folder);
  };
  const heard = (folder: string, event: string, name: string | null): void => {
    // A folder's own end comes under its own name.
    const isOwn = name === null || (name === basename(folder) && !isThere(folder, watched.get(folder)?.inode));
    const path = isOwn ? folder : join(folder, name);
    if (event === 'rename') forget(path);
    onEvent(path);
  };
  const add = (folder: string): boolean => {
    const inode = inodeOf(folder);
    const known = watched.get(folder);
    if (inode === undefined || known?.inode === inode) {
      if (inode === undefined) drop(folder);
      return false;
    }
    drop(folder);
    try {
      const watcher = watchFolder(folder, { recursive: isRecursive }, (event, name) => heard(folder, event, name));
      // A folder that goes away while it is watched is an error on some systems and an event of its parent on all.
      watcher.on('error', () => onEvent(folder));
      watched.set(folder, { inode, close: () => watcher.close() });
      return true;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return false;
      onRefused(code === 'ENOSPC' || code === 'EMFILE' ? `the system takes no more than ${watched.size} watched folders (${code})` : `folders cannot be watched (${code || String(error)})`);
      return false;
    }
  };
  return {
    aim: (folders) => {
      const wanted = isRecursive ? outermost(folders) : folders;
      for (const folder of watched.keys()) if (!wanted.has(folder)) drop(folder);
      let isNew = false;
      for (const folder of wanted) isNew = add(folder) || isNew;
      return isNew;
    },
    close: () => {
      for (const folder of watched.keys()) drop(folder);
    },
  };
}

/** The folders that are in no other one. */
function outermost(folders: ReadonlySet<string>): ReadonlySet<string> {
  const kept = new Set<string>();
  let last: string | undefined;
  // With its separator a folder sorts right before all that is in it.
  for (const folder of [...folders].map((each) => (each.endsWith(sep) ? each : each + sep)).toSorted((a, b) => (a < b ? -1 : 1))) {
    if (last !== undefined && folder.startsWith(last)) continue;
    last = folder;
    kept.add(folder.length > 1 ? folder.slice(0, -1) : folder);
  }
  return kept;
}

function inodeOf(folder: string): number | undefined {
  try {
    const found = statSync(folder, { throwIfNoEntry: false });
    return found?.isDirectory() ? found.ino : undefined;
  } catch {
    return undefined;
  }
}

function isThere(folder: string, inode: number | undefined): boolean {
  return inode !== undefined && inodeOf(folder) === inode;
}
