import { digest, digestOf, type Digest } from '../../base/digest.ts';
import { Failure, type Fault } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import type { Plan, PlannedArtefact } from '../../build/plan.ts';
import type { BuildReport } from '../../build/report.ts';
import type { NodeResult } from '../../graph/run.ts';
import type { LambdaFunction, Model } from '../../model/function.ts';
import type { RunRequest } from '../../runtime/invoke.ts';
import type { Store } from '../../store/store.ts';
import { imageArtefact, zipArtefact } from '../built-artefact.ts';
import { imageOf } from '../publish-artefacts.ts';
import { checkRunnable, settingsOf, type GivenVariables } from '../runnable.ts';

/** A function that can be run, as it is now. */
export interface RunnableFunction {
  readonly kind: 'runnable';
  /** Full path: `Nested/Fn`. */
  readonly name: string;
  /** Equal as long as nothing that its processes see has changed. */
  readonly key: string;
  readonly run: Pick<RunRequest, 'artefact' | 'function' | 'interpreter'>;
}

/** A function that cannot be run on this machine, and why. */
export interface UnrunnableFunction {
  readonly kind: 'unrunnable';
  readonly name: string;
  readonly why: Fault;
}

/** A function that the last build could not make, or that needs a Lambda layer that it could not make. What ran of it before may go on. */
export interface UnbuiltFunction {
  readonly kind: 'unbuilt';
  readonly name: string;
  readonly why: Fault;
}

/** A function as the loop has it. */
export type FunctionOfLoop = RunnableFunction | UnrunnableFunction | UnbuiltFunction;

/** What a build made, by the steps' results (before it is published) or by its report (what an engine built). */
export interface MadeParts {
  readonly plan: Plan;
  readonly results: ReadonlyMap<string, NodeResult>;
  readonly report?: BuildReport;
  /** By full path, Lambda layers included. */
  readonly unbuilt: ReadonlyMap<string, Fault>;
}

/** Everything that is needed to tell how each function runs. */
export interface FunctionsRequest {
  readonly model: Model;
  readonly made: MadeParts;
  /** Absolute project folder. */
  readonly folder: string;
  readonly variables: GivenVariables | undefined;
  /** The host's program for a function's runtime. */
  readonly interpreter: (fn: LambdaFunction) => Promise<string | undefined>;
  /** Digest of what lies in a folder that is used as it is: a Lambda layer's without a build method. */
  readonly folderDigest: (folder: string) => string;
}

/** Every function of the model, with what it runs from. */
export async function functionsOf(host: Host, store: Store, request: FunctionsRequest): Promise<readonly FunctionOfLoop[]> {
  return await Promise.all(request.model.functions.map(async (fn) => {
    const why = unbuiltOf(fn, request.made);
    if (why) return { kind: 'unbuilt' as const, name: fn.fullPath, why };
    try {
      return await runnableOf(host, store, fn, request);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { kind: 'unrunnable' as const, name: fn.fullPath, why: error.fault };
    }
  }));
}

function unbuiltOf(fn: LambdaFunction, { unbuilt }: MadeParts): Fault | undefined {
  const names = [fn.fullPath, ...fn.layers.flatMap((layer) => (layer.kind === 'own' ? [layer.fullPath] : []))];
  return names.map((name) => unbuilt.get(name)).find((fault) => fault !== undefined);
}

async function runnableOf(host: Host, store: Store, fn: LambdaFunction, request: FunctionsRequest): Promise<RunnableFunction> {
  checkRunnable(fn);
  const settings = settingsOf(host, fn, request.variables);
  const made = madeDigest(fn.fullPath, request.made);
  const interpreter = await request.interpreter(fn);
  if (fn.package.kind === 'image') {
    const artefact = { ...imageArtefact(fn.package, store, made, `the build of ${fn.fullPath}`), stable: stableLayers(fn.fullPath, request.made) };
    return { kind: 'runnable', name: fn.fullPath, key: keyOf([made, artefact.config, settings]), run: { artefact, function: settings, interpreter } };
  }
  if (fn.package.kind !== 'zip') throw new Error(`unreachable: ${fn.fullPath} is not runnable`);
  const artefact = zipArtefact(fn, fn.package, request.model, request.folder);
  const layers = fn.layers.map((layer) => {
    if (layer.kind !== 'own') return JSON.stringify(layer);
    const own = request.model.layers.find((one) => one.fullPath === layer.fullPath);
    return own?.buildMethod === undefined && own?.contentFolder !== undefined ? request.folderDigest(own.contentFolder) : (madeDigest(layer.fullPath, request.made) ?? '');
  });
  return { kind: 'runnable', name: fn.fullPath, key: keyOf([made, artefact.handler, artefact.runtime, layers, settings]), run: { artefact, function: settings, interpreter } };
}

/** How many layers lie below the first with the application's code; undefined where an engine built the image. */
function stableLayers(fullPath: string, { plan, results }: MadeParts): number | undefined {
  const artefact = plan.artefacts.find((one) => one.fullPath === fullPath);
  const result = artefact?.kind === 'image' ? results.get(artefact.node) : undefined;
  const at = result ? imageOf(result).roles.indexOf('application') : -1;
  return at < 0 ? undefined : at;
}

function madeDigest(fullPath: string, { plan, results, report }: MadeParts): Digest | undefined {
  const artefact = plan.artefacts.find((one) => one.fullPath === fullPath);
  if (artefact?.kind === 'buildkit') {
    const built = report?.functions.find((one) => one.name === fullPath)?.image?.digest;
    return built === undefined ? undefined : digest(built);
  }
  return artefact && mainBlob(artefact, results);
}

function mainBlob(artefact: Exclude<PlannedArtefact, { kind: 'buildkit' }>, results: ReadonlyMap<string, NodeResult>): Digest | undefined {
  const blobs = results.get(artefact.node)?.output.blobs ?? [];
  return (artefact.kind === 'image' ? blobs.find((blob) => blob.name === 'manifest') : blobs[0])?.digest;
}

function keyOf(parts: readonly unknown[]): string {
  return digestOf(JSON.stringify(parts));
}
