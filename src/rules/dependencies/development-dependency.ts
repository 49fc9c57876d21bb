import { dirname, join } from 'node:path';
import type { Edit, Fix } from '../../edits/edit.ts';
import { codeView, isCompiled, modulesOf, requirementsOf, type CodeView, type Requirement } from '../dependency-use.ts';
import { isForDevelopment } from '../known-packages.ts';
import { removeLine } from '../requirements-edit.ts';
import { projectPath, type RequirementsUse } from '../requirements-use.ts';
import { defineRule, type RuleContext, type RuleDefinition } from '../rule.ts';

/** Test and lint tools that are installed into the artefact. */
export const developmentDependency: RuleDefinition<'requirements'> = defineRule({
  id: 'dependencies/development-dependency',
  subject: 'requirements',
  title: 'Development tool among the runtime dependencies',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  *check(use, context) {
    if (isCompiled(use)) return;
    const view = codeView(use, context);
    for (const line of requirementsOf(use)) {
      if (!isForDevelopment(line.normalizedName) || isUsedAtRunTime(line, view, context)) continue;
      const draft = { message: `${line.name} serves development, and is installed into the artefact`, at: { file: use.source.requirements.source, span: line.span } };
      const doubt = doubtOf(use, view);
      yield doubt === undefined ? { ...draft, fix: moveTo(use, line, context) } : { ...draft, advice: `${doubt}; move it to requirements-dev.txt if nothing needs it there` };
    }
  },
});

function isUsedAtRunTime(line: Requirement, view: CodeView, context: RuleContext): boolean {
  const name = line.normalizedName;
  if (view.naming(name) === 'reference') return true;
  const modules = modulesOf(name, context) ?? [name.replace(/-/gu, '_')];
  if (modules.some((module) => view.importedOutsideTests.has(module))) return true;
  // Stubs bring modules under further names, which code may import at run time, too.
  const isStub = /stubs$|^types-|^mypy-boto3/u.test(name);
  return isStub && [...view.importedOutsideTests].some((module) => /^(?:mypy_boto3|types_)/u.test(module));
}

function doubtOf(use: RequirementsUse, view: CodeView): string | undefined {
  if (use.installations.some((one) => one.kind === 'layer')) return 'it is in a Lambda layer, which functions of other stacks can use as well';
  if (view.unseen !== undefined) return view.unseen;
  return view.dynamic && `${view.dynamic.path} ${view.dynamic.why}`;
}

/** Moves a line to requirements-dev.txt beside the file. */
function moveTo(use: RequirementsUse, line: Requirement, { project }: RuleContext): Fix {
  const { source, newline } = use.source.requirements;
  const path = join(dirname(use.source.path), 'requirements-dev.txt');
  const known = project.requirements.find((one) => one.path === path);
  const text = source.text.slice(line.span.start, line.span.end) + (line.comment === undefined ? '' : `  ${line.comment}`);
  const shown = projectPath(project, path);
  const removal = removeLine(use, line);
  const title = `move ${line.name} to ${shown}`;
  if (!known) return { title, safety: 'safe', edits: [removal, { kind: 'create', path: shown, text: text + newline }] };
  const { source: target, lines: present } = known.requirements;
  if (present.some((one) => one.kind === 'requirement' && one.normalizedName === line.normalizedName)) return { title, safety: 'safe', edits: [removal] };
  const lead = target.text === '' || target.text.endsWith('\n') ? '' : newline;
  const insertion: Edit = { kind: 'splice', path: target.path, source: target, start: target.text.length, end: target.text.length, text: `${lead}${text}${newline}` };
  return { title, safety: 'safe', edits: [removal, insertion] };
}
