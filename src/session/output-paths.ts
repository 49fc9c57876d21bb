import { join } from 'node:path';
import { stateFolder } from '../build/state.ts';
import { buildFolder } from './build.ts';

/** Where an image's loadable archive goes. */
export function archivePath(folder: string, fullPath: string): string {
  return join(buildFolder(folder), `${fullPath}.tar`);
}

/** Where an image's OCI layout goes. */
export function layoutPath(folder: string, fullPath: string): string {
  return join(stateFolder(folder), 'images', fullPath);
}
