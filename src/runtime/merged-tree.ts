/** A regular file's bytes: the n-th file of a layer's cache folder. */
export interface FileSource {
  /** Position of the layer, from the base up. */
  readonly layer: number;
  readonly number: number;
}

/** One entry of a layer's archive, in its order; `path` and hard links' `target` have no leading slash. */
export type LayerEntry =
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly number: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'hardlink'; readonly path: string; readonly target: string };

/** A place in the merged tree. */
export type TreeNode = TreeFolder | TreeFile | TreeSymlink;

/** A folder and what is in it. */
export interface TreeFolder {
  readonly kind: 'folder';
  mode: number;
  readonly children: Map<string, TreeNode>;
}

/** A file; hard links are files with the same source. */
export interface TreeFile {
  readonly kind: 'file';
  readonly source: FileSource;
}

/** A symbolic link, its target as written: it only means something to who follows it. */
export interface TreeSymlink {
  readonly kind: 'symlink';
  readonly target: string;
}

/** Symbolic links that are followed one after another at most, as Linux has it (path_resolution(7)). */
const mostLinks = 40;

const whiteout = '.wh.';
const opaque = '.wh..wh..opq';

/**
 * The file tree that layers make together (OCI image-spec, layer.md): whiteouts hide what lower layers have,
 * never what their own layer has; a folder over a folder joins it, anything else replaces what was there.
 *
 * Nothing is read or written here. Paths are resolved within the tree itself, links of earlier entries included,
 * and `..` at the root stays at the root: by construction no entry can land outside.
 */
export function mergeLayers(layers: readonly (readonly LayerEntry[])[]): TreeFolder {
  const root: TreeFolder = { kind: 'folder', mode: 0o755, children: new Map() };
  for (const [layer, entries] of layers.entries()) {
    for (const entry of entries) hide(root, entry.path);
    for (const entry of entries) if (!isWhiteout(entry.path)) place(root, layer, entry);
  }
  return root;
}

/** True for names that only say what is gone. */
export function isWhiteout(path: string): boolean {
  return path.slice(path.lastIndexOf('/') + 1).startsWith(whiteout);
}

function hide(root: TreeFolder, path: string): void {
  if (!isWhiteout(path)) return;
  const { parents, name } = split(path);
  const folder = walk(root, parents, 'existing');
  if (folder === undefined) return;
  if (name === opaque) folder.children.clear();
  else folder.children.delete(name.slice(whiteout.length));
}

function place(root: TreeFolder, layer: number, entry: LayerEntry): void {
  const { parents, name } = split(entry.path);
  if (name === '') {
    if (entry.kind === 'folder') root.mode = entry.mode;
    return;
  }
  const folder = walk(root, parents, 'made');
  if (folder === undefined) return;
  const present = folder.children.get(name);
  if (entry.kind === 'folder') {
    if (present?.kind === 'folder') present.mode = entry.mode;
    else folder.children.set(name, { kind: 'folder', mode: entry.mode, children: new Map() });
    return;
  }
  if (entry.kind === 'symlink') folder.children.set(name, { kind: 'symlink', target: entry.target });
  if (entry.kind === 'file') folder.children.set(name, { kind: 'file', source: { layer, number: entry.number } });
  if (entry.kind === 'hardlink') {
    const target = lookUp(root, entry.target);
    // A link to what is not there, or to a folder, cannot be made; Docker refuses such an image too.
    if (target !== undefined && target.kind !== 'folder') folder.children.set(name, target);
  }
}

/** The node at a path, its last part not followed when it is a link. */
function lookUp(root: TreeFolder, path: string): TreeNode | undefined {
  const { parents, name } = split(path);
  return walk(root, parents, 'existing')?.children.get(name);
}

/**
 * The folder that path parts lead to, links followed. `made`: missing folders come into being, and a file in the
 * way gives way to a folder, as when Docker unpacks. Undefined when it is missing or links go round in circles.
 */
function walk(root: TreeFolder, parts: readonly string[], missing: 'made' | 'existing'): TreeFolder | undefined {
  let left = [...parts];
  let links = 0;
  let trail: TreeFolder[] = [root];
  while (left.length > 0) {
    const [part = '', ...rest] = left;
    left = rest;
    const here = trail.at(-1) ?? root;
    if (part === '..') {
      if (trail.length > 1) trail.pop();
      continue;
    }
    const next = here.children.get(part);
    if (next?.kind === 'folder') {
      trail.push(next);
      continue;
    }
    if (next?.kind === 'symlink') {
      if (++links > mostLinks) return undefined;
      if (next.target.startsWith('/')) trail = [root];
      left = [...partsOf(next.target), ...left];
      continue;
    }
    if (missing === 'existing') return undefined;
    const made: TreeFolder = { kind: 'folder', mode: 0o755, children: new Map() };
    here.children.set(part, made);
    trail.push(made);
  }
  return trail.at(-1);
}

function split(path: string): { readonly parents: readonly string[]; readonly name: string } {
  const parts = partsOf(path);
  // `..` as a last part names no entry of its own; it stays at the folder reached so far.
  while (parts.at(-1) === '..') parts.pop();
  return { parents: parts.slice(0, -1), name: parts.at(-1) ?? '' };
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
