import { access, chmod, copyFile, link, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, hexOf } from '../base/digest.ts';
import { diskFault, Failure, failure } from '../base/fault.ts';
import type { CachedLayer, LayerLimits, RootLayer } from './layer-cache.ts';
import { cachedFile, cacheLayer } from './layer-cache.ts';
import type { FileSource, TreeFolder, TreeNode } from './merged-tree.ts';
import { mergeLayers } from './merged-tree.ts';
import { markUse } from './root-uses.ts';
import { temporaryName } from './temporary-name.ts';

export type { RootLayer } from './layer-cache.ts';

/** What to unpack, and where it is kept. */
export interface UnpackRequest {
  /** From the base up. */
  readonly layers: readonly RootLayer[];
  /** Absolute; holds `layers/` and `roots/`, shared by all images. */
  readonly folder: string;
  readonly limits?: LayerLimits | undefined;
}

/**
 * Unpacks an image's layers into one root folder, made once per image (the list of its diffIDs) and put together from
 * hard links to files that are kept per layer: an image that differs in its last layer unpacks only that.
 * Several processes may do so at once; a root is there whole or not at all.
 *
 * Fails with `archive/hostile`, `archive/corrupt`, `store/corrupt` or `disk/…`.
 */
export async function unpackImage(request: UnpackRequest): Promise<{ readonly root: string; readonly cached: boolean }> {
  const { layers, folder, limits } = request;
  const key = hexOf(digestOf(layers.map((layer) => layer.diffId).join('\n')));
  const root = join(folder, 'roots', `v1-${key}`);
  markUse(folder, `roots/v1-${key}`);
  if (await exists(root)) return { root, cached: true };
  const cached: CachedLayer[] = [];
  for (const layer of layers) cached.push(await cacheLayer(layer, folder, limits));
  const tree = mergeLayers(cached.map((layer) => layer.entries));
  addMountPoints(tree);
  const temporary = temporaryName(join(folder, 'roots'));
  try {
    await mkdir(temporary, { recursive: true });
    await fill(temporary, tree, (source) => sourcePath(cached, source));
    await rename(temporary, root).catch(async (error: unknown) => {
      if (!(await exists(root))) throw error;
    });
    return { root, cached: false };
  } catch (error) {
    throw unpackFailure(error, temporary);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Places that are covered by a mount when the root runs: in a read-only tree they have to be there before. */
function addMountPoints(tree: TreeFolder): void {
  for (const name of ['dev', 'proc', 'tmp']) setFolder(tree, name);
  const etc = setFolder(tree, 'etc');
  for (const name of ['resolv.conf', 'hosts']) {
    if (etc.children.get(name)?.kind !== 'file') etc.children.set(name, { kind: 'file', source: empty });
  }
}

/** Stands for a file without content. */
const empty: FileSource = { layer: -1, number: -1 };

function setFolder(tree: TreeFolder, name: string): TreeFolder {
  const present = tree.children.get(name);
  if (present?.kind === 'folder') return present;
  const made: TreeFolder = { kind: 'folder', mode: 0o755, children: new Map() };
  tree.children.set(name, made);
  return made;
}

function sourcePath(cached: readonly CachedLayer[], source: FileSource): string | undefined {
  const layer = cached[source.layer];
  return layer === undefined ? undefined : cachedFile(layer.folder, source.number);
}

/** Calls to the file system that are under way at once. */
const width = 64;

/** Makes the tree in an empty folder. Links come last and are never followed: all folders on the way are real ones. */
async function fill(folder: string, tree: TreeFolder, pathOf: (source: FileSource) => string | undefined): Promise<void> {
  const folders: { readonly path: string; readonly mode: number }[] = [];
  const leaves: { readonly path: string; readonly node: Exclude<TreeNode, TreeFolder> }[] = [];
  const visit = (path: string, node: TreeFolder): void => {
    folders.push({ path, mode: node.mode });
    for (const [name, child] of node.children) {
      if (child.kind === 'folder') visit(`${path}/${name}`, child);
      else leaves.push({ path: `${path}/${name}`, node: child });
    }
  };
  visit(folder, tree);
  for (const { path } of folders) await mkdir(path, { recursive: true });
  for (let at = 0; at < leaves.length; at += width) {
    await Promise.all(leaves.slice(at, at + width).map(({ path, node }) => makeLeaf(path, node, pathOf)));
  }
  // From the inside out: a folder that may not be entered is closed after what is in it.
  for (const { path, mode } of folders.toReversed()) await chmod(path, mode);
}

async function makeLeaf(
  path: string,
  node: Exclude<TreeNode, TreeFolder>,
  pathOf: (source: FileSource) => string | undefined,
): Promise<void> {
  if (node.kind === 'symlink') return symlink(node.target, path);
  const source = pathOf(node.source);
  if (source === undefined) return writeFile(path, '');
  try {
    await link(source, path);
  } catch (error) {
    // Other disks (EXDEV), and file systems that know no links or only so many of them.
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes(codeOf(error))) throw error;
    await copyFile(source, path);
  }
}

function unpackFailure(error: unknown, path: string): unknown {
  if (error instanceof Failure) return error;
  const disk = diskFault(error, path);
  if (disk) return new Failure(disk, error);
  const names: Readonly<Record<string, string>> = { ENAMETOOLONG: 'too long a name', ERR_INVALID_ARG_VALUE: 'a NUL in a name', EILSEQ: 'a name this disk cannot hold' };
  const why = names[codeOf(error)];
  return why === undefined ? error : failure('archive/hostile', 'the image holds a file that cannot be unpacked', { why, cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}
