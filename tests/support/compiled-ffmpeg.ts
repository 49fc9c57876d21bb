import { copyFileSync, chmodSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Host } from '../../src/base/host.ts';
import { Failure } from '../../src/base/fault.ts';
import { ffmpegNode } from '../../src/build/ffmpeg/proof-plan.ts';
import { provideSource } from '../../src/build/ffmpeg/provide-source.ts';
import { ffmpegBuild } from '../../src/build/steps/ffmpeg-build.ts';
import { stepTable } from '../../src/build/steps/step-table.ts';
import type { FfmpegRecipe } from '../../src/ffmpeg/configure-line.ts';
import { externalSources, ffmpegSource } from '../../src/ffmpeg/sources.ts';
import { nodeKey } from '../../src/graph/run.ts';
import type { NodeKey } from '../../src/base/digest.ts';
import type { GraphNode, Output } from '../../src/graph/node.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { findCompiler } from '../../src/tools/find-compiler.ts';
import { testHost } from './host.ts';

// Kept between runs: compiling takes half a minute and more.
const cache = join(import.meta.dirname, '..', '..', '.cache', 'ffmpeg-tests');
/** The machine as it is, with a store that is kept. */
export const compileHost: Host = testHost({ env: { PATH: process.env['PATH'], HOME: process.env['HOME'], SHEAR_FFMPEG_SOURCE: process.env['SHEAR_FFMPEG_SOURCE'] }, cacheFolder: cache, now: Date.now });
/** What is compiled stays in it. */
export const compileStore: Store = openStore(join(cache, 'store'), compileHost.now);

/** Why a recipe cannot be compiled here; undefined when it can. */
export async function obstacleTo({ externals }: FfmpegRecipe): Promise<string | undefined> {
  const search = await findCompiler(compileHost, compileHost.arch);
  if (search.kind === 'missing') return search.why;
  try {
    for (const source of [ffmpegSource, ...externals.map((name) => externalSources[name])]) await provideSource(compileHost, compileStore, source);
  } catch (error) {
    return error instanceof Failure ? error.fault.what : String(error);
  }
  return undefined;
}

/** The same for what takes minutes of two processors to compile: it is left out until somebody asks for it, and comes along from then on. */
export async function obstacleToLong(recipe: FfmpegRecipe): Promise<string | undefined> {
  if (process.env['SHEAR_CONFORMANCE'] === '1') return await obstacleTo(recipe);
  const search = await findCompiler(compileHost, compileHost.arch);
  if (search.kind === 'missing') return search.why;
  return compileStore.getRecord(stepOf(recipe, search.compiler.id).key) ? undefined : 'npm run test:conformance compiles it';
}

function stepOf(recipe: FfmpegRecipe, compiler: string): { readonly node: GraphNode; readonly key: NodeKey } {
  const node = ffmpegNode(recipe, { architecture: compileHost.arch, compiler }, 'ffmpeg');
  return { node, key: nodeKey(node, stepTable['ffmpeg-build']?.version ?? 0, [], []) };
}

/** Compiles a recipe, once and for all later runs, and puts its program at `path`. */
export async function compiledFfmpeg(recipe: FfmpegRecipe, path: string): Promise<Output> {
  const search = await findCompiler(compileHost, compileHost.arch);
  const { node, key } = stepOf(recipe, search.kind === 'found' ? search.compiler.id : '');
  const output = compileStore.getRecord(key) ?? (await ffmpegBuild({ host: compileHost, store: compileStore, projectFolder: cache })({ node, outputs: [], listings: [] }));
  compileStore.putRecord(key, output);
  const program = output.blobs.find(({ name }) => name === 'bin/ffmpeg');
  if (!program) throw new Error('no program');
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(compileStore.pathOf(program.digest), path);
  chmodSync(path, 0o755);
  return output;
}
