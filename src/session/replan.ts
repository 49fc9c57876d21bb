import { relative } from 'node:path';
import type { Host } from '../base/host.ts';
import { makePlan } from '../build/make-plan.ts';
import type { Plan, PlannedArtefact } from '../build/plan.ts';
import type { Lock } from '../lock/lock.ts';
import type { Model } from '../model/function.ts';
import { resolveModel } from '../model/resolve.ts';
import { unknownFunction } from '../model/unknown-function.ts';
import { openProject } from '../project/open.ts';
import { renderTemplates } from '../publish/built-template.ts';
import { engineAddress } from '../registry/engine-socket.ts';
import { existsSync } from 'node:fs';
import type { Store } from '../store/store.ts';
import { buildFolder } from './build.ts';
import { archivePath } from './output-paths.ts';
import type { RebuildOptions } from './rebuild.ts';
import type { Bears } from './unbuilt.ts';

/** Reads the project and plans it anew, with what shear.lock shall say. */
export async function replan(host: Host, store: Store, options: RebuildOptions, bears?: Bears): Promise<{ readonly plan: Plan; readonly lock: Lock; readonly model: Model }> {
  const given = { profile: options.profile, parameterOverrides: options.parameterOverrides };
  const project = await openProject(host, { folder: options.folder, template: options.template, allowsBrokenDockerfiles: true, allowsMissingTemplates: options.keepsTemplates === true, ...given });
  const model = resolveModel(project, given);
  for (const remark of model.remarks) host.emit({ kind: 'warning', text: remark.text, place: remark.place });
  const unknown = options.only.find((name) => ![...model.functions, ...model.layers].some((one) => one.logicalId === name || one.fullPath === name));
  if (unknown !== undefined) throw unknownFunction(unknown, [...model.functions, ...model.layers].map((one) => one.fullPath), { what: 'function or layer' });
  const { plan, lock } = await makePlan(host, store, { project, model, only: options.only, parameterOverrides: options.parameterOverrides, isFrozen: options.isFrozen, upgrade: options.upgrade, bears });
  const artefacts = await withEngine(host, plan.artefacts, bears);
  const folder = buildFolder(options.folder);
  const templates = renderTemplates({ project, artefacts, buildFolder: folder, imageUri: (artefact, from) => imageUri(host, artefact, { from, folder: options.folder }) });
  return { plan: { ...plan, artefacts, templates }, lock, model };
}

/** What only BuildKit can build is found out before anything is written. */
async function withEngine(host: Host, artefacts: readonly PlannedArtefact[], bears: Bears | undefined): Promise<readonly PlannedArtefact[]> {
  const left: PlannedArtefact[] = [];
  for (const artefact of artefacts) {
    try {
      if (artefact.kind === 'buildkit') await (await import('./buildkit.ts')).needEngine(host, artefact);
      left.push(artefact);
    } catch (error) {
      if (bears?.(artefact.fullPath, error) !== true) throw error;
    }
  }
  return left;
}

/** A local tag where an engine listens, else the archive's path. */
function imageUri(host: Host, artefact: PlannedArtefact, { from, folder }: { readonly from: string; readonly folder: string }): string {
  if (artefact.kind === 'buildkit') return artefact.name;
  const name = artefact.kind === 'image' ? artefact.name : '';
  return mayHaveEngine(host) ? name : relative(from, archivePath(folder, artefact.fullPath));
}

/** Whether an engine could listen: DOCKER_HOST is set, or the default socket exists. Asked before anything is connected to. */
export function mayHaveEngine(host: Host): boolean {
  const address = engineAddress(host);
  return address !== undefined && (host.env['DOCKER_HOST'] !== undefined || existsSync('/var/run/docker.sock'));
}
