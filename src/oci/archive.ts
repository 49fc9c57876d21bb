import { closeSync, createReadStream, ftruncateSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { hexOf } from '../base/digest.ts';
import { diskFault, Failure, failure } from '../base/fault.ts';
import type { TreeEntry } from '../base/tree.ts';
import type { BlobSource } from './blob-sink.ts';
import type { Descriptor } from './descriptor.ts';
import type { ImageBlobs } from './image.ts';
import { refName } from './layout.ts';
import { paddingOf, tarEnd, tarHeader } from './tar-header.ts';

/** Where things are in an archive that was written, for the next `updateArchive`. Plain JSON. */
export interface ArchiveState {
  /** Bytes of the whole file. */
  readonly size: number;
  /** Of the file, in nanoseconds since the epoch, as decimal digits. */
  readonly modified: string;
  readonly inode: string;
  /** The blobs from the front, each with the offset at which the next member starts. */
  readonly blobs: readonly { readonly digest: string; readonly end: number }[];
}

/** An archive's part that can be made without knowing where it goes. */
interface Part {
  readonly entry: TreeEntry;
  readonly blob: Descriptor | undefined;
}

/**
 * Writes an image as one tar file that `docker load`, skopeo (`docker-archive:`, `oci-archive:`) and
 * containerd take: an OCI layout with Docker's manifest.json in it. What seldom changes comes first.
 * The file appears under its name only when whole.
 * @param names `repository:tag`, what `docker load` calls the image; may be empty.
 */
export async function writeArchive(path: string, image: ImageBlobs, names: readonly string[], source: BlobSource): Promise<ArchiveState> {
  return await writeParts(path, partsOf(image, names, source), source, { parts: 0, offset: 0, blobs: [] });
}

/**
 * As `writeArchive`; when the file is still what `previous` tells of and begins with the same blobs, only
 * what comes after them is written. Until it is whole the file is under a temporary name.
 */
export async function updateArchive(
  path: string,
  image: ImageBlobs,
  names: readonly string[],
  options: { readonly source: BlobSource; readonly previous: ArchiveState | undefined },
): Promise<ArchiveState> {
  const { source, previous } = options;
  const kept = previous && isUnchanged(path, previous) ? sharedBlobs(previous, image) : [];
  const last = kept.at(-1);
  if (!last) return await writeArchive(path, image, names, source);
  // The old end is kept in memory: should the disk be full, it goes back to where it was. A long one is not worth that.
  if (previous === undefined || previous.size - last.end > longestTail) return await writeArchive(path, image, names, source);
  const tail = attempt(path, () => readTail(path, last.end));
  attempt(path, () => renameSync(path, temporaryOf(path)));
  const start = { parts: leadingParts + kept.length, offset: last.end, blobs: kept, tail };
  return await writeParts(path, partsOf(image, names, source), source, start);
}

/** The members of an archive of an image, as a stream: for `docker load` over a socket. */
export async function* archiveStream(
  image: ImageBlobs,
  names: readonly string[],
  source: BlobSource,
  leaveOut: ReadonlySet<string> = new Set(),
): AsyncGenerator<Buffer, void, undefined> {
  for (const part of partsOf(image, names, source)) {
    if (part.blob && leaveOut.has(part.blob.digest)) continue;
    yield* bytesOf(part, source);
  }
  yield tarEnd();
}

const leadingParts = 3;

/** Bytes that are written at once. */
const batchSize = 256 * 1024;

/** Bytes of an archive's old end that are kept in memory while it is replaced. */
const longestTail = 64 * 1024 * 1024;

function partsOf(image: ImageBlobs, names: readonly string[], source: BlobSource): readonly Part[] {
  const blobs = uniqueBlobs([...image.layers, image.config, image.manifest]);
  const pathOf = (blob: Descriptor): string => `blobs/sha256/${hexOf(blob.digest)}`;
  const folder = (path: string): Part => ({ entry: { kind: 'folder', path, mode: 0o755 }, blob: undefined });
  const json = (path: string, value: unknown): Part => {
    const bytes = Buffer.from(JSON.stringify(value));
    return { entry: { kind: 'file', path, mode: 0o644, size: bytes.length, content: { kind: 'bytes', bytes } }, blob: undefined };
  };
  return [
    folder('blobs'),
    folder('blobs/sha256'),
    json('oci-layout', { imageLayoutVersion: '1.0.0' }),
    ...blobs.map((blob): Part => ({
      entry: { kind: 'file', path: pathOf(blob), mode: 0o644, size: blob.size, content: { kind: 'disk', path: source.pathOf(blob.digest) } },
      blob,
    })),
    json('index.json', { schemaVersion: 2, manifests: indexEntries(image, names) }),
    json('manifest.json', [{ Config: pathOf(image.config), RepoTags: names, Layers: image.layers.map(pathOf) }]),
  ];
}

/** containerd (and Docker with its image store) takes the whole name from its own annotation. */
function indexEntries(image: ImageBlobs, names: readonly string[]): readonly object[] {
  if (names.length === 0) return [image.manifest];
  return names.map((name) => ({
    ...image.manifest,
    annotations: { 'io.containerd.image.name': fullName(name), [refName]: name.slice(name.lastIndexOf(':') + 1) },
  }));
}

function fullName(name: string): string {
  const first = name.split('/')[0] ?? '';
  if (name.includes('/') && (/[.:]/u.test(first) || first === 'localhost')) return name;
  return name.includes('/') ? `docker.io/${name}` : `docker.io/library/${name}`;
}

async function* bytesOf(part: Part, source: BlobSource): AsyncGenerator<Buffer, void, undefined> {
  const { entry, blob } = part;
  yield tarHeader(entry);
  if (entry.kind !== 'file') return;
  if (entry.content.kind === 'bytes') yield Buffer.from(entry.content.bytes);
  else yield* blobBytes(blob, source);
  yield Buffer.alloc(paddingOf(entry.size));
}

async function* blobBytes(blob: Descriptor | undefined, source: BlobSource): AsyncGenerator<Buffer, void, undefined> {
  if (!blob || !source.has(blob.digest, blob.size)) {
    throw failure('store/corrupt', `the blob ${blob?.digest ?? ''} is not in the store`, { next: 'run the same command again: what is missing is made or fetched anew' });
  }
  // Small ones at once: loading Node's streams costs more than reading them.
  if (blob.size <= 1024 * 1024) yield readFileSync(source.pathOf(blob.digest));
  else for await (const chunk of createReadStream(source.pathOf(blob.digest), { highWaterMark: 1024 * 1024 })) yield chunk as Buffer;
}

async function writeParts(
  path: string,
  parts: readonly Part[],
  source: BlobSource,
  start: { readonly parts: number; readonly offset: number; readonly blobs: ArchiveState['blobs']; readonly tail?: Buffer },
): Promise<ArchiveState> {
  const temporary = temporaryOf(path);
  const blobs = [...start.blobs];
  const { offset } = start;
  const file = attempt(path, () => openSync(temporary, offset === 0 ? 'w' : 'r+', 0o644));
  const writer = batchWriter((bytes, at) => attempt(path, () => writeSync(file, bytes, 0, bytes.length, at)), offset);
  try {
    // Cut only at the end: the old end's room on the disk stays its own until the new one is whole.
    for (const part of parts.slice(start.parts)) {
      for await (const chunk of bytesOf(part, source)) writer.append(chunk);
      if (part.blob) blobs.push({ digest: part.blob.digest, end: writer.offset() });
    }
    writer.append(tarEnd());
    writer.flush();
    attempt(path, () => ftruncateSync(file, writer.offset()));
  } catch (error) {
    if (start.tail) putBack(file, start.tail, start.offset, path);
    else rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  attempt(path, () => renameSync(temporary, path));
  const stat = statSync(path, { bigint: true });
  return { size: Number(stat.size), modified: String(stat.mtimeNs), inode: String(stat.ino), blobs };
}

/** Writes from an offset on, many small parts by one write. */
function batchWriter(writeAt: (bytes: Buffer, at: number) => number, start: number): { readonly append: (chunk: Buffer) => void; readonly flush: () => void; readonly offset: () => number } {
  let waiting: Buffer[] = [];
  let size = 0;
  let written = start;
  const flush = (): void => {
    let left = waiting.length === 1 && waiting[0] ? waiting[0] : Buffer.concat(waiting, size);
    waiting = [];
    size = 0;
    while (left.length > 0) {
      const done = writeAt(left, written);
      written += done;
      left = left.subarray(done);
    }
  };
  const append = (chunk: Buffer): void => {
    // A large one goes by itself, uncopied.
    if (chunk.length >= batchSize) flush();
    waiting.push(chunk);
    size += chunk.length;
    if (size >= batchSize) flush();
  };
  return { append, flush, offset: () => written + size };
}

/** Gives an archive its old end back, and its name. */
function putBack(file: number, tail: Buffer, offset: number, path: string): void {
  for (let done = 0; done < tail.length; ) done += writeSync(file, tail, done, tail.length - done, offset + done);
  ftruncateSync(file, offset + tail.length);
  renameSync(temporaryOf(path), path);
}

function readTail(path: string, from: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const tail = Buffer.alloc(statSync(path).size - from);
    for (let done = 0, read = -1; done < tail.length && read !== 0; done += read) read = readSync(file, tail, done, tail.length - done, from + done);
    return tail;
  } finally {
    closeSync(file);
  }
}

function isUnchanged(path: string, previous: ArchiveState): boolean {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat !== undefined && Number(stat.size) === previous.size && String(stat.mtimeNs) === previous.modified && String(stat.ino) === previous.inode;
}

function sharedBlobs(previous: ArchiveState, image: ImageBlobs): ArchiveState['blobs'] {
  const wanted = uniqueBlobs([...image.layers, image.config, image.manifest]);
  const differs = wanted.findIndex((blob, i) => previous.blobs[i]?.digest !== blob.digest);
  return previous.blobs.slice(0, differs < 0 ? wanted.length : differs);
}

function uniqueBlobs(blobs: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}

function temporaryOf(path: string): string {
  return `${path}.tmp`;
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = diskFault(error, path);
    throw reason ? new Failure(reason, error) : error;
  }
}
