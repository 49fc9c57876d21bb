import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeKey } from '../../src/base/digest.ts';
import { connectRemote } from '../../src/remote/connect.ts';
import { remoteSetting } from '../../src/remote/setting.ts';
import type { RemoteOutputs } from '../../src/store/remote-outputs.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { hasDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { testHost } from '../support/host.ts';

const key = `key:${'3'.repeat(64)}` as NodeKey;

describe.runIf(hasDockerRegistry)('a remote cache in the registry that Docker distributes', () => {
  let folder: string;
  let address: string;
  let stop: () => void;
  const warnings: string[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'shear-remote-contract-'));
    ({ address, stop } = await startDockerRegistry(folder));
  });
  afterAll(() => {
    stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const machine = (name: string): { readonly store: Store; readonly remote: RemoteOutputs } => {
    const host = testHost({ env: { SHEAR_REMOTE_CACHE: `${address}/team/cache`, SHEAR_REMOTE_CACHE_WRITE: '1' }, emit: (event) => void (event.kind === 'warning' && warnings.push(event.text)) });
    const store = openStore(join(folder, name), () => 1_800_000_000_000);
    const setting = remoteSetting(host);
    if (!setting) throw new Error('no setting');
    return { store, remote: connectRemote(host, store, setting) };
  };

  it('gives back what was put there, with and without blobs', async () => {
    const one = machine('one');
    const program = randomBytes(3_000_000);
    const output = { blobs: [{ name: 'bin/ffmpeg', ...one.store.putBytes(program) }, { name: 'bin/again', ...one.store.putBytes(program) }], data: { a: 1 } };
    const bare = `key:${'4'.repeat(64)}` as NodeKey;
    one.remote.offer(key, output);
    one.remote.offer(bare, { blobs: [], data: null });
    await one.remote.settled();
    const two = machine('two');
    expect([await two.remote.fetch(key), await two.remote.fetch(bare), warnings]).toEqual([output, { blobs: [], data: null }, []]);
    expect(readFileSync(two.store.pathOf(output.blobs[0]!.digest)).equals(program)).toBe(true);
  });

  it('can be copied by skopeo, to another registry for instance', (context) => {
    if (spawnSync('skopeo', ['--version']).status !== 0) return context.skip('skopeo is not installed');
    const { status, stderr } = spawnSync('skopeo', ['copy', '--src-tls-verify=false', `docker://${address}/team/cache:${'3'.repeat(64)}`, `dir:${join(folder, 'copied')}`], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});
