import { appendFileSync, mkdirSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { pid } from 'node:process';
import { startOf } from '../store/living-process.ts';

const marked = new Set<string>();

/** Says that this process uses an entry of the runtime cache (`roots/NAME`, `tops/NAME`) until it ends, before it looks whether the entry is there. */
export function markUse(folder: string, entry: string): void {
  const path = usesPath(folder);
  try {
    // The time of its last use; one that is not there yet gets it by being made.
    const now = new Date();
    utimesSync(join(folder, entry), now, now);
  } catch {
    // Not there.
  }
  if (marked.has(`${path} ${entry}`)) return;
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, `${entry}\n`);
  marked.add(`${path} ${entry}`);
}

/** Each process has a file of its own: `uses/PID.START.MACHINE`. */
function usesPath(folder: string): string {
  return join(folder, 'uses', `${pid}.${startOf(pid)}.${hostname()}`);
}
