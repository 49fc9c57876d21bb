import { isAbsolute, resolve } from 'node:path';
import { digestOf, type Digest } from '../base/digest.ts';
import { Failure, failure, type FaultCode } from '../base/fault.ts';
import type { Architecture, Host } from '../base/host.ts';
import type { Result } from '../base/result.ts';
import { mediaTypes, type Descriptor } from '../oci/descriptor.ts';
import { parseConfig, parseIndex, parseManifest, type ImageConfig, type ImageManifest } from '../oci/image-json.ts';
import { platformOf } from '../oci/image.ts';
import { selectManifest } from '../oci/select-manifest.ts';
import { createRegistryClient, type RegistryClient, type ResolvedImage } from '../registry/client.ts';
import { inParallel } from '../registry/push-image.ts';
import { mirrorsOf, originRepository, type Repository } from '../registry/mirrors.ts';
import { parseReference, printReference, type Reference } from '../registry/reference.ts';
import type { Store } from '../store/store.ts';
import { fromArchive, fromEngine, fromLayout, type LayoutChoice, type LocalImage } from './local-image.ts';

/** An image that something is built on. Its layers may still be elsewhere. */
export interface BaseImage {
  /** For the user: where it came from. */
  readonly source: string;
  /** Of the platform's manifest. */
  readonly digest: Digest;
  /** Of the index that the reference names: what `FROM name:tag@sha256:…` should pin; undefined when it names a plain image. */
  readonly indexDigest: Digest | undefined;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  readonly layers: readonly Descriptor[];
  /** The repository that has the layers, for mounting; undefined for local images. */
  readonly repository: Repository | undefined;
  /** Brings the layers (all, or these) into the store; those that are there are not fetched. */
  readonly fetchLayers: (only?: readonly Descriptor[]) => Promise<void>;
}

/** How a base is opened. */
export interface OpenBaseOptions {
  /** Shared over bases, so that tokens and connections are. */
  readonly client?: RegistryClient;
  /** Of the platform's manifest, from the lock: with it and a warm store nothing outside is asked. */
  readonly knownDigest?: Digest | undefined;
  /** Asks nobody outside; what is not in the store is a fault. */
  readonly isOffline?: boolean;
}

/**
 * Opens the image that FROM names: `scratch` is undefined; `oci:PATH[:NAME]`, `oci-archive:PATH`,
 * `docker-archive:PATH`, `docker-daemon:NAME`, else a registry's, through its mirrors, or the local
 * Docker engine's when the registry can't be reached. Manifest and config are kept in the store.
 * @param reference FROM's text; relative paths are below the host's working folder.
 */
export async function openBase(
  host: Host,
  store: Store,
  reference: string,
  architecture: Architecture,
  options: OpenBaseOptions = {},
): Promise<BaseImage | undefined> {
  if (reference === 'scratch') return undefined;
  const local = /^(oci|oci-archive|docker-archive|docker-daemon):(.+)$/u.exec(reference);
  if (local?.[1] !== undefined && local[2] !== undefined) return baseOf(store, await openLocal(host, store, local[1], local[2], architecture), architecture);
  const parsed = unwrap(parseReference(reference));
  const known = knownBase(host, store, parsed, architecture, options);
  if (known) return known;
  if (options.isOffline === true) {
    throw failure('registry/not-found', `the base image ${reference} is not in the store`, {
      why: 'the build was asked to go without the network',
      next: 'run `shear build` once with the network, then again',
    });
  }
  return await openRemote(host, store, parsed, architecture, options);
}

async function openLocal(host: Host, store: Store, kind: string, rest: string, architecture: Architecture): Promise<LocalImage> {
  if (kind === 'docker-daemon') return await fromEngine(host, store, rest, architecture);
  const absolute = (path: string): string => (isAbsolute(path) ? path : resolve(host.cwd, path));
  if (kind !== 'oci') return await fromArchive(store, absolute(rest), architecture);
  const colon = rest.indexOf(':', rest.lastIndexOf('/'));
  const path = absolute(colon < 0 ? rest : rest.slice(0, colon));
  return await fromLayout(store, path, { kind: 'name', names: colon < 0 ? [] : [rest.slice(colon + 1)] }, architecture);
}

/** A base by a digest that the lock or FROM gives, whose manifest and config an earlier run kept. */
function knownBase(host: Host, store: Store, reference: Reference, architecture: Architecture, options: OpenBaseOptions): BaseImage | undefined {
  const named = options.knownDigest ?? reference.digest;
  const first = named && store.read(named);
  const index = first && parseIndex(first);
  const digest = index ? selectManifest(index.manifests, architecture)?.digest : named;
  const manifestBytes = index && digest ? store.read(digest) : first;
  const manifest = manifestBytes && parseManifest(manifestBytes);
  if (!digest || !manifestBytes || !manifest?.ok) return undefined;
  const configBytes = store.read(manifest.value.config.digest);
  const config = configBytes && parseConfig(configBytes);
  if (!configBytes || !config?.ok || config.value.architecture !== platformOf(architecture)) return undefined;
  const local: LocalImage = {
    source: `${printReference(reference)}, kept in the store`,
    manifestBytes,
    configBytes,
    indexDigest: index ? named : undefined,
    fetch: async (layers) => {
      const base = await openRemote(host, store, { ...reference, digest }, architecture, options);
      await base.fetchLayers(layers);
    },
  };
  return { ...baseOf(store, local, architecture), repository: originRepository(reference) };
}

/** Answers after which Docker too takes what its engine has under the name: a base that was only built locally is nowhere else. */
const mayBeLocal: ReadonlySet<FaultCode> = new Set(['network/unreachable', 'registry/not-found', 'registry/unauthorized', 'registry/unavailable', 'registry/rate-limited']);

async function openRemote(host: Host, store: Store, reference: Reference, architecture: Architecture, options: OpenBaseOptions): Promise<BaseImage> {
  const wanted = { ...reference, digest: options.knownDigest ?? reference.digest };
  const layouts = mirrorsOf(host, reference.registry).filter((mirror) => mirror.kind === 'layout');
  for (const { path } of layouts) {
    const found = await fromLayout(store, path, choiceFor(wanted), architecture).catch((error: unknown) => absent(error));
    if (found) return baseOf(store, found, architecture);
  }
  const client = options.client ?? createRegistryClient(host);
  try {
    return await fromRegistry(host, store, client, await client.resolve(wanted, architecture), { reference: wanted, architecture });
  } catch (error) {
    if (!(error instanceof Failure) || !mayBeLocal.has(error.fault.code)) throw error;
    const engine = await fromEngine(host, store, printReference(wanted.digest === undefined ? wanted : { ...wanted, tag: undefined }), architecture).catch(() => undefined);
    if (!engine) throw error;
    return baseOf(store, engine, architecture);
  }
}

/** What a layout that stands in for a registry may call an image, the most exact first. */
function choiceFor(reference: Reference): LayoutChoice {
  const { repository, tag = 'latest', digest } = reference;
  if (digest !== undefined) return { kind: 'digest', digest };
  const last = repository.slice(repository.lastIndexOf('/') + 1);
  return { kind: 'name', names: [printReference(reference), `${repository}:${tag}`, `${last}:${tag}`, tag] };
}

function absent(error: unknown): undefined {
  if (error instanceof Failure && error.fault.code === 'registry/not-found') return undefined;
  throw error;
}

async function fromRegistry(
  host: Host,
  store: Store,
  client: RegistryClient,
  found: ResolvedImage,
  { reference, architecture }: { readonly reference: Reference; readonly architecture: Architecture },
): Promise<BaseImage> {
  const { repository, manifestBytes } = found;
  const manifest = unwrap(parseManifest(manifestBytes));
  const configBytes = store.read(manifest.config.digest) ?? (await client.readBlob(repository, manifest.config));
  for (const bytes of [configBytes, manifestBytes, ...(found.indexBytes ? [found.indexBytes] : [])]) store.putBytes(bytes);
  const fetchAll = async (layers: readonly Descriptor[]): Promise<void> => {
    await inParallel(layers, 4, (layer) => fetchLayer(host, store, client, { repository, layer }));
  };
  const local: LocalImage = {
    source: `${printReference(reference)} from ${repository.registry}`,
    manifestBytes,
    configBytes,
    indexDigest: found.indexDigest,
    fetch: fetchAll,
  };
  return { ...baseOf(store, local, architecture), repository };
}

async function fetchLayer(
  host: Host,
  store: Store,
  client: RegistryClient,
  { repository, layer }: { readonly repository: Repository; readonly layer: Descriptor },
): Promise<void> {
  const label = `base layer ${layer.digest.slice(7, 19)}`;
  const tell = (bytes: number): void => host.emit({ kind: 'transfer', id: layer.digest, label, direction: 'download', bytes, total: layer.size });
  await client.fetchBlob(repository, layer, store, tell);
}

function baseOf(store: Store, image: LocalImage, architecture: Architecture): BaseImage {
  const manifest = unwrap(parseManifest(image.manifestBytes));
  const config = unwrap(parseConfig(image.configBytes));
  const wanted = platformOf(architecture);
  if (config.architecture !== wanted) {
    throw failure('image/invalid', `${image.source} is an image for ${config.architecture}, the function wants ${wanted}`, {
      next: 'name an image for the function\'s architecture, or change Architectures in the template',
    });
  }
  return {
    source: image.source,
    digest: digestOf(image.manifestBytes),
    indexDigest: image.indexDigest,
    manifest,
    config,
    layers: manifest.layers.map((layer) => (layer.mediaType === '' ? { ...layer, mediaType: mediaTypes.ociLayer } : layer)),
    repository: undefined,
    fetchLayers: (only = manifest.layers) => fetchMissing(store, only, image.fetch),
  };
}

async function fetchMissing(store: Store, layers: readonly Descriptor[], fetch: (layers: readonly Descriptor[]) => Promise<void>): Promise<void> {
  const missing = [...new Map(layers.map((layer) => [layer.digest, layer])).values()].filter((layer) => !store.has(layer.digest, layer.size));
  if (missing.length > 0) await fetch(missing);
}

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Failure(result.error);
  return result.value;
}
