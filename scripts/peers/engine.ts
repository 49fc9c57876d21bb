import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Host } from '../../src/base/host.ts';
import { searchPath } from '../../src/tools/search-path.ts';
import { hold } from './make-once.ts';
import { ownBuildx } from './install.ts';
import { serveLayout } from './layout-registry.ts';

/** A Docker engine that answers. */
export interface Engine {
  readonly kind: 'engine';
  /** For whoever starts docker or sam. */
  readonly env: Readonly<Record<string, string>>;
  readonly version: string;
  /** True for one that was started here, with its own data and its view of the base images. */
  readonly isOwn: boolean;
  /** Whether `docker buildx` works with it. */
  readonly hasBuildx: boolean;
  /** Address of this machine as containers on the default network see it. */
  readonly gateway: string;
  readonly stop: () => Promise<void>;
}

/** Why there is none. */
export interface NoEngine {
  readonly kind: 'none';
  readonly reason: string;
}

/** How an engine is had. */
export interface EngineWish {
  /** Where an engine of our own keeps its data and its client's settings. */
  readonly cache: string;
  /** An OCI layout of stand-ins that `FROM public.ecr.aws/…` shall find; the real registry when absent. */
  readonly layout?: string | undefined;
}

/**
 * The engine that the environment names, if it answers; else, for root, dockerd started on a socket, data root, bridge and pid
 * file of its own, and stopped by `stop`. With stand-ins it sees public.ecr.aws at a loopback address where they are served,
 * by a hosts file of its own in a mount namespace: tags and digests in FROM lines then work as everywhere. One at a time: whoever
 * comes second waits until the first has stopped, since bridge, data and that address are the same.
 */
export async function provideEngine(host: Host, wish: EngineWish): Promise<Engine | NoEngine> {
  if (searchPath(host, 'docker').length === 0) return { kind: 'none', reason: 'docker is not installed' };
  const config = clientConfig(host, wish.cache);
  const theirs = await versionAt(host, {});
  if (theirs !== undefined && wish.layout === undefined) return await engineOf(host, { env: {}, version: theirs, isOwn: false, stop: async () => undefined });
  if (process.getuid?.() !== 0 || host.os !== 'linux') return { kind: 'none', reason: theirs === undefined ? 'no Docker engine answers, and starting one needs root' : 'the engine cannot reach the base images' };
  if (searchPath(host, 'dockerd').length === 0) return { kind: 'none', reason: 'no Docker engine answers and dockerd is not installed' };
  const release = await hold(host, join(wish.cache, 'peers', 'docker-engine'));
  let engine: Engine | NoEngine = { kind: 'none', reason: 'it could not be started' };
  try {
    engine = await startEngine(host, wish, config);
  } finally {
    if (engine.kind === 'none') await release();
  }
  if (engine.kind === 'none') return engine;
  const { stop } = engine;
  return {
    ...engine,
    stop: async () => {
      await stop();
      await release();
    },
  };
}

async function startEngine(host: Host, { cache, layout }: EngineWish, config: string): Promise<Engine | NoEngine> {
  const registry = layout === undefined ? undefined : await serveLayout(layout, { host: registryAddress, port: 80 }).catch((error: Error) => error);
  if (registry instanceof Error) return { kind: 'none', reason: `the base images cannot be served: ${registry.message}` };
  const folder = mkdtempSync(join(tmpdir(), 'shear-engine-'));
  const hosts = join(folder, 'hosts');
  const own = registry ? `${registryAddress} public.ecr.aws\n` : '';
  writeFileSync(hosts, `${existsSync('/etc/hosts') ? readFileSync('/etc/hosts', 'utf8') : ''}\n${own}`);
  const socket = `unix://${folder}/docker.sock`;
  const env = { DOCKER_HOST: socket, DOCKER_CONFIG: config };
  const pidFile = join(folder, 'docker.pid');
  const data = join(cache, 'peers', 'docker-data');
  mkdirSync(data, { recursive: true });
  // With the scheme BuildKit inside the engine goes without TLS too; the classic builder tries both anyway.
  const args = ['--host', socket, '--data-root', data, '--exec-root', join(folder, 'exec'), '--pidfile', pidFile, '--bip', bridge, '--insecure-registry', 'http://public.ecr.aws'];
  const log = openSync(join(folder, 'log'), 'w');
  const script = 'mount --bind "$1" /etc/hosts && shift && exec dockerd "$@"';
  const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', hosts, ...args], { stdio: ['ignore', log, log] });
  const stop = async (): Promise<void> => {
    // Images that lost their name to a newer build would pile up over the runs.
    await host.run('docker', ['image', 'prune', '-f'], { env, timeout: 60_000 }).catch(() => undefined);
    child.kill('SIGTERM');
    for (let i = 0; i < 100 && child.exitCode === null && child.signalCode === null; i++) await wait(100);
    await registry?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  for (let i = 0; i < 100 && child.exitCode === null; i++) {
    const version = await versionAt(host, env);
    if (version !== undefined) return await engineOf(host, { env, version, isOwn: true, stop });
    await wait(200);
  }
  const reason = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n').at(-1) ?? '';
  await stop();
  return { kind: 'none', reason: `dockerd could not be started: ${reason.slice(0, 200)}` };
}

/** Loopback addresses beside 127.0.0.1 are free on Linux; port 80 is what a registry without TLS is asked at. */
const registryAddress = '127.0.44.1';

/** Away from the networks that Docker takes by default. */
const bridge = '172.31.200.1/24';

async function engineOf(host: Host, engine: Omit<Engine, 'kind' | 'hasBuildx' | 'gateway'>): Promise<Engine> {
  const { code } = await host.run('docker', ['buildx', 'version'], { env: engine.env });
  const format = '{{range .IPAM.Config}}{{.Gateway}}{{end}}';
  const network = await host.run('docker', ['network', 'inspect', 'bridge', '--format', format], { env: engine.env });
  const gateway = network.code === 0 && network.stdout.trim() !== '' ? network.stdout.trim() : (bridge.split('/')[0] ?? '');
  return { kind: 'engine', ...engine, hasBuildx: code === 0, gateway };
}

async function versionAt(host: Host, env: Readonly<Record<string, string>>): Promise<string | undefined> {
  const { code, stdout } = await host.run('docker', ['version', '--format', '{{.Server.Version}}'], { env, timeout: 10_000 }).catch(() => ({ code: 1, stdout: '' }));
  return code === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
}

/** A client configuration of our own, with the buildx that is on this machine as plug-in. */
function clientConfig(host: Host, cache: string): string {
  const folder = join(cache, 'peers', 'docker-config');
  const plugin = join(folder, 'cli-plugins', 'docker-buildx');
  mkdirSync(join(folder, 'cli-plugins'), { recursive: true });
  const known = ['/usr/libexec/docker/cli-plugins', '/usr/lib/docker/cli-plugins', join(homedir(), '.docker', 'cli-plugins')].map((place) => join(place, 'docker-buildx'));
  const found = [...known, ...searchPath(host, 'buildx'), ownBuildx(cache), join(homedir(), 'go', 'bin', 'buildx')].find((path) => existsSync(path));
  if (found !== undefined && !existsSync(plugin)) {
    symlinkSync(found, plugin);
    chmodSync(folder, 0o700);
  }
  return folder;
}
