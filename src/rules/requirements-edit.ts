import type { Edit } from '../edits/edit.ts';
import { lineStart, nextLine } from '../syntax/splice.ts';
import type { Requirement } from './dependency-use.ts';
import type { RequirementsUse } from './requirements-use.ts';

/** Takes a requirement's whole line out of the file that people edit. */
export function removeLine(use: RequirementsUse, line: Requirement): Edit {
  const { source } = use.source.requirements;
  const { text } = source;
  const start = lineStart(text, line.span.start);
  const end = nextLine(text, line.span.end);
  const others = text.slice(0, start).trim() + text.slice(end).trim();
  // Dockerfiles and installers that name the file go on finding something in it.
  if (others === '') return { kind: 'splice', path: source.path, source, start, end, text: `# nothing to install${use.source.requirements.newline}` };
  const [first, second] = use.source.requirements.lines;
  // Two that go at once would leave nothing: the first takes the second along as it is, which then goes by itself.
  if (first === line && second?.kind === 'requirement' && !/^\s*[#-]/mu.test(text)) {
    const to = nextLine(text, second.span.end);
    return { kind: 'splice', path: source.path, source, start, end: to, text: text.slice(end, to) };
  }
  return { kind: 'splice', path: source.path, source, start, end, text: '' };
}
