import { createHash, randomBytes } from 'node:crypto';
import { close, fsync, open, rename, rm, writev } from 'node:fs';
import { promisify } from 'node:util';
import type { Digest } from '../base/digest.ts';
import { diskFault, Failure } from '../base/fault.ts';
import type { TreeEntry } from '../base/tree.ts';
import { createPacker } from './pack.ts';
import { centralHeader, endRecords, localHeader, type ZipRecord } from './records.ts';

/** A zip that was written. */
export interface WrittenZip {
  /** Bytes of the archive. */
  readonly size: number;
  readonly digest: Digest;
  /** Members, folders included. */
  readonly entries: number;
  /** Uncompressed bytes of all files. */
  readonly unpackedSize: number;
}

/** How a zip is written. */
export interface ZipOptions {
  /** deflate's level, 1 to 9; 6 when absent. */
  readonly level?: number;
  /** What becomes of members that are stored uncompressed in another zip: copied as they are when absent. */
  readonly members?: 'copy' | 'deflate';
}

/** Takes the archive's bytes in order; a chunk must not be kept after the promise is fulfilled. */
export type WriteZipChunk = (chunks: readonly Uint8Array[]) => Promise<void> | void;

const chunkSize = 1024 * 1024;
const typeBits = { file: 0o100000, folder: 0o040000, link: 0o120000 } as const;

/**
 * Writes entries as a zip that has the same bytes on every machine: sorted by code unit, one fixed time, modes and
 * links kept, sizes in the local headers. Members of other zips are copied as they are compressed there; the rest is
 * deflated, big files on the thread pool. Of several entries with one path the last stands.
 * Fails with `build/failed` when a file is not what its entry says.
 */
export async function writeZipTo(entries: readonly TreeEntry[], write: WriteZipChunk, options: ZipOptions = {}): Promise<WrittenZip> {
  const sorted = sortByPath(entries);
  const packer = createPacker(sorted, { level: options.level ?? 6, isDeflating: options.members === 'deflate' });
  const hash = createHash('sha256');
  const central: Buffer[] = [];
  let parts: Uint8Array[] = [];
  let waiting = 0;
  let offset = 0;
  const flush = async (): Promise<void> => {
    await write(parts);
    parts = [];
    waiting = 0;
  };
  const push = (chunk: Uint8Array): void => {
    hash.update(chunk);
    parts.push(chunk);
    waiting += chunk.length;
    offset += chunk.length;
  };
  try {
    for (const [index, entry] of sorted.entries()) {
      const packed = await packer.pack(index);
      const name = Buffer.from(entry.kind === 'folder' ? `${entry.path}/` : entry.path);
      const record: ZipRecord = { ...packed, name, isUtf8: name.length !== entry.path.length + (entry.kind === 'folder' ? 1 : 0), offset, mode: modeOf(entry) };
      central.push(centralHeader(record));
      push(localHeader(record));
      push(packed.data);
      if (waiting >= chunkSize) await flush();
    }
    const start = offset;
    for (const header of central) push(header);
    push(endRecords(central.length, offset - start, start));
    await flush();
  } finally {
    packer.close();
  }
  const unpackedSize = sorted.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0);
  return { size: offset, digest: `sha256:${hash.digest('hex')}` as Digest, entries: sorted.length, unpackedSize };
}

/**
 * As `writeZipTo`, into a file (absolute path), which appears complete or not at all.
 * Fails with `disk/full` or `disk/unwritable` besides.
 */
export async function writeZip(entries: readonly TreeEntry[], path: string, options: ZipOptions = {}): Promise<WrittenZip> {
  const temporary = `${path}.tmp-${randomBytes(6).toString('hex')}`;
  try {
    const file = await promisify(open)(temporary, 'wx', 0o644);
    let written: WrittenZip;
    try {
      written = await writeZipTo(entries, (chunks) => writeAll(file, chunks), options);
      await promisify(fsync)(file);
    } finally {
      await promisify(close)(file);
    }
    await promisify(rename)(temporary, path);
    return written;
  } catch (error) {
    await promisify(rm)(temporary, { force: true });
    const reason = diskFault(error, path);
    throw reason ? new Failure(reason, error) : error;
  }
}

/** By code unit of the whole path, which puts a folder before what is in it. */
function sortByPath(entries: readonly TreeEntry[]): readonly TreeEntry[] {
  const byPath = new Map<string, TreeEntry>();
  for (const entry of entries) byPath.set(entry.path, entry);
  return [...byPath.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function modeOf(entry: TreeEntry): number {
  return typeBits[entry.kind] | (entry.kind === 'link' ? 0o777 : entry.mode);
}

/** `writev` takes a bounded number of buffers and may write less than asked for. */
async function writeAll(file: number, chunks: readonly Uint8Array[]): Promise<void> {
  for (let from = 0; from < chunks.length; from += 512) {
    const part = chunks.slice(from, from + 512);
    const size = part.reduce((sum, chunk) => sum + chunk.length, 0);
    const { bytesWritten } = await promisify(writev)(file, part);
    if (bytesWritten === size) continue;
    const rest = Buffer.concat(part);
    for (let at = bytesWritten; at < size; ) at += (await promisify(writev)(file, [rest.subarray(at)])).bytesWritten;
  }
}
