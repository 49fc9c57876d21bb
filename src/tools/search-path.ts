import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Host } from '../base/host.ts';

/** Absolute paths of all programs of a name in the folders of PATH, in their order. */
export function searchPath(host: Host, name: string): readonly string[] {
  const folders = (host.env['PATH'] ?? host.env['Path'] ?? '').split(delimiter);
  const names = host.os === 'win32' ? [`${name}.exe`, `${name}.cmd`, `${name}.bat`] : [name];
  return folders
    .filter((folder) => isAbsolute(folder))
    .flatMap((folder) => names.map((file) => join(folder, file)))
    .filter(isProgram);
}

/** True for a file that may be executed. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
