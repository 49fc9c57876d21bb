import { createReadStream, readFileSync, statSync } from 'node:fs';
import { failure } from '../base/fault.ts';
import type { BlobSink, StoredBlob } from '../oci/blob-sink.ts';
import { recordFile } from '../store/record.ts';
import { openStore } from '../store/store.ts';
import type { RemotePlace } from './place.ts';

/**
 * A folder on a shared disk, or one that CI carries over, laid out as a store. Reading changes nothing in it.
 * @param path absolute; made when something is written.
 */
export function folderPlace(path: string, now: () => number): RemotePlace {
  const shared = openStore(path, now);
  return {
    name: path,
    readRecord: async (key) => await Promise.resolve(readIfThere(recordFile(path, key))),
    fetchBlob: async (blob, sink) => await copyBlob(shared.pathOf(blob.digest), blob, sink),
    write: async (key, { output, record, source }) => {
      if (shared.getRecord(key)) return 0;
      let sent = 0;
      for (const { digest, size } of output.blobs) {
        if (shared.has(digest, size)) continue;
        await copyBlob(source.pathOf(digest), { digest, size }, shared);
        sent += size;
      }
      shared.putRecord(key, output);
      return sent + record.size;
    },
  };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}

async function copyBlob(path: string, { digest, size }: StoredBlob, sink: BlobSink): Promise<void> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.size !== size) throw failure('registry/corrupt', `${path} ${found ? `has ${found.size} bytes, and ${size} were promised` : 'is not there'}`);
  const writer = sink.begin();
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) writer.write(chunk as Buffer);
    await writer.commit({ digest, size });
  } finally {
    writer.abort();
  }
}
