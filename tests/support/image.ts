import type { Architecture } from '../../src/base/host.ts';
import type { TreeEntry } from '../../src/base/tree.ts';
import type { BlobSink } from '../../src/oci/blob-sink.ts';
import type { ImageLayer } from '../../src/oci/descriptor.ts';
import { assembleImage, type AssembledImage } from '../../src/oci/image.ts';
import { parseConfig, parseManifest } from '../../src/oci/image-json.ts';
import { writeSmallLayer } from '../../src/oci/layer.ts';
import type { TestRegistry } from './registry.ts';
import { sha256 } from './registry.ts';

/** A layer of text files. */
export function textLayer(sink: BlobSink, files: Readonly<Record<string, string>>): ImageLayer {
  const entries = Object.entries(files).map(([path, text]): TreeEntry => {
    const bytes = Buffer.from(text);
    return { kind: 'file', path, mode: 0o644, size: bytes.length, content: { kind: 'bytes', bytes } };
  });
  return writeSmallLayer(entries, sink, { createdBy: `COPY ${Object.keys(files).join(' ')} /` });
}

/** A whole image in a sink: `FROM scratch` with these layers. */
export function testImage(sink: BlobSink, layers: readonly ImageLayer[], architecture: Architecture = 'x86_64'): AssembledImage {
  const image = assembleImage({ base: 'scratch', layers, architecture, changes: { cmd: ['app.handler'] }, metadata: ['CMD ["app.handler"]'] });
  if (!image.ok) throw new Error(image.error.what);
  sink.putBytes(image.value.configBytes);
  sink.putBytes(image.value.manifestBytes);
  return image.value;
}

/** An image put on another. */
export function imageOn(base: AssembledImage, layers: readonly ImageLayer[], sink: BlobSink): AssembledImage {
  const manifest = parseManifest(base.manifestBytes);
  const config = parseConfig(base.configBytes);
  if (!manifest.ok || !config.ok) throw new Error('the test\'s base is not an image');
  const image = assembleImage({ base: { manifest: manifest.value, config: config.value }, layers });
  if (!image.ok) throw new Error(image.error.what);
  sink.putBytes(image.value.configBytes);
  sink.putBytes(image.value.manifestBytes);
  return image.value;
}

/** Puts an image into a test registry directly. */
export function serveImage(registry: TestRegistry, name: string, tag: string, image: AssembledImage, read: (digest: string) => Buffer): void {
  for (const layer of image.layers) registry.blobs.set(`${name}/${layer.digest}`, read(layer.digest));
  registry.blobs.set(`${name}/${image.config.digest}`, image.configBytes);
  const stored = { mediaType: image.manifest.mediaType, bytes: image.manifestBytes };
  registry.manifests.set(`${name}:${tag}`, stored).set(`${name}@${image.manifest.digest}`, stored);
}

/** Puts an index of images into a test registry. */
export function serveIndex(registry: TestRegistry, name: string, tag: string, manifests: readonly object[]): string {
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  const digest = sha256(bytes);
  registry.manifests.set(`${name}:${tag}`, { mediaType, bytes }).set(`${name}@${digest}`, { mediaType, bytes });
  return digest;
}
