import { createReadStream, readFileSync } from 'node:fs';
import { digestOf, type Digest } from '../base/digest.ts';
import { failure, type Failure } from '../base/fault.ts';
import type { Architecture, Host } from '../base/host.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { importArchive, importTar, type ImportedImage } from '../oci/import-archive.ts';
import { parseIndex, parseManifest } from '../oci/image-json.ts';
import { platformOf } from '../oci/image.ts';
import { openLayout, refName, type Layout } from '../oci/layout.ts';
import { selectManifest } from '../oci/select-manifest.ts';
import { askEngine, engineAddress, engineText } from '../registry/engine-socket.ts';
import type { Store } from '../store/store.ts';

/** An image found outside of the store; manifest and config are in hand. */
export interface LocalImage {
  /** For the user: where it came from. */
  readonly source: string;
  readonly manifestBytes: Buffer;
  readonly configBytes: Buffer;
  readonly indexDigest: Digest | undefined;
  readonly fetch: (layers: readonly Descriptor[]) => Promise<void>;
}

/** Which image of a layout is meant. */
export type LayoutChoice =
  | { readonly kind: 'digest'; readonly digest: Digest }
  /** What it may be called, the first that fits is taken; with no names, or when it has none itself, the sole image. */
  | { readonly kind: 'name'; readonly names: readonly string[] };

/** An image of an OCI layout folder (absolute). `registry/not-found` when it is not in it. */
export async function fromLayout(store: Store, path: string, choice: LayoutChoice, architecture: Architecture): Promise<LocalImage> {
  const layout = openLayout(path);
  const entry = entryFor(layout, choice);
  if (!entry) throw notInLayout(path, choice, layout.manifests);
  const first = readSmall(layout, entry.digest);
  const index = parseIndex(first);
  const chosen = index ? selectManifest(index.manifests, architecture) : entry;
  if (!chosen) throw failure('registry/not-found', `${path} has no image for linux/${platformOf(architecture)}`, { next: 'give a layout with the function\'s architecture' });
  const manifestBytes = index ? readSmall(layout, chosen.digest) : first;
  const manifest = parseManifest(manifestBytes);
  const configBytes = manifest.ok ? readSmall(layout, manifest.value.config.digest) : Buffer.alloc(0);
  for (const bytes of [first, manifestBytes, configBytes]) store.putBytes(bytes);
  return {
    source: `the OCI layout ${path}`,
    manifestBytes,
    configBytes,
    indexDigest: index ? entry.digest : undefined,
    fetch: async (layers) => {
      for (const layer of layers) await copyIn(store, layout, layer);
    },
  };
}

/** An image of a `docker save` archive or a tarred OCI layout; all of it goes into the store at once. */
export async function fromArchive(store: Store, path: string, architecture: Architecture): Promise<LocalImage> {
  return chosenOf(store, await importArchive(path, store), `the archive ${path}`, architecture);
}

/** An image that the local Docker engine has. `engine/docker` when it has not, or does not answer. */
export async function fromEngine(host: Host, store: Store, name: string, architecture: Architecture): Promise<LocalImage> {
  const address = engineAddress(host);
  if (!address) throw failure('engine/docker', 'DOCKER_HOST names an engine that is reached by a program of its own', { next: 'set DOCKER_HOST to unix://… or tcp://…' });
  const short = name.replace(/^docker\.io\/(?:library\/)?/u, '');
  const response = await askEngine(host, address, { method: 'GET', path: `/images/${short.split('/').map(encodeURIComponent).join('/')}/get` });
  if (response.statusCode !== 200) {
    const said = await engineText(response);
    throw failure('engine/docker', `the Docker engine does not give the image ${name}`, { why: said.slice(0, 300), next: `fetch it with \`docker pull ${name}\`` });
  }
  return chosenOf(store, await importTar(response, `the image ${name}`, store), `${name} of the local Docker engine`, architecture);
}

function chosenOf(store: Store, images: readonly ImportedImage[], source: string, architecture: Architecture): LocalImage {
  const wanted = platformOf(architecture);
  const image = images.find((one) => one.platform.architecture === wanted);
  const others = images.map((one) => one.platform.architecture).join(', ');
  if (!image) throw failure('image/invalid', `${source} has no image for ${wanted}, only for ${others}`, { next: 'save it again for the function\'s architecture' });
  const manifest = parseManifest(image.manifestBytes);
  const configBytes = manifest.ok ? store.read(manifest.value.config.digest) : undefined;
  if (!configBytes) throw failure('image/invalid', `${source} lacks its config`);
  return { source, manifestBytes: image.manifestBytes, configBytes, indexDigest: undefined, fetch: async () => Promise.reject(lost(source)) };
}

function entryFor(layout: Layout, choice: LayoutChoice): { readonly digest: Digest } | undefined {
  if (choice.kind === 'digest') return layout.has(choice.digest) ? choice : undefined;
  const { manifests } = layout;
  const found = choice.names.map((name) => manifests.find((one) => one.annotations?.[refName] === name || one.annotations?.['io.containerd.image.name'] === name));
  const [first] = found.filter((one) => one !== undefined);
  const [only, ...others] = manifests;
  const isMeant = choice.names.length === 0 || only?.annotations?.[refName] === undefined;
  return first ?? (others.length === 0 && isMeant ? only : undefined);
}

function notInLayout(path: string, choice: LayoutChoice, manifests: readonly Descriptor[]): Failure {
  const known = manifests.map((one) => one.annotations?.[refName] ?? one.digest).slice(0, 10);
  const names = choice.kind === 'digest' ? [choice.digest] : choice.names;
  const wanted = names.length === 0 ? 'holds several images, and none of them is named' : `has no image ${names.join(' or ')}`;
  return failure('registry/not-found', `the OCI layout ${path} ${wanted}`, { why: `it has: ${known.join(', ')}`, next: 'name one of them: `oci:PATH:NAME`' });
}

function readSmall(layout: Layout, digest: Digest): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(layout.pathOf(digest));
  } catch (error) {
    throw failure('image/invalid', `an OCI layout lacks the blob ${layout.pathOf(digest)}`, { next: 'copy the image into the layout again', cause: error });
  }
  if (digestOf(bytes) !== digest) throw failure('image/invalid', `${layout.pathOf(digest)} is damaged: its bytes have another digest than its name`, { next: 'copy the image into the layout again' });
  return bytes;
}

async function copyIn(store: Store, layout: Layout, layer: Descriptor): Promise<void> {
  const writer = store.begin();
  try {
    for await (const chunk of createReadStream(layout.pathOf(layer.digest), { highWaterMark: 1024 * 1024 })) writer.write(chunk as Buffer);
    await writer.commit(layer);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw failure('image/invalid', `an OCI layout lacks the layer ${layout.pathOf(layer.digest)}`, { next: 'copy the image into the layout again' });
    throw error;
  } finally {
    writer.abort();
  }
}

function lost(source: string): Failure {
  return failure('store/corrupt', `a layer of ${source} has gone from the store`, { next: 'run the same command again' });
}
