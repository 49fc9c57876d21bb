import { fstatSync, writeSync } from 'node:fs';

let isStreaming = false;

/**
 * Writes to standard output. Not through process.stdout, whose streams take 3 to 6 ms to load: that gets only what a pipe with
 * a slow reader does not take at once. A reader that has gone (`shear build | head -1`) is no error.
 */
export function writeOut(text: string): void {
  let left: Uint8Array = Buffer.from(text);
  try {
    while (left.length > 0 && !isStreaming) left = left.subarray(writeSync(1, left));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EPIPE') return;
    if (code !== 'EAGAIN') throw error;
  }
  if (left.length === 0) return;
  if (!isStreaming) process.stdout.on('error', () => undefined);
  isStreaming = true;
  process.stdout.write(left);
}

/** Whether all that was written has been taken: then the process may end at once. */
export function isWritten(): boolean {
  return !isStreaming;
}

/** Whether standard output is a terminal; process.stdout is asked only where it may be one. */
export function isOutTerminal(): boolean {
  try {
    return fstatSync(1).isCharacterDevice() && process.stdout.isTTY;
  } catch {
    return false;
  }
}
