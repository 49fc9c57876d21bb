import { digestOf } from '../../base/digest.ts';
import type { Architecture } from '../../base/host.ts';
import { configureLine, type FfmpegRecipe } from '../../ffmpeg/configure-line.ts';
import { failureNoteSource } from '../../ffmpeg/failure-note.ts';
import { hostNamesSource } from '../../ffmpeg/host-names.ts';
import type { FfmpegExternal } from '../../ffmpeg/profile.ts';
import { externalSources, ffmpegSource } from '../../ffmpeg/sources.ts';
import { proofCases } from '../../ffmpeg/proof-cases.ts';
import type { Replay } from '../../ffmpeg/replay.ts';
import type { GraphNode } from '../../graph/node.ts';
import { nodeKey } from '../../graph/run.ts';
import type { Store } from '../../store/store.ts';
import { stepTable } from '../steps/step-table.ts';
import { signatureChange } from './libraries.ts';
import type { Proof } from './prove.ts';

/** What decides a build's bytes besides its recipe. */
export interface BuiltFor {
  readonly architecture: Architecture;
  /** `Compiler.id`. */
  readonly compiler: string;
  /** Recorded commands that a proof runs as well. */
  readonly replays?: readonly Replay[];
}

/** Of what is linked in, and changed in mbedTLS, where the network is read. */
const networkDigest = digestOf(hostNamesSource + signatureChange);

/** The node of a build of ffmpeg. */
export function ffmpegNode(recipe: FfmpegRecipe, { architecture, compiler }: BuiltFor, id: string): GraphNode {
  const parts = recipe.components === 'all' ? 'every part' : `${recipe.components.length} parts`;
  return {
    id, kind: 'ffmpeg-build', label: `ffmpeg ${ffmpegSource.version}, ${parts}`,
    params: { configure: configureLine(recipe), sources: [ffmpegSource.sha256, ...recipe.externals.map((name) => externalSources[name].sha256)], architecture, compiler, ...(recipe.network ? { additions: networkDigest } : {}), ...noteOf(recipe) }, inputs: [],
  };
}

/** What is linked into builds with some parts alone decides their bytes too. */
function noteOf({ components }: FfmpegRecipe): { readonly note?: string } {
  return components === 'all' ? {} : { note: digestOf(failureNoteSource).slice('sha256:'.length, 19) };
}

/** The library set of the full build that derived ones are held against: the same for all under a licence, so that it is made once. */
const everyLibrary: Readonly<Record<FfmpegRecipe['licence'], readonly FfmpegExternal[]>> = {
  LGPL: ['zlib', 'lame', 'opus', 'openh264'], GPL: ['zlib', 'lame', 'opus', 'openh264', 'x264'], nonfree: ['zlib', 'lame', 'opus', 'openh264', 'x264'],
};

/**
 * The way back from a derived build: every part of ffmpeg's own, with the libraries that full builds under its licence have. Where a proof
 * was made the store has it already.
 */
export function everyPart(recipe: FfmpegRecipe): FfmpegRecipe {
  return { ...recipe, components: 'all', externals: [...new Set([...everyLibrary[recipe.licence], ...recipe.externals])] };
}

/** The nodes of a proof: the full build, and the comparison of `derived` with it. */
export function proofNodes(recipe: FfmpegRecipe, derived: GraphNode, builtFor: BuiltFor): { readonly full: GraphNode; readonly proof: GraphNode } {
  const { replays = [] } = builtFor;
  // Frames are compared with its ffmpeg, whichever programs the derived build has.
  const programs = recipe.programs.includes('ffprobe') ? ['ffmpeg', 'ffprobe'] as const : ['ffmpeg'] as const;
  // A proof reads from no network.
  const whole = everyPart({ ...recipe, programs, network: false, externals: recipe.externals.filter((name) => name !== 'mbedtls') });
  const full = ffmpegNode(whole, builtFor, `ffmpeg-full:${[recipe.licence, ...whole.externals].join('+')}/${programs.join('+')}/${builtFor.architecture}`);
  const proof: GraphNode = {
    id: `ffmpeg-proof:${derived.id}`, kind: 'ffmpeg-proof', label: 'compare it with a full build',
    params: { configure: configureLine(recipe), architecture: builtFor.architecture, cases: casesDigest(recipe, replays), ...(replays.length > 0 ? { replays: replays.map(({ program, words }) => ({ program, words })) } : {}) }, inputs: [{ kind: 'node', id: derived.id }, { kind: 'node', id: full.id }],
  };
  return { full, proof };
}

/** A proof holds for the commands that it ran: with other samples or ways to write it is another one. */
function casesDigest({ components, ...recipe }: FfmpegRecipe, replays: readonly Replay[]): string {
  return components === 'all' ? '' : digestOf(JSON.stringify(proofCases({ ...recipe, components }, replays)));
}

/** The outcome of an earlier proof, when the store has it. */
export function knownProof(store: Store, recipe: FfmpegRecipe, builtFor: BuiltFor): Proof | undefined {
  if (recipe.components === 'all') return undefined;
  const derived = ffmpegNode(recipe, builtFor, 'derived');
  const { full, proof } = proofNodes(recipe, derived, builtFor);
  const versionOf = (node: GraphNode): number => stepTable[node.kind]?.version ?? 0;
  const outputs = [derived, full].flatMap((node) => store.getRecord(nodeKey(node, versionOf(node), [], [])) ?? []);
  const found = outputs.length === 2 ? store.getRecord(nodeKey(proof, versionOf(proof), outputs, [])) : undefined;
  return found && (found.data as unknown as Proof);
}
