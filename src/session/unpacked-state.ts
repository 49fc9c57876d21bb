import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder, writeJson } from '../build/state.ts';
import type { UnpackedState } from '../publish/unpacked-zip.ts';

/** Which zip a folder of `.aws-sam/build` was unpacked from. */
export interface UnpackedFolder {
  readonly digest: string;
  readonly files: UnpackedState;
}

/** What the last build left for a function; undefined when it is not known. */
export function readUnpacked(project: string, fullPath: string): UnpackedFolder | undefined {
  try {
    const read = JSON.parse(readFileSync(pathOf(project, fullPath), 'utf8')) as Partial<UnpackedFolder> | null;
    const { digest, files } = read ?? {};
    return typeof digest === 'string' && typeof files === 'object' ? { digest, files } : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps it for the next build. */
export function writeUnpacked(project: string, fullPath: string, folder: UnpackedFolder): void {
  writeJson(pathOf(project, fullPath), folder);
}

/** Forgets it, before the folder is touched. */
export function forgetUnpacked(project: string, fullPath: string): void {
  rmSync(pathOf(project, fullPath), { force: true });
}

function pathOf(project: string, fullPath: string): string {
  return join(stateFolder(project), 'unpacked', `${fullPath.replaceAll('/', '+')}.json`);
}
