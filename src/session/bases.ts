import type { Digest } from '../base/digest.ts';
import { placed } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { Plan, PlannedArtefact, PlannedBase } from '../build/plan.ts';
import { parseManifest } from '../oci/image-json.ts';
import type { Store } from '../store/store.ts';
import type { Unbuilt } from './unbuilt.ts';

/** Base layers under way. */
export interface BaseFetch {
  /**
   * Waits for them; gives the plan without the functions whose base could not be had, which `unbuilt` is told of. Without it,
   * rejects with what kept a base away.
   */
  readonly wait: (unbuilt: Unbuilt | undefined) => Promise<Plan>;
  /** Ends what is still under way. */
  readonly stop: () => void;
}

/** Brings the base layers that the store lacks, while the steps run. */
export function startBases(host: Host, store: Store, plan: Plan): BaseFetch {
  const controller = new AbortController();
  const bases = plan.artefacts.flatMap((artefact) => (artefact.kind === 'image' && artefact.base ? [artefact.base] : []));
  const unique = [...new Map(bases.map((base) => [base.digest, base])).values()].filter((base) => isIncomplete(store, base));
  if (unique.length === 0) return { wait: () => Promise.resolve(plan), stop: () => undefined };
  const fetching = new Map(unique.map((base) => [base.digest, fetchBase({ ...host, signal: AbortSignal.any([host.signal, controller.signal]) }, store, base)]));
  for (const one of fetching.values()) one.catch(() => undefined);
  return { wait: async (unbuilt) => await withBases(host, plan, fetching, unbuilt), stop: () => controller.abort() };
}

async function withBases(host: Host, plan: Plan, fetching: ReadonlyMap<Digest, Promise<void>>, unbuilt: Unbuilt | undefined): Promise<Plan> {
  if (!unbuilt) await Promise.all(fetching.values());
  const left: PlannedArtefact[] = [];
  for (const artefact of plan.artefacts) {
    try {
      if (artefact.kind === 'image' && artefact.base) await fetching.get(artefact.base.digest);
      left.push(artefact);
    } catch (error) {
      if (host.signal.aborted || unbuilt?.bears(artefact.fullPath, error) !== true) throw error;
    }
  }
  return { ...plan, artefacts: left };
}

function isIncomplete(store: Store, base: PlannedBase): boolean {
  const bytes = store.read(base.digest);
  const manifest = bytes && parseManifest(bytes);
  return !manifest?.ok || manifest.value.layers.some((layer) => !store.has(layer.digest, layer.size));
}

async function fetchBase(host: Host, store: Store, base: PlannedBase): Promise<void> {
  const { openBase } = await import('../build/base-image.ts');
  try {
    const image = await openBase(host, store, base.reference, base.architecture, { knownDigest: base.digest });
    await image?.fetchLayers();
  } catch (error) {
    throw base.place ? placed(error, base.place) : error;
  }
}
