import { resolve } from 'node:path';
import { isInside } from './list-files.ts';
import type { DockerfileInProject, PathKind } from './project.ts';
import type { ProjectReader } from './read-text.ts';

/** Looks for what COPY and ADD take from their build contexts, as far as they name it in plain words; paths are absolute. */
export function readCopySources(reader: Pick<ProjectReader, 'kindOf'>, dockerfiles: readonly DockerfileInProject[]): ReadonlyMap<string, PathKind> {
  const paths = dockerfiles.flatMap(({ dockerfile, context }) => dockerfile.stages
    .flatMap((stage) => stage.instructions)
    .filter((instruction) => (instruction.keyword === 'COPY' || instruction.keyword === 'ADD') && !instruction.flags.some((flag) => flag.name === 'from'))
    .flatMap((instruction) => instruction.words.slice(0, -1))
    .filter((word) => /^[^*?[\]\\$"'<]+$/u.test(word.text) && !word.text.includes('://'))
    .map((word) => resolve(context, word.text.replace(/^\/+/u, '')))
    .filter((path) => isInside(path, context)));
  return new Map([...new Set(paths)].map((path) => [path, reader.kindOf(path)]));
}
