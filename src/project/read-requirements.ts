import { dirname, join, resolve } from 'node:path';
import { Failure, fault, type Fault } from '../base/fault.ts';
import { placeAt, squiggle } from '../base/source.ts';
import { parseRequirements } from '../syntax/requirements.ts';
import { isInside } from './list-files.ts';
import type { DockerfileInProject, ProjectFile, RequirementsInProject } from './project.ts';
import type { ProjectReader } from './read-text.ts';
import { parsed } from './read-templates.ts';

/** What was read, and what could not be. */
export interface ReadRequirements {
  readonly requirements: readonly RequirementsInProject[];
  readonly faults: readonly Fault[];
}

/** More requirements files than this under one set of roots are not a project's own. */
const mostFiles = 500;

/**
 * Reads every requirements file (`requirements*.txt` and `.in`) under the roots (absolute folders), those that a
 * Dockerfile copies under another name, and what they include. A file that cannot be read becomes a fault.
 */
export async function readRequirements(
  reader: ProjectReader,
  roots: readonly string[],
  listed: readonly ProjectFile[],
  dockerfiles: readonly DockerfileInProject[],
): Promise<ReadRequirements> {
  const named = listed
    .filter((file) => /(?:^|\/)[\w.-]*requirements[\w.-]*\.(?:txt|in)$/iu.test(file.path) || /(?:^|\/)requirements\/[\w.-]+\.(?:txt|in)$/iu.test(file.path))
    .map((file) => resolve(reader.folder, file.path))
    .filter((path) => roots.some((root) => isInside(path, root)))
    .slice(0, mostFiles);
  const waiting = [...new Set([...roots.map((root) => join(root, 'requirements.txt')), ...dockerfiles.flatMap(copiedManifests), ...named])];
  const found = new Map<string, RequirementsInProject>();
  const faults: Fault[] = [];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    if (found.has(path) || reader.kindOf(path) !== 'file') continue;
    const read = await readOne(reader, path);
    if ('fault' in read) {
      faults.push(read.fault);
      continue;
    }
    found.set(path, read.value);
    const includes = includesOf(reader, read.value);
    waiting.push(...includes.paths);
    faults.push(...includes.faults);
  }
  return { requirements: [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1)), faults };
}

async function readOne(reader: ProjectReader, path: string): Promise<{ readonly value: RequirementsInProject } | { readonly fault: Fault }> {
  try {
    const source = await reader.text(path);
    if (!source) return { fault: fault('project/missing-file', `${reader.shown(path)} is not there`) };
    return { value: { path, requirements: parsed(parseRequirements(source)) } };
  } catch (error) {
    if (error instanceof Failure) return { fault: error.fault };
    throw error;
  }
}

/** What a file names by `-r` and `-c`, relative to itself (pip's requirements file format). */
function includesOf(reader: ProjectReader, file: RequirementsInProject): { readonly paths: readonly string[]; readonly faults: readonly Fault[] } {
  const { source, lines } = file.requirements;
  const paths: string[] = [];
  const faults: Fault[] = [];
  for (const line of lines) {
    if ((line.kind !== 'include' && line.kind !== 'constraint') || /^[a-z]+:\/\//iu.test(line.path)) continue;
    const path = resolve(dirname(file.path), line.path);
    paths.push(path);
    if (reader.kindOf(path) === 'file') continue;
    faults.push(fault('project/missing-file', `${source.path} names ${line.path}, which is not there`, {
      place: placeAt(source, line.span.start),
      excerpt: squiggle(source, line.span),
      why: `looked for ${reader.shown(path)}; the path is relative to the file that names it`,
      next: 'correct the path, or add the file',
    }));
  }
  return { paths, faults };
}

/** `COPY deps.txt ./`: files by other names that a build may install from. */
function copiedManifests(file: DockerfileInProject): readonly string[] {
  return file.dockerfile.stages
    .flatMap((stage) => stage.instructions)
    .filter((instruction) => (instruction.keyword === 'COPY' || instruction.keyword === 'ADD') && !instruction.flags.some((flag) => flag.name === 'from'))
    .flatMap((instruction) => instruction.words.slice(0, -1))
    .map((word) => word.text)
    .filter((text) => /^[\w./-]+\.(?:txt|in)$/u.test(text))
    .map((text) => join(file.context, text))
    .filter((path) => isInside(path, file.context));
}
