import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { failure } from '../../base/fault.ts';
import { pdmPackages, pipenvPackages, pylockPackages } from './flat-locks.ts';
import { asTable, type LockedSelection, type LockFile } from './lock-tables.ts';
import { poetryPackages } from './poetry-lock.ts';
import type { WheelTarget } from './tags.ts';
import { uvPackages } from './uv-lock.ts';

/** A tool's own lock in a code folder, which names every package with its version and hashes. */
export interface ToolLock {
  readonly tool: 'uv' | 'poetry' | 'pdm' | 'pipenv' | 'pylock';
  /** Absolute. */
  readonly path: string;
  /** Absolute path of what it was made from, where the tool has one. */
  readonly manifest: string | undefined;
}

const tools: readonly (readonly [tool: ToolLock['tool'], lock: string, manifest: string | undefined])[] = [
  ['uv', 'uv.lock', 'pyproject.toml'], ['poetry', 'poetry.lock', 'pyproject.toml'], ['pdm', 'pdm.lock', 'pyproject.toml'],
  ['pipenv', 'Pipfile.lock', 'Pipfile'], ['pylock', 'pylock.toml', undefined],
];

const readers: Readonly<Record<ToolLock['tool'], (lock: LockFile, target: WheelTarget) => LockedSelection>> = {
  uv: uvPackages, poetry: poetryPackages, pdm: pdmPackages, pipenv: pipenvPackages, pylock: pylockPackages,
};

/** Names of files in a code folder that a lock, or what it is made from, would have. */
export const toolLockNames: readonly string[] = [...new Set(tools.flatMap(([, lock, manifest]) => [lock, ...(manifest === undefined ? [] : [manifest])]))];

/** The lock of a folder; undefined where no tool has left one. */
export function toolLockIn(folder: string): ToolLock | undefined {
  for (const [tool, name, from] of tools) {
    const path = join(folder, name);
    const manifest = from === undefined ? undefined : join(folder, from);
    if (isFile(path) && (manifest === undefined || isFile(manifest))) return { tool, path, manifest };
  }
  return undefined;
}

/**
 * What a lock has a function install: every package once, those of its run time alone, chosen by markers for the function's machine.
 * Fails with `syntax/toml` for a lock or a manifest that cannot be read.
 * @param shown how the lock's path is printed.
 */
export function lockedSelection({ tool, path, manifest }: ToolLock, target: WheelTarget, shown: (path: string) => string): LockedSelection {
  const read = (file: string): Readonly<Record<string, unknown>> => {
    try {
      const text = readFileSync(file, 'utf8');
      return asTable(file.endsWith('Pipfile.lock') ? (JSON.parse(text) as unknown) : parse(text));
    } catch (cause) {
      throw failure('syntax/toml', `${shown(file)} cannot be read`, { place: { file: shown(file), line: 1, column: 1 }, why: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : '', next: 'have the tool that wrote it write it again', cause });
    }
  };
  return readers[tool]({ lock: read(path), manifest: manifest === undefined ? {} : read(manifest) }, target);
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
