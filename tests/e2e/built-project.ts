import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { copyExample } from '../../scripts/bench/projects.ts';
import { cacheFolder, createScriptHost, repository } from '../../scripts/script-host.ts';
import { shear, type TimedRun } from '../../scripts/scenario/shear-cli.ts';
import { provideBase, type Base } from '../../scripts/stand-in/base.ts';
import type { Host } from '../../src/base/host.ts';

/** The machine, without notes. */
export const host: Host = { ...createScriptHost(), emit: () => undefined };

/** Whether the command line was built: `npm test` does so first. */
export const isBuilt: boolean = existsSync(join(repository, 'dist', 'shear.cjs'));

/**
 * SHEAR_CACHE for tests that want an example built and do not ask how: the wheels of an example are fetched and packed once for all
 * of them. One for each build of the command line, since what another one made would tell nothing of this one; `npm test` begins
 * without any.
 */
export const sharedCache: string = join(cacheFolder, 'e2e', isBuilt ? String(Math.round(statSync(join(repository, 'dist', 'shear.cjs')).mtimeMs)) : 'none');

/** A copy of an example that shear builds. */
export interface BuiltProject {
  readonly folder: string;
  readonly base: Base;
  /** Runs a command in it. */
  readonly shear: (...args: readonly string[]) => Promise<TimedRun>;
  /** What `build --json` told of its first function. */
  readonly built: BuiltFunction;
}

/** A function of `build --json`. */
export interface BuiltFunction {
  readonly name: string;
  readonly image?: {
    readonly digest: string;
    readonly layout?: string;
    readonly archive?: string;
    readonly layers: readonly { readonly role: string; readonly digest: string; readonly size: number }[];
  };
  readonly zip?: { readonly path: string; readonly size: number; readonly sha256: string };
}

/** How an example is built. */
export interface BuildWish {
  readonly example: string;
  /** Absolute; must not exist. */
  readonly folder: string;
  /** Absolute; SHEAR_CACHE: `sharedCache` unless the cache itself is what is tested. */
  readonly cache?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs before anything else is done with the copy. */
  readonly change?: (folder: string) => void;
}

/** Copies, fixes and builds an example on whatever base is there. */
export async function buildExample({ example, folder, cache = sharedCache, env = {}, change }: BuildWish): Promise<BuiltProject> {
  const base = await provideBase(host, cacheFolder);
  await copyExample(example, folder);
  change?.(folder);
  const mirrors = base.kind === 'stand-in' ? { SHEAR_REGISTRY_MIRRORS: base.mirrors } : {};
  const run = (...args: readonly string[]): Promise<TimedRun> => shear(args, { cwd: folder, env: { ...mirrors, SHEAR_CACHE: cache, NO_COLOR: '1', ...env } });
  const fixed = await run('fix', '--yes', '--allow-dirty');
  if (fixed.code > 1) throw new Error(`shear fix: ${fixed.stdout}${fixed.stderr}`);
  const ended = await run('build', '--json');
  if (ended.code !== 0) throw new Error(`shear build: ${ended.stdout}${ended.stderr}`);
  const { functions }: { functions: readonly BuiltFunction[] } = JSON.parse(ended.stdout);
  const [built] = functions;
  if (!built) throw new Error(`shear build told of no function: ${ended.stdout}`);
  return { folder, base, shear: run, built };
}

/** Whether a program is on the PATH and starts. */
export async function hasProgram(program: string, args: readonly string[] = ['--version']): Promise<boolean> {
  return await host.run(program, args).then(({ code }) => code === 0, () => false);
}

/** Where the image is as an OCI layout: as `build --json` says, else below the built folder. */
export function layoutOf({ folder, built }: BuiltProject): string {
  return join(folder, built.image?.layout ?? join('.aws-sam', 'build', built.name));
}
