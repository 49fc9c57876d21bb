import { join, relative, sep } from 'node:path';
import { Failure, failure } from '../base/fault.ts';
import type { Architecture, Host } from '../base/host.ts';
import type { GraphNode } from '../graph/node.ts';
import { readLock } from '../lock/file.ts';
import type { Lock } from '../lock/lock.ts';
import type { LambdaFunction, Model } from '../model/function.ts';
import type { Project } from '../project/project.ts';
import type { Store } from '../store/store.ts';
import { openBase, type BaseImage } from './base-image.ts';
import type { LockDraft } from './dependencies.ts';
import type { PlanContext } from './plan-context.ts';
import { planImage, unbuildable } from './plan-image.ts';
import { planFunctionZip, planLayerZip } from './plan-zip.ts';
import { wantedBy } from '../model/wanted.ts';
import { isNamed, type Upgrade } from './upgrade.ts';
import type { Plan, PlannedArtefact } from './plan.ts';

/** What to plan. */
export interface PlanRequest {
  readonly project: Project;
  readonly model: Model;
  /** Logical IDs or full paths; all when empty. A function brings its own Lambda layers. */
  readonly only: readonly string[];
  readonly parameterOverrides: Readonly<Record<string, string>>;
  readonly isFrozen: boolean;
  /** Ignores the locked versions of everything, or of these images and packages. */
  readonly upgrade: Upgrade;
  /** Gets what cannot be planned by itself, which the plan then leaves out; without it the first such failure is everybody's. */
  readonly bears?: ((fullPath: string, error: unknown) => boolean) | undefined;
}

/** A plan without its templates, and the lock that goes with it. */
export interface MadePlan {
  readonly plan: Omit<Plan, 'templates'>;
  readonly lock: Lock;
}

/** Plans every function and Lambda layer of a model: resolves bases and dependencies through the lock, runs nothing. */
export async function makePlan(host: Host, store: Store, request: PlanRequest): Promise<MadePlan> {
  const { project, model } = request;
  const read = readLock(project.folder);
  if (!read.ok) throw new Failure(read.error);
  const previous = request.upgrade === 'all' ? undefined : read.value;
  refuseUnknown(request, read.value);
  const draft: LockDraft = { previous, isFrozen: request.isFrozen, upgrade: request.upgrade, wheels: new Map(), ffmpeg: new Map(), builds: new Map(), tools: new Map(Object.entries(previous?.tools ?? {})) };
  const bases: Record<string, Record<string, Lock['bases'][string][Architecture]>> = {};
  const watched: string[] = [];
  const context = createContext(host, store, { request, previous, draft, bases, watched });
  const nodes: GraphNode[] = [];
  const artefacts: PlannedArtefact[] = [];
  const add = (planned: { readonly nodes: readonly GraphNode[]; readonly artefact: PlannedArtefact } | undefined): void => {
    if (!planned) return;
    // Functions may share a node.
    for (const node of planned.nodes) if (!nodes.some(({ id }) => id === node.id)) nodes.push(node);
    artefacts.push(planned.artefact);
  };
  const isWanted = wantedBy(request.only, model);
  const tryOne = async (fullPath: string, planning: () => Promise<Parameters<typeof add>[0]>): Promise<void> => {
    try {
      add(await planning());
    } catch (error) {
      if (request.bears?.(fullPath, error) !== true) throw error;
    }
  };
  for (const layer of model.layers.filter(isWanted)) await tryOne(layer.fullPath, async () => await planLayerZip(context, layer));
  for (const fn of model.functions.filter(isWanted)) await tryOne(fn.fullPath, async () => await planFunction(context, fn));
  return { plan: { nodes, artefacts, madeFrom: [...sourcesOf(project), ...watched] }, lock: lockOf(draft, bases) };
}

async function planFunction(context: PlanContext, fn: LambdaFunction): Promise<{ readonly nodes: readonly GraphNode[]; readonly artefact: PlannedArtefact } | undefined> {
  if (fn.package.kind === 'unbuildable') throw unbuildable(fn);
  if (fn.package.kind === 'image') return await planImage(context, fn, fn.package);
  return fn.package.kind === 'zip' ? await planFunctionZip(context, fn, fn.package) : undefined;
}

/** A name that nothing in the project or its lock has is a typing mistake. */
function refuseUnknown({ upgrade, project }: PlanRequest, lock: Lock | undefined): void {
  if (upgrade === 'all') return;
  const names = [
    ...Object.keys(lock?.bases ?? {}), ...Object.values(lock?.wheels ?? {}).map((wheel) => wheel.name),
    ...project.dockerfiles.flatMap((file) => file.dockerfile.stages.map((stage) => stage.base.text)),
  ];
  const unknown = upgrade.find((wish) => !names.some((name) => isNamed([wish], name)));
  if (unknown !== undefined) throw failure('usage', `nothing in shear.lock is named ${unknown}`, { next: 'name a package or a base image that shear.lock has; without a name everything is moved' });
}

interface ContextParts {
  readonly request: PlanRequest;
  readonly previous: Lock | undefined;
  readonly draft: LockDraft;
  readonly bases: Record<string, Record<string, Lock['bases'][string][Architecture]>>;
  readonly watched: string[];
}

function createContext(host: Host, store: Store, { request, previous, draft, bases, watched }: ContextParts): PlanContext {
  const opened = new Map<string, Promise<BaseImage | undefined>>();
  const counts = new Map<string, number>();
  const warned = new Set<string>();
  return {
    host, store, projectFolder: request.project.folder, draft,
    rootTemplate: request.project.templates[0].path,
    faultOf: (path) => request.project.faults.find((one) => one.place?.file === relative(request.project.folder, path).split(sep).join('/')),
    parameterOverrides: Object.entries(request.parameterOverrides).map(([name, value]) => `${name}=${value}`),
    openBase: (reference, architecture) => {
      const key = `${architecture} ${reference}`;
      const known = isNamed(request.upgrade, reference) ? undefined : previous?.bases[reference]?.[architecture]?.digest;
      const found = opened.get(key) ?? openBase(host, store, reference, architecture, { ...(known ? { knownDigest: known } : {}), isOffline: false });
      opened.set(key, found);
      return found;
    },
    lockBase: (name, reference, architecture, base) => {
      const previousIndex = previous?.bases[reference]?.[architecture]?.index;
      const index = base.indexDigest ?? previousIndex;
      bases[reference] = { ...bases[reference], [architecture]: { digest: base.digest, ...(index ? { index } : {}) } };
      const build = draft.builds.get(name)?.build ?? { platform: `linux/${architecture === 'arm64' ? 'arm64' : 'amd64'}`, wheels: [] };
      draft.builds.set(name, { section: 'functions', build: { ...build, base: reference } });
    },
    warnOnce: (text) => {
      if (!warned.has(text)) host.emit({ kind: 'warning', text });
      warned.add(text);
    },
    watch: (paths) => void watched.push(...paths),
    lockName: (name) => {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return count === 1 ? name : `${name}#${count}`;
    },
  };
}

function lockOf(draft: LockDraft, bases: ContextParts['bases']): Lock {
  const section = (wanted: 'functions' | 'layers'): Lock['functions'] =>
    Object.fromEntries([...draft.builds].filter(([, entry]) => entry.section === wanted).map(([name, entry]) => [name, entry.build]));
  return {
    schema: 1,
    tools: Object.fromEntries(draft.tools),
    bases: { ...bases },
    wheels: Object.fromEntries(draft.wheels),
    ffmpeg: Object.fromEntries(draft.ffmpeg),
    functions: section('functions'),
    layers: section('layers'),
  };
}

/** Every file whose change asks for a new plan, and every place where one may appear. */
function sourcesOf(project: Project): readonly string[] {
  const { folder } = project;
  const paths = [
    ...project.templates.map((template) => template.path),
    ...['samconfig.toml', 'samconfig.yaml', 'samconfig.yml', 'shear.lock'].map((name) => join(folder, name)),
    ...[...project.dockerfiles, ...(project.brokenDockerfiles ?? [])].flatMap((file) => [file.path, `${file.path}.dockerignore`, join(file.context, '.dockerignore')]),
    ...project.requirements.map((file) => file.path),
    ...[...project.named].flatMap(([path, kind]) => (kind === 'folder' ? [join(path, 'requirements.txt'), join(path, 'package.json')] : [])),
  ];
  return [...new Set(paths)].toSorted((a, b) => (a < b ? -1 : 1));
}
