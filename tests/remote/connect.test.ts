import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { NodeKey } from '../../src/base/digest.ts';
import type { Event } from '../../src/base/event.ts';
import { connectRemote } from '../../src/remote/connect.ts';
import { remoteSetting } from '../../src/remote/setting.ts';
import { recordFile } from '../../src/store/record.ts';
import type { RemoteOutputs } from '../../src/store/remote-outputs.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { testHost } from '../support/host.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';

const root = mkdtempSync(join(tmpdir(), 'shear-remote-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const key = `key:${'1'.repeat(64)}` as NodeKey;
const otherKey = `key:${'2'.repeat(64)}` as NodeKey;
const hex = '1'.repeat(64);
let count = 0;
let events: Event[];
beforeEach(() => {
  events = [];
});

/** A machine of the team: a store of its own, connected to a place. */
function machine(address: string, { writes = false, patience = 15_000 }: { readonly writes?: boolean; readonly patience?: number } = {}): { readonly store: Store; readonly remote: RemoteOutputs } {
  const host = testHost({ env: { HOME: root, SHEAR_REMOTE_CACHE: address, SHEAR_REMOTE_CACHE_WRITE: writes ? '1' : '' }, now: () => 1_800_000_000_000, emit: (event) => void events.push(event) });
  const store = openStore(join(root, `store-${count++}`), host.now);
  const setting = remoteSetting(host);
  if (!setting) throw new Error('no setting');
  return { store, remote: connectRemote(host, store, setting, { patience }) };
}

/** What a build leaves there: a program and its licence. */
async function fill(address: string): Promise<void> {
  const { store, remote } = machine(address, { writes: true });
  remote.offer(key, { blobs: [{ name: 'bin/ffmpeg', ...store.putBytes(Buffer.from('program')) }, { name: 'share/COPYING', ...store.putBytes(Buffer.from('licence')) }], data: { made: 'here' } });
  remote.offer(otherKey, { blobs: [], data: { commands: 7 } });
  await remote.settled();
}

const texts = (kind: 'warning' | 'note'): readonly string[] => events.flatMap((event) => (event.kind === kind ? [event.text] : []));

const contents = async ({ store, remote }: ReturnType<typeof machine>, wanted: NodeKey = key): Promise<unknown> => {
  const output = await remote.fetch(wanted);
  return output && { files: output.blobs.map((blob) => [blob.name, readFileSync(store.pathOf(blob.digest), 'utf8')]), data: output.data, kept: store.getRecord(wanted) !== undefined };
};

const whole = { files: [['bin/ffmpeg', 'program'], ['share/COPYING', 'licence']], data: { made: 'here' }, kept: true };

describe.each(['registry', 'folder'] as const)('results in a %s', (kind) => {
  const withPlace = async (work: (address: string, registry: TestRegistry) => Promise<void>): Promise<void> => {
    await using registry = await startRegistry();
    await work(kind === 'registry' ? `${registry.host}/team/cache` : join(root, `shared-${count++}`), registry);
  };

  it('are there for other machines, with their blobs', async () => {
    await withPlace(async (address) => {
      await fill(address);
      expect(texts('note')).toEqual([`2 results put into the remote cache ${address} (0.0 MB)`]);
      expect(await contents(machine(address))).toEqual(whole);
      expect(await contents(machine(address), otherKey)).toEqual({ files: [], data: { commands: 7 }, kept: true });
      expect(texts('warning')).toEqual([]);
    });
  });

  it('are not there before anyone has put them, without a word', async () => {
    await withPlace(async (address) => {
      expect([await contents(machine(address)), texts('warning')]).toEqual([undefined, []]);
    });
  });

  it('are written once, and by nobody who may not', async () => {
    await withPlace(async (address, registry) => {
      const reader = machine(address);
      reader.remote.offer(key, { blobs: [], data: 1 });
      await reader.remote.settled();
      expect(await contents(machine(address))).toBeUndefined();
      await fill(address);
      registry.requests.length = 0;
      await fill(address);
      expect(registry.requests.filter(({ method }) => method !== 'HEAD')).toEqual([]);
      expect(texts('note')).toHaveLength(1);
    });
  });

  it('are refused by whoever asks for another digest, and stay refused for the run', async () => {
    await withPlace(async (address) => {
      await fill(address);
      const { store, remote } = machine(address);
      expect(await remote.fetch(key, () => 'it is another ffmpeg than shear.lock names')).toBeUndefined();
      expect([await remote.fetch(key), store.getRecord(key)]).toEqual([undefined, undefined]);
      expect(texts('warning')).toEqual([`an entry of the remote cache ${address} is not taken: it is another ffmpeg than shear.lock names`]);
    });
  });
});

describe('a registry that', () => {
  const recordOf = (registry: TestRegistry, tag: string): { config: { digest: string; size: number; mediaType: string }; layers: { digest: string }[] } =>
    JSON.parse(registry.manifests.get(`team/cache:${tag}`)?.bytes.toString() ?? '') as ReturnType<typeof recordOf>;

  it('keeps an entry as an artefact whose layers are the blobs', async () => {
    await using registry = await startRegistry();
    await fill(`${registry.host}/team/cache`);
    const manifest = registry.manifests.get(`team/cache:${hex}`);
    expect(manifest?.mediaType).toBe('application/vnd.oci.image.manifest.v1+json');
    expect(JSON.parse(manifest?.bytes.toString() ?? '')).toMatchObject({
      artifactType: 'application/vnd.shear.action.v1', config: { mediaType: 'application/vnd.shear.action.v1+json' },
      layers: [{ size: 7, mediaType: 'application/octet-stream' }, { size: 7, mediaType: 'application/octet-stream' }],
    });
  });

  it.each([
    ['denies with 401', 401, 'registry/unauthorized', /answered 401 .*log in with an account that may pull/u],
    ['denies with 403', 403, 'registry/unauthorized', /answered 403 /u],
    ['fails with 500', 500, 'registry/unavailable', /answered 500 .*fault of its own/u],
    ['limits the rate', 429, 'registry/rate-limited', /answered 429 /u],
  ])('%s is told of once and left alone', async (_, status, _code, words) => {
    await using registry = await startRegistry();
    await fill(`${registry.host}/team/cache`);
    registry.faults.push({ path: /manifests/u, kind: { status, headers: { 'retry-after': '30' } } });
    const { remote } = machine(`${registry.host}/team/cache`);
    expect([await remote.fetch(key), await remote.fetch(otherKey)]).toEqual([undefined, undefined]);
    expect(texts('warning')).toHaveLength(1);
    expect(texts('warning')[0]).toMatch(new RegExp(`^the remote cache ${registry.host}/team/cache is left out, because it cannot be read: ${registry.host} `, 'u'));
    expect(texts('warning')[0]).toMatch(words);
  });

  it('is not there is told of once', async () => {
    const { remote } = machine('127.0.0.1:1/team/cache');
    expect([await remote.fetch(key), await remote.fetch(otherKey)]).toEqual([undefined, undefined]);
    expect(texts('warning')).toEqual([
      'the remote cache 127.0.0.1:1/team/cache is left out, because it cannot be read: http://127.0.0.1:1 cannot be reached for the manifest 1111111111111111111111111111111111111111111111111111111111111111 of team/cache (nothing listens there (ECONNREFUSED)); check the network, HTTPS_PROXY, or name a mirror with SHEAR_REGISTRY_MIRRORS="REGISTRY=ADDRESS"',
    ]);
  });

  it('never answers is given up', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { remote } = machine(`127.0.0.1:${(server.address() as AddressInfo).port}/team/cache`, { patience: 20 });
    expect(await remote.fetch(key)).toBeUndefined();
    expect(texts('warning')[0]).toMatch(/cannot be read: no answer came within 0 seconds$/u);
    server.closeAllConnections();
    server.close();
  });

  it('may be read and not written is read, and told of', async () => {
    await using registry = await startRegistry();
    await fill(`${registry.host}/team/cache`);
    registry.faults.push({ path: /uploads/u, kind: { status: 403 } });
    const third = machine(`${registry.host}/team/cache`, { writes: true });
    expect(await contents(third)).toEqual(whole);
    third.remote.offer(`key:${'3'.repeat(64)}` as NodeKey, { blobs: [], data: 1 });
    await third.remote.settled();
    expect(texts('warning')[0]).toMatch(/is left out, because it cannot be written: .*answered 403 to the blob .*log in with an account that may push/u);
  });

  it('asks for a login gets it as every registry does', async () => {
    await using registry = await startRegistry();
    registry.auth = { kind: 'token' };
    await fill(`${registry.host}/team/cache`);
    expect(await contents(machine(`${registry.host}/team/cache`))).toEqual(whole);
  });

  it('lacks the repository that is to be written says what to do', async () => {
    await using registry = await startRegistry();
    registry.repositories = new Set();
    await fill(`${registry.host}/team/cache`);
    expect(texts('warning')).toHaveLength(1);
    expect(texts('warning')[0]).toMatch(/create the repository team\/cache in the registry/u);
  });

  const damages: readonly (readonly [string, (registry: TestRegistry) => void, RegExp])[] = [
    ['serves other bytes for a blob', (registry) => registry.faults.push({ path: new RegExp(recordOf(registry, hex).layers[0]?.digest ?? '', 'u'), kind: { bytes: Buffer.from('malware') } }), /served something else for the blob/u],
    ['cuts a blob off', (registry) => registry.faults.push({ path: new RegExp(recordOf(registry, hex).layers[0]?.digest ?? '', 'u'), kind: { truncateTo: 3 } }), /3 bytes came where the manifest gives 7/u],
    ['serves other bytes for the record', (registry) => registry.faults.push({ path: new RegExp(recordOf(registry, hex).config.digest, 'u'), kind: { bytes: Buffer.from('{}') } }), /served something else for the blob/u],
    ['has a picture under the key', (registry) => registry.faults.push({ path: /manifests/u, kind: { bytes: Buffer.from('{"schemaVersion":2,"config":{"mediaType":"x","digest":"sha256:' + 'a'.repeat(64) + '","size":2},"layers":[]}') } }), /no record of a build/u],
    ['has something cut off under the key', (registry) => registry.faults.push({ path: /manifests/u, kind: { bytes: Buffer.from('{"schemaVersion":2,"conf') } }), /no record of a build/u],
    ['has another step\'s record under the key', (registry) => registry.manifests.set(`team/cache:${hex}`, registry.manifests.get(`team/cache:${'2'.repeat(64)}`) as { mediaType: string; bytes: Buffer }), /damaged, or a record of another step/u],
  ];
  it.each(damages)('%s is not believed', async (_, damage, words) => {
    await using registry = await startRegistry();
    await fill(`${registry.host}/team/cache`);
    damage(registry);
    const victim = machine(`${registry.host}/team/cache`);
    expect(await contents(victim)).toBeUndefined();
    expect(victim.store.getRecord(key)).toBeUndefined();
    expect(texts('warning')).toHaveLength(1);
    expect(texts('warning')[0]).toMatch(words);
  });

  it('cuts the connection once is asked again', async () => {
    await using registry = await startRegistry();
    await fill(`${registry.host}/team/cache`);
    registry.faults.push({ path: new RegExp(recordOf(registry, hex).layers[0]?.digest ?? '', 'u'), kind: { cutAfter: 3 }, times: 1 });
    expect([await contents(machine(`${registry.host}/team/cache`)), texts('warning')]).toEqual([whole, []]);
  });
});

describe('a folder that', () => {
  it('has a blob of other bytes is not believed, and stays as it is', async () => {
    const shared = join(root, `shared-${count++}`);
    await fill(shared);
    const blobs = join(shared, 'blobs', 'sha256');
    for (const name of readdirSync(blobs)) {
      chmodSync(join(blobs, name), 0o644);
      writeFileSync(join(blobs, name), 'malware');
    }
    const victim = machine(shared);
    expect([await contents(victim), victim.store.getRecord(key)]).toEqual([undefined, undefined]);
    expect(texts('warning')[0]).toMatch(/^an entry of the remote cache \S+ is not taken: a blob of 7 bytes arrived as sha256:\w+ where sha256:\w+ of 7 bytes was promised/u);
    expect(readFileSync(recordFile(shared, key), 'utf8')).toContain('bin/ffmpeg');
  });

  it('is a file is told of, and nothing fails', async () => {
    const path = join(root, `file-${count++}`);
    writeFileSync(path, 'x');
    await fill(path);
    expect(await contents(machine(path))).toBeUndefined();
    expect(texts('warning')).toHaveLength(1);
    expect(texts('warning')[0]).toMatch(/cannot be written: /u);
  });
});
