import { join } from 'node:path';
import { parseDockerfile } from '../syntax/dockerfile.ts';
import type { DockerfileInProject } from './project.ts';
import type { ProjectReader } from './read-text.ts';
import { parsed } from './read-templates.ts';

/** Reads the Dockerfiles that are there, each with the .dockerignore that Docker would use for it. */
export async function readDockerfiles(
  reader: ProjectReader,
  named: readonly { readonly path: string; readonly context: string }[],
): Promise<readonly DockerfileInProject[]> {
  const found: DockerfileInProject[] = [];
  for (const { path, context } of named) {
    if (reader.kindOf(path) !== 'file' || reader.kindOf(context) !== 'folder') continue;
    const source = await reader.text(path);
    if (!source) continue;
    // BuildKit prefers an ignore file named after the Dockerfile (Docker docs, build context, "filename and location").
    const ignore = (await reader.text(`${path}.dockerignore`)) ?? (await reader.text(join(context, '.dockerignore')));
    found.push({ path, context, dockerfile: parsed(parseDockerfile(source)), ignore });
  }
  return found;
}
