import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistryClient } from '../../src/registry/client.ts';
import { originRepository } from '../../src/registry/mirrors.ts';
import { pushImage } from '../../src/registry/push-image.ts';
import { parseReference, type Reference } from '../../src/registry/reference.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { hasDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { testHost } from '../support/host.ts';
import { imageOn, testImage, textLayer } from '../support/image.ts';

let folder: string;
let address: string;
let stop: () => void;
let store: Store;

function reference(text: string): Reference {
  const parsed = parseReference(text);
  if (!parsed.ok) throw new Error(parsed.error.why);
  return parsed.value;
}

describe.runIf(hasDockerRegistry)('the registry that Docker distributes', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'shear-contract-'));
    store = openStore(join(folder, 'store'), () => 0);
    ({ address, stop } = await startDockerRegistry(folder));
  });
  afterAll(() => {
    stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes a push, mounts from another repository, and gives all of it back', async () => {
    const client = createRegistryClient(testHost());
    const base = testImage(store, [textLayer(store, { lib: 'library '.repeat(20_000) })]);
    const image = imageOn(base, [textLayer(store, { 'app.py': 'v1' })], store);
    const one = originRepository(reference(`${address}/one`));
    const two = originRepository(reference(`${address}/two/nested`));
    await pushImage(client, one, base, { source: store, tags: ['v1'] });
    const second = await pushImage(client, two, image, { source: store, tags: ['v1'], mountFrom: (layer) => (layer.digest === base.layers[0]!.digest ? 'one' : undefined) });
    expect(second.mounted.map((blob) => blob.digest)).toEqual([base.layers[0]!.digest]);
    expect((await pushImage(client, two, image, { source: store, tags: [] })).bytes).toBe(0);
    const other = openStore(join(folder, 'other'), () => 0);
    const resolved = await client.resolve(reference(`${address}/two/nested:v1`), 'x86_64');
    expect(resolved.digest).toBe(image.manifest.digest);
    for (const layer of image.layers) await client.fetchBlob(resolved.repository, layer, other);
    expect(image.layers.every((layer) => other.has(layer.digest, layer.size))).toBe(true);
    await expect(client.resolve(reference(`${address}/two/nested:v9`), 'x86_64')).rejects.toMatchObject({ fault: { code: 'registry/not-found', next: 'tags like it: v1' } });
  });

  it('serves what was pushed to skopeo too', async () => {
    if (spawnSync('skopeo', ['--version']).status !== 0) {
      console.warn('skipped: skopeo is not installed');
      return;
    }
    const image = testImage(store, [textLayer(store, { x: 'for skopeo' })]);
    await pushImage(createRegistryClient(testHost()), originRepository(reference(`${address}/sk`)), image, { source: store, tags: ['v1'] });
    const { stdout, stderr } = spawnSync('skopeo', ['inspect', '--tls-verify=false', '--raw', `docker://${address}/sk:v1`], { encoding: 'utf8' });
    expect(stdout, stderr).toBe(image.manifestBytes.toString());
  });
});
