import { Failure, failure } from '../base/fault.ts';
import type { Architecture, Host } from '../base/host.ts';
import type { LambdaFunction, Value } from '../model/function.ts';
import { pythonOfRuntime } from '../model/runtimes.ts';
import type { RunRequest } from '../runtime/invoke.ts';
import { findPython } from '../tools/find-python.ts';
import { searchPath } from '../tools/search-path.ts';

/** By function, or for all under `Parameters`: values for variables that the template declares, as sam's --env-vars has them. */
export type GivenVariables = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What a function's execution environment has to know of the template. */
export function settingsOf(host: Host, fn: LambdaFunction, variables: GivenVariables | undefined): RunRequest['function'] {
  return {
    name: fn.logicalId,
    memory: known(fn.memory, 128),
    timeout: known(fn.timeout, 3),
    ephemeralStorage: known(fn.ephemeralStorage, 512),
    architecture: known<Architecture>(fn.architecture, 'x86_64'),
    environment: environmentOf(host, fn, variables),
  };
}

/** The template's variables, those of the given file over them; others than the template declares are left out, as sam does. */
function environmentOf(host: Host, fn: LambdaFunction, given: GivenVariables = {}): Readonly<Record<string, string>> {
  const over: Readonly<Record<string, unknown>> = { ...given['Parameters'], ...given[fn.logicalId], ...given[fn.fullPath] };
  return Object.fromEntries(Object.entries(fn.environment).flatMap(([name, value]) => {
    if (over[name] !== undefined) return [[name, textOf(over[name])]];
    return value.kind === 'known' ? [[name, value.value]] : hostValue(host, name);
  }));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A variable that only a deployment knows can be given by the shell that runs shear. */
function hostValue(host: Host, name: string): readonly (readonly [string, string])[] {
  const value = host.env[name];
  return value === undefined ? [] : [[name, value]];
}

/** What would fail in any case is told before anything is built. */
export function checkRunnable(fn: LambdaFunction): void {
  const { place, logicalId } = fn;
  if (fn.package.kind === 'zip' && fn.package.handler === undefined) {
    throw failure('model/invalid', `${logicalId} has no Handler`, { place, next: 'name it in the template: `Handler: FILE.FUNCTION`' });
  }
  if (fn.package.kind === 'unbuildable') {
    if (fn.package.fault) throw new Failure(fn.package.fault);
    throw failure('project/unsupported', `${logicalId} cannot be built: ${fn.package.why}`, { place: fn.package.place, next: 'correct it there' });
  }
  if (fn.package.kind !== 'zip' && fn.package.kind !== 'image') {
    throw failure('runtime/failed', `${logicalId} is not built by this project`, { place, next: 'name a function with a Dockerfile or a CodeUri folder' });
  }
}

/** The host's program for a function's runtime; for an image any Python, which helps where its own cannot be run. */
export async function interpreterFor(host: Host, fn: LambdaFunction): Promise<string | undefined> {
  if (fn.package.kind !== 'zip') return (await anyPython(host))?.path;
  const python = pythonOfRuntime(fn.package.runtime);
  if (python) return (await findPython(host, python))?.path;
  return fn.package.runtime.startsWith('nodejs') ? searchPath(host, 'node')[0] : undefined;
}

async function anyPython(host: Host): Promise<{ readonly path: string } | undefined> {
  for (const minor of [12, 13, 11]) {
    const found = await findPython(host, { major: 3, minor });
    if (found) return found;
  }
  return undefined;
}

function known<T>(value: Value<T>, fallback: T): T {
  return value.kind === 'known' ? value.value : fallback;
}
