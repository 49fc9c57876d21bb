import { posix } from 'node:path';
import { failure } from '../../base/fault.ts';
import type { TreeEntry } from '../../base/tree.ts';
import { readContent, type FileEntry } from '../../oci/content.ts';

/** What one wheel installs. */
export interface OwnedEntries {
  /** For warnings: the wheel's file name. The same for its bytecode, which goes with its sources. */
  readonly owner: string;
  readonly entries: readonly TreeEntry[];
}

/** A path that two wheels install with different bytes. */
export interface Collision {
  readonly path: string;
  /** Whose file stays. */
  readonly kept: string;
  readonly replaced: string;
}

/**
 * Lays wheels over each other in the order in which pip would install them (`installOrder`): what is equal stands once, of
 * what differs the later stays, and the collision is told. Fails with `build/failed` when one wheel has a folder where
 * another has a file.
 * @returns entries sorted by code unit.
 */
export function mergeEntries(lists: readonly OwnedEntries[]): { readonly entries: readonly TreeEntry[]; readonly collisions: readonly Collision[] } {
  const merged = new Map<string, { readonly owner: string; readonly entry: TreeEntry }>();
  const collisions: Collision[] = [];
  for (const { owner, entries } of lists) {
    for (const entry of entries) {
      const known = merged.get(entry.path);
      if (known?.entry.kind === 'folder' && entry.kind === 'folder') continue;
      if (known) {
        if (known.entry.kind !== entry.kind) throw mixed(entry.path, known.owner, owner);
        if (isSame(known.entry, entry)) continue;
        collisions.push({ path: entry.path, kept: owner, replaced: known.owner });
      }
      merged.set(entry.path, { owner, entry });
    }
  }
  for (const { path, kept } of collisions) removeStaleBytecode(merged, path, kept);
  for (const [path, { owner }] of merged) {
    const folder = merged.get(posix.dirname(path));
    if (folder && folder.entry.kind !== 'folder') throw mixed(posix.dirname(path), folder.owner, owner);
  }
  const entries = [...merged.values()].map(({ entry }) => entry).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return { entries, collisions };
}

/** One sentence for a warning. */
export function printCollision({ path, kept, replaced }: Collision): string {
  return `${replaced} and ${kept} both install ${path}, with different bytes; that of ${kept} stays, as with pip`;
}

/** Unchecked bytecode of a source that another replaced would be run in its stead. */
function removeStaleBytecode(merged: Map<string, { readonly owner: string; readonly entry: TreeEntry }>, source: string, kept: string): void {
  if (!source.endsWith('.py')) return;
  const prefix = `${posix.join(posix.dirname(source), '__pycache__', posix.basename(source, '.py'))}.`;
  for (const [path, { owner }] of merged) {
    if (path.startsWith(prefix) && path.endsWith('.pyc') && owner !== kept) merged.delete(path);
  }
}

function isSame(a: TreeEntry, b: TreeEntry): boolean {
  if (a.kind !== 'file' || b.kind !== 'file') return a.kind === 'link' && b.kind === 'link' && a.target === b.target;
  return a.mode === b.mode && a.size === b.size && hasSameBytes(a, b);
}

function hasSameBytes(a: FileEntry, b: FileEntry): boolean {
  if (a.content.kind === 'zip-member' && b.content.kind === 'zip-member' && a.content.crc32 !== b.content.crc32) return false;
  return Buffer.compare(readContent(a), readContent(b)) === 0;
}

function mixed(path: string, first: string, second: string): Error {
  if (first === second) {
    return failure('archive/corrupt', `${first} holds ${path} both as a file and as a folder`, { why: 'no installer can unpack that', next: 'ask for another release of the package' });
  }
  return failure('build/failed', `${first} and ${second} install ${path}, one as a file and one as a folder`, {
    why: 'the two packages cannot be installed together, by pip neither',
    next: 'remove one of them from the requirements',
  });
}
