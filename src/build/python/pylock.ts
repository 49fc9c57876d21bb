import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'smol-toml';
import { normalizeName } from './wheel-name.ts';
import type { ResolvedWheel } from './locked-wheel.ts';

/** One package of a pylock.toml. */
export interface LockedPackage {
  readonly name: string;
  /** Undefined for a directory or a version control address. */
  readonly version: string | undefined;
  readonly wheels: readonly ResolvedWheel[];
  /** `sdist` and the rest have to be built. */
  readonly source: 'wheels' | 'sdist' | 'archive' | 'directory' | 'vcs';
  /** sha256 of files that may be taken, by a lock that names no files: the index is asked for these. */
  readonly allowed?: ReadonlySet<string>;
  /** Address of the index that it comes from, where that is not the usual one. */
  readonly index?: string;
}

/**
 * The packages of a pylock.toml (PEP 751) as uv prints it, in its order (by name).
 * @param cwd absolute; relative `path` values start there.
 * Throws an `unreachable` Error for another format: uv's output is no input of the user's.
 */
export function parsePylock(text: string, cwd: string): readonly LockedPackage[] {
  const packages = parse(text)['packages'] ?? [];
  if (!Array.isArray(packages)) throw unexpected('packages');
  return packages.map((entry) => readPackage(table(entry, 'packages'), cwd));
}

type Table = Readonly<Record<string, unknown>>;

function readPackage(entry: Table, cwd: string): LockedPackage {
  const name = normalizeName(text(entry['name'], 'name'));
  const version = entry['version'] === undefined ? undefined : text(entry['version'], 'version');
  const wheels = list(entry['wheels']).map((wheel) => readWheel(wheel, { name, version: version ?? '', cwd }));
  const archive = entry['archive'] === undefined ? undefined : readWheel(table(entry['archive'], 'archive'), { name, version: version ?? '', cwd });
  if (archive?.fileName.endsWith('.whl')) {
    const [, inName = ''] = archive.fileName.split('-');
    return { name, version: version ?? inName, wheels: [{ ...archive, version: version ?? inName }], source: 'wheels' };
  }
  const source = wheels.length > 0 ? 'wheels' : archive ? 'archive' : 'directory' in entry ? 'directory' : 'vcs' in entry ? 'vcs' : 'sdist';
  return { name, version, wheels, source };
}

function readWheel(entry: Table, of: { readonly name: string; readonly version: string; readonly cwd: string }): ResolvedWheel {
  const url = entry['url'] === undefined ? undefined : text(entry['url'], 'url');
  const path = entry['path'] === undefined ? undefined : text(entry['path'], 'path');
  const where = url ?? (path === undefined ? undefined : pathToFileURL(isAbsolute(path) ? path : resolve(of.cwd, path)).href);
  const hashes = entry['hashes'] === undefined ? {} : table(entry['hashes'], 'hashes');
  const { size } = entry;
  return {
    name: of.name,
    version: of.version,
    fileName: entry['name'] === undefined ? lastPart(where ?? '') : text(entry['name'], 'name'),
    size: typeof size === 'bigint' ? Number(size) : typeof size === 'number' ? size : undefined,
    sha256: hashes['sha256'] === undefined ? undefined : text(hashes['sha256'], 'sha256').toLowerCase(),
    url: where,
  };
}

function lastPart(url: string): string {
  const [path = ''] = url.split(/[?#]/u);
  return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
}

function list(value: unknown): readonly Table[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw unexpected('wheels');
  return value.map((item) => table(item, 'wheels'));
}

function table(value: unknown, name: string): Table {
  if (typeof value !== 'object' || value === null) throw unexpected(name);
  return value as Table;
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw unexpected(name);
  return value;
}

function unexpected(name: string): Error {
  return new Error(`unreachable: uv printed a pylock.toml with an unexpected "${name}"`);
}
