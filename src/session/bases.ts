import { placed } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { Plan, PlannedBase } from '../build/plan.ts';
import { parseManifest } from '../oci/image-json.ts';
import type { Store } from '../store/store.ts';

/**
 * Brings the base layers that the store lacks, while the steps run.
 * @returns `wait` waits for them and rejects with what kept them away; `stop` ends what is still under way.
 */
export function startBases(host: Host, store: Store, plan: Plan): { readonly wait: () => Promise<void>; readonly stop: () => void } {
  const controller = new AbortController();
  const bases = plan.artefacts.flatMap((artefact) => (artefact.kind === 'image' && artefact.base ? [artefact.base] : []));
  const unique = [...new Map(bases.map((base) => [base.digest, base])).values()].filter((base) => isIncomplete(store, base));
  if (unique.length === 0) return { wait: async () => undefined, stop: () => undefined };
  const fetching = Promise.all(unique.map(async (base) => await fetchBase({ ...host, signal: AbortSignal.any([host.signal, controller.signal]) }, store, base)));
  fetching.catch(() => undefined);
  return { wait: async () => void (await fetching), stop: () => controller.abort() };
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
