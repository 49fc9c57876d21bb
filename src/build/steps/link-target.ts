import { readlinkSync } from 'node:fs';
import { failure } from '../../base/fault.ts';

/** Where a symbolic link (absolute path) leads; fails with `build/failed` when it is no longer there. */
export function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch (cause) {
    throw failure('build/failed', `the link ${path} changed while the build ran`, { next: 'run the same command again when nothing writes to the project', cause });
  }
}
