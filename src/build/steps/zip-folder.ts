import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TreeEntry } from '../../base/tree.ts';
import type { Output } from '../../graph/node.ts';
import { sortEntries } from '../../oci/tar.ts';
import type { Store } from '../../store/store.ts';
import { writeZipTo } from '../../zip/archive.ts';

/** A folder as a deterministic zip in the store: the output of builds that other programs do. */
export async function zipFolder(folder: string, store: Store): Promise<Output> {
  const writer = store.begin();
  try {
    const written = await writeZipTo(sortEntries(treeOf(folder, '')), (chunks) => {
      for (const chunk of chunks) writer.write(chunk);
    });
    const blob = await writer.commit();
    return { blobs: [{ name: 'zip', digest: blob.digest, size: blob.size }], data: { unpackedSize: written.unpackedSize } };
  } catch (error) {
    writer.abort();
    throw error;
  }
}

function treeOf(folder: string, prefix: string): readonly TreeEntry[] {
  return readdirSync(folder).flatMap((name): readonly TreeEntry[] => {
    const absolute = join(folder, name);
    const path = prefix === '' ? name : `${prefix}/${name}`;
    const found = lstatSync(absolute);
    if (found.isDirectory()) return treeOf(absolute, path);
    if (found.isSymbolicLink()) return [{ kind: 'link', path, target: readlinkSync(absolute) }];
    return [{ kind: 'file', path, mode: (found.mode & 0o100) === 0 ? 0o644 : 0o755, size: found.size, content: { kind: 'disk', path: absolute } }];
  });
}
