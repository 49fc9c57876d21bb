import { Failure, type Fault } from '../base/fault.ts';
import type { Plan } from '../build/plan.ts';

/** Whether a failure belongs to one function or step alone, and the others shall go on; it is then remembered under the name. */
export type Bears = (name: string, error: unknown) => boolean;

/** Failures that others need not share. */
export interface Unbuilt {
  readonly faults: ReadonlyMap<string, Fault>;
  readonly bears: Bears;
}

/** Nothing has failed yet. */
export function createUnbuilt(): Unbuilt {
  const faults = new Map<string, Fault>();
  return {
    faults,
    bears: (name, error) => {
      // A disk that is full is so for all that is built on it, and what is being written is built again when it has been.
      if (!(error instanceof Failure) || error.fault.code.startsWith('disk/') || error.fault.what.endsWith(' changed while the build ran')) return false;
      faults.set(name, error.fault);
      return true;
    },
  };
}

/** A plan without what failed of it. `steps`: by node, those that needed a failed one included. Tells `unbuilt` of the functions and layers. */
export function withoutFailed<T extends Pick<Plan, 'nodes' | 'artefacts'>>(plan: T, steps: ReadonlyMap<string, Fault>, unbuilt: Unbuilt | undefined): T {
  if (steps.size === 0) return plan;
  const artefacts = plan.artefacts.filter((artefact) => {
    const fault = artefact.kind === 'buildkit' ? undefined : steps.get(artefact.node);
    return fault === undefined || unbuilt?.bears(artefact.fullPath, new Failure(fault)) !== true;
  });
  return { ...plan, artefacts, nodes: plan.nodes.filter((node) => !isLost(plan, node.id, steps)) };
}

/** Whether a step failed or needs one that did. */
function isLost(plan: Pick<Plan, 'nodes'>, id: string, steps: ReadonlyMap<string, Fault>): boolean {
  return steps.has(id) || (plan.nodes.find((node) => node.id === id)?.inputs.some((input) => input.kind === 'node' && isLost(plan, input.id, steps)) ?? false);
}
