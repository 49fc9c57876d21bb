import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../src/base/digest.ts';
import type { Host } from '../../src/base/host.ts';
import { createRegistryClient, type RegistryClient } from '../../src/registry/client.ts';
import { pushImage } from '../../src/registry/push-image.ts';
import { parseReference, type Reference } from '../../src/registry/reference.ts';
import { originRepository } from '../../src/registry/mirrors.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { testHost } from '../support/host.ts';
import { imageOn, serveImage, serveIndex, testImage, textLayer } from '../support/image.ts';
import { sha256, startRegistry, type TestRegistry } from '../support/registry.ts';

let folder: string;
let registry: TestRegistry;
let store: Store;
let waits: number[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shear-registry-'));
  registry = await startRegistry();
  store = openStore(join(folder, 'store'), () => 0);
  waits = [];
});
afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function client(overrides: Partial<Host> = {}): RegistryClient {
  return createRegistryClient(testHost({ env: { HOME: folder }, ...overrides }), async (ms) => {
    waits.push(ms);
  });
}

function reference(text: string): Reference {
  const parsed = parseReference(text);
  if (!parsed.ok) throw new Error(parsed.error.why);
  return parsed.value;
}

function remote(name = 'app'): { readonly image: ReturnType<typeof testImage>; readonly ref: Reference } {
  const source = openStore(join(folder, 'source'), () => 0);
  const image = testImage(source, [textLayer(source, { 'var/task/app.py': 'x = 1\n'.repeat(1000) })]);
  serveImage(registry, name, 'v1', image, (digest) => source.read(digest as Digest) ?? Buffer.alloc(0));
  return { image, ref: reference(`${registry.host}/${name}:v1`) };
}

describe('resolve', () => {
  it('gives the manifest that a tag names', async () => {
    const { image, ref } = remote();
    const resolved = await client().resolve(ref, 'x86_64');
    expect(resolved).toMatchObject({ digest: image.manifest.digest, mediaType: image.manifest.mediaType, indexDigest: undefined });
    expect(resolved.manifestBytes.equals(image.manifestBytes)).toBe(true);
  });

  it('takes the image for the architecture out of an index, past attestations, and says the index\'s digest', async () => {
    const { image } = remote();
    const digest = serveIndex(registry, 'app', 'multi', [
      { ...image.manifest, digest: sha256(Buffer.from('other')), platform: { os: 'linux', architecture: 'arm64' } },
      { ...image.manifest, digest: sha256(Buffer.from('att')), platform: { os: 'unknown', architecture: 'unknown' }, annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } },
      { ...image.manifest, platform: { os: 'linux', architecture: 'amd64' } },
    ]);
    const resolved = await client().resolve(reference(`${registry.host}/app:multi`), 'x86_64');
    expect(resolved).toMatchObject({ digest: image.manifest.digest, indexDigest: digest });
    const pinned = await client().resolve(reference(`${registry.host}/app:multi@${digest}`), 'x86_64');
    expect(pinned.digest).toBe(image.manifest.digest);
  });

  it('names the platforms that there are when the architecture is missing', async () => {
    const { image } = remote();
    serveIndex(registry, 'app', 'arm', [{ ...image.manifest, platform: { os: 'linux', architecture: 'arm64' } }]);
    await expect(client().resolve(reference(`${registry.host}/app:arm`), 'x86_64')).rejects.toMatchObject({
      fault: { code: 'registry/not-found', why: 'it has: linux/arm64' },
    });
  });

  it('names the missing tag and tags like it', async () => {
    const { image } = remote();
    for (const tag of ['3.12', '3.11', 'v2']) registry.manifests.set(`app:${tag}`, { mediaType: image.manifest.mediaType, bytes: image.manifestBytes });
    await expect(client().resolve(reference(`${registry.host}/app:3.13`), 'x86_64')).rejects.toMatchObject({
      fault: {
        code: 'registry/not-found',
        what: `${registry.host} does not have the image ${registry.host}/app:3.13`,
        why: 'the repository app is there, the tag 3.13 is not',
        next: 'tags like it: 3.12, 3.11',
      },
    });
  });

  it('names the missing repository', async () => {
    await expect(client().resolve(reference(`${registry.host}/nope:1`), 'x86_64')).rejects.toMatchObject({
      fault: { code: 'registry/not-found', why: expect.stringContaining('it does not know the repository nope') as string },
    });
  });

  it('refuses a manifest with another digest than the one asked for', async () => {
    const { image, ref } = remote();
    registry.faults.push({ path: /manifests/u, kind: { bytes: Buffer.from('{"schemaVersion":2}') } });
    await expect(client().resolve({ ...ref, digest: image.manifest.digest }, 'x86_64')).rejects.toMatchObject({ fault: { code: 'registry/corrupt' } });
  });

  it('says that nothing listens', async () => {
    const { ref } = remote();
    await registry[Symbol.asyncDispose]();
    await expect(client().resolve(ref, 'x86_64')).rejects.toMatchObject({
      fault: { code: 'network/unreachable', why: 'nothing listens there (ECONNREFUSED)' },
    });
    expect(waits).toEqual([]);
  });
});

describe('mirrors', () => {
  it('are asked instead of the registry', async () => {
    const { image } = remote('lambda/python');
    const env = { HOME: folder, SHEAR_REGISTRY_MIRRORS: `docker.io=http://127.0.0.1:9,public.ecr.aws=${registry.url}` };
    const resolved = await client({ env }).resolve(reference('public.ecr.aws/lambda/python:v1'), 'x86_64');
    expect(resolved.digest).toBe(image.manifest.digest);
    expect(resolved.repository).toEqual({ registry: registry.host, origin: registry.url, name: 'lambda/python' });
  });

  it('may have a path, and are passed over when they lack the image', async () => {
    const { image } = remote('hub/library/python');
    await using empty = await startRegistry();
    const env = { HOME: folder, SHEAR_REGISTRY_MIRRORS: `docker.io=${empty.url}, docker.io=http://127.0.0.1:9, docker.io=${registry.url}/hub/` };
    expect((await client({ env }).resolve(reference('python:v1'), 'x86_64')).digest).toBe(image.manifest.digest);
    expect(empty.requests.length).toBeGreaterThan(0);
  });

  it('lead back to the registry, whose failure then also says what they said', async () => {
    const env = { HOME: folder, SHEAR_REGISTRY_MIRRORS: `${registry.host}=http://127.0.0.1:9` };
    const { ref, image } = remote();
    expect((await client({ env }).resolve(ref, 'x86_64')).digest).toBe(image.manifest.digest);
    await expect(client({ env }).resolve({ ...ref, tag: 'zzz' }, 'x86_64')).rejects.toMatchObject({
      fault: { code: 'registry/not-found', why: expect.stringContaining('the mirror before it: http://127.0.0.1:9 cannot be reached') as string },
    });
  });

  it('are a usage fault when malformed, without the password', async () => {
    const env = { HOME: folder, SHEAR_REGISTRY_MIRRORS: 'http://me:secret@x' };
    const failed = client({ env }).resolve(reference('python'), 'x86_64');
    await expect(failed).rejects.toMatchObject({ fault: { code: 'usage' } });
    await expect(failed).rejects.not.toThrow(/secret/u);
  });
});

describe('authentication', () => {
  it('dances for an anonymous token', async () => {
    const { image, ref } = remote();
    registry.auth = { kind: 'token' };
    expect((await client().resolve(ref, 'x86_64')).digest).toBe(image.manifest.digest);
  });

  it('gets one token for all of a push, with the credentials of config.json', async () => {
    const { image } = remote('from');
    registry.auth = { kind: 'token', user: 'me', password: 'pass:word' };
    dockerConfig({ auths: { [registry.host]: { auth: Buffer.from('me:pass:word').toString('base64') } } });
    const source = openStore(join(folder, 'source'), () => 0);
    await pushImage(client(), originRepository(reference(`${registry.host}/to`)), image, { source, tags: ['v1'], parallel: 1 });
    expect(registry.manifests.has('to:v1')).toBe(true);
    expect(registry.requests.filter((request) => request.path.startsWith('/token'))).toHaveLength(1);
  });

  it('asks the credential helper of the registry before the general one', async () => {
    const { ref } = remote();
    registry.auth = { kind: 'basic', user: 'AWS', password: 'from-helper' };
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'docker-credential-own'), `#!/bin/sh\nread server\n[ "$server" = "${registry.host}" ] || exit 1\necho '{"Username":"AWS","Secret":"from-helper"}'\n`);
    writeFileSync(join(bin, 'docker-credential-general'), '#!/bin/sh\nexit 1\n');
    for (const name of ['own', 'general']) chmodSync(join(bin, `docker-credential-${name}`), 0o755);
    dockerConfig({ credsStore: 'general', credHelpers: { [registry.host]: 'own' } });
    const env = { HOME: folder, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    await expect(client({ env }).resolve(ref, 'x86_64')).resolves.toBeDefined();
  });

  it('says who refused and where credentials were looked for, and none of them', async () => {
    const { ref } = remote();
    registry.auth = { kind: 'basic', user: 'AWS', password: 'right' };
    dockerConfig({ auths: { [registry.host]: { username: 'AWS', password: 'wrong-secret' } } });
    const failed = client().resolve(ref, 'x86_64');
    await expect(failed).rejects.toMatchObject({
      fault: {
        code: 'registry/unauthorized',
        what: `${registry.host} answered 401 to the image ${registry.host}/app:v1`,
        why: `credentials were looked for in ${join(folder, '.docker', 'config.json')}`,
        next: `log in with an account that may pull: \`docker login ${registry.host}\``,
      },
    });
    await failed.catch((error: unknown) => expect(JSON.stringify(error)).not.toContain('wrong-secret'));
  });

  it('does not send the token to another host that a blob is redirected to', async () => {
    const { image, ref } = remote();
    await using bucket = await startRegistry();
    for (const [key, bytes] of registry.blobs) bucket.blobs.set(key, bytes);
    registry.auth = { kind: 'token' };
    registry.faults.push({ path: /blobs/u, kind: { redirect: bucket.url } });
    const pulling = client();
    const { repository } = await pulling.resolve(ref, 'x86_64');
    await pulling.fetchBlob(repository, image.layers[0]!, store);
    expect(store.has(image.layers[0]!.digest)).toBe(true);
    expect(bucket.requests).toHaveLength(1);
    expect(bucket.requests[0]?.headers.authorization).toBeUndefined();
  });
});

describe('passing faults', () => {
  it.each([429, 500, 502, 503])('are waited out after a %i', async (status) => {
    const { image, ref } = remote();
    registry.faults.push({ path: /manifests/u, times: 2, kind: { status } });
    expect((await client().resolve(ref, 'x86_64')).digest).toBe(image.manifest.digest);
    expect(waits).toEqual([250, 500]);
  });

  it('wait as long as the registry says', async () => {
    const { ref } = remote();
    registry.faults.push({ path: /manifests/u, times: 1, kind: { status: 429, headers: { 'retry-after': '7' } } });
    await client().resolve(ref, 'x86_64');
    expect(waits).toEqual([7000]);
  });

  it.each([
    [429, 'registry/rate-limited'],
    [503, 'registry/unavailable'],
  ])('end after five times %i', async (status, code) => {
    const { ref } = remote();
    registry.faults.push({ path: /manifests/u, kind: { status, body: '{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}' } });
    await expect(client().resolve(ref, 'x86_64')).rejects.toMatchObject({ fault: { code, why: 'the registry says: TOOMANYREQUESTS: slow down' } });
    expect(registry.requests).toHaveLength(5);
  });

  it('end at once when the registry wants an hour', async () => {
    const { ref } = remote();
    registry.faults.push({ path: /manifests/u, kind: { status: 429, headers: { 'retry-after': '3600' } } });
    await expect(client().resolve(ref, 'x86_64')).rejects.toMatchObject({ fault: { code: 'registry/rate-limited' } });
    expect(waits).toEqual([]);
  });
});

describe('fetchBlob', () => {
  it('goes on where a transfer was cut', async () => {
    const { image, ref } = remote();
    const layer = image.layers[0]!;
    registry.faults.push({ path: /blobs/u, times: 2, kind: { cutAfter: 20 } });
    const seen: number[] = [];
    const pulling = client();
    const { repository } = await pulling.resolve(ref, 'x86_64');
    await pulling.fetchBlob(repository, layer, store, (bytes) => seen.push(bytes));
    expect(store.read(layer.digest)?.length).toBe(layer.size);
    expect(registry.requests.filter((request) => request.path.includes('/blobs/')).map((request) => request.headers.range)).toEqual([undefined, 'bytes=20-', 'bytes=40-']);
    expect(seen.at(-1)).toBe(layer.size);
  });

  it.each([
    ['wrong bytes', { bytes: Buffer.alloc(500, 'x') }],
    ['too few bytes', { truncateTo: 10 }],
    ['too many bytes', { bytes: Buffer.alloc(500_000, 'x') }],
  ])('refuses %s and leaves nothing', async (_, kind) => {
    const { image, ref } = remote();
    registry.faults.push({ path: /blobs/u, kind });
    const pulling = client();
    const { repository } = await pulling.resolve(ref, 'x86_64');
    await expect(pulling.fetchBlob(repository, image.layers[0]!, store)).rejects.toMatchObject({ fault: { code: 'registry/corrupt' } });
    expect(store.has(image.layers[0]!.digest)).toBe(false);
  });

  it('gives up when nothing more comes', async () => {
    const { image, ref } = remote();
    registry.faults.push({ path: /blobs/u, kind: { cutAfter: 0 } });
    const pulling = client();
    const { repository } = await pulling.resolve(ref, 'x86_64');
    await expect(pulling.fetchBlob(repository, image.layers[0]!, store)).rejects.toMatchObject({ fault: { code: 'network/unreachable' } });
  });
});

describe('pushImage', () => {
  const to = (name: string): ReturnType<typeof originRepository> => originRepository(reference(`${registry.host}/${name}`));

  it('sends only what the repository lacks', async () => {
    const base = testImage(store, [textLayer(store, { lib: 'library '.repeat(5000) })]);
    await pushImage(client(), to('app'), base, { source: store, tags: ['v1'] });
    const changed = imageOn(base, [textLayer(store, { 'app.py': 'print(1)' })], store);
    const report = await pushImage(client(), to('app'), changed, { source: store, tags: ['v2'] });
    expect(report.uploaded.map((blob) => blob.digest)).toEqual([changed.layers[1]!.digest, changed.config.digest]);
    expect(report.present.map((blob) => blob.digest)).toEqual([base.layers[0]!.digest]);
    expect(report.bytes).toBe(changed.layers[1]!.size + changed.config.size + 2 * changed.manifest.size);
    expect([...registry.manifests.keys()].filter((key) => key.startsWith('app:'))).toEqual(['app:v1', 'app:v2']);
  });

  it('asks once and sends nothing when all is there', async () => {
    const image = testImage(store, [textLayer(store, { a: '1' })]);
    await pushImage(client(), to('app'), image, { source: store, tags: [] });
    registry.requests.length = 0;
    const report = await pushImage(client(), to('app'), image, { source: store, tags: [] });
    expect(report.bytes).toBe(0);
    expect(registry.requests.map((request) => request.method)).toEqual(['HEAD']);
  });

  it('mounts layers of another repository', async () => {
    const image = testImage(store, [textLayer(store, { a: 'x'.repeat(9000) })]);
    await pushImage(client(), to('one'), image, { source: store, tags: ['v1'] });
    const report = await pushImage(client(), to('two'), image, { source: store, tags: ['v1'], mountFrom: () => 'one' });
    expect(report.mounted.map((blob) => blob.digest)).toEqual([image.layers[0]!.digest, image.config.digest]);
    expect(report.uploaded).toEqual([]);
  });

  it('has layers fetched only when neither side has them', async () => {
    const { image } = remote('base');
    const asked: string[] = [];
    const source = openStore(join(folder, 'other'), () => 0);
    source.putBytes(image.configBytes);
    source.putBytes(image.manifestBytes);
    const provide = async (layers: readonly { readonly digest: Digest }[]): Promise<void> => {
      for (const layer of layers) {
        asked.push(layer.digest);
        source.putBytes(registry.blobs.get(`base/${layer.digest}`)!);
      }
    };
    await pushImage(client(), to('base'), image, { source, tags: ['v2'], provide });
    expect(asked).toEqual([]);
    await pushImage(client(), to('new'), image, { source, tags: ['v2'], provide });
    expect(asked).toEqual([image.layers[0]!.digest]);
  });

  it('goes in chunks when the registry refuses large bodies', async () => {
    const bytes = Buffer.from(Array.from({ length: 9_000_000 }, (_, i) => (i * 2654435761) >>> 24));
    const layer = textLayer(store, { a: 'x' });
    const blob = store.putBytes(bytes);
    const image = testImage(store, [{ ...layer, blob: { ...layer.blob, ...blob } }]);
    registry.largestPut = 8 * 1024 * 1024;
    await pushImage(client(), to('app'), image, { source: store, tags: ['v1'] });
    expect(registry.blobs.get(`app/${blob.digest}`)?.equals(bytes)).toBe(true);
  });

  it('begins an upload again when the connection breaks or the registry stumbles', async () => {
    const image = testImage(store, [textLayer(store, { a: '1' })]);
    registry.faults.push({ method: 'PUT', path: /uploads/u, times: 2, kind: { status: 503 } });
    await pushImage(client(), to('app'), image, { source: store, tags: ['v1'], parallel: 1 });
    expect(registry.manifests.has('app:v1')).toBe(true);
  });

  it('says that an ECR repository has to be created', async () => {
    const image = testImage(store, [textLayer(store, { a: '1' })]);
    registry.repositories = new Set();
    await expect(pushImage(client(), to('app'), image, { source: store, tags: ['v1'] })).rejects.toMatchObject({
      fault: { code: 'registry/not-found', why: 'the registry says: NAME_UNKNOWN: not known' },
    });
  });
});

function dockerConfig(json: object): void {
  mkdirSync(join(folder, '.docker'), { recursive: true });
  writeFileSync(join(folder, '.docker', 'config.json'), JSON.stringify(json));
}
