import { digestOf, type Digest } from '../base/digest.ts';
import { failure, Failure } from '../base/fault.ts';
import type { Architecture, Host } from '../base/host.ts';
import type { BlobSink } from '../oci/blob-sink.ts';
import { mediaTypes, type Descriptor } from '../oci/descriptor.ts';
import { parseIndex } from '../oci/image-json.ts';
import { platformOf } from '../oci/image.ts';
import { platformsOf, selectManifest } from '../oci/select-manifest.ts';
import type { Lookup } from './credentials.ts';
import { fetchBlob, type OnBytes } from './fetch-blob.ts';
import { readResponse } from './http.ts';
import { mirrorRepository, mirrorsOf, originRepository, type Repository } from './mirrors.ts';
import { printReference, type Reference } from './reference.ts';
import { corrupt, type Asked } from './registry-fault.ts';
import { createTransport, waitOn, type Transport, type Wait } from './transport.ts';
import { uploadBlob, type Upload } from './upload-blob.ts';

/** A reference brought down to one image. */
export interface ResolvedImage {
  /** Of the manifest for the platform. */
  readonly digest: Digest;
  readonly mediaType: string;
  readonly manifestBytes: Buffer;
  /** Of the index that the reference names, if it names one: what `FROM name:tag@sha256:…` should pin. */
  readonly indexDigest: Digest | undefined;
  readonly indexBytes: Buffer | undefined;
  /** Where it was found: blobs are there too. */
  readonly repository: Repository;
}

/** Speaks the OCI distribution protocol (distribution-spec 1.1) to registries and their mirrors. */
export interface RegistryClient {
  /** Asks the mirrors in order, then the registry itself, for an image. */
  readonly resolve: (reference: Reference, architecture: Architecture) => Promise<ResolvedImage>;
  /** Fetches a blob into a sink, verified, going on after cuts. */
  readonly fetchBlob: (repository: Repository, descriptor: Descriptor, sink: BlobSink, onBytes?: OnBytes) => Promise<void>;
  /** A small blob, verified. */
  readonly readBlob: (repository: Repository, descriptor: Descriptor) => Promise<Buffer>;
  readonly hasBlob: (repository: Repository, digest: Digest, action?: 'pull' | 'push') => Promise<boolean>;
  readonly hasManifest: (repository: Repository, name: string) => Promise<boolean>;
  /** A manifest's bytes by tag or digest; undefined when there is none. */
  readonly readManifest: (repository: Repository, name: string) => Promise<Buffer | undefined>;
  readonly uploadBlob: (repository: Repository, upload: Upload) => Promise<'mounted' | 'uploaded'>;
  /** @param name a tag or a digest. */
  readonly pushManifest: (repository: Repository, name: string, manifest: { readonly mediaType: string; readonly bytes: Buffer }) => Promise<void>;
}

/** No manifest is larger: distribution-spec asks registries to take 4 MiB at least. */
const largestManifest = 8 * 1024 * 1024;
const accept = [mediaTypes.ociIndex, mediaTypes.dockerList, mediaTypes.ociManifest, mediaTypes.dockerManifest].join(', ');

/**
 * A client for one run: it keeps connections, tokens and credentials.
 * @param wait pauses between attempts; real time when absent.
 * @param find gives the credentials of a registry; as Docker finds them when absent.
 */
export function createRegistryClient(host: Host, wait: Wait = waitOn(host.signal), find?: (registry: string) => Promise<Lookup>): RegistryClient {
  const transport = createTransport(host, wait, find);
  return {
    resolve: (reference, architecture) => resolveAnywhere(host, transport, reference, architecture),
    fetchBlob: (repository, descriptor, sink, onBytes = () => undefined) => fetchBlob(repository, descriptor, sink, { transport, wait, onBytes }),
    readBlob: (repository, descriptor) => readBlob(transport, repository, descriptor),
    hasBlob: (repository, digest, action = 'pull') => has(transport, { repository, what: `the blob ${digest}`, action }, `blobs/${digest}`),
    hasManifest: (repository, name) => has(transport, { repository, what: `the manifest ${name}`, action: 'push' }, `manifests/${name}`),
    readManifest: async (repository, name) => {
      const asked: Asked = { repository, what: `the manifest ${name} of ${repository.name}`, action: 'pull' };
      const response = await transport.request(asked, `/v2/${repository.name}/manifests/${name}`, { headers: { accept }, accept: [200, 404] });
      const bytes = await readResponse(response, largestManifest);
      return response.status === 200 ? bytes : undefined;
    },
    uploadBlob: (repository, upload) => uploadBlob(repository, upload, { transport, wait }),
    pushManifest: async (repository, name, { mediaType, bytes }) => {
      const asked: Asked = { repository, what: `the manifest ${name} for ${repository.name}`, action: 'push' };
      const response = await transport.request(asked, `/v2/${repository.name}/manifests/${name}`, {
        method: 'PUT',
        headers: { 'content-type': mediaType },
        body: { size: bytes.length, open: () => [bytes] },
        accept: [200, 201, 202],
      });
      response.body.resume();
    },
  };
}

async function resolveAnywhere(host: Host, transport: Transport, reference: Reference, architecture: Architecture): Promise<ResolvedImage> {
  const origin = originRepository(reference);
  const mirrors = mirrorsOf(host, reference.registry).filter((mirror) => mirror.kind === 'registry');
  const places = [...mirrors.map((mirror) => mirrorRepository(mirror, reference)).filter((one) => one.origin !== origin.origin || one.name !== origin.name), origin];
  const failed: Failure[] = [];
  for (const repository of places) {
    try {
      return await resolveAt(transport, repository, reference, architecture);
    } catch (error) {
      if (!(error instanceof Failure) || !isElsewhereWorthAsking(error)) throw error;
      failed.push(error);
    }
  }
  throw combined(failed, reference);
}

function isElsewhereWorthAsking(error: Failure): boolean {
  return ['registry/not-found', 'registry/unavailable', 'registry/rate-limited', 'network/unreachable'].includes(error.fault.code);
}

/** The failure of the last that answered, the origin before its mirrors; where nobody did, the origin's. With what the others said. */
function combined(failed: readonly Failure[], reference: Reference): Failure {
  const last = failed.findLast((one) => one.fault.code !== 'network/unreachable') ?? failed.at(-1);
  if (!last) throw new Error(`unreachable: nobody was asked for ${printReference(reference)}`);
  if (failed.length === 1) return last;
  const { code, what, why, next } = last.fault;
  const position = failed.indexOf(last);
  const others = failed.filter((one) => one !== last).map((one) => {
    const which = failed.indexOf(one) < position ? 'the mirror before it' : one === failed.at(-1) ? 'the registry itself' : 'the mirror after it';
    return `${which}: ${one.fault.what}${one.fault.why === undefined ? '' : ` (${one.fault.why})`}`;
  });
  return failure(code, what, { why: [why, ...others].filter((line) => line !== undefined).join('\n'), next, cause: last });
}

async function resolveAt(transport: Transport, repository: Repository, reference: Reference, architecture: Architecture): Promise<ResolvedImage> {
  const name = reference.digest ?? reference.tag ?? 'latest';
  const first = await getManifest(transport, repository, name, reference);
  const index = parseIndex(first.bytes);
  if (!index) return { digest: first.digest, mediaType: first.mediaType, manifestBytes: first.bytes, indexDigest: undefined, indexBytes: undefined, repository };
  const chosen = selectManifest(index.manifests, architecture);
  if (!chosen) {
    throw failure('registry/not-found', `${printReference(reference)} has no image for linux/${platformOf(architecture)}`, {
      why: `it has: ${platformsOf(index.manifests)}`,
      next: 'choose another base image, or change Architectures in the template',
    });
  }
  const { digest, mediaType, bytes } = await getManifest(transport, repository, chosen.digest, reference);
  return { digest, mediaType, manifestBytes: bytes, indexDigest: first.digest, indexBytes: first.bytes, repository };
}

async function getManifest(
  transport: Transport,
  repository: Repository,
  name: string,
  reference: Reference,
): Promise<{ readonly digest: Digest; readonly mediaType: string; readonly bytes: Buffer }> {
  const asked: Asked = { repository, what: `the image ${printReference(reference)}`, action: 'pull' };
  const response = await transport.request(asked, `/v2/${repository.name}/manifests/${name}`, { headers: { accept }, accept: [200, 404] });
  if (response.status === 404) {
    response.body.resume();
    throw await missing(transport, repository, asked, name);
  }
  const bytes = await readWhole(response, asked);
  const digest = digestOf(bytes);
  const promised = name.startsWith('sha256:') ? name : (response.headers['docker-content-digest'] ?? digest);
  if (promised.startsWith('sha256:') && promised !== digest) throw corrupt(asked, `its bytes have the digest ${digest}, not ${promised}`);
  return { digest, mediaType: response.headers['content-type'] ?? mediaTypes.ociManifest, bytes };
}

async function readWhole(response: Awaited<ReturnType<Transport['request']>>, asked: Asked): Promise<Buffer> {
  try {
    const bytes = await readResponse(response, largestManifest + 1);
    if (bytes.length <= largestManifest) return bytes;
  } catch (error) {
    throw corrupt(asked, `it was cut off (${error instanceof Error ? error.message : String(error)})`);
  }
  throw corrupt(asked, `a manifest of more than ${largestManifest} bytes`);
}

/** Names what is missing, repository or tag, with tags that look like the one asked for. */
async function missing(transport: Transport, repository: Repository, asked: Asked, name: string): Promise<Failure> {
  const tags = await listTags(transport, repository);
  const { registry } = repository;
  if (!tags) {
    return failure('registry/not-found', `${registry} does not have ${asked.what}`, {
      why: `it does not know the repository ${repository.name}, or does not show it without a login`,
      next: 'check the spelling in FROM',
    });
  }
  const like = similar(name, tags);
  return failure('registry/not-found', `${registry} does not have ${asked.what}`, {
    why: `the repository ${repository.name} is there, ${name.startsWith('sha256:') ? 'that digest' : `the tag ${name}`} is not`,
    next: like.length > 0 ? `tags like it: ${like.join(', ')}` : 'check the tag in FROM',
  });
}

async function listTags(transport: Transport, repository: Repository): Promise<readonly string[] | undefined> {
  const asked: Asked = { repository, what: 'its tags', action: 'pull' };
  try {
    const response = await transport.request(asked, `/v2/${repository.name}/tags/list?n=200`, { attempts: 1 });
    const json = JSON.parse((await readResponse(response, 1024 * 1024)).toString('utf8')) as { readonly tags?: unknown };
    return Array.isArray(json.tags) ? json.tags.map(String) : [];
  } catch {
    return undefined;
  }
}

/** Up to five tags, those that begin most like the name first. */
function similar(name: string, tags: readonly string[]): readonly string[] {
  const shared = (tag: string): number => {
    let length = 0;
    while (length < tag.length && tag[length] === name[length]) length++;
    return length;
  };
  return tags.filter((tag) => shared(tag) > 0).toSorted((a, b) => shared(b) - shared(a)).slice(0, 5);
}

async function has(transport: Transport, asked: Asked, path: string): Promise<boolean> {
  const url = `/v2/${asked.repository.name}/${path}`;
  const response = await transport.request(asked, url, { method: 'HEAD', headers: { accept }, accept: [200, 404] });
  response.body.resume();
  return response.status === 200;
}

async function readBlob(transport: Transport, repository: Repository, descriptor: Descriptor): Promise<Buffer> {
  const asked: Asked = { repository, what: `the blob ${descriptor.digest} of ${repository.name}`, action: 'pull' };
  if (descriptor.size > largestManifest) throw corrupt(asked, `a config of ${descriptor.size} bytes`);
  const response = await transport.request(asked, `/v2/${repository.name}/blobs/${descriptor.digest}`);
  const bytes = await readWhole(response, asked);
  if (bytes.length !== descriptor.size || digestOf(bytes) !== descriptor.digest) throw corrupt(asked, `its ${bytes.length} bytes have the digest ${digestOf(bytes)}`);
  return bytes;
}
