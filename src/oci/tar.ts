import type { TreeEntry } from '../base/tree.ts';
import { openContent } from './content.ts';
import { paddingOf, tarEnd, tarHeader } from './tar-header.ts';

/**
 * Entries in the order of an archive: by path in code units, which puts every folder before what is in
 * it. Of several entries with one path the last stands, as it would after unpacking them in turn.
 */
export function sortEntries(entries: readonly TreeEntry[]): readonly TreeEntry[] {
  const byPath = new Map<string, TreeEntry>();
  for (const entry of entries) byPath.set(entry.path, entry);
  return [...byPath.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * The bytes of a tar archive of entries, in their order: the same entries give the same bytes on any
 * machine. Chunks are of any size. Rejects with a `build/failed` failure when a file's content is not
 * what its entry says.
 */
export async function* tarStream(entries: readonly TreeEntry[]): AsyncGenerator<Buffer, void, undefined> {
  for (const entry of entries) {
    yield tarHeader(entry);
    if (entry.kind !== 'file' || entry.size === 0) continue;
    yield* openContent(entry);
    const padding = paddingOf(entry.size);
    if (padding > 0) yield Buffer.alloc(padding);
  }
  yield tarEnd();
}

/** Bytes of the archive that `tarStream` would give, but for pax headers: to choose a way of writing it. */
export function roughTarSize(entries: readonly TreeEntry[]): number {
  let size = 1024;
  for (const entry of entries) size += 512 + (entry.kind === 'file' ? entry.size + paddingOf(entry.size) : 0);
  return size;
}
