import { unlinkSync } from 'node:fs';

/** Removes a file that may not be there. Not by rmSync, whose own code takes a millisecond to load on the quick paths. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
