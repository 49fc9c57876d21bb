import { lstatSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Architecture } from '../base/host.ts';
import { manylinuxOf, pythonOfRuntime } from '../model/runtimes.ts';
import type { LockedPackage } from './python/pylock.ts';
import type { WheelTarget } from './python/tags.ts';
import { lockedSelection, toolLockIn, type ToolLock } from './python/tool-lock.ts';

/** Where a zip function or Lambda layer of Python has its packages from. */
export type ZipDependencies =
  | { readonly kind: 'requirements' }
  /** `isBeyondSam`: with its build method sam itself would install nothing. */
  | { readonly kind: 'lock'; readonly lock: ToolLock; readonly packages: readonly LockedPackage[]; readonly isBeyondSam: boolean }
  /** `untaken`: why a lock that is there is not installed, a sentence without full stop. */
  | { readonly kind: 'none'; readonly untaken?: string }
  | { readonly kind: 'sam'; readonly why: string };

/** What it is decided by. */
export interface ZipPython {
  readonly folder: string;
  /** The build method, or the runtime where there is none. */
  readonly method: string;
  readonly target: WheelTarget;
  /** Lambda layers may bring packages that are not to be there twice. */
  readonly hasLayers: boolean;
  readonly shown: (path: string) => string;
}

/** Of Amazon Linux 2, for a Python that Lambda no longer lists. */
const oldestGlibc = [2, 26] as const;

/** The machine that a function of a Python runtime has; undefined for other runtimes. */
export function zipTarget(runtime: string, architecture: Architecture): WheelTarget | undefined {
  const python = pythonOfRuntime(runtime);
  return python && { python, architecture, glibc: manylinuxOf(python) ?? oldestGlibc };
}

/**
 * requirements.txt where there is one, as sam has it. Without one sam installs nothing for a plain runtime; a lock of the user's tool is then
 * what the function is meant to have, unless its packages may come another way. With python-uv sam installs from uv.lock by itself.
 */
export function zipDependencies(zip: ZipPython): ZipDependencies {
  const { folder, method, target, shown } = zip;
  if (isThere(join(folder, 'requirements.txt'))) return { kind: 'requirements' };
  const lock = toolLockIn(folder);
  if (method === 'python-uv') {
    const other = ['dev', 'test', 'prod'].map((part) => `requirements-${part}.txt`).find((name) => isThere(join(folder, name)));
    if (other !== undefined) return { kind: 'sam', why: `python-uv installs ${other}` };
    if (lock?.tool !== 'uv') return isThere(join(folder, 'pyproject.toml')) ? { kind: 'sam', why: 'python-uv without a uv.lock, which uv writes first' } : { kind: 'none' };
  }
  if (!lock) return { kind: 'none' };
  const name = basename(lock.path);
  const chosen = lockedSelection(lock, target, shown);
  if (chosen.kind === 'refused') return method === 'python-uv' ? { kind: 'sam', why: `python-uv: shear cannot install from uv.lock, since ${chosen.why}` } : { kind: 'none', untaken: `${shown(lock.path)} is not installed, since ${chosen.why}` };
  if (method === 'python-uv') return { kind: 'lock', lock, packages: chosen.packages, isBeyondSam: false };
  if (chosen.packages.length === 0 || isVendored(folder, chosen.packages)) return { kind: 'none' };
  if (zip.hasLayers) return { kind: 'none', untaken: `${name} is not installed, since a Lambda layer may bring its packages: a requirements.txt beside it would be` };
  return { kind: 'lock', lock, packages: chosen.packages, isBeyondSam: true };
}

/** Whether packages lie in the folder already, as `pip install --target` leaves them. */
function isVendored(folder: string, packages: readonly LockedPackage[]): boolean {
  return packages.some(({ name, version }) => {
    const module = name.replaceAll('-', '_');
    return isThere(join(folder, `${module}-${version ?? ''}.dist-info`)) || isThere(join(folder, module, '__init__.py'));
  });
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
