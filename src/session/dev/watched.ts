import { lstatSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { FileSet } from '../../graph/node.ts';
import type { FileIndexData } from '../../graph/unchanged.ts';
import { dockerignoreFilter } from '../../syntax/dockerignore.ts';
import type { WatchTarget } from '../../watch/watcher.ts';

/** What never belongs to a build, whatever a template says; a project without a plan is watched but for these. */
const neverOfInterest: ReadonlySet<string> = new Set(['.aws-sam', '.git', '.hg', '.svn', 'node_modules', '__pycache__', '.venv', '.tox', '.nox', '.mypy_cache', '.pytest_cache', '.ruff_cache']);

/** More folders than this are not watched while there is no plan. */
const mostFolders = 3000;

/** What the last good build looked at. */
export interface BuildInputs {
  readonly index: FileIndexData;
  readonly sets: readonly FileSet[];
}

/**
 * Watches what a build looked at: its files, the folders that it listed, the places where it found nothing. A new file in a listed
 * folder is of interest when a file set lets it through.
 * @param project absolute; folders above those looked at are watched up to here, since they can go away and come back.
 */
export function watchInputs({ index, sets }: BuildInputs, project: string): WatchTarget {
  const folders = new Set<string>();
  const withFoldersAbove = (path: string): void => {
    for (let at = path; !folders.has(at); at = dirname(at)) {
      folders.add(at);
      if (at === project) return;
      // Outside of the project the folder right above has to do.
      if (!at.startsWith(project + sep)) return void folders.add(dirname(at));
    }
  };
  for (const folder of Object.keys(index.folders)) withFoldersAbove(folder);
  for (const path of [...Object.keys(index.files), ...index.absent]) withFoldersAbove(dirname(path));
  const absent = new Set(index.absent);
  const filters = sets.map(createFilter);
  return {
    folders,
    isOfInterest: (path) => path in index.files || folders.has(path) || absent.has(path) || filters.some((lets) => lets(path)),
  };
}

function createFilter(set: FileSet): (path: string) => boolean {
  const keeps = set.dockerignore === null ? () => true : dockerignoreFilter(set.dockerignore);
  const mayReinclude = set.dockerignore?.some((line) => line.startsWith('!')) ?? false;
  const root = set.below === '' ? set.folder : join(set.folder, set.below);
  const excluded = new Set(set.excludeNames);
  return (path) => {
    if (path !== root && !path.startsWith(root + sep)) return false;
    const below = relative(set.folder, path);
    const parts = below.split(sep);
    if (parts.some((part) => excluded.has(part))) return false;
    const slashed = parts.join('/');
    if (keeps(slashed)) return parts.slice(1).every((_, at) => mayReinclude || keeps(parts.slice(0, at + 1).join('/')));
    // A folder that is ignored may hold files that a later `!` line brings back.
    return mayReinclude && isFolder(path);
  };
}

/** Watches all of a project that could belong to one: while its template, say, cannot be read, nothing else tells what does. */
export function watchEverything(project: string, last: WatchTarget | undefined): WatchTarget {
  const folders = new Set([...(last?.folders ?? []), ...foldersOf(project)]);
  const isInside = (path: string): boolean => path.startsWith(project + sep) && !relative(project, path).split(sep).some((part) => neverOfInterest.has(part));
  return { folders, isOfInterest: (path) => path === project || isInside(path) || (last?.isOfInterest(path) ?? false) };
}

/** Names, sizes and times of the same, as one text. */
export function snapshotOf(project: string): string {
  return foldersOf(project).flatMap((folder) => namesIn(folder).map((name) => {
    const found = lstatSync(join(folder, name), { throwIfNoEntry: false });
    return found?.isDirectory() ? name : `${folder}/${name} ${found?.mtimeMs} ${found?.ctimeMs} ${found?.size}`;
  })).join('\n');
}

function foldersOf(project: string): readonly string[] {
  const found: string[] = [];
  const waiting = [project];
  for (let folder = waiting.pop(); folder !== undefined && found.length < mostFolders; folder = waiting.pop()) {
    found.push(folder);
    for (const name of foldersIn(folder)) if (!neverOfInterest.has(name)) waiting.push(join(folder, name));
  }
  return found;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !neverOfInterest.has(name));
  } catch {
    return [];
  }
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
