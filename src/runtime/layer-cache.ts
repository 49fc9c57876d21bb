import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import type { Digest, DiffId } from '../base/digest.ts';
import { hexOf } from '../base/digest.ts';
import { diskFault, Failure, failure } from '../base/fault.ts';
import type { TarMember } from '../oci/read-tar.ts';
import { readTar } from '../oci/read-tar.ts';
import type { LayerEntry } from './merged-tree.ts';
import { isWhiteout } from './merged-tree.ts';
import { temporaryName } from './temporary-name.ts';

/** One image layer's blob on this machine. */
export interface RootLayer {
  readonly digest: Digest;
  readonly diffId: DiffId;
  /** Absolute path of the blob: a tar archive, plain or in gzip. */
  readonly path: string;
}

/** A layer unpacked: files by number in `folder`, and the list of entries that says what they are. */
export interface CachedLayer {
  /** Absolute. */
  readonly folder: string;
  readonly entries: readonly LayerEntry[];
}

/** What an archive may hold at most; Lambda takes no image of more than 10 GB. */
export interface LayerLimits {
  /** Uncompressed. */
  readonly bytes: number;
  readonly entries: number;
}

const lambdaLimits: LayerLimits = { bytes: 10 * 1024 ** 3, entries: 2_000_000 };

/** Changes when the form of a cached layer does. */
const version = 'v1';

/**
 * Unpacks a layer into `folder`, once per diffID: its files get numbers for names, so that no name of the archive
 * ever reaches the disk at this point, devices and sockets are left out, and permission bits are what the
 * function's user has on Lambda.
 * Fails with `archive/hostile` past the limits and `store/corrupt` when the bytes are not those of the diffID.
 */
export async function cacheLayer(layer: RootLayer, folder: string, limits: LayerLimits = lambdaLimits): Promise<CachedLayer> {
  const done = join(folder, 'layers', `${version}-${hexOf(layer.diffId)}`);
  const found = await readCached(done);
  if (found) {
    // The time of its last use, for who makes room.
    await utimes(done, new Date(), new Date()).catch(() => undefined);
    return found;
  }
  const temporary = temporaryName(join(folder, 'layers'));
  try {
    await mkdir(join(temporary, 'files'), { recursive: true });
    const entries = await extract(layer, temporary, limits);
    await writeFile(join(temporary, 'entries.json'), JSON.stringify(entries));
    await rename(temporary, done).catch(async (error: unknown) => {
      // Another process was quicker with the same content.
      if (!(await readCached(done))) throw error;
    });
    return { folder: done, entries };
  } catch (error) {
    throw extractFailure(error, layer, temporary);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Path of a file of a cached layer, 1,000 to a folder. */
export function cachedFile(folder: string, number: number): string {
  return join(folder, 'files', String(Math.floor(number / 1000)), String(number));
}

async function readCached(folder: string): Promise<CachedLayer | undefined> {
  const text = await readFile(join(folder, 'entries.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : { folder, entries: JSON.parse(text) as readonly LayerEntry[] };
}

async function extract(layer: RootLayer, folder: string, limits: LayerLimits): Promise<readonly LayerEntry[]> {
  const entries: LayerEntry[] = [];
  const hash = createHash('sha256');
  let files = 0;
  for await (const member of readTar(uncompressed(layer, hash, limits), `the layer ${layer.digest}`)) {
    if (entries.length >= limits.entries) throw tooMuch(layer, `more than ${limits.entries} entries`);
    const entry = entryOf(member, files);
    if (entry === undefined) continue;
    if (entry.kind === 'file') {
      if (files % 1000 === 0) await mkdir(join(folder, 'files', String(files / 1000)), { recursive: true });
      await writeMember(member, cachedFile(folder, files), entry.mode);
      files++;
    }
    entries.push(entry);
  }
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual === layer.diffId) return entries;
  throw failure('store/corrupt', `the layer ${layer.digest} does not hold what its image says`, {
    why: `its uncompressed bytes have the digest ${actual}, the image names ${layer.diffId}`,
    next: `remove ${layer.path} and build or pull the image again`,
  });
}

/** The tar stream of a blob, counted and hashed to its end, whatever follows the archive's own end. */
async function* uncompressed(
  layer: RootLayer,
  hash: ReturnType<typeof createHash>,
  limits: LayerLimits,
): AsyncGenerator<Buffer, void, undefined> {
  const file = createReadStream(layer.path, { highWaterMark: 256 * 1024 });
  const gunzip = (await isGzip(layer.path)) ? createGunzip({ chunkSize: 256 * 1024 }) : undefined;
  if (gunzip) file.on('error', (error) => gunzip.destroy(error)).pipe(gunzip);
  let size = 0;
  try {
    for await (const chunk of gunzip ?? file) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      if (size > limits.bytes) throw tooMuch(layer, `more than ${limits.bytes} bytes uncompressed`);
      hash.update(bytes);
      yield bytes;
    }
  } finally {
    file.destroy();
    gunzip?.destroy();
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

function entryOf(member: TarMember, number: number): LayerEntry | undefined {
  const { kind, path, target } = member;
  const bits = othersBits(member.mode);
  // Folders stay writable for their owner here, so that the cache can be removed again.
  if (kind === 'folder') return { kind, path, mode: (bits * 0o111) | 0o200 };
  if (isWhiteout(path)) return { kind: 'symlink', path, target: '' };
  if (kind === 'file') return { kind, path, mode: (bits & 0o5) * 0o111, number };
  if (kind === 'link') return { kind: 'symlink', path, target };
  if (kind === 'hardlink') return { kind, path, target };
  return undefined;
}

/**
 * What others may do: on Lambda the function's user owns nothing of the image. Here it owns all that was
 * unpacked, so the owner gets what others have. Setuid and its like are dropped with the rest.
 */
function othersBits(mode: number): number {
  return mode & 0o7;
}

async function writeMember(member: TarMember, path: string, mode: number): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of member.body) await file.writeFile(chunk);
    await file.chmod(mode);
  } finally {
    await file.close();
  }
}

function extractFailure(error: unknown, layer: RootLayer, path: string): unknown {
  if (error instanceof Failure) return error;
  const disk = diskFault(error, path);
  if (disk) return new Failure(disk, error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') {
    return failure('store/corrupt', `the layer ${layer.digest} is not at ${layer.path}`, { next: 'build or pull the image again', cause: error });
  }
  if (!code.startsWith('Z_')) return error;
  const why = error instanceof Error ? error.message : undefined;
  return failure('archive/corrupt', `the layer ${layer.digest} is damaged`, { why, next: 'build or pull the image again', cause: error });
}

function tooMuch(layer: RootLayer, what: string): Failure {
  return failure('archive/hostile', `the layer ${layer.digest} holds ${what}`, {
    why: 'Lambda takes no image of more than 10 GB',
    next: 'check where the image comes from',
  });
}
