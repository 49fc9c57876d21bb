import { existsSync, readdirSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { ProjectFile } from './project.ts';
import type { ProjectReader } from './read-text.ts';

/** More files than this are not listed. */
export const mostFiles = 50_000;

const leftOut: ReadonlySet<string> = new Set(['.git', '.hg', '.svn', '.aws-sam', 'node_modules', '__pycache__', '.venv', '.tox', '.nox', '.mypy_cache', '.pytest_cache', '.ruff_cache']);

/** A listing of folders, at most `mostFiles` long. */
export interface Listing {
  readonly files: readonly ProjectFile[];
  /** Folders (and `.git` files) that are not looked into, relative like the files. */
  readonly skipped: readonly string[];
  readonly isComplete: boolean;
  /** Links that are not followed: into folders, out of the tree, to nothing. As paths are shown. */
  readonly unfollowed: readonly string[];
}

/**
 * Every file under the folders (absolute; the first ones first, one inside another is listed once), sorted by code unit. Links are
 * listed as the file they lead to when it lies inside the same folder, and are never followed out of it or into folders.
 */
export function listProjectFiles(reader: ProjectReader, folders: readonly string[]): Listing {
  const found = new Map<string, ProjectFile>();
  const visited = new Set<string>();
  const skipped = new Set<string>();
  const unfollowed: string[] = [];
  let isComplete = true;
  for (const folder of folders) {
    if (!walk(folder, reader, { found, visited, skipped, unfollowed })) isComplete = false;
  }
  for (const [path, text] of reader.unsaved) {
    const shown = reader.shown(path);
    found.set(shown, { path: shown, size: Buffer.byteLength(text) });
  }
  const files = [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return { files, skipped: [...skipped].toSorted(), isComplete, unfollowed: unfollowed.toSorted() };
}

/** True when a path (absolute) stands below a folder or is the folder. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

interface Walk {
  readonly found: Map<string, ProjectFile>;
  readonly visited: Set<string>;
  readonly skipped: Set<string>;
  readonly unfollowed: string[];
}

/** Lists one folder and all below it, but for those visited before; false when there are too many files. */
function walk(root: string, reader: ProjectReader, { found, visited, skipped, unfollowed }: Walk): boolean {
  const realRoot = realPath(root);
  const waiting = [root];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (visited.has(folder)) continue;
    visited.add(folder);
    for (const entry of entriesOf(folder)) {
      if (found.size >= mostFiles) return false;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (leftOut.has(entry.name) || existsSync(join(path, 'pyvenv.cfg'))) skipped.add(reader.shown(path));
        else waiting.push(path);
        continue;
      }
      // Of a worktree or a submodule.
      if (entry.name === '.git') skipped.add(reader.shown(path));
      const size = sizeOf(path, entry, realRoot);
      const shown = reader.shown(path);
      if (size !== undefined) found.set(shown, { path: shown, size });
      else if (entry.isSymbolicLink()) unfollowed.push(shown);
    }
  }
  return true;
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // A folder that the user may not read holds nothing that a build could use either.
    return [];
  }
}

function sizeOf(path: string, entry: Dirent, realRoot: string): number | undefined {
  if (entry.isSymbolicLink() && !isInside(realPath(path), realRoot)) return undefined;
  try {
    const found = statSync(path);
    return found.isFile() ? found.size : undefined;
  } catch {
    // A link to nothing, or to itself.
    return undefined;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
