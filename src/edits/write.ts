import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { chmod, chown, lstat, mkdir, open, readFile, realpath, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { diskFault, Failure, failure } from '../base/fault.ts';
import type { FileChange } from './apply.ts';
import { parseJournal, type Journal, type JournalFile } from './journal.ts';

interface Target {
  readonly path: string;
  /** Absolute, symbolic links resolved. */
  readonly real: string;
  readonly before: Buffer | undefined;
  readonly after: Buffer;
  readonly stats: Stats | undefined;
  /** Permission bits that the file gets; undefined leaves a new file to the umask. */
  readonly mode: number | undefined;
}

/**
 * Writes changed files, all or none: a failure on the way, or a crash before the end, leads back to the original bytes. Modes
 * and owners stay. Throws `edits/stale` (nothing written) when a file is not as `before` says, `edits/unwritable` for paths
 * that leave the project and for files that refuse, and the faults of a full or read-only disk.
 * @param projectFolder absolute
 * @param undoFolder absolute; keeps what `undo` needs for this one call and is emptied of what earlier calls left
 */
export async function writeEdits(projectFolder: string, changes: readonly FileChange[], undoFolder: string): Promise<void> {
  await recoverEdits(projectFolder, undoFolder);
  const targets = await Promise.all(changes.map((change) => checkedTarget(projectFolder, change)));
  if (targets.length === 0) return;
  const journal: Journal = {
    version: 1, state: 'writing', folders: await missingFolders(projectFolder, targets),
    files: targets.map(({ path, before, after, stats, mode }) => ({
      path,
      before: before && stats ? { sha256: sha256(before), mode: stats.mode & 0o7777 } : null,
      after: { sha256: sha256(after), mode: mode ?? null },
    })),
  };
  try {
    await rm(undoFolder, { recursive: true, force: true });
    await mkdir(undoFolder, { recursive: true });
    for (const { before } of targets) if (before) await writeSynced(join(undoFolder, sha256(before)), before);
    await writeJournal(undoFolder, journal);
  } catch (error) {
    throw writeFailure(error, undoFolder);
  }
  let at = '';
  try {
    for (const folder of journal.folders) await mkdir(join(projectFolder, folder), { recursive: true });
    for (const target of targets) {
      at = target.path;
      await replaceFile(target.real, target.after, target.mode, target.stats);
    }
    await writeJournal(undoFolder, { ...journal, state: 'written' });
  } catch (error) {
    await restore(projectFolder, undoFolder, journal, true);
    throw writeFailure(error, at);
  }
}

/**
 * Gives back the exact bytes and modes from before the last `writeEdits`; files that it made are removed. Returns the paths.
 * Throws `edits/nothing-to-undo`, and `edits/stale` naming a file that has changed since (nothing is restored then).
 */
export async function undo(projectFolder: string, undoFolder: string, options: { readonly force?: boolean } = {}): Promise<readonly string[]> {
  const journal = await readJournal(undoFolder);
  if (!journal) throw failure('edits/nothing-to-undo', 'there is no fix to undo', { why: 'none was written here, or it is undone already', next: 'use your version control to go further back' });
  await restore(projectFolder, undoFolder, journal, options.force === true);
  return journal.files.map((file) => file.path);
}

/** Rolls back what a crash left half written (or half undone); true when there was something. To be called before files are read for a fix. */
export async function recoverEdits(projectFolder: string, undoFolder: string): Promise<boolean> {
  const journal = await readJournal(undoFolder);
  if (!journal || journal.state === 'written') return false;
  await restore(projectFolder, undoFolder, journal, false);
  return true;
}

/** Brings every file back, then forgets the journal; safe to be repeated after a crash at any point. */
async function restore(projectFolder: string, undoFolder: string, journal: Journal, isForced: boolean): Promise<void> {
  const present = await Promise.all(journal.files.map(async (file) => {
    const real = await insidePath(projectFolder, file.path);
    const bytes = await readIfThere(real);
    return { file, real, sha256: bytes && sha256(bytes) };
  }));
  const changed = present.find(({ file, sha256: now }) => now !== file.after.sha256 && now !== file.before?.sha256);
  if (changed && !isForced) {
    throw failure('edits/stale', `${changed.file.path} has changed since the fix was written`, {
      place: { file: changed.file.path, line: 1, column: 1 },
      why: 'undoing the fix would throw the later change away; nothing was restored',
      next: 'keep the later change by hand, or undo with --force',
    });
  }
  try {
    await writeJournal(undoFolder, { ...journal, state: 'undoing' });
    for (const { file, real, sha256: now } of present) {
      if (!file.before) await removeIfThere(real);
      else await restoreFile(real, join(undoFolder, file.before.sha256), file.before, now);
      await removeIfThere(temporaryOf(real));
    }
    for (const folder of journal.folders.toReversed()) await rmdir(join(projectFolder, folder)).catch(() => undefined);
    await rm(undoFolder, { recursive: true, force: true });
  } catch (error) {
    throw writeFailure(error, undoFolder);
  }
}

async function restoreFile(real: string, kept: string, before: NonNullable<JournalFile['before']>, now: string | undefined): Promise<void> {
  const stats = await stat(real).catch(() => undefined);
  if (now === before.sha256) {
    if (stats && (stats.mode & 0o7777) !== before.mode) await chmod(real, before.mode);
    return;
  }
  const bytes = await readFile(kept);
  if (sha256(bytes) !== before.sha256) throw failure('edits/unwritable', `the kept original of ${basename(real)} is damaged`, { why: `${kept} does not hold the bytes that were saved`, next: 'restore the file from your version control' });
  await mkdir(dirname(real), { recursive: true });
  await replaceFile(real, bytes, before.mode, stats);
}

async function checkedTarget(projectFolder: string, change: FileChange): Promise<Target> {
  const { path } = change;
  const real = await insidePath(projectFolder, path);
  const stats = await stat(real).catch(() => undefined);
  const bytes = await readIfThere(real);
  const before = change.before === undefined ? undefined : Buffer.from(change.before, 'utf8');
  if (bytes === undefined ? before !== undefined : before === undefined || !bytes.equals(before)) {
    const what = before === undefined ? `${path} is there already` : bytes ? `${path} has changed since it was read` : `${path} is gone`;
    throw failure('edits/stale', what, { place: { file: path, line: 1, column: 1 }, why: 'the fix was worked out for other content; no file was written', next: 'run the same command again' });
  }
  const mode = change.mode ?? (stats && stats.mode & 0o7777);
  return { path, real, before: bytes, after: Buffer.from(change.after, 'utf8'), stats, mode };
}

/** The absolute path behind a project path, links resolved; refuses everything outside the project. */
async function insidePath(projectFolder: string, path: string): Promise<string> {
  const refuse = (why: string): Failure => failure('edits/unwritable', `${path} is outside the project`, { why, next: 'edit the file by hand' });
  if (path === '' || path.startsWith('/') || path.includes('\\') || path.includes('\0') || path.split('/').includes('..') || /^[A-Za-z]:/u.test(path)) {
    throw refuse('shear writes nothing outside the project folder');
  }
  const root = await realpath(projectFolder).catch((error: unknown) => Promise.reject(writeFailure(error, projectFolder)));
  let existing = resolve(root, path);
  const missing: string[] = [];
  while (!(await lstat(existing).catch(() => undefined))) {
    missing.unshift(basename(existing));
    existing = dirname(existing);
  }
  const real = await realpath(existing).catch(() => undefined);
  if (real === undefined || (real !== root && !real.startsWith(root + sep))) throw refuse('a symbolic link on the way leads out of the project folder');
  return join(real, ...missing);
}

async function missingFolders(projectFolder: string, targets: readonly Target[]): Promise<readonly string[]> {
  const folders = new Set<string>();
  for (const { path } of targets) {
    const parts = path.split('/').slice(0, -1);
    for (const [index] of parts.entries()) folders.add(parts.slice(0, index + 1).join('/'));
  }
  const missing: string[] = [];
  for (const folder of [...folders].toSorted()) if (!(await stat(join(projectFolder, folder)).catch(() => undefined))) missing.push(folder);
  return missing;
}

/** A fixed name, so that what a crash leaves is found again. */
function temporaryOf(real: string): string {
  return join(dirname(real), `.${basename(real)}.shear-tmp`);
}

/** A temporary file beside the target, synced, then renamed over it; where the owner cannot be kept that way, written in place. */
async function replaceFile(real: string, bytes: Buffer, mode: number | undefined, stats: Stats | undefined): Promise<void> {
  const temporary = temporaryOf(real);
  if (stats) await (await open(real, constants.O_RDWR)).close();
  await removeIfThere(temporary);
  await writeSynced(temporary, bytes);
  try {
    const made = await stat(temporary);
    if (stats && (made.uid !== stats.uid || made.gid !== stats.gid)) await chown(temporary, stats.uid, stats.gid);
    if (mode !== undefined) await chmod(temporary, mode);
  } catch (error) {
    await unlink(temporary);
    if (!stats || !isRefusal(error)) throw error;
    await writeInPlace(real, bytes);
    return;
  }
  await rename(temporary, real);
  await syncFolder(dirname(real));
}

/** The journal makes up for what this lacks in atomicity. */
async function writeInPlace(real: string, bytes: Buffer): Promise<void> {
  const file = await open(real, 'r+');
  try {
    await file.truncate(0);
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!isAbsence(error)) throw error;
  });
}

async function writeSynced(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx').catch(async (error: unknown) => {
    // Two originals with the same bytes share one file.
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined;
    throw error;
  });
  if (!file) return;
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeJournal(undoFolder: string, journal: Journal): Promise<void> {
  const path = join(undoFolder, 'journal.json');
  await rm(`${path}.new`, { force: true });
  await writeSynced(`${path}.new`, Buffer.from(`${JSON.stringify(journal, undefined, 2)}\n`));
  await rename(`${path}.new`, path);
  await syncFolder(undoFolder);
}

/** Undefined when there is none; a folder without a finished journal has changed nothing yet. */
async function readJournal(undoFolder: string): Promise<Journal | undefined> {
  const bytes = await readIfThere(join(undoFolder, 'journal.json'));
  if (!bytes) return undefined;
  const journal = parseJournal(bytes.toString('utf8'));
  if (journal) return journal;
  throw failure('edits/nothing-to-undo', `${join(undoFolder, 'journal.json')} cannot be read`, { why: 'it was damaged, or written by another version', next: 'restore the files from your version control and remove that folder' });
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw writeFailure(error, path);
  }
}

/** Makes a rename durable; some systems cannot open folders. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EPERM' || error.code === 'EACCES');
}

function writeFailure(error: unknown, path: string): Failure {
  if (error instanceof Failure) return error;
  if (isRefusal(error)) {
    return failure('edits/unwritable', `${path} cannot be written`, { why: 'the system refuses; no file was changed', next: 'check the permissions of the file and its folder, then run the same command again', cause: error });
  }
  const fault = diskFault(error, path);
  if (fault?.code === 'disk/full') return new Failure(fault, error);
  return failure('edits/unwritable', `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`, { why: 'no file was changed', next: 'run the same command again', cause: error });
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
