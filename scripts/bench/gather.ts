import { join } from 'node:path';
import type { Host } from '../../src/base/host.ts';
import { provideEngine } from '../peers/engine.ts';
import { installPeers } from '../peers/install.ts';
import { provideNode22 } from '../peers/node22.ts';
import { provideSam } from '../peers/sam.ts';
import { provideBase, type Base } from '../stand-in/base.ts';
import { labels, type Absent, type Contestant, type ContestantName } from './contestant.ts';
import type { CountingRegistry } from './counting-registry.ts';
import { buildx, naive, tuned } from './docker-contestants.ts';
import { copyExample } from './projects.ts';
import { devContestant } from './dev-contestant.ts';
import { shearContestant } from './shear-contestant.ts';

/** Where the bench works. */
export interface Places {
  /** Absolute; removed at the end. */
  readonly folder: string;
  /** Absolute; what is kept between runs. */
  readonly cache: string;
  readonly registry: CountingRegistry;
}

/** Whom to set up, and how large their projects are. */
export interface GatherWish {
  readonly contestants: readonly ContestantName[];
  /** Data files added to every project. */
  readonly files: number;
}

/** Everyone who was asked for: set up, or with the reason why not. */
export interface Gathered {
  readonly people: readonly (Contestant | Absent)[];
  /** What the images are built on, a sentence. */
  readonly base: string;
  readonly stop: () => Promise<void>;
}

/** Sets up everyone that the arguments name. All build on the same base image. */
export async function gather(host: Host, wish: GatherWish, places: Places): Promise<Gathered> {
  const wantsDocker = wish.contestants.some((name) => name === 'naive' || name === 'tuned' || name === 'buildx');
  if (wantsDocker) await installPeers(host, places.cache);
  const base = await provideBase(host, places.cache, wantsDocker ? 'debian' : 'host');
  const people: (Contestant | Absent)[] = [];
  for (const name of ['shear', 'shear-dev', 'shear-node22'] as const) {
    if (wish.contestants.includes(name)) people.push(await shearOf(host, name, base, wish, places));
  }
  const peers = wantsDocker ? await dockerPeople(host, base, wish, places) : { people: [], stop: async () => undefined };
  const stop = async (): Promise<void> => {
    for (const one of people) if (one.kind === 'contestant') await one.stop?.();
    await peers.stop();
  };
  return { people: [...people, ...peers.people], base: base.sentence, stop };
}

async function shearOf(host: Host, name: 'shear' | 'shear-dev' | 'shear-node22', base: Base, wish: GatherWish, places: Places): Promise<Contestant | Absent> {
  const node = name === 'shear-node22' ? await provideNode22(host, places.cache) : { path: process.execPath };
  if ('reason' in node) return { kind: 'absent', name, label: labels[name], reason: node.reason };
  const project = await copyExample('transcribe', join(places.folder, name), wish.files);
  const setUp = name === 'shear-dev' ? devContestant : shearContestant;
  return await setUp({
    name,
    label: labels[name],
    node: node.path,
    project,
    cache: join(places.folder, `${name}-cache`),
    tools: join(host.cacheFolder, 'tools'),
    mirrors: base.kind === 'stand-in' ? base.mirrors : (host.env['SHEAR_REGISTRY_MIRRORS'] ?? ''),
    registry: places.registry,
  });
}

async function dockerPeople(host: Host, base: Base, wish: GatherWish, places: Places): Promise<Pick<Gathered, 'people' | 'stop'>> {
  const wanted = wish.contestants.filter((name) => name === 'naive' || name === 'tuned' || name === 'buildx');
  const nobody = (reason: string): Pick<Gathered, 'people' | 'stop'> => ({
    people: wanted.map((name) => ({ kind: 'absent', name, label: labels[name], reason })),
    stop: async () => undefined,
  });
  if (base.kind === 'stand-in' && base.flavour !== 'debian') return nobody('the stand-in base image has no apt: a Debian one needs root and debootstrap');
  const engine = await provideEngine(host, { cache: places.cache, layout: base.kind === 'stand-in' ? base.layout : undefined });
  if (engine.kind === 'none') return nobody(engine.reason);
  const sam = await provideSam(host, places.cache);
  const people: (Contestant | Absent)[] = [];
  for (const name of wanted) {
    const reason = whyNot(name, engine.hasBuildx, sam);
    if (reason !== undefined) people.push({ kind: 'absent', name, label: labels[name], reason });
    else {
      const make = { naive, tuned, buildx }[name];
      const project = await copyExample(name === 'naive' ? 'transcribe' : 'transcribe-tuned', join(places.folder, name), wish.files);
      people.push(make({ host, engine, sam: 'path' in sam ? sam.path : '', registry: places.registry }, project));
    }
  }
  // Layers of an earlier run of the bench must not make this one's new requirements old.
  await people.find((one) => one.kind === 'contestant')?.forget();
  return { people, stop: engine.stop };
}

function whyNot(name: ContestantName, hasBuildx: boolean, sam: { readonly path: string } | { readonly reason: string }): string | undefined {
  if (name !== 'buildx' && 'reason' in sam) return sam.reason;
  return name !== 'naive' && !hasBuildx ? 'docker buildx is not installed' : undefined;
}
