import * as fs from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { listBlobs, listRecords, taggedBlobs, type BlobFile, type RecordFile } from './inventory.ts';
import type { Store } from './store.ts';

/** What to keep. */
export interface PruneOptions {
  /** Records are dropped, the longest unused first, until blobs and records have at most so many bytes. */
  readonly maxBytes?: number;
  /** Records unused for longer are dropped, milliseconds. */
  readonly maxAgeMs?: number;
  /** Nothing used more recently goes, milliseconds: another process may be building on it. An hour when absent. */
  readonly graceMs?: number;
}

/** What went. */
export interface PruneReport {
  readonly records: number;
  readonly blobs: number;
  /** Bytes freed. */
  readonly bytes: number;
  /** Bytes that stay. */
  readonly kept: number;
}

const hour = 60 * 60 * 1000;

/**
 * Removes action records by last use, and blobs that neither a record nor a named image refers to.
 * Safe beside running builds: a blob in use has been touched within the grace.
 */
export function prune(store: Store, options: PruneOptions): PruneReport {
  const now = store.now();
  const newest = now - (options.graceMs ?? hour);
  sweepTemporary(store, newest);
  const blobs = listBlobs(store);
  const records = listRecords(store).toSorted((a, b) => a.used - b.used);
  const fixed = taggedBlobs(store);
  const dropped = chooseRecords(records, blobs, { options, now, newest, fixed });
  for (const record of dropped) fs.rmSync(record.path, { force: true });
  const kept = referenced(records.filter((record) => !dropped.has(record)));
  const unused = blobs.filter((blob) => !kept.has(blob.digest) && !fixed.has(blob.digest));
  const gone = unused.filter((blob) => removeUnused(blob, newest));
  const freed = sum([...dropped, ...gone]);
  return { records: dropped.size, blobs: gone.length, bytes: freed, kept: sum([...blobs, ...records]) - freed };
}

interface Limits {
  readonly options: PruneOptions;
  readonly now: number;
  readonly newest: number;
  readonly fixed: ReadonlySet<Digest>;
}

/** From the longest unused on: what is too old or damaged, then as many as the size asks for. */
function chooseRecords(records: readonly RecordFile[], blobs: readonly BlobFile[], { options, now, newest, fixed }: Limits): ReadonlySet<RecordFile> {
  const { maxBytes = Infinity, maxAgeMs = Infinity } = options;
  const sizes = new Map(blobs.map((blob) => [blob.digest, blob.size]));
  const uses = new Map<Digest, number>();
  for (const record of records) for (const digest of referenced([record])) uses.set(digest, (uses.get(digest) ?? 0) + 1);
  let total = sum(records) + sum(blobs.filter((blob) => uses.has(blob.digest) || fixed.has(blob.digest)));
  const dropped = new Set<RecordFile>();
  for (const record of records) {
    if (record.used > newest) break;
    if (record.output && now - record.used <= maxAgeMs && total <= maxBytes) continue;
    dropped.add(record);
    total -= record.size;
    for (const digest of referenced([record])) {
      const left = (uses.get(digest) ?? 1) - 1;
      uses.set(digest, left);
      if (left === 0 && !fixed.has(digest)) total -= sizes.get(digest) ?? 0;
    }
  }
  return dropped;
}

function referenced(records: readonly RecordFile[]): ReadonlySet<Digest> {
  return new Set(records.flatMap((record) => (record.output?.blobs ?? []).map((blob) => blob.digest)));
}

/** Looks again just before: another process may have begun to use the blob since it was listed. */
function removeUnused(blob: BlobFile, newest: number): boolean {
  const stat = fs.statSync(blob.path, { throwIfNoEntry: false });
  if (!stat || stat.mtimeMs > newest) return false;
  fs.rmSync(blob.path, { force: true });
  return true;
}

function sweepTemporary(store: Store, newest: number): void {
  const folder = join(store.folder, 'tmp');
  if (!fs.existsSync(folder)) return;
  for (const name of fs.readdirSync(folder)) {
    const stat = fs.statSync(join(folder, name), { throwIfNoEntry: false });
    if (stat && stat.mtimeMs <= newest) fs.rmSync(join(folder, name), { force: true });
  }
}

function sum(files: readonly { readonly size: number }[]): number {
  return files.reduce((total, file) => total + file.size, 0);
}
