import { posix, relative, sep } from 'node:path';
import { once } from '../base/once.ts';
import type { Project, ProjectFile } from '../project/project.ts';

/**
 * The project's files below a folder (absolute), relative to it. The listing is sorted, so what is below a folder stands
 * together: a repository of many functions is asked for each of them.
 */
export function filesBelow(project: Project, folder: string): readonly ProjectFile[] {
  const known = foldersOf(project);
  const before = known.get(folder);
  if (before) return before;
  const files = listed(project, relative(project.folder, folder).split(sep).join('/'), folder);
  known.set(folder, files);
  return files;
}

const foldersOf: (project: Project) => Map<string, readonly ProjectFile[]> = once(() => new Map());

function listed({ files, folder: root }: Project, prefix: string, folder: string): readonly ProjectFile[] {
  if (prefix === '') return files.filter(({ path }) => !path.startsWith('../'));
  if (prefix === '..' || prefix.endsWith('/..')) {
    const way = relative(folder, root).split(sep).join('/');
    return files.map(({ path, size }) => ({ path: posix.join(way, path), size })).filter(({ path }) => !path.startsWith('../'));
  }
  const start = firstAtOrAfter(files, `${prefix}/`);
  // The character after the slash.
  const end = firstAtOrAfter(files, `${prefix}0`);
  return files.slice(start, end).map(({ path, size }) => ({ path: path.slice(prefix.length + 1), size }));
}

function firstAtOrAfter(files: readonly ProjectFile[], name: string): number {
  let [low, high] = [0, files.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((files[middle]?.path ?? '') < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The sizes of the project's files by absolute path. */
export const sizesByPath: (project: Project) => ReadonlyMap<string, number> = once(({ files, folder }) => new Map(files.map(({ path, size }) => [posix.resolve(folder.split(sep).join('/'), path), size])));
