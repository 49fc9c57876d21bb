import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { LambdaFunction, Model } from '../model/function.ts';
import { resolveModel } from '../model/resolve.ts';
import { unknownFunction } from '../model/unknown-function.ts';
import { openLayout } from '../oci/layout.ts';
import { openProject } from '../project/open.ts';
import type { ImageArtefact } from '../runtime/image-function.ts';
import { checkEvent, invokeFunction, type InvokeResult } from '../runtime/invoke.ts';
import type { ZipArtefact } from '../runtime/zip-function.ts';
import { build, buildFolder, type BuildOptions } from './build.ts';
import { imageArtefact, zipArtefact } from './built-artefact.ts';
import { startDebugging, type DebugWish } from './debugging.ts';
import { layoutPath } from './output-paths.ts';
import { checkRunnable, interpreterFor, settingsOf, type GivenVariables } from './runnable.ts';
import { requestText, unchangedBuild } from './unchanged-build.ts';

/** What `shear invoke` was asked for. */
export interface InvokeBuiltRequest {
  readonly build: BuildOptions;
  /** Logical ID or full path; may be absent when the project has one function. */
  readonly name: string | undefined;
  readonly event: Uint8Array;
  readonly variables?: GivenVariables;
  /** Variables besides the template's own, for what shear itself asks of the function. */
  readonly more?: Readonly<Record<string, string>>;
  /** Absolute: a folder that comes first on the PATH of a plain process. */
  readonly programs?: string;
  readonly backend: 'bubblewrap' | 'docker' | 'process' | undefined;
  readonly limitsCpu?: boolean | undefined;
  readonly mustBuild: boolean;
  /** Absolute; removed by the caller. */
  readonly workFolder: string;
  readonly onLog: (chunk: Uint8Array) => void;
  /** Waits for a debugger. */
  readonly debug?: DebugWish | undefined;
}

/** Builds what changed of one function, then runs one event through the built artefact's own files. */
export async function invokeBuilt(host: Host, request: InvokeBuiltRequest): Promise<InvokeResult> {
  checkEvent(request.event);
  const { folder, template, profile, parameterOverrides } = request.build;
  const project = await openProject(host, { folder, template, profile, parameterOverrides, allowsBrokenDockerfiles: true, allowsMissingTemplates: true });
  const model = resolveModel(project, { profile, parameterOverrides });
  const fn = chooseFunction(model, request.name);
  checkRunnable(fn);
  if (request.mustBuild) await buildForRun(host, fn, request.build);
  const debug = request.debug && (await startDebugging(host, fn, request.debug));
  try {
    return await invokeFunction(host, {
      debug,
      artefact: builtArtefact(fn, model, folder),
      event: request.event,
      workFolder: request.workFolder,
      backend: request.backend, limitsCpu: request.limitsCpu,
      interpreter: await interpreterFor(host, fn),
      onLog: request.onLog,
      function: withMore(settingsOf(host, fn, request.variables), request),
    });
  } finally {
    await debug?.port.close();
  }
}

/** The function and its own Lambda layers: what is wrong with others is not in the way. A whole build that still holds is taken as it is. */
async function buildForRun(host: Host, fn: LambdaFunction, options: BuildOptions): Promise<void> {
  const whole = { ...options, only: [] };
  if (unchangedBuild(whole, requestText(host, whole))) return;
  await build(host, { ...options, only: [fn.fullPath], keepsTemplates: true });
}

function withMore(settings: ReturnType<typeof settingsOf>, { more = {}, programs }: Pick<InvokeBuiltRequest, 'more' | 'programs'>): ReturnType<typeof settingsOf> {
  return { ...settings, environment: { ...settings.environment, ...more }, ...(programs === undefined ? {} : { programs }) };
}

function builtArtefact(fn: LambdaFunction, model: Model, folder: string): ImageArtefact | ZipArtefact {
  const where = fn.package.kind === 'zip' ? join(buildFolder(folder), fn.fullPath) : layoutPath(folder, fn.fullPath);
  if (!existsSync(where)) throw failure('runtime/failed', `${fn.logicalId} has not been built`, { place: fn.place, next: `run \`shear build ${fn.fullPath}\`, or leave --no-build out` });
  if (fn.package.kind === 'zip') return zipArtefact(fn, fn.package, model, folder);
  if (fn.package.kind !== 'image') throw new Error(`unreachable: ${fn.logicalId} is not built`);
  const layout = openLayout(where);
  return imageArtefact(fn.package, { pathOf: layout.pathOf, read: (digest) => readFileSync(layout.pathOf(digest)) }, layout.manifests[0]?.digest, where);
}

function chooseFunction(model: Model, name: string | undefined): LambdaFunction {
  const all = model.functions;
  const found = name === undefined && all.length === 1 ? all[0] : all.find((fn) => fn.logicalId === name || fn.fullPath === name);
  if (found) return found;
  const known = all.map((fn) => fn.fullPath);
  throw name === undefined ? failure('usage', 'which function is not said', { next: `name one of ${known.join(', ')}` }) : unknownFunction(name, known);
}

