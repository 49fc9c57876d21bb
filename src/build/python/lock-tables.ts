import { normalizeName } from './wheel-name.ts';
import type { LockedPackage } from './pylock.ts';
import type { ResolvedWheel } from './locked-wheel.ts';

/** A lock and its manifest, parsed. */
export interface LockFile {
  readonly lock: Table;
  readonly manifest: Table;
}

/** What a lock has installed, or why that cannot be put together from wheels: a clause without full stop. */
export type LockedSelection =
  | { readonly kind: 'packages'; readonly packages: readonly LockedPackage[] }
  | { readonly kind: 'refused'; readonly why: string };

export type Table = Readonly<Record<string, unknown>>;

/** The selection of packages; the first refusal where there is one. Two entries of one package at one version count once. */
export function selection(entries: readonly (LockedPackage | string)[]): LockedSelection {
  const why = entries.find((entry) => typeof entry === 'string');
  if (why !== undefined) return refused(why);
  const packages = new Map<string, LockedPackage>();
  for (const entry of entries) {
    if (typeof entry === 'string') continue;
    const before = packages.get(entry.name);
    if (before && before.version !== entry.version) return refused(`it has ${entry.name} ${before.version ?? ''} and ${entry.version ?? ''} for the same machine`);
    packages.set(entry.name, entry);
  }
  return { kind: 'packages', packages: [...packages.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}

export function refused(why: string): LockedSelection & { kind: 'refused' } {
  return { kind: 'refused', why };
}

/** One package whose files a lock names with their hashes. `isAddressed`: the addresses count, since they are of another index than the usual one. */
export function lockedPackage(name: string, version: string, files: readonly unknown[], isAddressed = false): LockedPackage {
  const normalized = normalizeName(name);
  const wheels = files.flatMap((file): readonly ResolvedWheel[] => {
    const { url, file: fileName, name: ownName, size, hash, hashes, path } = asTable(file);
    const address = asText(url);
    const called = asText(fileName) ?? asText(ownName) ?? decodeURIComponent((address ?? asText(path) ?? '').split(/[?#]/u)[0]?.split('/').at(-1) ?? '');
    if (!called.endsWith('.whl')) return [];
    const sha256 = /^(?:sha256:)?([0-9a-f]{64})$/iu.exec(asText(hash) ?? asText(asTable(hashes)['sha256']) ?? '')?.[1]?.toLowerCase();
    return [{ name: normalized, version, fileName: called, size: typeof size === 'number' || typeof size === 'bigint' ? Number(size) : undefined, sha256, ...(isAddressed && address !== undefined ? { url: address } : {}) }];
  });
  return { name: normalized, version, wheels, source: wheels.length > 0 ? 'wheels' : 'sdist' };
}

/** The index that everybody's tools ask unless told otherwise: the user's own settings stand in for it. */
export function isUsualIndex(url: string): boolean {
  return /^https?:\/\/(?:[\w-]+\.)?(?:pypi\.org|python\.org|pythonhosted\.org)(?:[/:]|$)/u.test(url);
}

export function asTable(value: unknown): Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {};
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function texts(value: unknown): readonly string[] {
  return asList(value).filter((one) => typeof one === 'string');
}
