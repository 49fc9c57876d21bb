import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInflateRaw } from 'node:zlib';
import { Failure } from '../base/fault.ts';
import type { BlobSource } from './blob-sink.ts';
import type { Descriptor } from './descriptor.ts';
import { parseConfig, parseIndex, parseManifest, type ImageConfig, type ImageManifest } from './image-json.ts';
import { readTar } from './read-tar.ts';

/** How an image is validated. */
export interface ValidateOptions {
  /** Layers from the bottom that are the base's: they may be absent, and may hold hardlinks, since Lambda took the base. */
  readonly baseLayers?: number;
}

/**
 * Recomputes every claim that an image makes, and checks what Lambda refuses.
 * @param manifest its descriptor; manifest, config and layers are read from the source.
 * @returns every mismatch, a sentence each; empty for a good image.
 */
export async function validateImage(manifest: Descriptor, source: BlobSource, options: ValidateOptions = {}): Promise<readonly string[]> {
  const bytes = await readBlob(manifest, source);
  if (typeof bytes === 'string') return [bytes];
  if (parseIndex(bytes)) return ['the manifest is an index; Lambda takes one plain manifest'];
  const parsed = parseManifest(bytes);
  if (!parsed.ok) return [parsed.error.what];
  const configBytes = await readBlob(parsed.value.config, source);
  if (typeof configBytes === 'string') return [configBytes];
  const config = parseConfig(configBytes);
  if (!config.ok) return [config.error.what];
  const wrong = [...mediaTypeMismatches(manifest, parsed.value), ...configMismatches(config.value, parsed.value)];
  for (const [i, layer] of parsed.value.layers.entries()) {
    const isBase = i < (options.baseLayers ?? 0);
    if (isBase && !source.has(layer.digest)) continue;
    const found = await layerMismatches(layer, config.value.diffIds[i], source, isBase);
    wrong.push(...found.map((text) => `layer ${i + 1} of ${parsed.value.layers.length}: ${text}`));
  }
  return wrong;
}

function mediaTypeMismatches(manifest: Descriptor, { family, config, layers }: ImageManifest): readonly string[] {
  const all = [manifest, config, ...layers].map((one) => one.mediaType);
  const foreign = all.filter((type) => type.startsWith(family === 'docker' ? 'application/vnd.oci.' : 'application/vnd.docker.'));
  return [
    ...foreign.map((type) => `the media type ${type} in an image that is otherwise of the ${family} family`),
    ...layers.filter((layer) => !layer.mediaType.endsWith('gzip')).map((layer) => `a layer of type ${layer.mediaType}; Lambda takes gzip`),
  ];
}

function configMismatches(config: ImageConfig, { layers }: ImageManifest): readonly string[] {
  const told = config.history.filter((entry) => !entry.isEmpty).length;
  return [
    ...(config.diffIds.length === layers.length ? [] : [`the config lists ${config.diffIds.length} diffIDs for ${layers.length} layers`]),
    ...(told === layers.length ? [] : [`the history tells of ${told} layers where there are ${layers.length}`]),
    ...(layers.length <= 127 ? [] : [`${layers.length} layers; 127 is the most`]),
    ...(config.os === 'linux' ? [] : [`the operating system ${config.os || '(none)'}`]),
    ...(['amd64', 'arm64'].includes(config.architecture) ? [] : [`the architecture ${config.architecture || '(none)'}`]),
  ];
}

async function layerMismatches(layer: Descriptor, diffId: string | undefined, source: BlobSource, isBase: boolean): Promise<readonly string[]> {
  if (!source.has(layer.digest)) return [`the blob ${layer.digest} is absent`];
  const blob = createHash('sha256');
  const plain = createHash('sha256');
  const wrong: string[] = [];
  const gunzip = openGzip(source.pathOf(layer.digest), (chunk) => blob.update(chunk));
  try {
    const tee = (async function* () {
      for await (const chunk of gunzip.plain) {
        plain.update(chunk);
        yield chunk;
      }
    })();
    for await (const member of readTar(tee, `the layer ${layer.digest}`)) {
      if (member.kind === 'hardlink' && !isBase) wrong.push(`/${member.path} is a hardlink entry, which Lambda refuses`);
    }
  } catch (error) {
    const why = error instanceof Failure ? `${error.fault.what}${error.fault.why === undefined ? '' : ` (${error.fault.why})`}` : 'it is not a good gzip stream';
    return [...wrong, why];
  }
  const { size, member } = await gunzip.end();
  const digest = `sha256:${blob.digest('hex')}`;
  if (digest !== layer.digest) wrong.push(`its bytes have the digest ${digest}, not ${layer.digest}`);
  if (size !== layer.size) wrong.push(`${size} bytes where the manifest gives ${layer.size}`);
  if (member !== size) wrong.push('several gzip members, of which some readers see only the first');
  const inner = `sha256:${plain.digest('hex')}`;
  if (inner !== diffId) wrong.push(`its tar has the diffID ${inner}, not ${diffId ?? 'any'}`);
  return wrong;
}

interface GzipReader {
  /** The first member's content. */
  readonly plain: AsyncIterable<Buffer>;
  /** After `plain`: the bytes of the file, and of its first member. */
  readonly end: () => Promise<{ readonly size: number; readonly member: number }>;
}

/** Node's own gunzip goes on to a second member without a word, so the frame is read here (RFC 1952 2.3). */
function openGzip(path: string, onChunk: (chunk: Buffer) => void): GzipReader {
  const inflate = createInflateRaw({ chunkSize: 256 * 1024 });
  let size = 0;
  let header = 0;
  const feed = async (): Promise<void> => {
    let head = Buffer.alloc(0) as Buffer;
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      const bytes = chunk as Buffer;
      onChunk(bytes);
      size += bytes.length;
      if (header > 0) await write(inflate, bytes);
      else {
        head = Buffer.concat([head, bytes]);
        header = gzipHeader(head);
        if (header > 0) await write(inflate, head.subarray(header));
      }
    }
    inflate.end();
  };
  const fed = feed().catch((error: unknown) => {
    inflate.destroy(error instanceof Error ? error : undefined);
  });
  return {
    plain: inflate,
    end: async () => {
      await fed;
      return { size, member: header + inflate.bytesWritten + 8 };
    },
  };
}

function write(inflate: ReturnType<typeof createInflateRaw>, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => inflate.write(bytes, (error) => (error ? reject(error) : resolve())));
}

/** The length of a gzip header; 0 while not all of it is there. */
function gzipHeader(bytes: Buffer): number {
  if (bytes.length < 10) return 0;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) throw new Error('no gzip header');
  const flags = bytes[3] ?? 0;
  let at = 10;
  if (flags & 4) at += 2 + bytes.readUInt16LE(10);
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return 0;
    at = end + 1;
  }
  return at + (flags & 2 ? 2 : 0);
}

async function readBlob(blob: Descriptor, source: BlobSource): Promise<Buffer | string> {
  if (!source.has(blob.digest)) return `the blob ${blob.digest} is absent`;
  const parts: Buffer[] = [];
  for await (const chunk of createReadStream(source.pathOf(blob.digest))) parts.push(chunk as Buffer);
  const bytes = Buffer.concat(parts);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (digest !== blob.digest) return `the bytes of ${blob.digest} have the digest ${digest}`;
  return bytes.length === blob.size ? bytes : `${blob.digest} has ${bytes.length} bytes where its descriptor gives ${blob.size}`;
}
