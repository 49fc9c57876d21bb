import { createHash } from 'node:crypto';
import { createGzip, gzipSync } from 'node:zlib';
import { diffId } from '../base/digest.ts';
import type { TreeEntry } from '../base/tree.ts';
import type { BlobSink, StoredBlob } from './blob-sink.ts';
import { readContent } from './content.ts';
import { mediaTypes, type ImageLayer } from './descriptor.ts';
import { paddingOf, tarEnd, tarHeader } from './tar-header.ts';
import { roughTarSize, tarStream } from './tar.ts';

/** How a layer is written. */
export interface LayerOptions {
  /** For the config's history: the instruction that made the layer. */
  readonly createdBy: string;
  /** gzip's level, 1 to 9; 6 when absent. */
  readonly level?: number;
}

/** Above this many bytes of tar, compression goes to the thread pool. */
const smallLayer = 4 * 1024 * 1024;

/**
 * Writes entries, in the order given (`sortEntries`), as one gzipped image layer into a sink.
 * One pass gives blob and diffID; memory stays bounded for layers of any size.
 * @returns the layer, its descriptor with the OCI media type.
 */
export async function writeLayer(entries: readonly TreeEntry[], sink: BlobSink, options: LayerOptions): Promise<ImageLayer> {
  if (roughTarSize(entries) <= smallLayer) return writeSmallLayer(entries, sink, options);
  return writeTarAsLayer(tarStream(entries), sink, options);
}

/** As `writeLayer`, all in memory and synchronously: a few milliseconds for a megabyte. Await the sink's `flushed` before naming it anywhere. */
export function writeSmallLayer(entries: readonly TreeEntry[], sink: BlobSink, options: LayerOptions): ImageLayer {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    parts.push(tarHeader(entry));
    if (entry.kind !== 'file') continue;
    parts.push(readContent(entry), Buffer.alloc(paddingOf(entry.size)));
  }
  parts.push(tarEnd());
  const tar = Buffer.concat(parts);
  const id = createHash('sha256').update(tar).digest('hex');
  const blob = gzipSync(tar, { level: options.level ?? 6 });
  blob[osByte] = unknownOs;
  return layerOf(sink.putSoon(blob), id, options);
}

/** Compresses a ready tar stream into a layer; for layers that come uncompressed from elsewhere. */
export async function writeTarAsLayer(tar: AsyncIterable<Uint8Array>, sink: BlobSink, options: LayerOptions): Promise<ImageLayer> {
  const writer = sink.begin();
  try {
    const plain = createHash('sha256');
    const gzip = createGzip({ level: options.level ?? 6, chunkSize: 256 * 1024 });
    const written = drain(gzip, writer.write);
    await Promise.all([written, fill(gzip, tar, (chunk) => plain.update(chunk))]);
    return layerOf(await writer.commit(), plain.digest('hex'), options);
  } catch (error) {
    writer.abort();
    throw error;
  }
}

/** RFC 1952 2.3: the tenth byte of a gzip stream names the system that wrote it; 255 is "unknown". */
const osByte = 9;
const unknownOs = 255;
const batchSize = 256 * 1024;

/** Many small tar parts become few writes: each one is a task of the thread pool. */
async function fill(gzip: ReturnType<typeof createGzip>, tar: AsyncIterable<Uint8Array>, see: (chunk: Uint8Array) => void): Promise<void> {
  const send = (parts: readonly Uint8Array[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const bytes = Buffer.concat(parts);
      see(bytes);
      gzip.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  let parts: Uint8Array[] = [];
  let size = 0;
  let sent = Promise.resolve();
  try {
    for await (const chunk of tar) {
      parts.push(chunk);
      size += chunk.length;
      if (size < batchSize) continue;
      // The next batch is read while this one is compressed.
      await sent;
      sent = send(parts);
      sent.catch(() => undefined);
      parts = [];
      size = 0;
    }
    await sent;
    await send(parts);
    gzip.end();
  } catch (error) {
    gzip.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

async function drain(gzip: ReturnType<typeof createGzip>, write: (chunk: Uint8Array) => void): Promise<void> {
  let offset = 0;
  for await (const chunk of gzip) {
    const bytes: Buffer = chunk;
    if (offset <= osByte && osByte < offset + bytes.length) bytes[osByte - offset] = unknownOs;
    offset += bytes.length;
    write(bytes);
  }
}

function layerOf(blob: StoredBlob, id: string, options: LayerOptions): ImageLayer {
  return {
    blob: { mediaType: mediaTypes.ociLayer, digest: blob.digest, size: blob.size },
    diffId: diffId(`sha256:${id}`),
    createdBy: options.createdBy,
  };
}
