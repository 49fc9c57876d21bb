import { join } from 'node:path';
import { Failure } from '../base/fault.ts';
import { parseDockerfile } from '../syntax/dockerfile.ts';
import type { BrokenDockerfile, DockerfileInProject } from './project.ts';
import type { ProjectReader } from './read-text.ts';
import { parsed } from './read-templates.ts';

interface NamedDockerfile {
  readonly path: string;
  readonly context: string;
}

/**
 * Reads the Dockerfiles that are there, each with the .dockerignore that Docker would use for it.
 * @param keepsBroken one that cannot be read is then kept apart; else it is thrown as a `Failure`.
 */
export async function readDockerfiles(
  reader: ProjectReader,
  named: readonly NamedDockerfile[],
  keepsBroken: boolean,
): Promise<{ readonly dockerfiles: readonly DockerfileInProject[]; readonly broken: readonly BrokenDockerfile[] }> {
  const dockerfiles: DockerfileInProject[] = [];
  const broken: BrokenDockerfile[] = [];
  for (const one of named) {
    if (reader.kindOf(one.path) !== 'file' || reader.kindOf(one.context) !== 'folder') continue;
    try {
      const read = await readOne(reader, one);
      if (read) dockerfiles.push(read);
    } catch (error) {
      if (!keepsBroken || !(error instanceof Failure)) throw error;
      broken.push({ ...one, fault: error.fault });
    }
  }
  return { dockerfiles, broken };
}

async function readOne(reader: ProjectReader, { path, context }: NamedDockerfile): Promise<DockerfileInProject | undefined> {
  const source = await reader.text(path);
  if (!source) return undefined;
  // BuildKit prefers an ignore file named after the Dockerfile (Docker docs, build context, "filename and location").
  const ignore = (await reader.text(`${path}.dockerignore`)) ?? (await reader.text(join(context, '.dockerignore')));
  return { path, context, dockerfile: parsed(parseDockerfile(source)), ignore };
}
