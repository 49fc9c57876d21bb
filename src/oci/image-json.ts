import { parseDigest, type Digest, type DiffId } from '../base/digest.ts';
import { fault, type Fault } from '../base/fault.ts';
import { err, ok, type Result } from '../base/result.ts';
import { mediaTypes, type Descriptor } from './descriptor.ts';

/** Which of the two sets of media types an image uses, throughout. */
export type MediaFamily = 'oci' | 'docker';

/** A plain image manifest: OCI image-spec, manifest.md, or Docker's image manifest version 2, schema 2. */
export interface ImageManifest {
  readonly family: MediaFamily;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** An image index or Docker's manifest list. */
export interface ImageIndex {
  readonly manifests: readonly Descriptor[];
}

/** A line of a config's history. */
export interface HistoryEntry {
  readonly created?: string;
  readonly createdBy?: string;
  readonly comment?: string;
  readonly author?: string;
  readonly isEmpty: boolean;
}

/** An image config: OCI image-spec, config.md. */
export interface ImageConfig {
  /** As the image says it: `amd64`, `arm64`, … */
  readonly architecture: string;
  readonly os: string;
  readonly variant: string | undefined;
  readonly env: readonly string[];
  readonly cmd: readonly string[] | undefined;
  readonly entrypoint: readonly string[] | undefined;
  readonly workingDir: string;
  readonly user: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly exposedPorts: readonly string[];
  readonly stopSignal: string | undefined;
  readonly diffIds: readonly DiffId[];
  readonly history: readonly HistoryEntry[];
  /** The `config` member as it stands, for what is not named here (volumes, health checks). */
  readonly runtime: Readonly<Record<string, unknown>>;
}

/** Parses a manifest; `image/invalid` when it is an index, schema 1, an artefact or damaged. */
export function parseManifest(bytes: Uint8Array): Result<ImageManifest> {
  const json = parseObject(bytes, 'the image manifest');
  if (!json.ok) return json;
  const { mediaType, schemaVersion } = json.value;
  if (schemaVersion !== 2) return invalid(`the image manifest has schema version ${String(schemaVersion)}, not 2`);
  if (Array.isArray(json.value['manifests'])) return invalid('the manifest is an index of several images, not one image');
  const config = parseDescriptor(json.value['config']);
  const layers = parseDescriptors(json.value['layers']);
  if (!config || !layers) return invalid('the image manifest names its config or layers wrongly');
  const family = mediaType === mediaTypes.dockerManifest || config.mediaType === mediaTypes.dockerConfig ? 'docker' : 'oci';
  const known: readonly unknown[] = [undefined, mediaTypes.ociManifest, mediaTypes.dockerManifest];
  if (!known.includes(mediaType)) return invalid(`${String(mediaType)} is not an image manifest`);
  return ok({ family, config, layers, annotations: stringsOf(json.value['annotations']) });
}

/** Parses an index or manifest list; undefined when the bytes are no such thing. */
export function parseIndex(bytes: Uint8Array): ImageIndex | undefined {
  const json = parseObject(bytes, 'the index');
  const manifests = json.ok ? parseDescriptors(json.value['manifests']) : undefined;
  return manifests ? { manifests } : undefined;
}

/** Parses an image config; `image/invalid` when it is not one. */
export function parseConfig(bytes: Uint8Array): Result<ImageConfig> {
  const json = parseObject(bytes, 'the image config');
  if (!json.ok) return json;
  const root = json.value;
  const rootfs = objectOf(root['rootfs']);
  const diffIds = arrayOf(rootfs?.['diff_ids'])?.map((id) => (typeof id === 'string' ? parseDigest(id) : undefined));
  if (!diffIds || diffIds.includes(undefined)) return invalid('the image config lists no diff_ids');
  const runtime = objectOf(root['config']) ?? {};
  return ok({
    architecture: stringOf(root['architecture']) ?? '',
    os: stringOf(root['os']) ?? '',
    variant: stringOf(root['variant']),
    env: listOf(runtime['Env']) ?? [],
    cmd: listOf(runtime['Cmd']),
    entrypoint: listOf(runtime['Entrypoint']),
    workingDir: stringOf(runtime['WorkingDir']) ?? '',
    user: stringOf(runtime['User']) ?? '',
    labels: stringsOf(runtime['Labels']),
    exposedPorts: Object.keys(objectOf(runtime['ExposedPorts']) ?? {}),
    stopSignal: stringOf(runtime['StopSignal']),
    diffIds: diffIds as readonly string[] as readonly DiffId[],
    history: (arrayOf(root['history']) ?? []).map(parseHistory),
    runtime,
  });
}

/** Parses a descriptor; undefined when it is not one. */
export function parseDescriptor(json: unknown): Descriptor | undefined {
  const object = objectOf(json);
  const name: Digest | undefined = parseDigest(stringOf(object?.['digest']) ?? '');
  const size = object?.['size'];
  if (!object || !name || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
  const annotations = stringsOf(object['annotations']);
  const platform = objectOf(object['platform']);
  const variant = stringOf(platform?.['variant']);
  return {
    mediaType: stringOf(object['mediaType']) ?? '',
    digest: name,
    size,
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    ...(platform
      ? {
          platform: {
            architecture: stringOf(platform['architecture']) ?? '',
            os: stringOf(platform['os']) ?? '',
            ...(variant === undefined ? {} : { variant }),
          },
        }
      : {}),
  };
}

/** The JSON object in bytes, or a fault that calls it `name`. */
export function parseObject(bytes: Uint8Array, name: string): Result<Readonly<Record<string, unknown>>> {
  try {
    const object = objectOf(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')));
    return object ? ok(object) : invalid(`${name} is not a JSON object`);
  } catch {
    return invalid(`${name} is not JSON`);
  }
}

function parseDescriptors(json: unknown): readonly Descriptor[] | undefined {
  const all = arrayOf(json)?.map(parseDescriptor);
  return all?.every((one) => one !== undefined) ? all : undefined;
}

function parseHistory(json: unknown): HistoryEntry {
  const object = objectOf(json) ?? {};
  const texts = { created: 'created', createdBy: 'created_by', comment: 'comment', author: 'author' } as const;
  const known = Object.entries(texts).flatMap(([name, member]) => {
    const text = stringOf(object[member]);
    return text === undefined ? [] : [[name, text] as const];
  });
  return { ...Object.fromEntries(known), isEmpty: object['empty_layer'] === true };
}

function invalid(what: string): Result<never, Fault> {
  return err(fault('image/invalid', what, { next: 'check that the reference names an image and not something else; a proxy or a login page may have answered instead of the registry' }));
}

function objectOf(json: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : undefined;
}

function arrayOf(json: unknown): readonly unknown[] | undefined {
  return Array.isArray(json) ? json : undefined;
}

function stringOf(json: unknown): string | undefined {
  return typeof json === 'string' ? json : undefined;
}

function listOf(json: unknown): readonly string[] | undefined {
  return Array.isArray(json) ? json.filter((item): item is string => typeof item === 'string') : undefined;
}

function stringsOf(json: unknown): Readonly<Record<string, string>> {
  const pairs = Object.entries(objectOf(json) ?? {});
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}
