import type { Architecture } from '../base/host.ts';
import { programsDigest } from '../build/ffmpeg/programs-digest.ts';
import type { Plan } from '../build/plan.ts';
import type { FfmpegBuildParams } from '../build/steps/ffmpeg-build.ts';
import { stepTable } from '../build/steps/step-table.ts';
import type { GraphNode } from '../graph/node.ts';
import { nodeKey, type NodeResult } from '../graph/run.ts';
import type { Lock, LockedFfmpeg } from '../lock/lock.ts';
import type { Store } from '../store/store.ts';

/** The lock with what each build of ffmpeg came to. */
export function withFfmpegResults(lock: Lock, { nodes }: Pick<Plan, 'nodes'>, results: ReadonlyMap<string, NodeResult>): Lock {
  const ffmpeg: Record<string, LockedFfmpeg> = { ...lock.ffmpeg };
  for (const node of nodes.filter(({ kind }) => kind === 'ffmpeg-build')) {
    const [, name = '', architecture] = /^ffmpeg:(.+)\/(x86_64|arm64)$/u.exec(node.id) ?? [];
    const [entry, result] = [ffmpeg[name], results.get(node.id)];
    if (!entry || !result) continue;
    const { compiler } = node.params as unknown as FfmpegBuildParams;
    const digest = programsDigest(result.output);
    const before = entry.results[architecture as Architecture];
    const proved = before?.digest === digest ? before.proved : undefined;
    ffmpeg[name] = { ...entry, results: { ...entry.results, [architecture as Architecture]: { digest, compiler, ...(proved === undefined ? {} : { proved }) } } };
  }
  return { ...lock, ffmpeg };
}

/** Builds of a plan with some parts of ffmpeg alone, by their names in the lock, that no proof has passed. */
export function unprovedFfmpeg(lock: Lock, { nodes }: Pick<Plan, 'nodes'>): readonly string[] {
  return [...new Set(nodes.flatMap(({ kind, id }) => {
    const [, name = '', architecture] = (kind === 'ffmpeg-build' && /^ffmpeg:(.+)\/(x86_64|arm64)$/u.exec(id)) || [];
    const entry = lock.ffmpeg[name];
    return entry?.configure.includes('--disable-everything') === true && entry.results[architecture as Architecture]?.proved === undefined ? [name] : [];
  }))];
}

/** The nodes without those builds of ffmpeg that the store lacks, and what is made of them: for a look that must not compile. */
export function withoutCompiling(nodes: readonly GraphNode[], store: Store): readonly GraphNode[] {
  const absent = new Set(nodes.filter((node) => node.kind === 'ffmpeg-build' && !store.getRecord(nodeKey(node, stepTable[node.kind]?.version ?? 0, [], []))).map(({ id }) => id));
  return nodes.filter(({ id, inputs }) => !absent.has(id) && !inputs.some((input) => input.kind === 'node' && absent.has(input.id)));
}
