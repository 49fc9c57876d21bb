import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { copyFile, link, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { RootMount, SplitRoot } from './split-root.ts';
import { temporaryName } from './temporary-name.ts';

/** A file of an image's upper layers that has another content. */
interface ChangedFile {
  /** As the function sees it. */
  readonly seen: string;
  /** Absolute on this machine, in the copy. */
  readonly to: string;
  readonly from: string;
}

/** A root whose upper folders are its own: what is in their files can be exchanged under a process that has them mounted. */
export interface SpareRoot {
  readonly split: SplitRoot;
  /** Where a path that the function sees lies on this machine, when it is in an upper folder. */
  readonly onDisk: (seen: string) => string | undefined;
  /** Whether the upper layers have a module of this name in a folder (as the function sees it). */
  readonly hasOwn: (folder: string, module: string) => boolean;
  /** Files that differ in content, nothing else; undefined when anything else differs. */
  readonly changes: (next: SplitRoot) => readonly ChangedFile[] | undefined;
  readonly exchange: (changes: readonly ChangedFile[]) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** Copies the upper folders of a root by hard links. @param folder absolute, where `unpackSplit` keeps the like. */
export async function copySplit(split: SplitRoot, folder: string): Promise<SpareRoot> {
  const own = temporaryName(join(folder, 'tops'));
  await mkdir(own, { recursive: true });
  const mounts: RootMount[] = [];
  for (const [at, mount] of split.mounts.entries()) {
    const source = isOfTop(mount, split) ? join(own, String(at)) : mount.source;
    if (source !== mount.source) await copyFolder(mount.source, source);
    mounts.push({ source, target: mount.target });
  }
  const tops = mounts.filter((mount) => isOfTop(mount, split));
  const onDisk = (seen: string): string | undefined => {
    const over = mounts.findLast(({ target }) => target === '/' || seen === target || seen.startsWith(`${target}/`));
    return over && tops.includes(over) ? join(over.source, seen.slice(over.target === '/' ? 0 : over.target.length)) : undefined;
  };
  return {
    split: { root: split.root, mounts },
    onDisk,
    hasOwn: (folder, module) => {
      const top = onDisk(folder);
      if (top === undefined) return false;
      const names = readdirSync(top).filter((name) => name === module || name.startsWith(`${module}.`));
      return names.some((name) => isOwn(join(top, name), join(split.root, folder, name)));
    },
    changes: (next) => {
      const isAlike = next.root === split.root && next.mounts.length === mounts.length && next.mounts.every((mount, at) => mount.target === mounts[at]?.target && (isOfTop(mount, next) || mount.source === mounts[at]?.source));
      if (!isAlike) return undefined;
      const found: ChangedFile[] = [];
      for (const [at, mount] of mounts.entries()) if (isOfTop(mount, split) && !compare({ from: next.mounts[at]?.source ?? '', to: mount.source, seen: mount.target === '/' ? '' : mount.target }, found)) return undefined;
      return found;
    },
    exchange: async (changes) => {
      for (const { from, to } of changes) {
        const temporary = temporaryName(own);
        await linkOrCopy(from, temporary);
        await rename(temporary, to);
      }
    },
    remove: async () => await rm(own, { recursive: true, force: true }),
  };
}

/** Whether something of an upper folder is not the lower layers', linked there. */
function isOwn(path: string, below: string): boolean {
  const [own, other] = [lstatSync(path), lstatSync(below, { throwIfNoEntry: false })];
  if (!other || own.isDirectory() !== other.isDirectory()) return true;
  if (!own.isDirectory()) return own.ino !== other.ino;
  const [first, second] = [join(path, '__init__.py'), join(below, '__init__.py')].map((init) => lstatSync(init, { throwIfNoEntry: false })?.ino);
  // A folder of the lower layers that is mounted has nothing in its place here.
  return first !== undefined && first !== second;
}

/** Mounts of the lower layers' root are the same for every image on them. */
function isOfTop({ source }: RootMount, { root }: SplitRoot): boolean {
  return !source.startsWith(`${root}/`);
}

/** False when names, kinds, modes or links differ. */
function compare(at: ChangedFile, found: ChangedFile[]): boolean {
  const [before, after] = [lstatSync(at.to), lstatSync(at.from)];
  if (before.mode !== after.mode) return false;
  if (before.isSymbolicLink()) return readlinkSync(at.to) === readlinkSync(at.from);
  if (!before.isDirectory()) {
    if (!hasSameContent(at, before, after)) found.push(at);
    return true;
  }
  const names = readdirSync(at.to);
  const others = new Set(readdirSync(at.from));
  return names.length === others.size && names.every((name) => others.has(name) && compare({ from: join(at.from, name), to: join(at.to, name), seen: `${at.seen}/${name}` }, found));
}

function hasSameContent({ from, to }: ChangedFile, before: Stats, after: Stats): boolean {
  if (before.ino === after.ino && before.dev === after.dev) return true;
  return before.size === after.size && readFileSync(to).equals(readFileSync(from));
}

async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: lstatSync(from).mode & 0o7777 });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyFolder(source, target);
    else if (entry.isSymbolicLink()) await symlink(readlinkSync(source), target);
    else await linkOrCopy(source, target);
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(async () => await copyFile(from, to));
}
