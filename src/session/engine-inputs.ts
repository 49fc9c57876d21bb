import { digestOf } from '../base/digest.ts';
import type { PlannedArtefact } from '../build/plan.ts';
import type { FileIndex } from '../graph/file-index.ts';
import { listFiles } from '../graph/list-files.ts';
import type { FileSet } from '../graph/node.ts';
import { dockerignoreFilter } from '../syntax/dockerignore.ts';

type BuildKitArtefact = Extract<PlannedArtefact, { kind: 'buildkit' }>;

/** Names all that an engine builds a function from: its Dockerfile, its context and what the template says. */
export function engineInputs(artefact: BuildKitArtefact, index: FileIndex): string {
  return digestOf(JSON.stringify([artefact, index.file(artefact.dockerfile)?.sha256, index.file(`${artefact.dockerfile}.dockerignore`)?.sha256, listFiles(index, engineContext(artefact), dockerignoreFilter).digest]));
}

/** The files that are handed to an engine; what its .dockerignore leaves out counts all the same. */
export function engineContext({ context }: Pick<BuildKitArtefact, 'context'>): FileSet {
  return { folder: context, below: '', dockerignore: null, excludeNames: ['.aws-sam', '.git'] };
}
