import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBase } from '../../src/build/base-image.ts';
import { parseConfig } from '../../src/oci/image-json.ts';
import type { AssembledImage } from '../../src/oci/image.ts';
import { validateImage } from '../../src/oci/validate.ts';
import { findEngine, loadImage, tagImage } from '../../src/publish/docker-engine.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { testHost } from '../support/host.ts';
import { imageOn, testImage, textLayer } from '../support/image.ts';

const canRun = process.getuid?.() === 0 && spawnSync('dockerd', ['--version']).status === 0;
if (!canRun) console.warn('skipped: the contract with a real Docker engine needs root and dockerd');

let folder: string;
let engine: ChildProcess;
let store: Store;
let env: Record<string, string>;

function docker(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('docker', args, { encoding: 'utf8', env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
  return stdout;
}

describe.runIf(canRun)('a Docker engine', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'shear-docker-'));
    store = openStore(join(folder, 'store'), () => 0);
    env = { DOCKER_HOST: `unix://${join(folder, 'docker.sock')}` };
    const args = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid'), '-H', env['DOCKER_HOST']!];
    engine = spawn('dockerd', [...args, '--bridge=none', '--iptables=false', '--storage-driver=vfs'], { stdio: ['ignore', 'ignore', 'pipe'] });
    await new Promise<void>((resolve, reject) => {
      let log = '';
      engine.stderr?.on('data', (chunk: Buffer) => {
        log += chunk.toString();
        if (log.includes('API listen on')) resolve();
      });
      engine.once('close', () => reject(new Error(`dockerd ended: ${log}`)));
    });
  });
  afterAll(async () => {
    const closed = new Promise((resolve) => engine.once('close', resolve));
    engine.kill('SIGTERM');
    await closed;
    rmSync(folder, { recursive: true, force: true });
  });

  const withDiffIds = (image: AssembledImage): AssembledImage & { readonly diffIds: readonly never[] } => {
    const config = parseConfig(image.configBytes);
    if (!config.ok) throw new Error(config.error.what);
    return { ...image, diffIds: config.value.diffIds as readonly never[] };
  };

  it('loads an image, then only the layers it lacks, and gives it back', async () => {
    const host = testHost({ env });
    const found = await findEngine(host);
    expect(found).toMatchObject({ usesContainerd: false });
    const base = testImage(store, [textLayer(store, { 'usr/lib/x': 'library' })]);
    expect(await loadImage(host, found!, withDiffIds(base), { names: ['base:v1'], source: store })).toEqual({ spared: 0 });
    const image = imageOn(base, [textLayer(store, { 'var/task/app.py': 'v1' })], store);
    rmSync(store.pathOf(base.layers[0]!.digest));
    expect(await loadImage(host, found!, withDiffIds(image), { names: ['fn:v1'], source: store })).toEqual({ spared: base.layers[0]!.size });
    expect(docker('inspect', '--format', '{{.Id}} {{json .Config.Cmd}}', 'fn:v1').trim()).toBe(`${image.config.digest} ["app.handler"]`);
    await tagImage(host, found!, 'fn:v1', 'localhost:5000/fn:v2');
    expect(docker('inspect', '--format', '{{.Id}}', 'localhost:5000/fn:v2').trim()).toBe(image.config.digest);
    const back = await openBase(host, store, 'docker-daemon:fn:v1', 'x86_64');
    expect(back?.config.diffIds).toEqual(withDiffIds(image).diffIds);
    expect(await validateImage({ mediaType: 'application/vnd.docker.distribution.manifest.v2+json', digest: back!.digest, size: store.read(back!.digest)!.length }, store)).toEqual([]);
  });

  it('says why an image is not taken', async () => {
    const host = testHost({ env });
    const found = await findEngine(host);
    const image = testImage(store, [textLayer(store, { odd: 'tar' })]);
    const lying = { ...withDiffIds(image), config: { ...image.config, ...store.putBytes(Buffer.from(image.configBytes.toString().replace(/"diff_ids":\["sha256:.{8}/u, (text) => `${text.slice(0, -8)}00000000`))) } };
    await expect(loadImage(host, found!, lying, { names: ['odd:v1'], source: store })).rejects.toMatchObject({ fault: { code: 'engine/docker', why: expect.stringContaining('invalid diffID') as string } });
  });
});

describe('no Docker engine', () => {
  it('is found out at once', async () => {
    expect(await findEngine(testHost({ env: { DOCKER_HOST: 'unix:///nonexistent/docker.sock' } }))).toBeUndefined();
    expect(await findEngine(testHost({ env: { DOCKER_HOST: 'tcp://127.0.0.1:9' } }))).toBeUndefined();
    expect(await findEngine(testHost({ env: { DOCKER_HOST: 'ssh://me@there' } }))).toBeUndefined();
  });
});
