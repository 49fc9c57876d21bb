import { createFolderWatch, type FolderWatch, type WatchFolder } from './folder-watch.ts';
import { createQuietTime } from './quiet-time.ts';

/** What to watch. */
export interface WatchTarget {
  /** Absolute paths of folders, there or not; what lies deeper has to be named too, and what lies above where a folder may go away and come back. */
  readonly folders: Iterable<string>;
  /** Whether a change of this path (absolute) is worth waking anyone for. */
  readonly isOfInterest: (path: string) => boolean;
}

/** Paths that may have changed; `anything` where that cannot be told. */
export type Changes = ReadonlySet<string> | 'anything';

/**
 * Tells of file changes. It tells that something *may* have changed: what did is found by comparing with an index of the files.
 * Between the two nothing is lost as long as the caller compares after it was told, and aims before it compares:
 *
 *     aim(target) ──▶ compare ──▶ next() ──▶ compare, build ──▶ aim(target) ──▶ …
 *
 * What happens during a build makes the following `next()` resolve at once, and once.
 */
export interface Watcher {
  /** Watches this from now on. True when a folder is watched that was not before: what happened in it earlier was not seen. */
  readonly aim: (target: WatchTarget) => boolean;
  /** Waits until something of interest happened and it has been quiet for a moment. undefined once closed. */
  readonly next: () => Promise<Changes | undefined>;
  /** Something of interest was told that `next()` has not given out yet. */
  readonly isStirred: () => boolean;
  /** The system cannot watch. */
  readonly isPolling: () => boolean;
  readonly close: () => void;
}

/** How to watch. */
export interface WatchOptions {
  /** One watch takes all that is below its folder: macOS and Windows have that, Linux has not. */
  readonly isRecursive: boolean;
  /** Called once when the system cannot watch; from then on `next()` asks for a comparison twice a second. */
  readonly onPolling: (why: string) => void;
  /** Called at once with the first event of interest after a `next()`. */
  readonly onStir?: () => void;
  /** The system's watching; another one in tests. */
  readonly watchFolder?: WatchFolder;
  /** Set from the start where a file system sends no events: why that is so. */
  readonly noEvents?: string | undefined;
}

/** Starts a watcher that watches nothing yet. */
export function startWatcher(options: WatchOptions): Watcher {
  const seen = new Set<string>();
  let target: WatchTarget = { folders: [], isOfInterest: () => false };
  let isPolling = false;
  const quiet = createQuietTime();
  const folders: FolderWatch = createFolderWatch({
    ...options,
    onEvent: (path) => {
      if (!target.isOfInterest(path)) return;
      seen.add(path);
      if (seen.size === 1) options.onStir?.();
      quiet.disturb(seen.size);
    },
    onRefused: (why) => poll(why),
  });
  const poll = (why: string): void => {
    if (isPolling) return;
    isPolling = true;
    folders.close();
    options.onPolling(why);
    quiet.tick();
  };
  if (options.noEvents !== undefined) poll(options.noEvents);
  return {
    aim: (next) => {
      target = next;
      return isPolling ? false : folders.aim(new Set(next.folders));
    },
    next: async () => {
      if (!(await quiet.reached())) return undefined;
      const changes: Changes = isPolling ? 'anything' : new Set(seen);
      seen.clear();
      return changes;
    },
    isStirred: () => seen.size > 0,
    isPolling: () => isPolling,
    close: () => {
      folders.close();
      quiet.close();
    },
  };
}
