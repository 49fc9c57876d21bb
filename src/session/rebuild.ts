import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf } from '../base/digest.ts';
import { attemptOnDisk, failure, type Fault } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { Plan, PlannedTemplate } from '../build/plan.ts';
import type { Lock } from '../lock/lock.ts';
import type { Model } from '../model/function.ts';
import type { BuildReport } from '../build/report.ts';
import { forgetState, readPlanState, readState, stagingFolder, stateFolder, writeState, writeWhole, type BuildState, type PlanState } from '../build/state.ts';
import { createFileIndex, type FileIndex } from '../graph/file-index.ts';
import { stampsOf, type FileIndexData } from '../graph/unchanged.ts';
import { listFiles } from '../graph/list-files.ts';
import { runGraph, type NodeResult } from '../graph/run.ts';
import { withLockFile } from '../store/lock-file.ts';
import type { Store } from '../store/store.ts';
import { dockerignoreFilter } from '../syntax/dockerignore.ts';
import { buildFolder, type BuildOptions } from './build.ts';
import { startBases, type BaseFetch } from './bases.ts';
import { engineContext } from './engine-inputs.ts';
import { graphOptions } from './graph-options.ts';
import { openUsersStore } from './open-store.ts';
import { planReplay } from './replay-plan.ts';
import { createUnbuilt, withoutFailed, type Unbuilt } from './unbuilt.ts';
import { publishArtefacts, type EngineBuilds, type Published, type PublishRequest } from './publish-artefacts.ts';

/** A build that is not known to be unchanged. */
export interface RebuildOptions extends BuildOptions {
  readonly request: string;
  /** Milliseconds since the epoch. */
  readonly start: number;
}

/** What a process that builds again and again keeps from one build to the next, instead of reading it from disk. */
export interface Warm extends Pick<BuildState, 'inputs' | 'archives'> {
  readonly plan: PlanState;
  /** What a Docker engine built, by full path. */
  readonly engineBuilds: EngineBuilds;
}

/** What building again needs beside its options. */
export interface WarmOptions extends RebuildOptions {
  /** Of the build before; absent for the first one, which then starts from what is on disk. */
  readonly warm: Warm | undefined;
  /** Called when everything is made and nothing of it is published yet: what can use the store's blobs need not wait for that. */
  readonly onMade: (made: Made) => void;
}

/** What is in the store, and of which plan. */
export interface Made {
  readonly plan: Plan;
  readonly results: ReadonlyMap<string, NodeResult>;
  /** Where the project was planned anew, so that what its templates say may have changed. */
  readonly model: Model | undefined;
  /** Functions and layers that cannot be built, by full path; the plan has the others. */
  readonly unbuilt: ReadonlyMap<string, Fault>;
}

/** A build, and what the next one can start from. */
export interface Rebuilt {
  readonly report: BuildReport;
  readonly warm: Warm;
  readonly made: Made;
}

/** Plans (unless the kept plan serves), runs what is stale, writes what sam reads, keeps the state. */
export async function rebuild(host: Host, options: RebuildOptions): Promise<BuildReport> {
  const outcome = await start(host, options);
  return 'report' in outcome ? outcome.report : outcome;
}

/**
 * The same for a process that stays: what it knows of the last build is not read again. What cannot be built by itself is left
 * out and told of; the templates that sam reads then stay those of the last whole build.
 */
export async function rebuildWarm(host: Host, options: WarmOptions): Promise<Rebuilt> {
  const outcome = await start(host, { ...options, outputs: 'sam' });
  if ('report' in outcome) return outcome;
  throw new Error('unreachable: a build for sam without outputs');
}

async function start(host: Host, options: RebuildOptions & Partial<WarmOptions>): Promise<BuildReport | Rebuilt> {
  const store = await openUsersStore(host);
  const last = options.warm ?? readState(options.folder);
  const kept = last?.inputs;
  const seen = createFileIndex(kept);
  const previous = options.warm?.plan ?? readPlanState(options.folder);
  const unbuilt = options.onMade && createUnbuilt();
  const { plan, isNew, lock, model } = await planFor(host, store, { options, index: seen, previous, unbuilt });
  if (lock && options.isFrozen) await holdAgainstLock(options, lock);
  if (options.outputs === 'none') {
    if (lock) await makeLocked(host, store, { options, index: seen, plan, lock });
    return reportOf([], new Map(), { options, host, notes: [] });
  }
  // Made before any folder is listed: making it later would look like a change of the project folder. Not before there is a plan:
  // where there is no project, none is begun.
  for (const path of [dirname(stateFolder(options.folder)), buildFolder(options.folder)]) requireFolder(path);
  attemptOnDisk(stateFolder(options.folder), () => mkdirSync(stateFolder(options.folder), { recursive: true }));
  const onWait = (owner: string): void => host.emit({ kind: 'note', text: `waiting for process ${owner}, which builds this project` });
  return await withLockFile(join(stateFolder(options.folder), 'lock'), host.now, async () => await carryOut(host, store, { options, kept, archives: last?.archives ?? {}, seen, plan, isNew, lock, model, unbuilt }), { patience: Infinity, onWait, signal: host.signal });
}

interface Planned {
  readonly options: RebuildOptions & Partial<WarmOptions>;
  readonly kept: FileIndexData | undefined;
  readonly archives: BuildState['archives'];
  readonly seen: FileIndex;
  readonly plan: Plan;
  readonly isNew: boolean;
  readonly lock: Lock | undefined;
  readonly model: Model | undefined;
  /** Absent where one failure is everybody's. */
  readonly unbuilt: Unbuilt | undefined;
}

/** Runs what is stale and puts the outcome into place, alone in this project. */
async function carryOut(host: Host, store: Store, planned: Planned): Promise<Rebuilt> {
  const { options, plan } = planned;
  const bases = startBases(host, store, plan);
  const lock = rememberLock(options.folder);
  try {
    const rebuilt = await runAndPublish(host, store, { ...planned, bases });
    if (lock.isFirst()) host.emit({ kind: 'note', text: 'shear.lock written: commit it, so that every build takes the same packages and base images' });
    return rebuilt;
  } catch (error) {
    lock.giveBack();
    throw error;
  } finally {
    // A build that fails must not wait for what it no longer needs.
    bases.stop();
  }
}

async function runAndPublish(host: Host, store: Store, planned: Planned & { readonly bases: BaseFetch }): Promise<Rebuilt> {
  const { options, kept: before, archives, seen, isNew, lock, model, unbuilt, bases } = planned;
  const steps = unbuilt && createUnbuilt();
  const locked = lock ? await makeLocked(host, store, { options, index: seen, plan: planned.plan, lock, unbuilt, steps }) : new Map<string, NodeResult>();
  // Planning may have written shear.lock or a compiled requirements file after they were looked at.
  const index = isNew ? createFileIndex(before) : seen;
  const startedAt = host.now();
  const graph = graphOptions(host, store, { folder: options.folder, index });
  const nodes = steps ? withoutFailed(planned.plan, steps.faults, unbuilt).nodes : planned.plan.nodes;
  const results = new Map([...(await runGraph(nodes, { ...graph, ...(steps ? { bears: steps.bears } : {}) })), ...locked]);
  const present = await bases.wait(unbuilt);
  const plan = steps ? withoutFailed(present, steps.faults, unbuilt) : present;
  const made = { plan, results, model, unbuilt: new Map(unbuilt?.faults) };
  options.onMade?.(made);
  const templates = options.keepsTemplates === true ? [] : plan.templates;
  const published = await publish(host, store, { plan: { ...plan, templates }, results, folder: options.folder, archives, index, engineBuilds: options.warm?.engineBuilds, unbuilt });
  const report = reportOf(published.functions, results, { options, host, notes: published.notes });
  keepBuildKitInputs(planned.plan, index);
  // Also when the plan was kept: what it was made from belongs to the index.
  const state = { madeFrom: madeFromDigest(planned.plan.madeFrom, index), request: options.request, plan: planned.plan };
  const kept = { inputs: index.data(startedAt), archives: published.archives };
  if (unbuilt && unbuilt.faults.size > 0) {
    // Nothing on disk says that this is a build, and the next one plans anew.
    return { report, warm: { ...kept, plan: { ...state, madeFrom: '' }, engineBuilds: published.engineBuilds }, made: { ...made, unbuilt: new Map(unbuilt.faults) } };
  }
  const outputs = stampsOf([...templates.map((template) => join(buildFolder(options.folder), template.path)), ...published.outputs], published.folders);
  writeState(options.folder, { request: options.request, ...kept, outputs, report, replay: planReplay({ plan, results, list: graph.list }) }, isNew ? state : undefined);
  return { report, warm: { ...kept, plan: state, engineBuilds: published.engineBuilds }, made };
}

/** What gives shear.lock back as it is now, and tells whether there was none: a build that fails leaves it alone, though it has to be written before the build reads files. */
function rememberLock(folder: string): { readonly giveBack: () => void; readonly isFirst: () => boolean } {
  const path = join(folder, 'shear.lock');
  const read = (): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);
  const before = read();
  const giveBack = (): void => {
    if (read() === before) return;
    if (before === undefined) rmSync(path, { force: true });
    else writeWhole(path, before);
  };
  return { giveBack, isFirst: () => before === undefined && existsSync(path) };
}

/** Everything is made ready beside the last build first; then that is replaced. */
async function publish(host: Host, store: Store, request: PublishRequest): Promise<Published> {
  const { folder, plan } = request;
  const staging = stagingFolder(folder);
  removeFolder(staging);
  try {
    // Forgotten before the first byte of the outputs changes: a process that dies on the way leaves no "nothing changed".
    forgetState(folder);
    const published = await publishArtefacts(host, store, request);
    // Templates that leave functions out would be deployed as such.
    const isWhole = (request.unbuilt?.faults.size ?? 0) === 0;
    const templates = (isWhole ? plan.templates : []).map((template, at) => stageTemplate(template, folder, join(staging, `template-${at}`)));
    published.commit();
    for (const commit of templates) commit();
    return published;
  } finally {
    removeFolder(staging);
  }
}

/** Most builds stage nothing, and rmSync takes a millisecond to load. */
function removeFolder(path: string): void {
  if (existsSync(path)) rmSync(path, { recursive: true, force: true });
}

/** Writes a template beside its place; gives back what puts it there. */
function stageTemplate({ path, text }: PlannedTemplate, folder: string, staged: string): () => void {
  const target = join(buildFolder(folder), path);
  if (existsSync(target) && readFileSync(target, 'utf8') === text) return () => undefined;
  writeWhole(staged, text);
  return () => attemptOnDisk(target, () => {
    mkdirSync(dirname(target), { recursive: true });
    renameSync(staged, target);
  });
}

/** A file of the user's in the place of `.aws-sam` or of its build folder is found out before anything is made. */
function requireFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found || found.isDirectory()) return;
  throw failure('disk/unwritable', `${path} is a file where the build's folder goes`, { next: 'move it away and run the same command again' });
}

interface LockedParts {
  readonly options: RebuildOptions;
  readonly index: FileIndex;
  readonly plan: Plan;
  readonly lock: Lock;
  readonly unbuilt?: Unbuilt | undefined;
  readonly steps?: Unbuilt | undefined;
}

/** Makes what follows from the lock alone, before anything of the project's is read, and settles the lock with it. */
async function makeLocked(host: Host, store: Store, { options, index, plan, lock, unbuilt, steps }: LockedParts): Promise<ReadonlyMap<string, NodeResult>> {
  const { foundationNodes, withFoundations } = await import('./foundation.ts');
  const { unprovedFfmpeg, withFfmpegResults, withoutCompiling } = await import('./ffmpeg-results.ts');
  const isLook = options.isFrozen && options.outputs === 'none';
  const nodes = isLook ? withoutCompiling(foundationNodes(plan), store) : foundationNodes(plan);
  const results = await runGraph(nodes, { ...graphOptions(host, store, { folder: options.folder, index }), ...(steps ? { bears: steps.bears } : {}) });
  const wanted = withFfmpegResults(withFoundations(lock, store, plan, results), plan, results);
  if (options.isFrozen) await holdAgainstLock(options, wanted);
  else (await import('./settle-lock.ts')).keepLock({ folder: options.folder, isPart: options.only.length > 0 || [unbuilt, steps].some((one) => (one?.faults.size ?? 0) > 0), wanted });
  const unproved = options.outputs === 'none' ? [] : unprovedFfmpeg(wanted, plan);
  if (unproved.length > 0) host.emit({ kind: 'note', text: `${unproved.join(', ')} has just the parts that the code needs, and was never held against a full build: \`shear lock --prove\` does that` });
  return results;
}

async function holdAgainstLock({ folder, only }: RebuildOptions, wanted: Lock): Promise<void> {
  (await import('./settle-lock.ts')).refuseDrift({ folder, isPart: only.length > 0, wanted });
}

interface PlanningParts {
  readonly options: RebuildOptions;
  readonly index: FileIndex;
  readonly previous: PlanState | undefined;
  readonly unbuilt: Unbuilt | undefined;
}

async function planFor(host: Host, store: Store, { options, index, previous, unbuilt }: PlanningParts): Promise<{ readonly plan: Plan; readonly isNew: boolean; readonly lock?: Lock; readonly model?: Model }> {
  const mayKeep = previous !== undefined && options.upgrade.length === 0 && options.outputs === 'sam' && previous.request === options.request;
  if (mayKeep && previous.madeFrom === madeFromDigest(previous.plan.madeFrom, index)) return { plan: previous.plan, isNew: false };
  const { replan } = await import('./replan.ts');
  return { ...(await replan(host, store, options, unbuilt?.bears)), isNew: true };
}

/** Names the content of the files that a plan was made from, absent ones included. */
function madeFromDigest(paths: readonly string[], index: FileIndex): string {
  return digestOf(paths.map((path) => `${path}\0${index.file(path)?.sha256 ?? 'absent'}`).join('\n'));
}

/** What BuildKit builds has no node; its context is watched all the same, so that "nothing changed" can be told. */
function keepBuildKitInputs(plan: Plan, index: FileIndex): void {
  for (const artefact of plan.artefacts) {
    if (artefact.kind !== 'buildkit') continue;
    listFiles(index, engineContext(artefact), dockerignoreFilter);
  }
}

function reportOf(
  functions: BuildReport['functions'],
  results: ReadonlyMap<string, NodeResult>,
  { options, host, notes }: { readonly options: RebuildOptions; readonly host: Host; readonly notes: readonly string[] },
): BuildReport {
  return {
    schema: 1, functions, notes, unchanged: false, ms: host.now() - options.start,
    template: join(buildFolder(options.folder), 'template.yaml'),
    steps: [...results.values()].map(({ id, ms, cached }) => ({ label: id, ms, cached })),
  };
}
