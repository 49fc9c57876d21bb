import type { Host } from '../base/host.ts';
import { withLockFile } from '../store/lock-file.ts';

/**
 * Milliseconds. Waiting for another process that fetches is quicker than fetching the same beside it: tens of megabytes on a slow
 * line take minutes, and apt alone gets fifteen.
 */
const longestWait = 30 * 60_000;

/**
 * Does what fetches something that others may want at the same moment, one at a time among the callers of this and other processes:
 * the work looks whether it is still to be done. Says whom it waits for; `what` completes "process 7, which …".
 * Rejects with `disk/unwritable` after half an hour of waiting.
 * @param path absolute, of the lock file; its folder exists.
 */
export async function alone(host: Host, { path, what }: { readonly path: string; readonly what: string }, work: () => Promise<void>): Promise<void> {
  const onWait = (owner: string): void => {
    // Other callers of this process wait for what its user sees anyway.
    if (owner !== String(process.pid)) host.emit({ kind: 'note', text: `waiting for process ${owner}, which ${what}` });
  };
  await withLockFile(path, host.now, work, { patience: longestWait, onWait, signal: host.signal });
}
