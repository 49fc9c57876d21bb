import { resolve } from 'node:path';
import { Failure, type Fault } from '../base/fault.ts';
import { isInside } from './list-files.ts';
import type { ProjectFile, PythonSource } from './project.ts';
import type { ProjectReader } from './read-text.ts';

/** More files, or larger ones (bytes), are data or vendored code rather than a function's own source. */
const mostFiles = 5_000;
const largest = 1_000_000;

/** JavaScript and TypeScript, without declarations; a larger file (bytes) is a bundle. */
const script = /(?<!\.d)\.[cm]?[jt]sx?$/u;
const largestScript = 200_000;

/** Reads the Python sources under the roots (absolute folders). One in another encoding becomes a fault. */
export async function readPython(reader: ProjectReader, roots: readonly string[], listed: readonly ProjectFile[]): Promise<Sources> {
  return await readSources(reader, roots, listed.filter((file) => file.path.endsWith('.py') && file.size <= largest));
}

/** Reads the JavaScript and TypeScript sources under the roots (absolute folders). */
export async function readScripts(reader: ProjectReader, roots: readonly string[], listed: readonly ProjectFile[]): Promise<Sources> {
  return await readSources(reader, roots, listed.filter((file) => script.test(file.path) && file.size <= largestScript));
}

interface Sources {
  readonly sources: readonly PythonSource[];
  readonly faults: readonly Fault[];
}

async function readSources(reader: ProjectReader, roots: readonly string[], listed: readonly ProjectFile[]): Promise<Sources> {
  const paths = listed
    .map((file) => resolve(reader.folder, file.path))
    .filter((path) => roots.some((root) => isInside(path, root)))
    .slice(0, mostFiles);
  const sources: PythonSource[] = [];
  const faults: Fault[] = [];
  for (const path of paths) {
    try {
      const source = await reader.text(path);
      if (source) sources.push({ path, source });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      faults.push(error.fault);
    }
  }
  return { sources, faults };
}
