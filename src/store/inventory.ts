import * as fs from 'node:fs';
import { join } from 'node:path';
import { parseDigest, type Digest, type NodeKey } from '../base/digest.ts';
import type { Output } from '../graph/node.ts';
import { parseIndex, parseManifest } from '../oci/image-json.ts';
import { parseRecord } from './record.ts';
import type { Store } from './store.ts';
import { tagged } from './tag.ts';

/** A blob's file. */
export interface BlobFile {
  readonly digest: Digest;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Of its last use, milliseconds since the epoch. */
  readonly used: number;
}

/** An action record's file. */
export interface RecordFile {
  readonly path: string;
  readonly size: number;
  readonly used: number;
  /** Undefined when the record is damaged. */
  readonly output: Output | undefined;
}

/** Every blob of a store; files with other names are left out. */
export function listBlobs(store: Store): readonly BlobFile[] {
  const folder = join(store.folder, 'blobs', 'sha256');
  return namesIn(folder).flatMap((name) => {
    const digest = parseDigest(`sha256:${name}`);
    const stat = fs.statSync(join(folder, name), { throwIfNoEntry: false });
    return digest && stat ? [{ digest, path: join(folder, name), size: stat.size, used: stat.mtimeMs }] : [];
  });
}

/** Every action record of a store, read. */
export function listRecords(store: Store): readonly RecordFile[] {
  const folder = join(store.folder, 'records');
  const paths = namesIn(folder).flatMap((name) => namesIn(join(folder, name)).map((file) => join(folder, name, file)));
  return paths.flatMap((path) => {
    try {
      const stat = fs.statSync(path);
      const key = `key:${path.slice(path.length - 69, -'.json'.length)}` as NodeKey;
      return [{ path, size: stat.size, used: stat.mtimeMs, output: parseRecord(fs.readFileSync(path, 'utf8'), key) }];
    } catch {
      return [];
    }
  });
}

/** The blobs of the images that the index names, their indexes and manifests included. */
export function taggedBlobs(store: Store): ReadonlySet<Digest> {
  const kept = new Set<Digest>();
  const visit = (digest: Digest): void => {
    if (kept.has(digest)) return;
    kept.add(digest);
    const bytes = store.has(digest) ? store.read(digest) : undefined;
    const index = bytes && parseIndex(bytes);
    const manifest = bytes && parseManifest(bytes);
    for (const inner of index?.manifests ?? []) visit(inner.digest);
    for (const blob of manifest?.ok ? [manifest.value.config, ...manifest.value.layers] : []) kept.add(blob.digest);
  };
  for (const manifest of tagged(store)) visit(manifest.digest);
  return kept;
}

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
