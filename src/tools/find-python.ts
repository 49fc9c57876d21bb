import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { findTool } from './find-tool.ts';
import { isProgram, searchPath } from './search-path.ts';
import { compareVersions } from './version.ts';

/** An interpreter of this machine. */
export interface Python {
  /** Absolute, as the interpreter itself gives it (no shim, no link of a virtual environment followed). */
  readonly path: string;
  /** All three parts: `3.12.1`. */
  readonly version: string;
}

/** As in `python3.12`. */
export interface PythonWanted {
  readonly major: number;
  readonly minor: number;
}

/**
 * A CPython of one version on this machine, or undefined: `python3.X` on the PATH, pyenv's versions, `python3`, then what
 * uv knows of (nothing is ever downloaded). Each candidate is started once, since pyenv's shims exist without a version behind them.
 */
export async function findPython(host: Host, wanted: PythonWanted): Promise<Python | undefined> {
  const name = `${wanted.major}.${wanted.minor}`;
  const found = foundBy.get(host) ?? new Map<string, Promise<Python | undefined>>();
  foundBy.set(host, found);
  const known = found.get(name) ?? look(host, name);
  found.set(name, known);
  return await known;
}

/** A build asks for the same one a dozen times, and each start of Python takes 20 ms. */
const foundBy = new WeakMap<Host, Map<string, Promise<Python | undefined>>>();

async function look(host: Host, name: string): Promise<Python | undefined> {
  const major = name.split('.')[0] ?? '';
  const seen = new Set<string>();
  const named = searchPath(host, `python${name}`);
  const others = [`python${major}`, 'python'].flatMap((program) => searchPath(host, program));
  const roots = pyenvRoots(host, [...named, ...others]);
  // A shim is a shell script that takes as long as ten starts of Python, often to say that there is no such version.
  const isShim = (path: string): boolean => roots.includes(dirname(dirname(path))) && basename(dirname(path)) === 'shims';
  const candidates = [...named.filter((path) => !isShim(path)), ...roots.flatMap((root) => pyenvVersions(root, name)), ...others.filter((path) => !isShim(path))];
  for (const path of candidates) {
    if (seen.has(path)) continue;
    seen.add(path);
    const python = await ask(host, path, name);
    if (python) return python;
  }
  const known = await askUv(host, name);
  return known === undefined ? undefined : await ask(host, known, name);
}

/** As `findPython`, but its absence is a `tool/missing` failure; `purpose` completes "needed to …". */
export async function requirePython(host: Host, wanted: PythonWanted, purpose: string): Promise<Python> {
  const python = await findPython(host, wanted);
  if (python) return python;
  const name = `${wanted.major}.${wanted.minor}`;
  throw failure('tool/missing', `there is no Python ${name} on this machine`, {
    why: `it is needed to ${purpose}; looked at PATH, pyenv and uv`,
    next: `install it, with \`uv python install ${name}\` or \`pyenv install ${name}\` for instance`,
  });
}

const whoAreYou = 'import sys; print(sys.executable); print(getattr(sys, "_base_executable", None) or sys.executable)';

/**
 * The interpreters of any version on the PATH, first the one that `python3` means, as absolute paths that they give themselves:
 * what pyenv and asdf put before a program (a shim, with its hooks) is passed by. After one of a virtual environment comes what it
 * was made of, which may have the pip that it lacks. Each is started when it is asked for, once.
 */
export async function* anyPythons(host: Host): AsyncGenerator<string, undefined> {
  const given = new Set<string>();
  for (const path of new Set(['python3', 'python'].flatMap((program) => searchPath(host, program)))) {
    if (given.has(path)) continue;
    const answer = await host.run(path, ['-I', '-S', '-c', whoAreYou], { timeout: 20_000 }).catch(() => undefined);
    if (answer?.code !== 0) continue;
    for (const real of answer.stdout.split(/\r?\n/u)) {
      if (given.has(real) || !isAbsolute(real) || !isProgram(real)) continue;
      given.add(real);
      yield real;
    }
  }
}

const question = 'import sys; print(sys.implementation.name, "%d.%d.%d" % sys.version_info[:3], sys.version_info.releaselevel, sys.executable)';

async function ask(host: Host, path: string, name: string): Promise<Python | undefined> {
  try {
    const { code, stdout } = await host.run(path, ['-I', '-S', '-c', question], { timeout: 20_000 });
    const [implementation, version = '', level, ...executable] = stdout.trim().split(' ');
    if (code !== 0 || implementation !== 'cpython' || level !== 'final' || !version.startsWith(`${name}.`)) return undefined;
    return { path: executable.join(' ') || path, version };
  } catch {
    return undefined;
  }
}

/** pyenv's folders: the one it is set up with, its default, and those whose shims are on the PATH. */
function pyenvRoots(host: Host, onPath: readonly string[]): readonly string[] {
  const home = host.env['HOME'] ?? host.env['USERPROFILE'];
  const shims = onPath.map(dirname).filter((folder) => basename(folder) === 'shims');
  const roots = [host.env['PYENV_ROOT'], home === undefined ? undefined : join(home, '.pyenv'), ...shims.map(dirname)];
  return [...new Set(roots)].filter((root): root is string => root !== undefined && existsSync(join(root, 'versions')));
}

function pyenvVersions(root: string, name: string): readonly string[] {
  return readdirSync(join(root, 'versions'))
    .filter((version) => version.startsWith(`${name}.`) && /^[\d.]+$/u.test(version))
    .toSorted((a, b) => compareVersions(b, a))
    .map((version) => join(root, 'versions', version, 'bin', `python${name}`))
    .filter(isProgram);
}

async function askUv(host: Host, name: string): Promise<string | undefined> {
  try {
    const uv = await findTool(host, 'uv');
    if (!uv) return undefined;
    const { code, stdout } = await host.run(uv.path, ['python', 'find', '--offline', '--no-project', '--no-config', name], { env: { UV_PYTHON_DOWNLOADS: 'never' }, timeout: 20_000 });
    return code === 0 ? stdout.trim() : undefined;
  } catch {
    return undefined;
  }
}
