import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { Failure, failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { FileChange } from '../edits/apply.ts';
import { recoverEdits, undo, writeEdits } from '../edits/write.ts';

/**
 * Where the originals are kept that `undo` gives back: in shear's cache, one folder for each project. Not below the project,
 * whose .aws-sam folder people delete and whose other folders are under version control.
 * @param folder absolute path of the project.
 */
export function undoFolder(host: Pick<Host, 'cacheFolder'>, folder: string): string {
  return join(host.cacheFolder, 'undo', createHash('sha256').update(folder).digest('hex').slice(0, 32));
}

/**
 * Writes a plan's changes, all or none, so that `undoFix` can take them back. Throws `edits/dirty-tree` when git has changes
 * in these files that are not committed, and what `writeEdits` throws.
 * @param folder absolute path of the project.
 */
export async function writeFix(host: Host, folder: string, changes: readonly FileChange[], options: { readonly allowDirty?: boolean } = {}): Promise<void> {
  if (options.allowDirty !== true) await refuseDirty(host, folder, changes.map((change) => change.path));
  await writeEdits(folder, changes, undoFolder(host, folder));
}

/** Gives the bytes back that the last `writeFix` replaced; the paths. Throws what `undo` throws. */
export async function undoFix(host: Pick<Host, 'cacheFolder'>, folder: string, options: { readonly force?: boolean } = {}): Promise<readonly string[]> {
  return await undo(folder, undoFolder(host, folder), options);
}

/** Rolls back what a crash left half written; to be called before a project is read for a fix. */
export async function recoverFix(host: Pick<Host, 'cacheFolder'>, folder: string): Promise<boolean> {
  return await recoverEdits(folder, undoFolder(host, folder));
}

async function refuseDirty(host: Host, folder: string, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const dirty = await dirtyPaths(host, folder, paths);
  const [first] = dirty;
  if (first === undefined) return;
  throw failure('edits/dirty-tree', `${dirty.length === 1 ? first : `${dirty.length} files, ${first} among them,`} ${dirty.length === 1 ? 'has' : 'have'} changes that are not committed`, {
    place: { file: first, line: 1, column: 1 },
    why: 'a fix on top of them could not be told from them; nothing was written',
    next: 'commit or stash them, or run the same command with --allow-dirty',
  });
}

/** Paths among these that git says are changed; none where there is no git or no repository. */
async function dirtyPaths(host: Host, folder: string, paths: readonly string[]): Promise<readonly string[]> {
  try {
    const result = await host.run('git', ['-C', folder, '-c', 'core.quotePath=false', 'status', '--porcelain=v1', '-z', '--untracked-files=no', '--', ...paths], { env: { GIT_OPTIONAL_LOCKS: '0' }, timeout: 30_000 });
    if (result.code !== 0) return [];
    return result.stdout.split('\0').filter((entry) => entry.length > 3).map((entry) => entry.slice(3));
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}
