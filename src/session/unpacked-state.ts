import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder } from '../build/state.ts';
import type { UnpackedState } from '../publish/unpacked-zip.ts';

/** Which zip a folder of `.aws-sam/build` was unpacked from. */
export interface UnpackedFolder {
  readonly digest: string;
  readonly files: UnpackedState;
}

/** What the last build left for a function; undefined when it is not known. */
export function readUnpacked(project: string, fullPath: string): UnpackedFolder | undefined {
  try {
    return JSON.parse(readFileSync(pathOf(project, fullPath), 'utf8')) as UnpackedFolder;
  } catch {
    return undefined;
  }
}

/** Keeps it for the next build. */
export function writeUnpacked(project: string, fullPath: string, folder: UnpackedFolder): void {
  mkdirSync(join(stateFolder(project), 'unpacked'), { recursive: true });
  writeFileSync(pathOf(project, fullPath), JSON.stringify(folder));
}

function pathOf(project: string, fullPath: string): string {
  return join(stateFolder(project), 'unpacked', `${fullPath.replaceAll('/', '+')}.json`);
}
