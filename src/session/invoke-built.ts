import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { LambdaFunction, Model, Value } from '../model/function.ts';
import { pythonOfRuntime } from '../model/runtimes.ts';
import { resolveModel } from '../model/resolve.ts';
import { parseConfig, parseManifest } from '../oci/image-json.ts';
import { openLayout } from '../oci/layout.ts';
import { openProject } from '../project/open.ts';
import { withImageConfig, type ImageArtefact } from '../runtime/image-function.ts';
import { checkEvent, invokeFunction, type InvokeResult } from '../runtime/invoke.ts';
import type { ZipArtefact } from '../runtime/zip-function.ts';
import { findPython } from '../tools/find-python.ts';
import { searchPath } from '../tools/search-path.ts';
import { build, buildFolder, type BuildOptions } from './build.ts';
import { layoutPath } from './publish-artefacts.ts';

/** What `shear invoke` was asked for. */
export interface InvokeBuiltRequest {
  readonly build: BuildOptions;
  /** Logical ID or full path; may be absent when the project has one function. */
  readonly name: string | undefined;
  readonly event: Uint8Array;
  /** By function, or for all under `Parameters`: values for variables that the template declares, as sam's --env-vars has them. */
  readonly variables?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly backend: 'bubblewrap' | 'process' | undefined;
  readonly mustBuild: boolean;
  /** Absolute; removed by the caller. */
  readonly workFolder: string;
  readonly onLog: (chunk: Uint8Array) => void;
}

/** Builds what changed, then runs one event through the built artefact's own files. */
export async function invokeBuilt(host: Host, request: InvokeBuiltRequest): Promise<InvokeResult> {
  checkEvent(request.event);
  const { folder, template, profile, parameterOverrides } = request.build;
  const project = await openProject(host, { folder, template, profile, parameterOverrides });
  const model = resolveModel(project, { profile, parameterOverrides });
  const fn = chooseFunction(model, request.name);
  checkRunnable(fn);
  if (request.mustBuild) await build(host, request.build);
  return await invokeFunction(host, {
    artefact: builtArtefact(fn, model, folder),
    event: request.event,
    workFolder: request.workFolder,
    backend: request.backend,
    interpreter: await interpreterFor(host, fn),
    onLog: request.onLog,
    function: {
      name: fn.logicalId,
      memory: known(fn.memory, 128),
      timeout: known(fn.timeout, 3),
      ephemeralStorage: known(fn.ephemeralStorage, 512),
      architecture: known(fn.architecture, 'x86_64' as const),
      environment: environmentOf(host, fn, request.variables),
    },
  });
}

/** The template's variables, those of the given file over them; others than the template declares are left out, as sam does. */
function environmentOf(host: Host, fn: LambdaFunction, given: InvokeBuiltRequest['variables'] = {}): Readonly<Record<string, string>> {
  const over: Readonly<Record<string, unknown>> = { ...given['Parameters'], ...given[fn.logicalId], ...given[fn.fullPath] };
  return Object.fromEntries(Object.entries(fn.environment).flatMap(([name, value]) => {
    if (over[name] !== undefined) return [[name, textOf(over[name])]];
    return value.kind === 'known' ? [[name, value.value]] : hostValue(host, name);
  }));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What would fail in any case is told before anything is built. */
function checkRunnable(fn: LambdaFunction): void {
  const { place, logicalId } = fn;
  if (fn.package.kind === 'zip' && fn.package.handler === undefined) {
    throw failure('model/invalid', `${logicalId} has no Handler`, { place, next: 'name it in the template: `Handler: FILE.FUNCTION`' });
  }
  if (fn.package.kind === 'unbuildable') {
    throw failure('project/unsupported', `${logicalId} cannot be built: ${fn.package.why}`, { place: fn.package.place, next: 'correct it there' });
  }
  if (fn.package.kind !== 'zip' && fn.package.kind !== 'image') {
    throw failure('runtime/failed', `${logicalId} is not built by this project`, { place, next: 'name a function with a Dockerfile or a CodeUri folder' });
  }
}

function builtArtefact(fn: LambdaFunction, model: Model, folder: string): ImageArtefact | ZipArtefact {
  const where = fn.package.kind === 'zip' ? join(buildFolder(folder), fn.fullPath) : layoutPath(folder, fn.fullPath);
  if (!existsSync(where)) throw failure('runtime/failed', `${fn.logicalId} has not been built`, { place: fn.place, next: `run \`shear build ${fn.fullPath}\`, or leave --no-build out` });
  return artefactOf(fn, model, folder);
}

/** The host's program for a function's runtime; for an image any Python, which helps where its own cannot be run. */
async function interpreterFor(host: Host, fn: LambdaFunction): Promise<string | undefined> {
  if (fn.package.kind !== 'zip') return (await anyPython(host))?.path;
  const python = pythonOfRuntime(fn.package.runtime);
  if (python) return (await findPython(host, python))?.path;
  return fn.package.runtime.startsWith('nodejs') ? searchPath(host, 'node')[0] : undefined;
}

/** A variable that only a deployment knows can be given by the shell that runs shear. */
function hostValue(host: Host, name: string): readonly (readonly [string, string])[] {
  const value = host.env[name];
  return value === undefined ? [] : [[name, value]];
}

async function anyPython(host: Host): Promise<{ readonly path: string } | undefined> {
  for (const minor of [12, 13, 11]) {
    const found = await findPython(host, { major: 3, minor });
    if (found) return found;
  }
  return undefined;
}

function chooseFunction(model: Model, name: string | undefined): LambdaFunction {
  const all = model.functions;
  const found = name === undefined && all.length === 1 ? all[0] : all.find((fn) => fn.logicalId === name || fn.fullPath === name);
  if (found) return found;
  throw failure('usage', name === undefined ? 'which function is not said' : `the template has no function ${name}`, {
    next: `name one of ${all.map((fn) => fn.fullPath).join(', ')}`,
  });
}

function artefactOf(fn: LambdaFunction, model: Model, folder: string): ImageArtefact | ZipArtefact {
  if (fn.package.kind === 'zip') {
    const layerFolders = fn.layers.flatMap((layer) => {
      const own = layer.kind === 'own' ? model.layers.find((one) => one.fullPath === layer.fullPath) : undefined;
      if (!own) return [];
      return [own.buildMethod === undefined ? (own.contentFolder ?? '') : join(buildFolder(folder), own.fullPath)];
    });
    return { kind: 'zip', folder: join(buildFolder(folder), fn.fullPath), layerFolders, runtime: fn.package.runtime, handler: fn.package.handler ?? '' };
  }
  if (fn.package.kind !== 'image') throw new Error(`unreachable: ${fn.logicalId} is not built`);
  return imageArtefact(fn.package.imageConfig, layoutPath(folder, fn.fullPath));
}

function imageArtefact(over: Parameters<typeof withImageConfig>[1], folder: string): ImageArtefact {
  const layout = openLayout(folder);
  const [entry] = layout.manifests;
  const manifest = entry && parseManifest(readFileSync(layout.pathOf(entry.digest)));
  if (!manifest?.ok) throw failure('runtime/failed', `${folder} holds no image`, { next: 'run `shear build`' });
  const config = parseConfig(readFileSync(layout.pathOf(manifest.value.config.digest)));
  if (!config.ok) throw new Failure(config.error);
  const { diffIds, env, entrypoint = [], cmd = [], workingDir } = config.value;
  return {
    kind: 'image',
    layers: manifest.value.layers.flatMap(({ digest }, at) => {
      const diffId = diffIds[at];
      return diffId ? [{ digest, diffId, path: layout.pathOf(digest) }] : [];
    }),
    config: withImageConfig({ env, entrypoint, cmd, workingDir }, over),
  };
}

function known<T>(value: Value<T>, fallback: T): T {
  return value.kind === 'known' ? value.value : fallback;
}
