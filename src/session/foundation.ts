import type { Digest, DiffId } from '../base/digest.ts';
import type { Plan, PlannedArtefact, PlannedBase } from '../build/plan.ts';
import { layerOf } from '../build/steps/layer-output.ts';
import type { GraphNode } from '../graph/node.ts';
import type { NodeResult } from '../graph/run.ts';
import type { Lock } from '../lock/lock.ts';
import { chainId } from '../oci/chain-id.ts';
import { parseConfig, parseManifest } from '../oci/image-json.ts';
import type { Store } from '../store/store.ts';
import { shearVersion } from './unchanged-build.ts';

/** Steps whose result follows from the lock alone: they read none of the project's files. */
const lockedKinds: ReadonlySet<string> = new Set(['wheel-layer', 'ffmpeg-layer', 'ffmpeg-build', 'ffmpeg-files', 'ffmpeg-package', 'ffmpeg-zip']);

/** The nodes of a plan that make what the lock predicts. */
export function foundationNodes({ nodes }: Pick<Plan, 'nodes'>): readonly GraphNode[] {
  return nodes.filter((node) => lockedKinds.has(node.kind));
}

/**
 * The lock with each image's foundation: the ChainID of the base's layers with those of ffmpeg and the dependencies above them.
 * It does not change with the application's code, and another machine gets the same or has built something else.
 */
export function withFoundations(lock: Lock, store: Store, plan: Pick<Plan, 'nodes' | 'artefacts'>, results: ReadonlyMap<string, NodeResult>): Lock {
  const functions = { ...lock.functions };
  for (const artefact of plan.artefacts) {
    const build = functions[artefact.fullPath];
    const foundation = build && foundationOf(artefact, store, plan, results);
    if (build && foundation) functions[artefact.fullPath] = { ...build, foundation };
  }
  const isPredicted = Object.values(functions).some((build) => build.foundation !== undefined);
  return { ...lock, functions, tools: isPredicted ? { ...lock.tools, shear: shearVersion } : lock.tools };
}

function foundationOf(artefact: PlannedArtefact, store: Store, { nodes }: Pick<Plan, 'nodes'>, results: ReadonlyMap<string, NodeResult>): Digest | undefined {
  if (artefact.kind !== 'image') return undefined;
  const image = nodes.find((node) => node.id === artefact.node);
  const isWhole = foundationNodes({ nodes }).every((node) => results.has(node.id) || !image?.inputs.some((input) => input.kind === 'node' && input.id === node.id));
  if (!isWhole) return undefined;
  const own = (image?.inputs ?? []).flatMap((input): readonly DiffId[] => {
    const result = input.kind === 'node' ? results.get(input.id) : undefined;
    const layer = result && layerOf(result.output);
    return layer ? [layer.diffId] : [];
  });
  const below = artefact.base ? diffIdsOf(store, artefact.base) : [];
  return own.length === 0 || below === undefined ? undefined : chainId([...below, ...own]);
}

function diffIdsOf(store: Store, base: PlannedBase): readonly DiffId[] | undefined {
  const manifest = read(store, base.digest, parseManifest);
  return manifest && read(store, manifest.config.digest, parseConfig)?.diffIds;
}

function read<T>(store: Store, digest: Digest, parse: (bytes: Uint8Array) => { readonly ok: true; readonly value: T } | { readonly ok: false }): T | undefined {
  const bytes = store.read(digest);
  const parsed = bytes && parse(bytes);
  return parsed?.ok === true ? parsed.value : undefined;
}
