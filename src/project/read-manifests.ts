import { dirname, resolve } from 'node:path';
import { Failure } from '../base/fault.ts';
import type { SourceFile } from '../base/source.ts';
import { isInside } from './list-files.ts';
import type { ProjectFile } from './project.ts';
import type { ProjectReader } from './read-text.ts';

/** Larger ones (bytes) are not read: a lock of a thousand packages has about 2 MB. */
const largest = 8 * 1024 * 1024;
const names = /(?:^|\/)(?:pyproject\.toml|Pipfile(?:\.lock)?|poetry\.lock|uv\.lock|pdm\.lock|package\.json)$/u;

/**
 * Reads manifests and locks of Poetry, Pipenv, uv and PDM, and package.json: those in code folders and build contexts (absolute
 * roots), and in the folders above them up to the project's. What is not UTF-8 is left out.
 */
export async function readManifests(reader: ProjectReader, roots: readonly string[], listed: readonly ProjectFile[]): Promise<readonly SourceFile[]> {
  const found: SourceFile[] = [];
  for (const { path, size } of listed) {
    if (!names.test(path) || size > largest) continue;
    const absolute = resolve(reader.folder, path);
    const folder = dirname(absolute);
    if (!roots.some((root) => isInside(absolute, root) || isInside(root, folder))) continue;
    try {
      const source = await reader.text(absolute);
      if (source) found.push(source);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }
  return found;
}
