import * as fs from 'node:fs';
import { kill } from 'node:process';

/** When a process started, in the kernel's ticks, so that another one with its number is not taken for it; empty where that can't be told. */
export function startOf(owner: number): string {
  try {
    const text = fs.readFileSync(`/proc/${owner}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** Whether that process runs. `start`: as `startOf` had it. */
export function isAlive(owner: number, start: string): boolean {
  if (!Number.isSafeInteger(owner) || owner <= 0) return false;
  const now = start === '' ? '' : startOf(owner);
  if (now !== '' && now !== start) return false;
  try {
    kill(owner, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
