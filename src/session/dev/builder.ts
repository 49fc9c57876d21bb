import { lstatSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { Host } from '../../base/host.ts';
import type { Plan } from '../../build/plan.ts';
import type { BuildReport } from '../../build/report.ts';
import { stateFolder } from '../../build/state.ts';
import { createFileIndex } from '../../graph/file-index.ts';
import { listFiles } from '../../graph/list-files.ts';
import type { FileSet } from '../../graph/node.ts';
import { firstChange } from '../../graph/still-equal.ts';
import type { FileIndexData } from '../../graph/unchanged.ts';
import type { LambdaFunction, Model } from '../../model/function.ts';
import { resolveModel } from '../../model/resolve.ts';
import { wantedBy } from '../../model/wanted.ts';
import { openProject } from '../../project/open.ts';
import { openStore } from '../../store/store.ts';
import { dockerignoreFilter } from '../../syntax/dockerignore.ts';
import type { Changes } from '../../watch/watcher.ts';
import type { BuildOptions } from '../build.ts';
import { engineContext } from '../engine-inputs.ts';
import { rebuildWarm, type Made, type Warm } from '../rebuild.ts';
import { requestText } from '../unchanged-build.ts';
import { functionsOf, type FunctionOfLoop, type MadeParts } from './functions.ts';
import { interpreterFor, type GivenVariables } from '../runnable.ts';
import type { BuildInputs } from './watched.ts';

/** What a build of the loop gave. */
export interface DevBuild {
  readonly functions: readonly FunctionOfLoop[];
  readonly report: BuildReport;
  readonly model: Model;
}

/** Builds one project again and again, and knows what the last good build looked at. */
export interface DevBuilder {
  /**
   * Rejects as `shear build` does; the last good build then stays what it is.
   * @param onEarly called with what can run before the rest of the build is published.
   */
  readonly build: (onEarly: (functions: DevBuild['functions'], model: Model) => void) => Promise<DevBuild>;
  /** undefined before the first good build. */
  readonly inputs: () => BuildInputs | undefined;
  /** Whether the last good build would see any of this differently. */
  readonly isChanged: (changes: Changes) => boolean;
}

/** Keeps plan, index and model in memory between builds. */
export function createDevBuilder(host: Host, options: BuildOptions, variables: GivenVariables | undefined): DevBuilder {
  const store = openStore(join(host.cacheFolder, 'store'), host.now);
  const request = requestText(host, options);
  let warm: Warm | undefined;
  let model: Model | undefined;
  let written: string | undefined;
  let extra = createExtraFolders(undefined);
  const interpreter = createInterpreters(host);
  const functions = async (made: MadeParts, known: Model): Promise<DevBuild['functions']> =>
    await functionsOf(host, store, { model: { ...known, functions: known.functions.filter(wantedBy(options.only, known)) }, made, folder: options.folder, variables, interpreter, folderDigest: extra.digest });
  return {
    build: async (onEarly) => {
      // Somebody else's `shear build` in between knows more of what is on disk than this process.
      if (stateStamp(options.folder) !== written) warm = undefined;
      extra = createExtraFolders(extra);
      let early: Promise<void> | undefined;
      const onMade = (made: Made): void => {
        model = made.model ?? model;
        if (!model) return;
        const known = model;
        early = functions(made, known).then((all) => onEarly(all.filter((one) => isImage(one)), known));
        // Awaited below, when all is published; until then its failure is nobody's.
        early.catch(() => undefined);
      };
      const { report, warm: next, made } = await rebuildWarm(host, { ...options, request, start: host.now(), warm, onMade });
      await early;
      warm = next;
      written = stateStamp(options.folder);
      model = made.model ?? model ?? (await readModel(host, options));
      return { report, model, functions: await functions({ ...made, report }, model) };
    },
    inputs: () => warm && { index: merged(warm.inputs, extra.index()), sets: [...fileSets(warm.plan.plan), ...extra.sets()] },
    isChanged: (changes) => {
      if (warm === undefined) return true;
      const index = merged(warm.inputs, extra.index());
      return firstChange(index, changes === 'anything' || isAbove(changes, index) ? undefined : changes) !== undefined;
    },
  };
}

/** Asks the system once for each runtime: finding out what an interpreter is starts it. */
function createInterpreters(host: Host): (fn: LambdaFunction) => Promise<string | undefined> {
  const found = new Map<string, Promise<string | undefined>>();
  return async (fn) => {
    const key = fn.package.kind === 'zip' ? fn.package.runtime : '';
    const program = found.get(key) ?? interpreterFor(host, fn);
    found.set(key, program);
    return await program;
  };
}

function isImage(fn: FunctionOfLoop): boolean {
  return fn.kind === 'runnable' && fn.run.artefact.kind === 'image';
}

async function readModel(host: Host, { folder, template, profile, parameterOverrides }: BuildOptions): Promise<Model> {
  return resolveModel(await openProject(host, { folder, template, profile, parameterOverrides, allowsBrokenDockerfiles: true }), { profile, parameterOverrides });
}

/** Whether a path is a folder that the build did not look at itself, but at something in it. */
function isAbove(changes: ReadonlySet<string>, { files, folders }: FileIndexData): boolean {
  const unknown = [...changes].filter((path) => !(path in files) && !(path in folders));
  return unknown.length > 0 && [files, folders].some((table) => Object.keys(table).some((known) => unknown.some((path) => known.startsWith(path + sep))));
}

/** The file sets of a plan, and the contexts of what an engine builds. */
function fileSets(plan: Plan): readonly FileSet[] {
  const ofNodes = plan.nodes.flatMap((node) => node.inputs.flatMap((input) => (input.kind === 'files' ? [input.files] : [])));
  const contexts = plan.artefacts.flatMap((artefact) => (artefact.kind === 'buildkit' ? [engineContext(artefact)] : []));
  return [...new Map([...ofNodes, ...contexts].map((set) => [JSON.stringify(set), set])).values()];
}

/** Which writing of the build's state is on disk. */
function stateStamp(folder: string): string | undefined {
  const found = lstatSync(join(stateFolder(folder), 'state.json'), { throwIfNoEntry: false });
  return found && `${found.ino} ${found.ctimeMs} ${found.size}`;
}

interface ExtraFolders {
  readonly digest: (folder: string) => string;
  readonly sets: () => readonly FileSet[];
  readonly index: () => FileIndexData;
}

/** Folders that functions use as they are, without any step of the build. */
function createExtraFolders(before: ExtraFolders | undefined): ExtraFolders {
  const index = createFileIndex(before?.index());
  const sets = new Map<string, { readonly set: FileSet; readonly digest: string }>();
  const takenAt = Date.now();
  return {
    digest: (folder) => {
      const known = sets.get(folder);
      if (known) return known.digest;
      const set: FileSet = { folder, below: '', dockerignore: null, excludeNames: ['.aws-sam', '.git'] };
      const { digest } = listFiles(index, set, dockerignoreFilter);
      sets.set(folder, { set, digest });
      return digest;
    },
    sets: () => [...sets.values()].map(({ set }) => set),
    index: () => index.data(takenAt),
  };
}

function merged(a: FileIndexData, b: FileIndexData): FileIndexData {
  const isEmpty = Object.keys(b.files).length === 0 && Object.keys(b.folders).length === 0;
  if (isEmpty) return a;
  return { takenAt: Math.min(a.takenAt, b.takenAt), files: { ...b.files, ...a.files }, folders: { ...b.folders, ...a.folders }, absent: [...a.absent, ...b.absent] };
}
