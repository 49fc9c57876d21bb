import { createReadStream } from 'node:fs';
import { posix } from 'node:path';
import { createGunzip } from 'node:zlib';
import { parseDigest, type Digest } from '../base/digest.ts';
import { failure, Failure } from '../base/fault.ts';
import type { Result } from '../base/result.ts';
import type { BlobSink, BlobSource } from './blob-sink.ts';
import { mediaTypes, type Descriptor } from './descriptor.ts';
import { parseConfig, parseIndex, parseManifest, type ImageManifest } from './image-json.ts';
import { writeTarAsLayer } from './layer.ts';
import { refName } from './layout.ts';
import { readBody, readTar, type TarMember } from './read-tar.ts';

/** An image that came out of an archive; its config and layers are in the sink. */
export interface ImportedImage {
  readonly names: readonly string[];
  /** As the config says it. */
  readonly platform: { readonly architecture: string; readonly os: string };
  readonly manifestBytes: Buffer;
  readonly manifest: Descriptor;
}

/** JSON files of an archive: configs and manifests. */
const largestJson = 8 * 1024 * 1024;

/** What one pass over an archive leaves: its JSON files, and its layers as blobs. */
interface Contents {
  readonly json: ReadonlyMap<string, Buffer>;
  /** By path in the archive. */
  readonly blobs: ReadonlyMap<string, Descriptor>;
}

/**
 * Reads every image of a `docker save` archive (of any age) or of a tarred OCI layout into a sink.
 * Layers that are not compressed become gzip layers, as Lambda wants them; diffIDs stay.
 * Rejects with `archive/…` for a damaged archive, `image/invalid` for one without images.
 * @param path absolute; may be gzipped as a whole.
 */
export async function importArchive(path: string, sink: BlobSink & BlobSource): Promise<readonly ImportedImage[]> {
  return await importTar(openMaybeGzip(path), path, sink);
}

/** As `importArchive`, from a stream; `name` is what messages call it. */
export async function importTar(tar: AsyncIterable<Uint8Array>, name: string, sink: BlobSink & BlobSource): Promise<readonly ImportedImage[]> {
  const contents = await readContents(tar, name, sink);
  const index = contents.json.get('index.json');
  const manifests = index && contents.json.has('oci-layout') ? parseIndex(index)?.manifests : undefined;
  const images = manifests ? await importIndex(manifests, contents, sink) : await dockerImages(contents, name, sink);
  if (images.length === 0) throw failure('image/invalid', `${name} holds no image`, { next: 'give the output of `docker save`, or a tarred OCI image layout' });
  return images;
}

async function readContents(tar: AsyncIterable<Uint8Array>, name: string, sink: BlobSink): Promise<Contents> {
  const json = new Map<string, Buffer>();
  const blobs = new Map<string, Descriptor>();
  for await (const member of readTar(tar, name)) {
    if (member.kind === 'link' || member.kind === 'hardlink') {
      // docker save writes a layer that occurs twice as a link to the first.
      const target = member.kind === 'link' ? posix.join(posix.dirname(member.path), member.target) : member.target;
      const known = blobs.get(target);
      if (known) blobs.set(member.path, known);
    } else if (member.kind === 'file' && isLayerFile(member.path)) {
      blobs.set(member.path, await storeBlob(member, name, sink));
    } else if (member.kind === 'file' && /^[^/]+\.json$|^oci-layout$/u.test(member.path)) {
      json.set(member.path, await readBody(member, largestJson, name));
    }
  }
  return { json, blobs };
}

function isLayerFile(path: string): boolean {
  return path.startsWith('blobs/sha256/') || path.endsWith('/layer.tar') || /^[0-9a-f]{64}\.tar(\.gz)?$/u.test(path);
}

async function storeBlob(member: TarMember, name: string, sink: BlobSink): Promise<Descriptor> {
  const expected = parseDigest(`sha256:${member.path.slice('blobs/sha256/'.length)}`);
  const writer = sink.begin();
  try {
    for await (const chunk of member.body) writer.write(chunk);
    const blob = await writer.commit(expected && { digest: expected, size: member.size });
    return { mediaType: '', ...blob };
  } catch (error) {
    const isOther = error instanceof Failure && error.fault.code === 'registry/corrupt';
    throw isOther ? failure('archive/corrupt', `${member.path} in ${name} is damaged: its bytes have another digest than its name`, { next: 'fetch or make the archive again' }) : error;
  } finally {
    writer.abort();
  }
}

async function importIndex(manifests: readonly Descriptor[], contents: Contents, sink: BlobSink & BlobSource): Promise<readonly ImportedImage[]> {
  const images: ImportedImage[] = [];
  for (const entry of manifests) {
    const bytes = await readBlob(entry.digest, sink);
    const nested = bytes && parseIndex(bytes);
    if (nested) {
      const inner = await importIndex(nested.manifests, contents, sink);
      images.push(...inner.map((image) => ({ ...image, names: namesOf(entry) })));
      continue;
    }
    const manifest = bytes ? parseManifest(bytes) : undefined;
    // Attestations and platforms that were not saved: listed, but no image to be had.
    if (!bytes || !manifest?.ok || !isWhole(manifest.value.layers, sink)) continue;
    const configBytes = await readBlob(manifest.value.config.digest, sink);
    const config = configBytes && parseConfig(configBytes);
    if (!config?.ok) continue;
    images.push({
      names: namesOf(entry),
      platform: config.value,
      ...(await compressed(bytes, manifest.value, sink)),
    });
  }
  return images;
}

function namesOf(entry: Descriptor): readonly string[] {
  return [entry.annotations?.['io.containerd.image.name'], entry.annotations?.[refName]].filter((name) => name !== undefined);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isWhole(layers: readonly Descriptor[], source: BlobSource): boolean {
  return layers.every((layer) => source.has(layer.digest, layer.size));
}

/** The manifest as it is when all layers are gzip already, else a new one over compressed layers. */
async function compressed(
  bytes: Buffer,
  { family, config, layers }: ImageManifest,
  sink: BlobSink & BlobSource,
): Promise<Pick<ImportedImage, 'manifest' | 'manifestBytes'>> {
  if (layers.every((layer) => layer.mediaType.endsWith('gzip'))) {
    const mediaType = family === 'docker' ? mediaTypes.dockerManifest : mediaTypes.ociManifest;
    return { manifestBytes: bytes, manifest: { mediaType, ...sink.putBytes(bytes) } };
  }
  const packed: Descriptor[] = [];
  for (const layer of layers) packed.push(await compressLayer(layer, sink));
  return manifestOf(config, packed, sink);
}

async function compressLayer(layer: Descriptor, sink: BlobSink & BlobSource): Promise<Descriptor> {
  if (await isGzip(sink.pathOf(layer.digest))) return layer;
  const packed = await writeTarAsLayer(createReadStream(sink.pathOf(layer.digest), { highWaterMark: 1024 * 1024 }), sink, { createdBy: '' });
  return packed.blob;
}

/** Images by Docker's manifest.json: configs by name, layers by path, bottom first. */
async function importDocker(contents: Contents, name: string, sink: BlobSink & BlobSource): Promise<readonly ImportedImage[]> {
  const list: unknown = JSON.parse((contents.json.get('manifest.json') ?? Buffer.from('[]')).toString('utf8'));
  const images: ImportedImage[] = [];
  for (const item of Array.isArray(list) ? list.filter(isObject) : []) {
    const configPath = String(item['Config']);
    const inBlobs = contents.blobs.get(configPath);
    const configBytes = contents.json.get(configPath) ?? (inBlobs && (await readBlob(inBlobs.digest, sink)));
    const paths = Array.isArray(item['Layers']) ? item['Layers'].map(String) : [];
    const layers = paths.map((path) => contents.blobs.get(posix.normalize(path)));
    if (!configBytes || !layers.every((layer) => layer !== undefined)) throw failure('image/invalid', `${name} lacks the config or a layer of ${Array.isArray(item['RepoTags']) ? item['RepoTags'].map(String).join(', ') : 'its image'}`, { next: 'save the image again: `docker save`' });
    const config = unwrap(parseConfig(configBytes));
    const packed: Descriptor[] = [];
    for (const layer of layers) packed.push(await compressLayer(layer, sink));
    const stored = { mediaType: mediaTypes.dockerConfig, ...sink.putBytes(configBytes) };
    const names = Array.isArray(item['RepoTags']) ? item['RepoTags'].map(String) : [];
    images.push({ names, platform: config, ...manifestOf(stored, packed, sink) });
  }
  return images;
}

function dockerImages(contents: Contents, name: string, sink: BlobSink & BlobSource): Promise<readonly ImportedImage[]> {
  return importDocker(contents, name, sink).catch((error: unknown) => {
    if (error instanceof SyntaxError) throw failure('image/invalid', `manifest.json in ${name} is not JSON`, { cause: error, next: 'save the image again: `docker save`' });
    throw error;
  });
}

function manifestOf(config: Descriptor, layers: readonly Descriptor[], sink: BlobSink): Pick<ImportedImage, 'manifest' | 'manifestBytes'> {
  const typed = layers.map(({ digest, size }) => ({ mediaType: mediaTypes.dockerLayer, digest, size }));
  const { digest, size } = config;
  const json = { schemaVersion: 2, mediaType: mediaTypes.dockerManifest, config: { mediaType: mediaTypes.dockerConfig, digest, size }, layers: typed };
  const manifestBytes = Buffer.from(JSON.stringify(json));
  return { manifestBytes, manifest: { mediaType: mediaTypes.dockerManifest, ...sink.putBytes(manifestBytes) } };
}

async function readBlob(digest: Digest, source: BlobSource): Promise<Buffer | undefined> {
  if (!source.has(digest)) return undefined;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of createReadStream(source.pathOf(digest))) {
    parts.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > largestJson) return undefined;
  }
  return Buffer.concat(parts);
}

async function isGzip(path: string): Promise<boolean> {
  for await (const chunk of createReadStream(path, { start: 0, end: 1 })) return (chunk as Buffer).equals(Buffer.from([0x1f, 0x8b]));
  return false;
}

async function* openMaybeGzip(path: string): AsyncGenerator<Buffer, void, undefined> {
  const unreadable = (error: unknown): Failure =>
    failure('image/invalid', `${path} cannot be read`, { next: 'check the path of the image archive', cause: error });
  const packed = await isGzip(path).catch((error: unknown) => Promise.reject(unreadable(error)));
  const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
  if (!packed) {
    yield* file as AsyncIterable<Buffer>;
    return;
  }
  const gunzip = createGunzip();
  file.once('error', (error) => gunzip.destroy(error));
  try {
    yield* file.pipe(gunzip) as AsyncIterable<Buffer>;
  } catch (error) {
    throw failure('archive/corrupt', `${path} is not a good gzip file`, { cause: error, next: 'fetch or make it again' });
  } finally {
    file.destroy();
  }
}

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Failure(result.error);
  return result.value;
}
