import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { copyFile, link, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, hexOf } from '../base/digest.ts';
import { markUse } from './root-uses.ts';
import { unpackSplit, type RootMount, type SplitRequest, type SplitRoot } from './split-root.ts';
import { temporaryName } from './temporary-name.ts';

/**
 * An image's tree as one folder without any mounts, for a process that has no file tree of its own: what the upper layers put somewhere is
 * there as files, every folder that they leave alone is a link into the root of the lower layers. An edit of the code then costs what the
 * code has in files. Made once per image; fails as `unpackSplit` does.
 */
export async function unpackPlain(request: SplitRequest): Promise<string> {
  const split = await unpackSplit(request);
  if (split.mounts.length === 0) return split.root;
  const name = `plain-v1-${hexOf(digestOf(request.layers.map((layer) => layer.diffId).join('\n')))}`;
  const path = join(request.folder, 'tops', name);
  markUse(request.folder, `tops/${name}`);
  if (existsSync(path)) return path;
  const temporary = temporaryName(join(request.folder, 'tops'));
  try {
    await linkAround(split, '', temporary);
    await rename(temporary, path).catch((error: unknown) => {
      // Another process was quicker with the same image.
      if (!existsSync(path)) throw error;
    });
    return path;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** A folder of the lower root: followed down to what lies over it, and linked beside that. */
async function linkAround(split: SplitRoot, path: string, to: string): Promise<void> {
  const over = mountAt(split, path);
  if (over) return await copyOver(split, { from: over.source, path, to });
  await mkdir(to, { recursive: true });
  for (const name of readdirSync(join(split.root, path))) {
    const below = `${path}/${name}`;
    if (split.mounts.some(({ target }) => target === below || target.startsWith(`${below}/`))) await linkAround(split, below, join(to, name));
    else await symlink(join(split.root, below), join(to, name));
  }
}

/** A folder of the upper layers; where one of the lower root is seen in it, a link to that. */
async function copyOver(split: SplitRoot, { from, path, to }: { readonly from: string; readonly path: string; readonly to: string }): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, below, target] = [join(from, entry.name), `${path}/${entry.name}`, join(to, entry.name)];
    const over = mountAt(split, below);
    if (over) await symlink(over.source, target);
    else if (entry.isDirectory()) await copyOver(split, { from: source, path: below, to: target });
    else if (entry.isSymbolicLink()) await symlink(readlinkSync(source), target);
    else await link(source, target).catch(async () => await copyFile(source, target));
  }
}

function mountAt({ mounts }: SplitRoot, path: string): RootMount | undefined {
  return mounts.findLast(({ target }) => target === (path === '' ? '/' : path));
}
