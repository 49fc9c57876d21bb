import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { digestOf, hexOf, type Digest, type NodeKey } from '../base/digest.ts';
import { diskFault, Failure, failure } from '../base/fault.ts';
import type { Output, OutputCache } from '../graph/node.ts';
import type { BlobSink, BlobSource, BlobWriter, StoredBlob } from '../oci/blob-sink.ts';
import { parseRecord, printRecord, recordFile } from './record.ts';
import type { RemoteOutputs } from './remote-outputs.ts';

/**
 * Content-addressed blobs in an OCI image layout, with the action records of the build graph beside it:
 *
 *     oci-layout, index.json       what skopeo, crane and umoci read
 *     blobs/sha256/<hex>           blobs, complete and never changed once visible
 *     records/<2 hex>/<hex>.json   key → output; gone or damaged means: do the step again
 *     tmp/                         blobs being written; what is old there is left over from a dead process
 *
 * Several processes may use one store at once; a process killed at any moment leaves a good one.
 */
export interface Store extends BlobSink, BlobSource {
  /** Absolute. */
  readonly folder: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Makes the folder; whatever writes does so by itself. */
  readonly prepare: () => void;
  /** Copies a file in; a hard link is not enough, since the file's owner may change it. */
  readonly importFile: (path: string) => Promise<StoredBlob>;
  /** A blob's bytes, verified; undefined when absent or damaged (then it is removed). For small blobs. */
  readonly read: (digest: Digest) => Buffer | undefined;
  /** A step's output, when all its blobs are there with their sizes. */
  readonly getRecord: (key: NodeKey) => Output | undefined;
  readonly putRecord: (key: NodeKey, output: Output) => void;
  /** Where others' outputs are found by key; absent where none is named. */
  readonly remote?: RemoteOutputs;
}

/** How long a use stays unnoted: the time stamp of last use need not be finer, and writing it costs. */
const touchInterval = 10 * 60 * 1000;

/** A temporary file this old belongs to no living write. */
const abandonedAfter = 24 * 60 * 60 * 1000;

/**
 * A store in a folder (absolute), which need not exist: nothing is touched until something is written.
 * @param now milliseconds since the epoch, for notes of last use.
 */
export function openStore(folder: string, now: () => number): Store {
  const pathOf = (digest: Digest): string => join(folder, 'blobs', 'sha256', hexOf(digest));
  const recordPath = (key: NodeKey): string => recordFile(folder, key);
  let isReady = false;
  const prepare = (): void => {
    if (!isReady) prepareFolder(folder, now());
    isReady = true;
  };
  const touch = (path: string, modifiedMs: number): void => {
    const time = now();
    if (time - modifiedMs < touchInterval) return;
    try {
      fs.utimesSync(path, time / 1000, time / 1000);
    } catch {
      // Only a note; a store that cannot be written still serves.
    }
  };
  const use = (digest: Digest, size?: number): boolean => {
    const stat = fs.statSync(pathOf(digest), { throwIfNoEntry: false });
    if (!stat?.isFile() || (size !== undefined && stat.size !== size)) return false;
    touch(pathOf(digest), stat.mtimeMs);
    return true;
  };
  const begin = (): BlobWriter => {
    prepare();
    return createWriter(folder, pathOf);
  };
  const flushing = new Map<Digest, Promise<void>>();
  const put = (bytes: Uint8Array, write: (digest: Digest) => void): StoredBlob => {
    const blob = { digest: digestOf(bytes), size: bytes.length };
    if (use(blob.digest, blob.size)) return blob;
    prepare();
    write(blob.digest);
    return blob;
  };
  return {
    folder,
    now,
    prepare,
    pathOf,
    has: use,
    begin,
    putBytes: (bytes) => put(bytes, (digest) => writeAtomically(folder, pathOf(digest), bytes, { mode: 0o444 })),
    putSoon: (bytes) => put(bytes, (digest) => {
      const flushed = writeSoon(folder, pathOf(digest), bytes);
      // Looked at by `flushed`, perhaps later than it fails.
      flushed.catch(() => undefined);
      flushing.set(digest, flushed);
    }),
    flushed: async () => {
      const all = [...flushing.values()];
      flushing.clear();
      await Promise.all(all);
    },
    importFile: async (path) => {
      const writer = begin();
      try {
        for await (const chunk of fs.createReadStream(path, { highWaterMark: 1024 * 1024 })) writer.write(chunk as Buffer);
        return await writer.commit();
      } finally {
        writer.abort();
      }
    },
    read: (digest) => {
      const bytes = readIfThere(pathOf(digest));
      if (bytes === undefined || digestOf(bytes) === digest) return bytes;
      fs.rmSync(pathOf(digest), { force: true });
      return undefined;
    },
    getRecord: (key) => {
      const path = recordPath(key);
      const bytes = readIfThere(path);
      if (!bytes) return undefined;
      const output = parseRecord(bytes.toString('utf8'), key);
      if (!output?.blobs.every((blob) => use(blob.digest, blob.size))) {
        fs.rmSync(path, { force: true });
        return undefined;
      }
      touch(path, fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity);
      return output;
    },
    putRecord: (key, output) => {
      prepare();
      fs.mkdirSync(join(recordPath(key), '..'), { recursive: true });
      // Not flushed: a record that a power cut spoils is no record, and its step is carried out again.
      writeAtomically(folder, recordPath(key), Buffer.from(printRecord(key, output)), { mode: 0o644, isFlushed: false });
    },
  };
}

/**
 * The graph's view of a store.
 * @param isShared whether steps of a kind are worth asking the remote outputs for: those that take long, and whose key says all.
 */
export function outputCache(store: Store, isShared: (kind: string) => boolean = () => false): OutputCache {
  const { getRecord: get, putRecord: put, flushed, remote } = store;
  if (!remote) return { get, put, flushed };
  return {
    get, put,
    fetch: async (key, kind) => (isShared(kind) ? await remote.fetch(key) : undefined),
    used: (key, kind, output) => {
      if (isShared(kind)) remote.offer(key, output);
    },
    flushed: async () => {
      await flushed();
      await remote.settled();
    },
  };
}

function prepareFolder(folder: string, now: number): void {
  try {
    fs.mkdirSync(join(folder, 'blobs', 'sha256'), { recursive: true });
    fs.mkdirSync(join(folder, 'tmp'), { recursive: true });
    for (const name of fs.readdirSync(join(folder, 'tmp'))) {
      const path = join(folder, 'tmp', name);
      const stat = fs.statSync(path, { throwIfNoEntry: false });
      if (stat && now - stat.mtimeMs > abandonedAfter) fs.rmSync(path, { force: true });
    }
  } catch (error) {
    throw diskFailure(error, folder);
  }
  writeOnce(folder, 'oci-layout', '{"imageLayoutVersion":"1.0.0"}');
  writeOnce(folder, 'index.json', '{"schemaVersion":2,"manifests":[]}');
}

function writeOnce(folder: string, name: string, text: string): void {
  const path = join(folder, name);
  if (!fs.existsSync(path)) writeAtomically(folder, path, Buffer.from(text), { mode: 0o644 });
}

/** Writes a whole file under a temporary name and gives it its own by renaming, as far as the disk holds. */
export function writeAtomically(folder: string, path: string, bytes: Uint8Array, { mode, isFlushed = true }: { readonly mode: number; readonly isFlushed?: boolean }): void {
  const temporary = temporaryPath(folder);
  try {
    const file = fs.openSync(temporary, 'wx', mode);
    try {
      writeAll(file, bytes);
      if (isFlushed) fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    rename(temporary, path);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw diskFailure(error, path);
  }
}

/**
 * As `writeAtomically`, without waiting for the disk: three flushes at once take as long as one, 0.5 ms to 15 ms. Until then the file
 * has its name; should the power fail, it is empty or has another size than its digest's descriptor says, which every reader checks.
 */
function writeSoon(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = temporaryPath(folder);
  let file: number;
  try {
    file = fs.openSync(temporary, 'wx', 0o444);
  } catch (error) {
    throw diskFailure(error, path);
  }
  try {
    writeAll(file, bytes);
    rename(temporary, path);
  } catch (error) {
    fs.closeSync(file);
    fs.rmSync(temporary, { force: true });
    throw diskFailure(error, path);
  }
  return new Promise((resolve, reject) => {
    fs.fsync(file, (error) => {
      fs.closeSync(file);
      if (!error) return resolve();
      fs.rmSync(path, { force: true });
      reject(diskFailure(error, path));
    });
  });
}

function createWriter(folder: string, pathOf: (digest: Digest) => string): BlobWriter {
  const temporary = temporaryPath(folder);
  const hash = createHash('sha256');
  let size = 0;
  let file: number | undefined;
  const close = (): void => {
    if (file !== undefined) fs.closeSync(file);
    file = undefined;
  };
  const abort = (): void => {
    close();
    fs.rmSync(temporary, { force: true });
  };
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      abort();
      throw diskFailure(error, temporary);
    }
  };
  file = attempt(() => fs.openSync(temporary, 'wx', 0o444));
  return {
    write: (chunk) => {
      const open = file;
      if (open === undefined) throw new Error('unreachable: write after the end of a blob');
      hash.update(chunk);
      size += chunk.length;
      attempt(() => writeAll(open, chunk));
    },
    commit: async (expected) => {
      const open = file;
      if (open === undefined) throw new Error('unreachable: commit after the end of a blob');
      const blob = { digest: `sha256:${hash.digest('hex')}` as Digest, size };
      if (expected && (expected.digest !== blob.digest || expected.size !== size)) {
        abort();
        throw failure('registry/corrupt', `a blob of ${size} bytes arrived as ${blob.digest} where ${expected.digest} of ${expected.size} bytes was promised`, {
          next: 'run the same command again; if it happens again, the registry or a proxy before it changes what it serves',
        });
      }
      await new Promise<void>((resolve, reject) => fs.fsync(open, (error) => (error ? reject(error) : resolve()))).catch((error: unknown) => {
        abort();
        throw diskFailure(error, temporary);
      });
      close();
      attempt(() => rename(temporary, pathOf(blob.digest)));
      return blob;
    },
    abort,
  };
}

function temporaryPath(folder: string): string {
  return join(folder, 'tmp', randomBytes(12).toString('hex'));
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length; ) offset += fs.writeSync(file, bytes, offset);
}

/** On Windows a file that someone reads cannot be replaced; being content-addressed, it need not be. */
function rename(from: string, to: string): void {
  try {
    fs.renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM' && fs.existsSync(to))) throw error;
    fs.rmSync(from, { force: true });
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return fs.readFileSync(path);
  } catch {
    return undefined;
  }
}

function diskFailure(error: unknown, path: string): unknown {
  const reason = diskFault(error, path);
  return reason ? new Failure(reason, error) : error;
}
