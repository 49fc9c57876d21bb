import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../src/base/host.ts';
import type { Engine } from '../peers/engine.ts';
import { officialImage } from '../stand-in/images.ts';
import { timed } from '../scenario/shear-cli.ts';
import { labels, type Contestant } from './contestant.ts';
import type { CountingRegistry } from './counting-registry.ts';

/** What the contestants that need Docker share. */
export interface DockerPeers {
  readonly host: Host;
  readonly engine: Engine;
  /** Path of the sam program. */
  readonly sam: string;
  readonly registry: CountingRegistry;
}

const quiet = { SAM_CLI_TELEMETRY: '0' } as const;

/** The example as it is, through `sam build` without options: the classic builder of the engine. */
export function naive(peers: DockerPeers, project: string): Contestant {
  const { engine, sam } = peers;
  return {
    kind: 'contestant',
    name: 'naive',
    label: labels.naive,
    project,
    manifest: 'requirements.txt',
    build: () => timed(sam, ['build'], { cwd: project, env: { ...engine.env, ...quiet } }),
    forget: async () => {
      rmSync(join(project, '.aws-sam'), { recursive: true, force: true });
      await forgetImages(peers);
    },
    overBase: () => pushedOverBase(peers, 'transcribefunction:latest', 'naive'),
    steps: async () => [],
    push: () => pushed(peers, 'transcribefunction:latest', 'naive'),
  };
}

/** The hand-tuned project through `sam build --use-buildkit`. */
export function tuned(peers: DockerPeers, project: string): Contestant {
  const { engine, sam } = peers;
  return {
    kind: 'contestant',
    name: 'tuned',
    label: labels.tuned,
    project,
    manifest: 'requirements.txt',
    build: () => timed(sam, ['build', '--use-buildkit'], { cwd: project, env: { ...engine.env, ...quiet } }),
    forget: async () => {
      rmSync(join(project, '.aws-sam'), { recursive: true, force: true });
      await forgetImages(peers);
    },
    overBase: () => pushedOverBase(peers, 'transcribefunction:latest', 'tuned'),
    steps: async () => [],
    push: () => pushed(peers, 'transcribefunction:latest', 'tuned'),
  };
}

/** The hand-tuned Dockerfile through `docker buildx build`. */
export function buildx(peers: DockerPeers, project: string): Contestant {
  const { engine } = peers;
  return {
    kind: 'contestant',
    name: 'buildx',
    label: labels.buildx,
    project,
    manifest: 'requirements.txt',
    build: () => timed('docker', ['buildx', 'build', '--provenance=false', '--load', '-t', 'tuned-buildx', '.'], { cwd: project, env: engine.env }),
    forget: () => forgetImages(peers),
    overBase: () => pushedOverBase(peers, 'tuned-buildx:latest', 'buildx'),
    steps: async () => [],
    push: () => pushed(peers, 'tuned-buildx:latest', 'buildx'),
  };
}

/** Everything but the base image, which is brought back: a pull is not what is compared. Only done to an engine of our own. */
async function forgetImages({ host, engine }: DockerPeers): Promise<void> {
  if (!engine.isOwn) return;
  await host.run('docker', ['image', 'rm', '-f', 'transcribefunction:latest', 'tuned-buildx:latest'], { env: engine.env });
  await host.run('docker', ['builder', 'prune', '-af'], { env: engine.env });
  await host.run('docker', ['image', 'prune', '-f'], { env: engine.env });
  await host.run('docker', ['pull', '-q', officialImage], { env: engine.env });
}

/** What a push sends to a repository that has the base: layers, config and manifest. */
async function pushedOverBase(peers: DockerPeers, image: string, repository: string): Promise<number | undefined> {
  return (await pushed(peers, officialImage, repository)) === undefined ? undefined : await pushed(peers, image, repository);
}

async function pushed({ host, engine, registry }: DockerPeers, image: string, repository: string): Promise<number | undefined> {
  const name = `${registry.address}/${repository}:latest`;
  const before = registry.received();
  await host.run('docker', ['tag', image, name], { env: engine.env });
  const { code } = await host.run('docker', ['push', '-q', name], { env: engine.env });
  await host.run('docker', ['image', 'rm', name], { env: engine.env });
  return code === 0 ? registry.received() - before : undefined;
}
