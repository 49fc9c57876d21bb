import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../../src/base/fault.ts';
import { keepFfmpeg, lendFfmpeg } from '../scenario/kept-ffmpeg.ts';
import { shear, type TimedRun } from '../scenario/shear-cli.ts';
import type { Contestant, ContestantName, Step } from './contestant.ts';
import type { CountingRegistry } from './counting-registry.ts';

/** How one shear is set up. */
export interface ShearSetup {
  readonly name: Extract<ContestantName, 'shear' | 'shear-dev' | 'shear-node22'>;
  readonly label: string;
  /** Path of the Node that runs it. */
  readonly node: string;
  /** Absolute; a copy of the naive example, which `shear fix` is run on. */
  readonly project: string;
  /** Absolute; its own store, and uv's own cache. */
  readonly cache: string;
  /** Where tools lie that are already installed. */
  readonly tools: string;
  /** SHEAR_REGISTRY_MIRRORS; empty for the real registries. */
  readonly mirrors: string;
  readonly registry: CountingRegistry;
}

/** shear on what its own `fix` makes of the naive example. */
export async function shearContestant(setup: ShearSetup): Promise<Contestant> {
  const { name, label, node, project, registry } = setup;
  const env = environmentOf(setup);
  const run = (args: readonly string[]): Promise<TimedRun> => shear(args, { cwd: project, env, node });
  prepareCache(setup);
  const fixed = await run(['fix', '--yes', '--allow-dirty']);
  if (fixed.code > 1) throw failure('build/failed', '`shear fix` failed on the example', { why: `${fixed.stdout}${fixed.stderr}`.trim() });
  // Compiles what no earlier run has kept.
  await run(['lock']);
  await keepFfmpeg(project, setup.cache);
  return {
    kind: 'contestant',
    name,
    label,
    project,
    manifest: existsSync(join(project, 'requirements.in')) ? 'requirements.in' : 'requirements.txt',
    build: () => run(['build']),
    forget: async () => {
      rmSync(join(project, '.aws-sam'), { recursive: true, force: true });
      rmSync(setup.cache, { recursive: true, force: true });
      prepareCache(setup);
    },
    overBase: () => sizeOverBase(setup),
    steps: async () => (await tellBuild(setup))?.steps ?? [],
    push: async () => {
      const before = registry.received();
      const { code } = await run(['push', '--to', `${registry.address}/${name}`]);
      return code === 0 ? registry.received() - before : undefined;
    },
  };
}

/** What of `build --json` is read here. */
interface Told {
  readonly functions: readonly { readonly image?: { readonly layers: readonly { readonly role: string; readonly size: number }[] } }[];
  readonly steps?: readonly Step[];
}

async function tellBuild(setup: ShearSetup): Promise<Told | undefined> {
  const { stdout, code } = await shear(['build', '--json'], { cwd: setup.project, env: environmentOf(setup), node: setup.node });
  return code === 0 ? (JSON.parse(stdout) as Told) : undefined;
}

async function sizeOverBase(setup: ShearSetup): Promise<number | undefined> {
  const told = await tellBuild(setup);
  const layers = told?.functions.flatMap((one) => one.image?.layers ?? []).filter((layer) => layer.role !== 'base');
  return layers?.reduce((sum, layer) => sum + layer.size, 0);
}

/** What a shear of a set-up runs with. */
export function environmentOf(setup: ShearSetup): Readonly<Record<string, string>> {
  return {
    SHEAR_CACHE: setup.cache,
    UV_CACHE_DIR: join(setup.cache, 'uv'),
    NO_COLOR: '1',
    // A setting of locked-down networks: Node 20 reads it at every start, 60 ms here. SSL_CERT_FILE serves for downloads.
    ...(process.env['SSL_CERT_FILE'] === undefined ? {} : { NODE_EXTRA_CA_CERTS: '' }),
    ...(setup.mirrors === '' ? {} : { SHEAR_REGISTRY_MIRRORS: setup.mirrors }),
  };
}

function prepareCache({ cache, tools }: ShearSetup): void {
  mkdirSync(cache, { recursive: true });
  if (existsSync(tools) && !existsSync(join(cache, 'tools'))) symlinkSync(tools, join(cache, 'tools'));
  // A profile of ffmpeg is compiled once, whoever builds: `npm run bench:ffmpeg` measures that by itself.
  lendFfmpeg(cache);
}

