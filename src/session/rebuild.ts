import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf } from '../base/digest.ts';
import type { Host } from '../base/host.ts';
import type { Plan } from '../build/plan.ts';
import type { Lock } from '../lock/lock.ts';
import type { BuildReport } from '../build/report.ts';
import { forgetState, readPlanState, readState, stateFolder, writeState, type PlanState } from '../build/state.ts';
import { stepTable, type StepContext } from '../build/steps/step-table.ts';
import { createFileIndex, type FileIndex } from '../graph/file-index.ts';
import { stampsOf } from '../graph/unchanged.ts';
import { listFiles, type FileListing } from '../graph/list-files.ts';
import type { FileSet } from '../graph/node.ts';
import { runGraph, type NodeResult, type RunOptions } from '../graph/run.ts';
import { openStore, outputCache, type Store } from '../store/store.ts';
import { dockerignoreFilter } from '../syntax/dockerignore.ts';
import { buildFolder, type BuildOptions } from './build.ts';
import { startBases } from './bases.ts';
import { publishArtefacts } from './publish-artefacts.ts';

/** A build that is not known to be unchanged. */
export interface RebuildOptions extends BuildOptions {
  readonly request: string;
  /** Milliseconds since the epoch. */
  readonly start: number;
}

/** Plans (unless the kept plan serves), runs what is stale, writes what sam reads, keeps the state. */
export async function rebuild(host: Host, options: RebuildOptions): Promise<BuildReport> {
  const store = openStore(join(host.cacheFolder, 'store'), host.now);
  // Made before any folder is listed: making it later would look like a change of the project folder.
  mkdirSync(stateFolder(options.folder), { recursive: true });
  const kept = readState(options.folder)?.inputs;
  const seen = createFileIndex(kept);
  const previous = readPlanState(options.folder);
  const { plan, isNew, lock } = await planFor(host, store, { options, index: seen, previous });
  if (lock && options.isFrozen) await holdAgainstLock(options, lock);
  const waitForBases = options.outputs === 'none' ? undefined : startBases(host, store, plan);
  const locked = lock ? await makeLocked(host, store, { options, index: seen, plan, lock }) : new Map<string, NodeResult>();
  if (options.outputs === 'none') return reportOf([], new Map(), { options, host, notes: [] });
  // Planning may have written shear.lock or a compiled requirements file after they were looked at.
  const index = isNew ? createFileIndex(kept) : seen;
  const startedAt = host.now();
  const results = new Map([...(await runGraph(plan.nodes, graphOptions(host, store, { options, index }))), ...locked]);
  await waitForBases?.();
  forgetState(options.folder);
  const published = await publishArtefacts(host, store, { plan, results, folder: options.folder, previous });
  writeTemplates(options.folder, plan);
  const report = reportOf(published.functions, results, { options, host, notes: published.notes });
  keepBuildKitInputs(plan, index);
  const outputs = stampsOf([...plan.templates.map((template) => join(buildFolder(options.folder), template.path)), ...published.outputs], published.folders);
  const madeFrom = madeFromDigest(plan.madeFrom, index);
  writeState(
    options.folder,
    { request: options.request, inputs: index.data(startedAt), outputs, report },
    isNew || published.archivesChanged ? { madeFrom, request: options.request, plan, archives: published.archives } : undefined,
  );
  return report;
}

/** Makes what follows from the lock alone, before anything of the project's is read, and settles the lock with it. */
async function makeLocked(host: Host, store: Store, { options, index, plan, lock }: { readonly options: RebuildOptions; readonly index: FileIndex; readonly plan: Plan; readonly lock: Lock }): Promise<ReadonlyMap<string, NodeResult>> {
  const { foundationNodes, withFoundations } = await import('./foundation.ts');
  const results = await runGraph(foundationNodes(plan), graphOptions(host, store, { options, index }));
  const wanted = withFoundations(lock, store, plan, results);
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

async function planFor(host: Host, store: Store, { options, index, previous }: PlanningParts): Promise<{ readonly plan: Plan; readonly isNew: boolean; readonly lock?: Lock }> {
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
  const list = (files: FileSet): FileListing => {
    const key = JSON.stringify(files);
    const found = listings.get(key) ?? listFiles(index, files, dockerignoreFilter);
    listings.set(key, found);
    return found;
  };
  return {
    cache: outputCache(store), list, emit: host.emit, now: host.now, parallel: 4, signal: host.signal,
    step: (kind) => {
      const step = stepTable[kind];
      if (!step) throw new Error(`unreachable: no step ${kind}`);
      return { version: step.version, load: async () => await step.load(context) };
    },
  };
}

/** What BuildKit builds has no node; its context is watched all the same, so that "nothing changed" can be told. */
function keepBuildKitInputs(plan: Plan, index: FileIndex): void {
  for (const artefact of plan.artefacts) {
    if (artefact.kind !== 'buildkit') continue;
    listFiles(index, { folder: artefact.context, below: '', dockerignore: null, excludeNames: ['.aws-sam', '.git'] }, dockerignoreFilter);
  }
}

function writeTemplates(folder: string, plan: Plan): void {
  for (const template of plan.templates) {
    const path = join(buildFolder(folder), template.path);
    if (existsSync(path) && readFileSync(path, 'utf8') === template.text) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, template.text);
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
