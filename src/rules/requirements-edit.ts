import type { Edit } from '../edits/edit.ts';
import { lineStart, nextLine } from '../syntax/splice.ts';
import type { Requirement } from './dependency-use.ts';
import type { RequirementsUse } from './requirements-use.ts';

/** Takes a requirement's whole line out of the file that people edit. */
export function removeLine(use: RequirementsUse, line: Requirement): Edit {
  const { source } = use.source.requirements;
  const { text } = source;
  return { kind: 'splice', path: source.path, source, start: lineStart(text, line.span.start), end: nextLine(text, line.span.end), text: '' };
}
