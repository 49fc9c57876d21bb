import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../src/base/digest.ts';
import type { Event } from '../../src/base/event.ts';
import type { Host } from '../../src/base/host.ts';
import { openBase } from '../../src/build/base-image.ts';
import { archiveStream, writeArchive } from '../../src/oci/archive.ts';
import type { AssembledImage } from '../../src/oci/image.ts';
import { writeLayout } from '../../src/oci/layout.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { testHost } from '../support/host.ts';
import { serveImage, serveIndex, testImage, textLayer } from '../support/image.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';

let folder: string;
let registry: TestRegistry;
let source: Store;
let store: Store;
let image: AssembledImage;
let events: Event[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shear-base-'));
  registry = await startRegistry();
  source = openStore(join(folder, 'source'), () => 0);
  store = openStore(join(folder, 'store'), () => 0);
  image = testImage(source, [textLayer(source, { 'bin/sh': '1' }), textLayer(source, { 'bin/python': '2' })]);
  events = [];
});
afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function host(env: Readonly<Record<string, string>> = {}, more: Partial<Host> = {}): Host {
  const silent = `unix://${join(folder, 'no.sock')}`;
  return testHost({ env: { HOME: folder, DOCKER_HOST: silent, ...env }, cwd: folder, emit: (event) => events.push(event), ...more });
}

function serve(name: string, tag: string): void {
  serveImage(registry, name, tag, image, (digest) => source.read(digest as Digest)!);
}

const mirror = (): Record<string, string> => ({ SHEAR_REGISTRY_MIRRORS: `public.ecr.aws=${registry.url}` });
const from = 'public.ecr.aws/lambda/python:3.12';

describe('a base in a registry', () => {
  it('is opened without its layers, which come when asked for', async () => {
    serve('lambda/python', '3.12');
    const base = await openBase(host(mirror()), store, from, 'x86_64');
    expect(base).toMatchObject({ digest: image.manifest.digest, source: `public.ecr.aws/lambda/python:3.12 from ${registry.host}`, layers: image.layers });
    expect(base?.config.cmd).toEqual(['app.handler']);
    expect(image.layers.map((layer) => store.has(layer.digest))).toEqual([false, false]);
    await base?.fetchLayers();
    expect(image.layers.map((layer) => store.has(layer.digest, layer.size))).toEqual([true, true]);
    expect(events).toContainEqual({ kind: 'transfer', id: image.layers[0]!.digest, label: `base layer ${image.layers[0]!.digest.slice(7, 19)}`, direction: 'download', bytes: image.layers[0]!.size, total: image.layers[0]!.size });
  });

  it('fetches no layer twice', async () => {
    serve('lambda/python', '3.12');
    store.putBytes(source.read(image.layers[0]!.digest)!);
    const base = await openBase(host(mirror()), store, from, 'x86_64');
    await base?.fetchLayers();
    await base?.fetchLayers();
    expect(registry.requests.filter((request) => request.path.includes(image.layers[0]!.digest))).toHaveLength(0);
    expect(registry.requests.filter((request) => request.path.includes(image.layers[1]!.digest))).toHaveLength(1);
  });

  it('needs no network once its digest is known', async () => {
    serve('lambda/python', '3.12');
    const first = await openBase(host(mirror()), store, from, 'x86_64');
    registry.requests.length = 0;
    const again = await openBase(host(), store, from, 'x86_64', { knownDigest: first!.digest, isOffline: true });
    expect(again).toMatchObject({ digest: image.manifest.digest, layers: image.layers });
    expect(registry.requests).toEqual([]);
  });

  it('needs no network when FROM pins an index that was seen before', async () => {
    serve('lambda/python', 'amd');
    const pin = serveIndex(registry, 'lambda/python', '3.12', [{ ...image.manifest, platform: { os: 'linux', architecture: 'amd64' } }]);
    const first = await openBase(host(mirror()), store, from, 'x86_64');
    expect(first).toMatchObject({ digest: image.manifest.digest, indexDigest: pin });
    const again = await openBase(host(), store, `${from}@${pin}`, 'x86_64', { isOffline: true });
    expect(again).toMatchObject({ digest: image.manifest.digest, indexDigest: pin });
  });

  it('is a fault when the network is forbidden and the store empty', async () => {
    await expect(openBase(host(), store, from, 'x86_64', { isOffline: true })).rejects.toMatchObject({
      fault: { code: 'registry/not-found', what: `the base image ${from} is not in the store` },
    });
  });

  it('must be for the function\'s architecture', async () => {
    serve('lambda/python', '3.12');
    await expect(openBase(host(mirror()), store, from, 'arm64')).rejects.toMatchObject({
      fault: { code: 'image/invalid', what: expect.stringContaining('is an image for amd64, the function wants arm64') as string },
    });
  });
});

describe('a base on the disk', () => {
  it('is none for scratch', async () => {
    expect(await openBase(host(), store, 'scratch', 'x86_64')).toBeUndefined();
  });

  it.each(['oci:layout:py', 'oci:layout'])('is taken from %s', async (reference) => {
    writeLayout(join(folder, 'layout'), [{ name: 'py', image }], source);
    const base = await openBase(host(), store, reference, 'x86_64');
    expect(base?.digest).toBe(image.manifest.digest);
    await base?.fetchLayers();
    expect(image.layers.every((layer) => store.has(layer.digest, layer.size))).toBe(true);
  });

  it.each(['docker-archive:base.tar', 'oci-archive:base.tar'])('is taken from %s', async (reference) => {
    await writeArchive(join(folder, 'base.tar'), image, ['py:1'], source);
    const base = await openBase(host(), store, reference, 'x86_64');
    expect(base?.digest).toBe(image.manifest.digest);
    await base?.fetchLayers();
    expect(image.layers.every((layer) => store.has(layer.digest, layer.size))).toBe(true);
  });

  it('names what a layout has when the name is wrong', async () => {
    writeLayout(join(folder, 'layout'), [{ name: 'py', image }], source);
    await expect(openBase(host(), store, 'oci:layout:nope', 'x86_64')).rejects.toMatchObject({
      fault: { code: 'registry/not-found', why: 'it has: py' },
    });
  });
});

describe('a layout that stands in for a registry', () => {
  const env = { SHEAR_REGISTRY_MIRRORS: 'public.ecr.aws=oci:layout' };

  it.each(['public.ecr.aws/lambda/python:3.12', 'lambda/python:3.12', 'python:3.12', '3.12'])('may call the image %s', async (name) => {
    writeLayout(join(folder, 'layout'), [{ name, image }, { name: 'python:3.11', image: testImage(source, []) }], source);
    expect((await openBase(host(env), store, from, 'x86_64'))?.digest).toBe(image.manifest.digest);
  });

  it('is asked by digest when FROM has one, and never gives another image', async () => {
    writeLayout(join(folder, 'layout'), [{ name: 'python:3.12', image }], source);
    expect((await openBase(host(env), store, `${from}@${image.manifest.digest}`, 'x86_64'))?.digest).toBe(image.manifest.digest);
    const other = `public.ecr.aws/lambda/python:3.12@sha256:${'0'.repeat(64)}`;
    const offline = { ...env, HTTPS_PROXY: 'http://127.0.0.1:9' };
    await expect(openBase(host(offline), store, other, 'x86_64')).rejects.toMatchObject({ fault: { code: 'network/unreachable' } });
  });
});

describe('a base in the local Docker engine', () => {
  it('is taken when the registry cannot be reached', async () => {
    const asked: (string | undefined)[] = [];
    const engine = createServer((request, response) => {
      asked.push(request.url);
      void (async () => {
        for await (const chunk of archiveStream(image, ['py:1'], source)) response.write(chunk);
        response.end();
      })();
    });
    const socket = join(folder, 'docker.sock');
    await new Promise<void>((resolve) => engine.listen(socket, resolve));
    const env = { DOCKER_HOST: `unix://${socket}`, HTTPS_PROXY: 'http://127.0.0.1:9' };
    const base = await openBase(host(env), store, 'python:3.12', 'x86_64');
    const named = await openBase(host(env), store, 'docker-daemon:py:1', 'x86_64');
    engine.close();
    expect(base).toMatchObject({ digest: image.manifest.digest, source: 'docker.io/library/python:3.12 of the local Docker engine' });
    expect(named?.digest).toBe(image.manifest.digest);
    expect(asked).toEqual(['/images/python%3A3.12/get', '/images/py%3A1/get']);
  });

  it('does not hide that the registry cannot be reached', async () => {
    await expect(openBase(host({ HTTPS_PROXY: 'http://127.0.0.1:9' }), store, from, 'x86_64')).rejects.toMatchObject({
      fault: { code: 'network/unreachable', what: `https://public.ecr.aws cannot be reached for the image ${from}` },
    });
  });
});
