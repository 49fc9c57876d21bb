import type { SourceFile } from '../base/source.ts';
import type { Project } from '../project/project.ts';
import { operationsIn, type Operation } from './operations.ts';

/** A document, with the operations that it tells how to do. */
export interface Document {
  readonly file: SourceFile;
  readonly operations: ReadonlySet<Operation>;
}

const pattern = /(?:^|\/)(?:readme|development|developing|contributing|hacking|quick-?start|getting-?started|install)(?:[\w.-]*\.(?:md|rst|txt|adoc|markdown))?$|(?:^|\/)docs?\/[^/]+\.(?:md|rst|txt|adoc)$/iu;

/** Documents of the project and of the folders above it. */
export function documentsOf(project: Project): readonly Document[] {
  return project.developerFiles.filter(({ path }) => pattern.test(path)).map((file) => ({ file, operations: operationsIn(file.text) }));
}
