import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf } from '../base/digest.ts';
import { attemptOnDisk, failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { Plan, PlannedTemplate } from '../build/plan.ts';
import type { Lock } from '../lock/lock.ts';
import type { Model } from '../model/function.ts';
import type { BuildReport } from '../build/report.ts';
import { forgetState, readPlanState, readState, stagingFolder, stateFolder, writeState, writeWhole, type BuildState, type PlanState } from '../build/state.ts';
import { stepTable, type StepContext } from '../build/steps/step-table.ts';
import { createFileIndex, type FileIndex } from '../graph/file-index.ts';
import { stampsOf, type FileIndexData } from '../graph/unchanged.ts';
import { listFiles, type FileListing } from '../graph/list-files.ts';
import type { FileSet } from '../graph/node.ts';
import { runGraph, type NodeResult, type RunOptions } from '../graph/run.ts';
import { withLockFile } from '../store/lock-file.ts';
import { openStore, outputCache, type Store } from '../store/store.ts';
import { dockerignoreFilter } from '../syntax/dockerignore.ts';
import { buildFolder, type BuildOptions } from './build.ts';
import { startBases } from './bases.ts';
import { planReplay } from './replay-plan.ts';
import { publishArtefacts, type Published, type PublishRequest } from './publish-artefacts.ts';

/** A build that is not known to be unchanged. */
export interface RebuildOptions extends BuildOptions {
  readonly request: string;
  /** Milliseconds since the epoch. */
  readonly start: number;
}

/** What a process that builds again and again keeps from one build to the next, instead of reading it from disk. */
export interface Warm extends Pick<BuildState, 'inputs' | 'archives'> {
  readonly plan: PlanState;
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

/** The same for a process that stays: what it knows of the last build is not read again. */
export async function rebuildWarm(host: Host, options: WarmOptions): Promise<Rebuilt> {
  const outcome = await start(host, { ...options, outputs: 'sam' });
  if ('report' in outcome) return outcome;
  throw new Error('unreachable: a build for sam without outputs');
}

async function start(host: Host, options: RebuildOptions & Partial<WarmOptions>): Promise<BuildReport | Rebuilt> {
  const store = openStore(join(host.cacheFolder, 'store'), host.now);
  const last = options.warm ?? readState(options.folder);
  const kept = last?.inputs;
  const seen = createFileIndex(kept);
  const previous = options.warm?.plan ?? readPlanState(options.folder);
  const { plan, isNew, lock, model } = await planFor(host, store, { options, index: seen, previous });
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
  return await withLockFile(join(stateFolder(options.folder), 'lock'), host.now, async () => await carryOut(host, store, { options, kept, archives: last?.archives ?? {}, seen, plan, isNew, lock, model }), { patience: Infinity, onWait, signal: host.signal });
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
}

/** Runs what is stale and puts the outcome into place, alone in this project. */
async function carryOut(host: Host, store: Store, planned: Planned): Promise<Rebuilt> {
  const { options, plan } = planned;
  const bases = startBases(host, store, plan);
  const giveBack = rememberLock(options.folder);
  try {
    return await runAndPublish(host, store, { ...planned, waitForBases: bases.wait });
  } catch (error) {
    giveBack();
    throw error;
  } finally {
    // A build that fails must not wait for what it no longer needs.
    bases.stop();
  }
}

async function runAndPublish(host: Host, store: Store, { options, kept: before, archives, seen, plan, isNew, lock, model, waitForBases }: Planned & { readonly waitForBases: () => Promise<void> }): Promise<Rebuilt> {
  const locked = lock ? await makeLocked(host, store, { options, index: seen, plan, lock }) : new Map<string, NodeResult>();
  // Planning may have written shear.lock or a compiled requirements file after they were looked at.
  const index = isNew ? createFileIndex(before) : seen;
  const startedAt = host.now();
  const graph = graphOptions(host, store, { options, index });
  const results = new Map([...(await runGraph(plan.nodes, graph)), ...locked]);
  await waitForBases();
  const made = { plan, results, model };
  options.onMade?.(made);
  const published = await publish(host, store, { plan, results, folder: options.folder, archives });
  const report = reportOf(published.functions, results, { options, host, notes: published.notes });
  keepBuildKitInputs(plan, index);
  const outputs = stampsOf([...plan.templates.map((template) => join(buildFolder(options.folder), template.path)), ...published.outputs], published.folders);
  // Also when the plan was kept: what it was made from belongs to the index.
  const planned = { madeFrom: madeFromDigest(plan.madeFrom, index), request: options.request, plan };
  const kept = { inputs: index.data(startedAt), archives: published.archives };
  writeState(options.folder, { request: options.request, ...kept, outputs, report, replay: planReplay({ plan, results, list: graph.list }) }, isNew ? planned : undefined);
  return { report, warm: { ...kept, plan: planned }, made };
}

/** What gives shear.lock back as it is now: a build that fails leaves it alone, though it has to be written before the build reads files. */
function rememberLock(folder: string): () => void {
  const path = join(folder, 'shear.lock');
  const read = (): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);
  const before = read();
  return () => {
    if (read() === before) return;
    if (before === undefined) rmSync(path, { force: true });
    else writeWhole(path, before);
  };
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
    const templates = plan.templates.map((template, at) => stageTemplate(template, folder, join(staging, `template-${at}`)));
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

/** Makes what follows from the lock alone, before anything of the project's is read, and settles the lock with it. */
async function makeLocked(host: Host, store: Store, { options, index, plan, lock }: { readonly options: RebuildOptions; readonly index: FileIndex; readonly plan: Plan; readonly lock: Lock }): Promise<ReadonlyMap<string, NodeResult>> {
  const { foundationNodes, withFoundations } = await import('./foundation.ts');
  const { withFfmpegResults, withoutCompiling } = await import('./ffmpeg-results.ts');
  const isLook = options.isFrozen && options.outputs === 'none';
  const nodes = isLook ? withoutCompiling(foundationNodes(plan), store) : foundationNodes(plan);
  const results = await runGraph(nodes, graphOptions(host, store, { options, index }));
  const wanted = withFfmpegResults(withFoundations(lock, store, plan, results), plan, results);
  if (options.isFrozen) await holdAgainstLock(options, wanted);
  else (await import('./settle-lock.ts')).keepLock({ folder: options.folder, isPart: options.only.length > 0, wanted });
  return results;
}

async function holdAgainstLock({ folder, only }: RebuildOptions, wanted: Lock): Promise<void> {
  (await import('./settle-lock.ts')).refuseDrift({ folder, isPart: only.length > 0, wanted });
}

interface PlanningParts {
  readonly options: RebuildOptions;
  readonly index: FileIndex;
  readonly previous: PlanState | undefined;
}

async function planFor(host: Host, store: Store, { options, index, previous }: PlanningParts): Promise<{ readonly plan: Plan; readonly isNew: boolean; readonly lock?: Lock; readonly model?: Model }> {
  const mayKeep = previous !== undefined && options.upgrade.length === 0 && options.outputs === 'sam' && previous.request === options.request;
  if (mayKeep && previous.madeFrom === madeFromDigest(previous.plan.madeFrom, index)) return { plan: previous.plan, isNew: false };
  const { replan } = await import('./replan.ts');
  return { ...(await replan(host, store, options)), isNew: true };
}

/** Names the content of the files that a plan was made from, absent ones included. */
function madeFromDigest(paths: readonly string[], index: FileIndex): string {
  return digestOf(paths.map((path) => `${path}\0${index.file(path)?.sha256 ?? 'absent'}`).join('\n'));
}

function graphOptions(host: Host, store: Store, { options, index }: { readonly options: RebuildOptions; readonly index: FileIndex }): RunOptions {
  const context: StepContext = { host, store, projectFolder: options.folder };
  const listings = new Map<string, FileListing>();
  const leaveOut = leavingOut(host);
  const list = (files: FileSet): FileListing => {
    const key = JSON.stringify(files);
    const known = listings.get(key);
    if (known) return known;
    const found = listFiles(index, files, dockerignoreFilter);
    listings.set(key, found);
    for (const { path, why } of found.leftOut) leaveOut(path, why);
    return found;
  };
  return {
    cache: outputCache(store), list, confirm: (listing) => confirmUnchanged(listing, index), emit: host.emit, now: host.now, parallel: 4, signal: host.signal,
    step: (kind) => {
      const step = stepTable[kind];
      if (!step) throw new Error(`unreachable: no step ${kind}`);
      return { version: step.version, load: async () => await step.load(context) };
    },
  };
}

/** Special files are left out with a warning, as Docker leaves out sockets; a name that cannot be written down stops the build. */
function leavingOut(host: Host): (path: string, why: 'special' | 'name') => void {
  const told = new Set<string>();
  return (path, why) => {
    if (why === 'name') {
      throw failure('project/not-utf8', `${JSON.stringify(path)} has a name that is not UTF-8`, {
        why: 'image layers and zips hold UTF-8 names alone', next: 'rename it, or leave it out with .dockerignore',
      });
    }
    if (!told.has(path)) host.emit({ kind: 'warning', text: `${path} is a FIFO, a socket or a device and is left out` });
    told.add(path);
  };
}

/** What was hashed and what was packed must be the same bytes: else the store would keep a wrong output under a good key. */
function confirmUnchanged({ files }: FileListing, index: FileIndex): void {
  const changed = files.find((file) => file.kind !== 'folder' && !index.isStill(file.absolute));
  if (!changed) return;
  throw failure('build/failed', `${changed.absolute} changed while the build ran`, {
    why: 'a half-written file must not end in an artefact', next: 'run the same command again when nothing writes to the project',
  });
}

/** What BuildKit builds has no node; its context is watched all the same, so that "nothing changed" can be told. */
function keepBuildKitInputs(plan: Plan, index: FileIndex): void {
  for (const artefact of plan.artefacts) {
    if (artefact.kind !== 'buildkit') continue;
    listFiles(index, { folder: artefact.context, below: '', dockerignore: null, excludeNames: ['.aws-sam', '.git'] }, dockerignoreFilter);
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
