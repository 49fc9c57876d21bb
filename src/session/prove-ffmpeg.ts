import type { Host } from '../base/host.ts';
import { proofNodes } from '../build/ffmpeg/proof-plan.ts';
import { recordedReplays } from '../build/ffmpeg/recorded-replays.ts';
import type { Proof } from '../build/ffmpeg/prove.ts';
import type { FfmpegBuildParams } from '../build/steps/ffmpeg-build.ts';
import { recipeOfConfigureLine } from '../ffmpeg/configure-line.ts';
import { readLock, writeLock } from '../lock/file.ts';
import type { BuildOptions } from './build.ts';
import { openUsersStore } from './open-store.ts';
import { replan } from './replan.ts';
import { runWithoutFiles } from './run-steps.ts';
import { requestText } from './unchanged-build.ts';

/** The proof of one build of ffmpeg. */
export interface NamedProof extends Proof {
  /** As shear.lock names the build. */
  readonly name: string;
  readonly architecture: 'x86_64' | 'arm64';
}

/**
 * Holds every derived ffmpeg of a project against a full build of the same version, which is compiled the first time. The outcome stays
 * in the store; shear.lock says of each build that passed how many commands it passed.
 */
export async function proveFfmpeg(host: Host, options: BuildOptions): Promise<readonly NamedProof[]> {
  const store = await openUsersStore(host);
  const { plan } = await replan(host, store, { ...options, request: requestText(host, options), start: host.now() });
  const proofs: NamedProof[] = [];
  for (const derived of plan.nodes.filter(({ kind }) => kind === 'ffmpeg-build')) {
    const params = derived.params as unknown as FfmpegBuildParams;
    const recipe = recipeOfConfigureLine(params.configure);
    if (!recipe || recipe.components === 'all') continue;
    const { replays, skipped } = recordedReplays(options.folder, recipe);
    const { full, proof } = proofNodes(recipe, derived, { architecture: params.architecture, compiler: params.compiler, replays });
    const results = await runWithoutFiles({ host, store, projectFolder: options.folder }, [derived, full, proof]);
    const outcome = results.get(proof.id)?.output.data as unknown as Proof;
    proofs.push({ ...outcome, unreached: [...outcome.unreached, ...skipped], name: derived.id.slice('ffmpeg:'.length).replace(/\/[^/]*$/u, ''), architecture: params.architecture });
  }
  noteInLock(options.folder, proofs);
  return proofs;
}

function noteInLock(folder: string, proofs: readonly NamedProof[]): void {
  const read = readLock(folder);
  if (!read.ok || !read.value) return;
  const ffmpeg = { ...read.value.ffmpeg };
  for (const { name, architecture, commands, failures } of proofs) {
    const [entry, result] = [ffmpeg[name], ffmpeg[name]?.results[architecture]];
    if (entry && result && failures.length === 0) ffmpeg[name] = { ...entry, results: { ...entry.results, [architecture]: { ...result, proved: commands } } };
  }
  writeLock(folder, { ...read.value, ffmpeg });
}
