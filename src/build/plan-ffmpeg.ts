import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { Failure, failure } from '../base/fault.ts';
import type { Architecture } from '../base/host.ts';
import { configureLine, type FfmpegRecipe } from '../ffmpeg/configure-line.ts';
import { traceRecordFile } from '../ffmpeg/trace-record.ts';
import { externalSources, ffmpegSource } from '../ffmpeg/sources.ts';
import type { GraphNode } from '../graph/node.ts';
import { nodeKey } from '../graph/run.ts';
import type { LockedFfmpeg } from '../lock/lock.ts';
import { compilerFor } from './ffmpeg/compiler-for.ts';
import { provideSource } from './ffmpeg/provide-source.ts';
import type { PlanContext } from './plan-context.ts';
import type { FfmpegBuildParams } from './steps/ffmpeg-build.ts';
import { programsDigest } from './ffmpeg/programs-digest.ts';
import { everyPart, ffmpegNode, knownProof } from './ffmpeg/proof-plan.ts';
import { recordedReplays } from './ffmpeg/recorded-replays.ts';
import { stepTable } from './steps/step-table.ts';

/** Environment variable that takes another ffmpeg than the one derived from the code: `full` or `prebuilt`. */
export const ffmpegVariable = 'SHEAR_FFMPEG';

/** Where a function's ffmpeg comes from: a build of its own, or the pinned program of a Python package. */
export type PlannedFfmpeg =
  | { readonly kind: 'built'; readonly node: GraphNode; readonly lockName: string }
  | {
      readonly kind: 'prebuilt';
      /** What the lock has instead, which stays: another machine of the team compiles. */
      readonly lockName: string | undefined;
    };

/**
 * Plans a build of ffmpeg. A build that the store has serves whoever compiled it; else this machine's compiler makes it. Where
 * there is none, or no source, it says so and falls back on the pinned program.
 */
export async function planFfmpeg(context: PlanContext, wanted: FfmpegRecipe, architecture: Architecture): Promise<PlannedFfmpeg> {
  const { host, store, draft } = context;
  const choice = chosenRecipe(wanted, host.env[ffmpegVariable]);
  const recipe = choice === 'prebuilt' ? wanted : choice;
  const configure = configureLine(recipe);
  const lockName = `ffmpeg-${ffmpegSource.version}-${createHash('sha256').update(configure.join('\n')).digest('hex').slice(0, 12)}`;
  const locked = draft.previous?.ffmpeg[lockName];
  const goBack = (why: string): PlannedFfmpeg => {
    refuseProbe(recipe, why);
    if (choice !== 'prebuilt') refuseNetwork(recipe, why);
    // Seen with the pinned version: its static C library loads a converter for the names of stations.
    const crash = recipe.components === 'all' || recipe.components.some(({ name }) => name === 'mpegts') ? '; it crashes on MPEG transport streams (.ts)' : '';
    context.warnOnce(`ffmpeg is taken whole from the pinned package (29.5 MB, GPL version 3), not compiled for what the code needs${crash}: ${why}`);
    if (!locked) return { kind: 'prebuilt', lockName: undefined };
    draft.tools.set(`ffmpeg-compiler-${architecture}`, 'none');
    draft.ffmpeg.set(lockName, locked);
    return { kind: 'prebuilt', lockName };
  };
  if (choice === 'prebuilt') return goBack(`${ffmpegVariable} asks for it`);
  const nodeFor = (compiler: string): GraphNode => ffmpegNode(recipe, { architecture, compiler }, `ffmpeg:${lockName}/${architecture}`);
  const known = locked?.results[architecture]?.compiler;
  context.watch([join(context.projectFolder, traceRecordFile)]);
  const taken = async (node: GraphNode): Promise<PlannedFfmpeg> => {
    const proof = knownProof(store, recipe, { architecture, compiler: (node.params as unknown as FfmpegBuildParams).compiler, replays: recordedReplays(context.projectFolder, recipe).replays });
    if (proof && proof.failures.length > 0) {
      context.warnOnce(`ffmpeg is built with every part that it has of its own: with those alone that the code needs it did otherwise (${proof.failures[0] ?? ''})`);
      return await planFfmpeg(context, everyPart(recipe), architecture);
    }
    draft.tools.set(`ffmpeg-compiler-${architecture}`, (node.params as unknown as FfmpegBuildParams).compiler);
    draft.ffmpeg.set(lockName, lockEntry(recipe, configure, locked));
    return { kind: 'built', node, lockName };
  };
  if (known !== undefined && ((await isAtHand(context, nodeFor(known), locked?.results[architecture]?.digest)) || draft.isFrozen)) return await taken(nodeFor(known));
  const search = await compilerFor(host, architecture);
  if (search.kind === 'missing') {
    context.watch(search.appears);
    return goBack(search.why);
  }
  const node = nodeFor(search.compiler.id);
  // What is not in the lock is refused before anything is fetched.
  if (draft.isFrozen || (await isAtHand(context, node, undefined))) return await taken(node);
  try {
    for (const source of [ffmpegSource, ...recipe.externals.map((name) => externalSources[name])]) await provideSource(host, store, source);
  } catch (error) {
    if (!(error instanceof Failure) || error.fault.code !== 'network/unreachable') throw error;
    return goBack(`${error.fault.what} (${(error.fault.why ?? '').replaceAll('\n', '; ')})`);
  }
  return await taken(node);
}

/** Whether the store has a build, or the team's remote cache, from which it is then brought. `locked`: what the programs must be. */
async function isAtHand({ store }: PlanContext, node: GraphNode, locked: Digest | undefined): Promise<boolean> {
  const key = nodeKey(node, stepTable[node.kind]?.version ?? 0, [], []);
  if (store.getRecord(key)) return true;
  const found = await store.remote?.fetch(key, (output) => (locked === undefined || programsDigest(output) === locked ? undefined : 'it is another ffmpeg than shear.lock names'));
  return found !== undefined;
}

function chosenRecipe(wanted: FfmpegRecipe, choice: string | undefined): FfmpegRecipe | 'prebuilt' {
  switch (choice ?? '') {
    case '':
      return wanted;
    case 'full':
      return everyPart(wanted);
    case 'prebuilt':
      return 'prebuilt';
    default:
      throw failure('usage', `${ffmpegVariable} is ${choice ?? ''}`, { next: 'set it to full (every part that ffmpeg has of its own) or prebuilt (the pinned program), or unset it' });
  }
}

function refuseProbe({ programs }: FfmpegRecipe, why: string): void {
  if (!programs.includes('ffprobe')) return;
  throw failure('tool/missing', 'ffprobe cannot be compiled here, and the pinned package has none', { why, next: 'install what is missing, or build where it is and share the store' });
}

/** Its static C library looks host names up by parts of the image's, and dies of them. */
function refuseNetwork({ network }: FfmpegRecipe, why: string): void {
  if (!network) return;
  throw failure('tool/missing', 'ffmpeg is to read from the network and cannot be compiled here, and the pinned package crashes on host names', {
    why, next: 'install what is missing, or build where it is and share the store; or have the code fetch the file and give ffmpeg its path',
  });
}

function lockEntry(recipe: FfmpegRecipe, configure: readonly string[], locked: LockedFfmpeg | undefined): LockedFfmpeg {
  return {
    version: ffmpegSource.version,
    sources: Object.fromEntries([ffmpegSource, ...recipe.externals.map((name) => externalSources[name])].map((source) => [source.fileName, `sha256:${source.sha256}`])) as LockedFfmpeg['sources'],
    configure: configure.map((argument) => (argument.includes(' ') ? `'${argument}'` : argument)).join(' '),
    results: locked?.results ?? {},
    ...(locked?.evidence ? { evidence: locked.evidence } : {}),
  };
}
