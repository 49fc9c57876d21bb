import type { Digest, DiffId } from '../base/digest.ts';
import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { archiveStream } from '../oci/archive.ts';
import type { BlobSource } from '../oci/blob-sink.ts';
import type { ImageBlobs } from '../oci/image.ts';
import { askEngine, engineAddress, engineText, printEngineAddress, type EngineAddress } from '../registry/engine-socket.ts';

/** A Docker engine that answers. */
export interface DockerEngine {
  readonly address: EngineAddress;
  /** Engines with containerd's image store take whole archives only. */
  readonly usesContainerd: boolean;
}

/** What a load sent. */
export interface LoadReport {
  /** Bytes of layers left out because the engine had them. */
  readonly spared: number;
}

/** Milliseconds: a running engine answers in a few. */
const pingTimeout = 900;
const infoTimeout = 10_000;

/** The local Docker engine; undefined, within a second, when none listens. */
export async function findEngine(host: Host): Promise<DockerEngine | undefined> {
  const address = engineAddress(host);
  if (!address) return undefined;
  try {
    const ping = await askEngine(host, address, { method: 'GET', path: '/_ping', timeout: pingTimeout });
    ping.resume();
    if (ping.statusCode !== 200) return undefined;
    const text = await engineText(await askEngine(host, address, { method: 'GET', path: '/info', timeout: infoTimeout }));
    return { address, usesContainerd: text.includes('io.containerd.snapshotter') };
  } catch {
    return undefined;
  }
}

/**
 * Loads an image into the engine (Docker Engine API, POST /images/load), leaving out the layers at the
 * bottom that another image of the engine shares; when it does not take that, the whole image is sent.
 * @param names `repository:tag`, what the engine shall call it.
 * @param diffIds of the image's layers, bottom first.
 */
export async function loadImage(
  host: Host,
  engine: DockerEngine,
  image: ImageBlobs & { readonly diffIds: readonly DiffId[] },
  options: { readonly names: readonly string[]; readonly source: BlobSource; readonly provide?: () => Promise<void> },
): Promise<LoadReport> {
  const { names, source } = options;
  const shared = engine.usesContainerd ? 0 : await sharedLayers(host, engine, image.diffIds);
  const spared = image.layers.slice(0, shared);
  if (spared.length > 0) {
    const error = await load(host, engine, archiveStream(image, names, source, leaveOut(spared, image)));
    if (error === undefined) return { spared: spared.reduce((sum, layer) => sum + layer.size, 0) };
  }
  await options.provide?.();
  const error = await load(host, engine, archiveStream(image, names, source));
  if (error === undefined) return { spared: 0 };
  throw failure('engine/docker', `the Docker engine at ${printEngineAddress(engine.address)} does not take the image ${names.join(', ')}`, {
    why: error,
    next: 'look at the engine\'s log, and at its free disk space',
  });
}

/** Gives an image that the engine has another name. */
export async function tagImage(host: Host, engine: DockerEngine, image: string, name: string): Promise<void> {
  const colon = name.lastIndexOf(':');
  const query = new URLSearchParams({ repo: name.slice(0, colon), tag: name.slice(colon + 1) });
  const response = await askEngine(host, engine.address, { method: 'POST', path: `/images/${encodeURIComponent(image)}/tag?${query.toString()}` });
  const text = await engineText(response);
  if (response.statusCode !== 201) throw failure('engine/docker', `the Docker engine does not call ${image} ${name}`, { why: text.slice(0, 300) });
}

/** A layer that occurs again higher up, where the engine may not have it, is sent. */
function leaveOut(spared: ImageBlobs['layers'], image: ImageBlobs): ReadonlySet<Digest> {
  const needed = new Set(image.layers.slice(spared.length).map((layer) => layer.digest));
  return new Set(spared.map((layer) => layer.digest).filter((digest) => !needed.has(digest)));
}

/** How many layers from the bottom some image of the engine has too: a layer is known by all that is below it. */
async function sharedLayers(host: Host, engine: DockerEngine, diffIds: readonly DiffId[]): Promise<number> {
  const images = await getJson(host, engine, '/images/json');
  const ids = Array.isArray(images) ? images.map((one: { readonly Id?: unknown }) => one.Id).filter((id) => typeof id === 'string') : [];
  let most = 0;
  for (const id of ids.slice(0, 100)) {
    const json = (await getJson(host, engine, `/images/${encodeURIComponent(id)}/json`)) as { readonly RootFS?: { readonly Layers?: readonly string[] } } | undefined;
    const layers = json?.RootFS?.Layers ?? [];
    const differs = diffIds.findIndex((diffId, i) => layers[i] !== diffId);
    most = Math.max(most, differs < 0 ? diffIds.length : differs);
    if (most === diffIds.length) break;
  }
  return most;
}

async function getJson(host: Host, engine: DockerEngine, path: string): Promise<unknown> {
  const response = await askEngine(host, engine.address, { method: 'GET', path });
  const parts: Buffer[] = [];
  for await (const chunk of response) parts.push(chunk as Buffer);
  try {
    return response.statusCode === 200 ? JSON.parse(Buffer.concat(parts).toString('utf8')) : undefined;
  } catch {
    return undefined;
  }
}

/** Sends an archive; undefined when the engine took it, else what it said. The status is 200 either way. */
async function load(host: Host, engine: DockerEngine, archive: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const response = await askEngine(host, engine.address, {
    method: 'POST',
    path: '/images/load?quiet=1',
    body: { type: 'application/x-tar', open: () => archive },
  });
  const text = await engineText(response);
  const error = /"error"\s*:\s*("(?:[^"\\]|\\.)*")/u.exec(text)?.[1];
  if (response.statusCode === 200 && error === undefined) return undefined;
  return error === undefined ? text.slice(0, 500) : String(JSON.parse(error));
}
