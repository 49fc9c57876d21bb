import { createHash } from 'node:crypto';
import { createReadStream, rmSync } from 'node:fs';
import { listBlobs, listRecords } from './inventory.ts';
import type { Store } from './store.ts';

/** What a check of a store found. */
export interface VerifyReport {
  readonly blobs: number;
  readonly records: number;
  /** Paths of damaged blobs and records; they have been removed. */
  readonly damaged: readonly string[];
}

/** Reads every blob and record; what is damaged is removed, so that it is made or fetched anew. */
export async function verify(store: Store): Promise<VerifyReport> {
  const blobs = listBlobs(store);
  const records = listRecords(store);
  const damaged = records.filter((record) => !record.output).map((record) => record.path);
  for (const blob of blobs) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(blob.path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
    if (`sha256:${hash.digest('hex')}` !== blob.digest) damaged.push(blob.path);
  }
  for (const path of damaged) rmSync(path, { force: true });
  return { blobs: blobs.length, records: records.length, damaged };
}
