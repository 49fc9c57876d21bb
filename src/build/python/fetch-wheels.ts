import { createReadStream, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseDigest, type Digest } from '../../base/digest.ts';
import { Failure, failure } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import type { BlobSink, BlobSource, BlobWriter, StoredBlob } from '../../oci/blob-sink.ts';
import { download, type Downloader } from './download.ts';
import type { LockedWheel, ResolvedWheel } from './locked-wheel.ts';

/** Where wheels are kept: each is a blob named by its sha256. */
export type WheelStore = Pick<BlobSource, 'pathOf' | 'has'> & Pick<BlobSink, 'begin'>;

/** A wheel that is in the store. */
export interface FetchedWheel extends LockedWheel {
  /** Absolute path of the file. */
  readonly path: string;
}

/** What fetching needs besides the wheels. */
export interface FetchOptions {
  readonly store: WheelStore;
  readonly downloader: Downloader;
  /** Finds addresses anew, for wheels that a lock names: see `findAddresses`. */
  readonly locate: (wheels: readonly ResolvedWheel[]) => Promise<readonly ResolvedWheel[]>;
}

const mostAtOnce = 8;
const progressStep = 256 * 1024;

/**
 * Brings wheels into the store, those that are not there yet: eight at a time, the biggest first, each verified by size
 * and sha256 while it arrives. Wheels without an address are located first, in one question.
 * Fails with `dependencies/hash-mismatch`, `dependencies/not-in-index`, `network/unreachable`, `registry/unauthorized`.
 * @returns the wheels in the order given, with size and sha256 even where the index gave none.
 */
export async function fetchWheels(host: Host, wheels: readonly ResolvedWheel[], options: FetchOptions): Promise<readonly FetchedWheel[]> {
  const { store } = options;
  const done = new Map<ResolvedWheel, FetchedWheel>();
  const missing: ResolvedWheel[] = [];
  for (const wheel of wheels) {
    const known = inStore(wheel, store);
    if (known) done.set(wheel, known);
    else missing.push(wheel);
  }
  if (missing.length > 0) {
    const blobs = await fetchMissing(host, await addressed(missing, options), options);
    for (const [index, wheel] of missing.entries()) {
      const blob = blobs[index];
      if (blob) done.set(wheel, fetched(wheel, blob, store));
    }
  }
  return wheels.flatMap((wheel) => done.get(wheel) ?? []);
}

function inStore(wheel: ResolvedWheel, store: WheelStore): FetchedWheel | undefined {
  const digest = wheel.sha256 === undefined ? undefined : parseDigest(`sha256:${wheel.sha256}`);
  if (digest === undefined || !store.has(digest, wheel.size)) return undefined;
  return fetched(wheel, { digest, size: wheel.size ?? statSync(store.pathOf(digest)).size }, store);
}

function fetched(wheel: ResolvedWheel, blob: StoredBlob, store: WheelStore): FetchedWheel {
  const { name, version, fileName } = wheel;
  return { name, version, fileName, size: blob.size, sha256: blob.digest.slice('sha256:'.length), path: store.pathOf(blob.digest) };
}

async function addressed(missing: readonly ResolvedWheel[], options: FetchOptions): Promise<readonly ResolvedWheel[]> {
  const lost = missing.filter(({ url }) => url === undefined);
  if (lost.length === 0) return missing;
  const found = new Map((await options.locate(lost)).map((wheel) => [wheel.fileName, wheel]));
  return missing.map((wheel) => (wheel.url === undefined ? { ...wheel, url: found.get(wheel.fileName)?.url } : wheel));
}

async function fetchMissing(host: Host, wheels: readonly ResolvedWheel[], options: FetchOptions): Promise<readonly StoredBlob[]> {
  const blobs: StoredBlob[] = [];
  const queue = [...wheels.entries()].toSorted(([, a], [, b]) => (b.size ?? 0) - (a.size ?? 0));
  const report = progress(host, wheels);
  let isStopped = false;
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next && !isStopped; next = queue.shift()) {
      const [index, wheel] = next;
      blobs[index] = await fetchOne(host, wheel, { ...options, onBytes: report });
    }
  };
  const workers = Array.from({ length: Math.min(mostAtOnce, wheels.length) }, () => work().catch((error: unknown) => {
    isStopped = true;
    throw error;
  }));
  const outcomes = await Promise.allSettled(workers);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return blobs;
}

/** One event for all wheels together, not one for each of ten thousand chunks. */
function progress(host: Host, wheels: readonly ResolvedWheel[]): (bytes: number) => void {
  const sizes = wheels.map(({ size }) => size);
  const total = sizes.includes(undefined) ? undefined : sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  const label = wheels.length === 1 ? (wheels[0]?.fileName ?? '') : `${wheels.length} wheels`;
  let bytes = 0;
  let told = 0;
  return (more) => {
    bytes += more;
    if (bytes - told < progressStep && bytes !== total) return;
    told = bytes;
    host.emit({ kind: 'transfer', id: 'wheels', label, direction: 'download', bytes, ...(total === undefined ? {} : { total }) });
  };
}

async function fetchOne(host: Host, wheel: ResolvedWheel, options: FetchOptions & { readonly onBytes: (bytes: number) => void }): Promise<StoredBlob> {
  const { store, downloader } = options;
  if (wheel.url === undefined) throw notInIndex(wheel);
  const url = new URL(wheel.url);
  const writer: BlobWriter = store.begin();
  try {
    if (url.protocol === 'file:') await copyFile(fileURLToPath(url), writer, options.onBytes);
    else await download(host, { url, what: wheel.fileName, size: wheel.size }, { downloader, write: writer.write, onBytes: options.onBytes });
    return await commit(writer, wheel);
  } finally {
    writer.abort();
  }
}

async function copyFile(path: string, writer: BlobWriter, onBytes: (bytes: number) => void): Promise<void> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      writer.write(chunk as Buffer);
      onBytes((chunk as Buffer).length);
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw failure('dependencies/not-in-index', `${path} cannot be read`, { why: 'the requirements or the index lead to it', next: 'check that the file exists and that you may read it', cause });
  }
}

async function commit(writer: BlobWriter, wheel: ResolvedWheel): Promise<StoredBlob> {
  const digest = wheel.sha256 === undefined ? undefined : parseDigest(`sha256:${wheel.sha256}`);
  if (digest === undefined || wheel.size === undefined) return checked(await writer.commit(), wheel, digest);
  try {
    return await writer.commit({ digest, size: wheel.size });
  } catch (error) {
    if (!(error instanceof Failure) || error.fault.code !== 'registry/corrupt') throw error;
    throw mismatch(wheel, /arrived as (sha256:[0-9a-f]{64})/u.exec(error.message)?.[1] ?? 'other bytes');
  }
}

function checked(blob: StoredBlob, wheel: ResolvedWheel, digest: Digest | undefined): StoredBlob {
  if (digest === undefined || digest === blob.digest) return blob;
  throw mismatch(wheel, blob.digest);
}

function mismatch(wheel: ResolvedWheel, got: string): Failure {
  return failure('dependencies/hash-mismatch', `${wheel.fileName} arrived with other bytes than were promised`, {
    why: `expected sha256:${wheel.sha256 ?? ''}${wheel.size === undefined ? '' : `, ${wheel.size} bytes`}\ngot      ${got}`,
    next: 'run the same command again; if it happens again, the index or a proxy before it changes the file',
  });
}

function notInIndex(wheel: ResolvedWheel): Failure {
  return failure('dependencies/not-in-index', `${wheel.fileName} is not in the package index any more`, {
    why: 'shear.lock names it, and it is not in the store',
    next: `take another release: \`shear lock --upgrade ${wheel.name}\``,
  });
}
