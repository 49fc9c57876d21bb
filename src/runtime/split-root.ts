import { access, copyFile, link, lstat, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { digestOf, hexOf } from '../base/digest.ts';
import { cachedFile, cacheLayer, type CachedLayer, type RootLayer } from './layer-cache.ts';
import { isWhiteout, mergeLayers, type TreeFolder, type TreeNode } from './merged-tree.ts';
import { unpackImage } from './rootfs.ts';
import { markUse } from './root-uses.ts';
import { temporaryName } from './temporary-name.ts';

/** A folder that is to be seen at a place in a root. */
export interface RootMount {
  /** Absolute on this machine. */
  readonly source: string;
  /** Absolute inside the root. */
  readonly target: string;
}

/** An image as a root of its lower layers and folders over it; the mounts come in the order in which they are made. */
export interface SplitRoot {
  readonly root: string;
  readonly mounts: readonly RootMount[];
}

/** An image whose upper layers change more often than the rest. */
export interface SplitRequest {
  /** From the base up. */
  readonly layers: readonly RootLayer[];
  /** How many of them, from the base up, rarely change; found by size where that is not known. */
  readonly stable?: number | undefined;
  /** Absolute; as in `unpackImage`, and `tops/`. */
  readonly folder: string;
}

/** Upper layers together are unpacked again with every change, so they must be small: bytes as they are stored. */
const smallTop = 8_000_000;
/** bubblewrap looks at all mounts after each one. */
const mostMounts = 100;
/** A folder with no more files than this is linked rather than mounted. */
const fewFiles = 24;

/**
 * Makes an image's tree without touching what its lower layers hold: their root is shared by all images that have them, and above it
 * only those folders are made anew in which the upper layers put something; what else such a folder has is linked or mounted into it.
 * An edit of the code then costs what the code's layers have in files, not what the image has.
 *
 * Images whose upper layers cannot stand apart (whiteouts, links in the way, too many neighbours) get one root of their own.
 */
export async function unpackSplit(request: SplitRequest): Promise<SplitRoot> {
  const { layers, folder } = request;
  const stable = request.stable ?? (await stableBySize(layers));
  const whole = async (): Promise<SplitRoot> => ({ root: (await unpackImage({ layers, folder })).root, mounts: [] });
  if (stable <= 0 || stable >= layers.length) return await whole();
  const name = `v1-${hexOf(digestOf(layers.map((layer) => layer.diffId).join('\n')))}`;
  const top = join(folder, 'tops', name);
  markUse(folder, `tops/${name}`);
  const { root } = await unpackImage({ layers: layers.slice(0, stable), folder });
  const known = await readFile(join(top, 'mounts.json'), 'utf8').catch(() => undefined);
  const plan = known === undefined ? await make(layers.slice(stable), { root, top, folder }) : (JSON.parse(known) as TopPlan);
  if (plan === 'apart') return await whole();
  return { root, mounts: plan.map(({ from, path, target }) => ({ source: join(from === 'top' ? top : root, path), target })) };
}

type TopPlan = 'apart' | readonly { readonly from: 'top' | 'root'; readonly path: string; readonly target: string }[];

async function stableBySize(layers: readonly RootLayer[]): Promise<number> {
  let size = 0;
  for (let at = layers.length - 1; at > 0; at--) {
    const layer = layers[at];
    size += layer === undefined ? 0 : ((await stat(layer.path).catch(() => undefined))?.size ?? 0);
    if (size > smallTop) return at + 1;
  }
  return 1;
}

async function make(layers: readonly RootLayer[], { root, top, folder }: { readonly root: string; readonly top: string; readonly folder: string }): Promise<TopPlan> {
  const cached: CachedLayer[] = [];
  for (const layer of layers) cached.push(await cacheLayer(layer, folder));
  const temporary = temporaryName(join(folder, 'tops'));
  try {
    await mkdir(temporary, { recursive: true });
    const isPlain = cached.every(({ entries }) => entries.every((entry) => entry.kind !== 'hardlink' && !isWhiteout(entry.path)));
    const maker = new TopMaker(root, temporary, cached);
    const plan: TopPlan = isPlain ? await maker.plan(mergeLayers(cached.map((layer) => layer.entries))) : 'apart';
    await writeFile(join(temporary, 'mounts.json'), JSON.stringify(plan));
    await rename(temporary, top).catch(async (error: unknown) => {
      // Another process was quicker with the same image.
      await access(join(top, 'mounts.json')).catch(() => Promise.reject(error));
    });
    return plan;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

class InTheWay extends Error {}

class TopMaker {
  readonly #root: string;
  readonly #top: string;
  readonly #cached: readonly CachedLayer[];
  readonly #mounts: Exclude<TopPlan, 'apart'>[number][] = [];
  readonly #plainFolders = new Set<string>();
  #covers = 0;

  constructor(root: string, top: string, cached: readonly CachedLayer[]) {
    this.#root = root;
    this.#top = top;
    this.#cached = cached;
  }

  async plan(tree: TreeFolder): Promise<TopPlan> {
    try {
      const entries = this.#cached.flatMap((layer) => layer.entries);
      const leaves = new Set(entries.filter((entry) => entry.kind !== 'folder').map((entry) => posix.normalize(entry.path)));
      for (const { kind, path } of entries) {
        const clean = posix.normalize(path).replace(/\/$/u, '');
        if (kind === 'folder' && leaves.has(clean)) throw new InTheWay();
        await this.#refuseOdd(clean, leaves);
      }
      await this.#cover(tree, '');
    } catch (error) {
      if (error instanceof InTheWay) return 'apart';
      throw error;
    }
    return this.#mounts.length > mostMounts ? 'apart' : this.#mounts;
  }

  /** Below a link of the root an entry lands elsewhere, even where a later one replaces the link; below another entry's file it removes that. */
  async #refuseOdd(path: string, leaves: ReadonlySet<string>): Promise<void> {
    const folder = posix.dirname(path);
    if (folder === '.' || folder === '/' || this.#plainFolders.has(folder)) return;
    if (folder.startsWith('..') || leaves.has(folder)) throw new InTheWay();
    await this.#refuseOdd(folder, leaves);
    if ((await this.#kindBelow(folder)) === 'link') throw new InTheWay();
    this.#plainFolders.add(folder);
  }

  /** Goes down as long as there are but folders that the root has as well. */
  async #cover(tree: TreeFolder, path: string): Promise<void> {
    for (const [name, child] of tree.children) {
      const below = await this.#kindBelow(`${path}/${name}`);
      if (below === 'link' && child.kind === 'folder') throw new InTheWay();
      if (child.kind !== 'folder' || below !== 'folder') return await this.#makeCover(tree, path);
    }
    for (const [name, child] of tree.children) if (child.kind === 'folder') await this.#cover(child, `${path}/${name}`);
  }

  async #makeCover(tree: TreeFolder, path: string): Promise<void> {
    const name = String(this.#covers++);
    this.#mounts.push({ from: 'top', path: name, target: path === '' ? '/' : path });
    await this.#fill(join(this.#top, name), tree, path);
  }

  /** A folder with what the upper layers put there and what the root has there besides. */
  async #fill(target: string, tree: TreeFolder, path: string): Promise<void> {
    await mkdir(target);
    for (const entry of await readdir(join(this.#root, path), { withFileTypes: true })) {
      const own = tree.children.get(entry.name);
      const [below, to] = [`${path}/${entry.name}`, join(target, entry.name)];
      if (own?.kind === 'folder' && entry.isDirectory()) await this.#fill(to, own, below);
      else if (own?.kind === 'folder' && entry.isSymbolicLink()) throw new InTheWay();
      else if (own === undefined) await this.#keep(to, below, entry);
    }
    for (const [name, child] of tree.children) {
      const isDone = child.kind === 'folder' && (await this.#kindBelow(`${path}/${name}`)) === 'folder';
      if (!isDone) await this.#add(join(target, name), child);
    }
  }

  async #keep(to: string, path: string, entry: { readonly isDirectory: () => boolean; readonly isSymbolicLink: () => boolean }): Promise<void> {
    const from = join(this.#root, path);
    if (entry.isSymbolicLink()) return await symlink(await readlink(from), to);
    if (!entry.isDirectory()) return await linkOrCopy(from, to);
    await mkdir(to);
    const inside = await readdir(from, { withFileTypes: true });
    if (inside.length <= fewFiles && inside.every((one) => one.isFile())) {
      for (const one of inside) await linkOrCopy(join(from, one.name), join(to, one.name));
    } else this.#mounts.push({ from: 'root', path, target: path });
  }

  async #add(to: string, node: TreeNode): Promise<void> {
    if (node.kind === 'symlink') return await symlink(node.target, to);
    if (node.kind === 'file') {
      const layer = this.#cached[node.source.layer];
      if (layer === undefined) throw new Error('unreachable: a file of no layer');
      return await linkOrCopy(cachedFile(layer.folder, node.source.number), to);
    }
    await mkdir(to, { mode: node.mode });
    for (const [name, child] of node.children) await this.#add(join(to, name), child);
  }

  async #kindBelow(path: string): Promise<'folder' | 'link' | 'other' | undefined> {
    const found = await lstat(join(this.#root, path)).catch(() => undefined);
    if (found === undefined) return undefined;
    return found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'link' : 'other';
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes(code)) throw error;
    await copyFile(from, to);
  }
}
