import { readFileSync } from 'node:fs';
import { failure } from '../base/fault.ts';
import type { BlobSource } from '../oci/blob-sink.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ImageBlobs } from '../oci/image.ts';
import type { RegistryClient } from './client.ts';
import type { Repository } from './mirrors.ts';

/** How an image is pushed. */
export interface PushOptions {
  readonly source: BlobSource;
  readonly tags: readonly string[];
  /** For a layer: another repository of the same registry that is known to have it. */
  readonly mountFrom?: (layer: Descriptor) => string | undefined;
  /** Brings layers that neither the registry nor the source has into the source. */
  readonly provide?: (layers: readonly Descriptor[]) => Promise<void>;
  /** Told after each blob: bytes sent so far, bytes to send. */
  readonly onProgress?: (sent: number, total: number) => void;
  /** Blobs at the same time; 4 when absent. */
  readonly parallel?: number;
}

/** What a push sent. */
export interface PushReport {
  /** Bytes of the blobs and manifest that were sent. */
  readonly bytes: number;
  readonly uploaded: readonly Descriptor[];
  readonly mounted: readonly Descriptor[];
  /** Blobs that the registry had. */
  readonly present: readonly Descriptor[];
}

/**
 * Pushes an image, sending only what the repository lacks: blobs first, the manifest by digest, then
 * under each tag. What the registry has is not even fetched.
 */
export async function pushImage(client: RegistryClient, repository: Repository, image: ImageBlobs, options: PushOptions): Promise<PushReport> {
  const { source, tags } = options;
  const parallel = options.parallel ?? 4;
  const blobs = [...new Map([...image.layers, image.config].map((blob) => [blob.digest, blob])).values()];
  const isKnown = await client.hasManifest(repository, image.manifest.digest);
  const answers = isKnown ? blobs.map(() => true) : await inParallel(blobs, parallel, (blob) => client.hasBlob(repository, blob.digest, 'push'));
  const missing = blobs.filter((_, i) => answers[i] !== true);
  await provide(missing.filter((blob) => options.mountFrom?.(blob) === undefined), options);
  const total = missing.reduce((sum, blob) => sum + blob.size, 0);
  let sent = 0;
  const ways = await inParallel(missing, parallel, async (blob) => {
    const way = await client.uploadBlob(repository, {
      digest: blob.digest,
      size: blob.size,
      path: source.pathOf(blob.digest),
      mountFrom: options.mountFrom?.(blob),
      prepare: () => provide([blob], options),
    });
    sent += blob.size;
    options.onProgress?.(sent, total);
    return way;
  });
  const bytes = readFileSync(source.pathOf(image.manifest.digest));
  const manifest = { mediaType: image.manifest.mediaType, bytes };
  const names = isKnown ? tags : [image.manifest.digest, ...tags];
  for (const name of names) await client.pushManifest(repository, name, manifest);
  const uploaded = missing.filter((_, i) => ways[i] === 'uploaded');
  return {
    bytes: uploaded.reduce((sum, blob) => sum + blob.size, 0) + names.length * bytes.length,
    uploaded,
    mounted: missing.filter((_, i) => ways[i] === 'mounted'),
    present: blobs.filter((_, i) => answers[i] === true),
  };
}

async function provide(blobs: readonly Descriptor[], { source, provide: fetchInto }: PushOptions): Promise<void> {
  const isThere = (blob: Descriptor): boolean => source.has(blob.digest, blob.size);
  const absent = blobs.filter((blob) => !isThere(blob));
  if (absent.length > 0) await fetchInto?.(absent);
  const lost = absent.find((blob) => !isThere(blob));
  if (lost) throw failure('store/corrupt', `the layer ${lost.digest} is neither in the registry nor in the store`, { next: 'run `shear build` again: what is missing is made or fetched anew' });
}

/** Maps with a bounded number of calls at the same time; the first failure ends it. */
export async function inParallel<T, R>(items: readonly T[], most: number, work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i] as T);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  return results;
}
