import { digestOf } from '../base/digest.ts';
import type { Architecture } from '../base/host.ts';
import { fault } from '../base/fault.ts';
import { err, ok, type Result } from '../base/result.ts';
import { mediaTypes, type Descriptor, type ImageLayer } from './descriptor.ts';
import type { HistoryEntry, ImageConfig, ImageManifest, MediaFamily } from './image-json.ts';

/** What an image is put on. */
export interface ImageBase {
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
}

/** What the config gets over its base; an absent member keeps the base's. */
export interface ImageChanges {
  /** A name that the base has is replaced in its place, others are appended. */
  readonly env?: readonly (readonly [name: string, value: string])[] | undefined;
  /** `null` takes the base's away. */
  readonly cmd?: readonly string[] | null | undefined;
  /** `null` takes the base's away. */
  readonly entrypoint?: readonly string[] | null | undefined;
  readonly workingDir?: string | undefined;
  readonly user?: string | undefined;
  /** Added to the base's. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** `8080/tcp`; added to the base's. */
  readonly exposedPorts?: readonly string[] | undefined;
  readonly stopSignal?: string | undefined;
}

/** What an image is made of. */
export interface ImageParts {
  /** `'scratch'` needs `architecture`. */
  readonly base: ImageBase | 'scratch';
  /** From the bottom up. */
  readonly layers: readonly ImageLayer[];
  readonly changes?: ImageChanges;
  /** History lines of instructions that made no layer (ENV, CMD, …), in order. */
  readonly metadata?: readonly string[];
  /** Of the image; a base's own architecture when absent. */
  readonly architecture?: Architecture;
  /** RFC 3339; the epoch when absent, so that the clock is not in the bytes. */
  readonly created?: string;
}

/** The blobs that an image is, by descriptor. */
export interface ImageBlobs {
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  /** Base layers first. */
  readonly layers: readonly Descriptor[];
}

/** A finished image: everything but the layers' bytes. */
export interface AssembledImage extends ImageBlobs {
  readonly manifestBytes: Buffer;
  readonly configBytes: Buffer;
}

/** As OCI names an architecture: amd64 for Lambda's x86_64. */
export function platformOf(architecture: Architecture): 'amd64' | 'arm64' {
  return architecture === 'x86_64' ? 'amd64' : 'arm64';
}

/** overlayfs stops near 128 layers, and so do Docker and containerd. */
const mostLayers = 127;
const epoch = '1970-01-01T00:00:00Z';

/**
 * Puts layers and config changes on a base, as one plain manifest: what Lambda takes. The base's layers
 * stay as they are at the bottom, media types are all of the base's family, the history has a line for
 * every layer. The same parts give the same bytes.
 * Errors: `image/invalid` for a base that Lambda would refuse (zstd or foreign layers, another
 * architecture), `limit/exceeded` for too many layers.
 */
export function assembleImage(parts: ImageParts): Result<AssembledImage> {
  const base = parts.base === 'scratch' ? scratch(parts.architecture ?? 'x86_64') : parts.base;
  const refusal = refusalOf(base, parts);
  if (refusal) return err(refusal);
  const types = typesOf(base.manifest.family);
  const layers = [...base.manifest.layers, ...parts.layers.map((layer) => layer.blob)].map((layer) => ({
    mediaType: types.layer,
    digest: layer.digest,
    size: layer.size,
  }));
  const configBytes = Buffer.from(JSON.stringify(configJson(base.config, parts)));
  const config = { mediaType: types.config, digest: digestOf(configBytes), size: configBytes.length };
  const manifestBytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: types.manifest, config, layers }));
  const manifest = { mediaType: types.manifest, digest: digestOf(manifestBytes), size: manifestBytes.length };
  return ok({ manifest, manifestBytes, config, configBytes, layers });
}

function refusalOf(base: ImageBase, parts: ImageParts): ReturnType<typeof fault> | undefined {
  const wanted = parts.architecture && platformOf(parts.architecture);
  if (wanted !== undefined && wanted !== base.config.architecture) {
    return fault('image/invalid', `the base image is for ${base.config.architecture || 'an unnamed architecture'}, the function for ${wanted}`, {
      next: 'name a base image for the function\'s architecture, or change Architectures in the template',
    });
  }
  if (base.manifest.layers.length !== base.config.diffIds.length) {
    return fault('image/invalid', `the base image has ${base.manifest.layers.length} layers but names ${base.config.diffIds.length} in its config`);
  }
  const odd = base.manifest.layers.find((layer) => !layer.mediaType.endsWith('gzip') || layer.mediaType.includes('foreign') || layer.mediaType.includes('nondistributable'));
  if (odd) {
    return fault('image/invalid', `the base image has a layer of type ${odd.mediaType}`, {
      why: 'Lambda takes gzip layers only',
      next: 'push the base image again with gzip layers, for instance `skopeo copy --dest-compress-format gzip`',
    });
  }
  const count = base.manifest.layers.length + parts.layers.length;
  if (count > mostLayers) return fault('limit/exceeded', `the image would have ${count} layers; ${mostLayers} is the most that runtimes take`);
  return undefined;
}

function configJson(base: ImageConfig, parts: ImageParts): object {
  const created = parts.created ?? epoch;
  const history = [
    ...completeHistory(base),
    ...parts.layers.map((layer) => ({ created, createdBy: layer.createdBy, isEmpty: false })),
    ...(parts.metadata ?? []).map((createdBy) => ({ created, createdBy, isEmpty: true })),
  ];
  return {
    architecture: base.architecture,
    ...(base.variant === undefined ? {} : { variant: base.variant }),
    os: base.os,
    created,
    config: runtimeJson(base, parts.changes ?? {}),
    rootfs: { type: 'layers', diff_ids: [...base.diffIds, ...parts.layers.map((layer) => layer.diffId)] },
    history: history.map(historyJson),
  };
}

function runtimeJson(base: ImageConfig, changes: ImageChanges): object {
  const labels = { ...base.labels, ...changes.labels };
  const ports = [...new Set([...base.exposedPorts, ...(changes.exposedPorts ?? [])])].toSorted();
  const cmd = changes.cmd === undefined ? base.cmd : (changes.cmd ?? undefined);
  const entrypoint = changes.entrypoint === undefined ? base.entrypoint : (changes.entrypoint ?? undefined);
  const known: Record<string, unknown> = {
    Env: mergeEnv(base.env, changes.env ?? []),
    Cmd: cmd,
    Entrypoint: entrypoint,
    WorkingDir: changes.workingDir ?? base.workingDir,
    User: changes.user ?? base.user,
    Labels: Object.keys(labels).length > 0 ? sorted(labels) : undefined,
    ExposedPorts: ports.length > 0 ? Object.fromEntries(ports.map((port) => [port, {}])) : undefined,
    StopSignal: changes.stopSignal ?? base.stopSignal,
  };
  // ONBUILD triggers are for the image directly on the base; Image and the host's name are traces of its build.
  const { OnBuild: _, Image: __, Hostname: ___, Domainname: ____, ...rest } = base.runtime;
  const merged: Record<string, unknown> = { ...rest, ...known };
  return sorted(Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined && value !== '')));
}

function mergeEnv(base: readonly string[], changes: readonly (readonly [string, string])[]): readonly string[] {
  const values = new Map(base.map((line) => {
    const at = line.indexOf('=');
    return at < 0 ? [line, undefined] as const : [line.slice(0, at), line.slice(at + 1)] as const;
  }));
  for (const [name, value] of changes) values.set(name, value);
  return [...values].map(([name, value]) => (value === undefined ? name : `${name}=${value}`));
}

/** Lambda refuses an image whose history says nothing of a layer: bases that leave lines out get them. */
function completeHistory(base: ImageConfig): readonly HistoryEntry[] {
  const told = base.history.filter((entry) => !entry.isEmpty).length;
  if (told === base.diffIds.length) return base.history;
  return base.diffIds.map(() => ({ created: epoch, createdBy: 'layer of the base image', isEmpty: false }));
}

function historyJson(entry: HistoryEntry): object {
  return {
    ...(entry.created === undefined ? {} : { created: entry.created }),
    ...(entry.createdBy === undefined ? {} : { created_by: entry.createdBy }),
    ...(entry.author === undefined ? {} : { author: entry.author }),
    ...(entry.comment === undefined ? {} : { comment: entry.comment }),
    ...(entry.isEmpty ? { empty_layer: true } : {}),
  };
}

function typesOf(family: MediaFamily): { readonly manifest: string; readonly config: string; readonly layer: string } {
  return family === 'docker'
    ? { manifest: mediaTypes.dockerManifest, config: mediaTypes.dockerConfig, layer: mediaTypes.dockerLayer }
    : { manifest: mediaTypes.ociManifest, config: mediaTypes.ociConfig, layer: mediaTypes.ociLayer };
}

function sorted<T>(object: Readonly<Record<string, T>>): Record<string, T> {
  const names = Object.keys(object).toSorted();
  return Object.fromEntries(names.map((name) => [name, object[name] as T]));
}

/** The base of `FROM scratch`: what Docker gives such an image too, but for PATH's being in Env. */
function scratch(architecture: Architecture): ImageBase {
  const nothing = { mediaType: mediaTypes.ociConfig, digest: digestOf(''), size: 0 };
  return {
    manifest: { family: 'oci', config: nothing, layers: [], annotations: {} },
    config: {
      architecture: platformOf(architecture),
      os: 'linux',
      variant: undefined,
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      cmd: undefined,
      entrypoint: undefined,
      workingDir: '/',
      user: '',
      labels: {},
      exposedPorts: [],
      stopSignal: undefined,
      diffIds: [],
      history: [],
      runtime: {},
    },
  };
}
