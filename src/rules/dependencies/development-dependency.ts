import { dirname, join } from 'node:path';
import type { Edit, Fix } from '../../edits/edit.ts';
import { codeView, isCompiled, modulesOf, requirementsOf, type Requirement } from '../dependency-use.ts';
import { developmentPackages } from '../known-packages.ts';
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
    const found = requirementsOf(use).filter((line) => developmentPackages.has(line.normalizedName));
    for (const line of found) {
      const modules = modulesOf(line.normalizedName, context) ?? [line.normalizedName.replace(/-/gu, '_')];
      if (modules.some((module) => view.importedOutsideTests.has(module)) || view.isNamed(line.normalizedName)) continue;
      yield {
        message: `${line.name} serves development, and is installed into the artefact`,
        at: { file: use.source.requirements.source, span: line.span },
        fix: moveTo(use, found.filter((one) => one === line), context),
      };
    }
  },
});

/** Moves lines to requirements-dev.txt beside the file. */
function moveTo(use: RequirementsUse, lines: readonly Requirement[], { project }: RuleContext): Fix {
  const { source, newline } = use.source.requirements;
  const path = join(dirname(use.source.path), 'requirements-dev.txt');
  const known = project.requirements.find((one) => one.path === path);
  const texts = lines.map((line) => source.text.slice(line.span.start, line.span.end) + (line.comment === undefined ? '' : `  ${line.comment}`));
  const shown = projectPath(project, path);
  const removals = lines.map((line) => removeLine(use, line));
  const title = `move ${lines.map((line) => line.name).join(', ')} to ${shown}`;
  if (!known) return { title, safety: 'safe', edits: [...removals, { kind: 'create', path: shown, text: texts.map((text) => text + newline).join('') }] };
  const { source: target, lines: present } = known.requirements;
  const names = new Set(present.flatMap((line) => (line.kind === 'requirement' ? [line.normalizedName] : [])));
  const added = texts.filter((_, index) => !names.has(lines[index]?.normalizedName ?? ''));
  const lead = target.text === '' || target.text.endsWith('\n') ? '' : newline;
  const insertion: Edit[] = added.length === 0 ? [] : [{ kind: 'splice', path: target.path, source: target, start: target.text.length, end: target.text.length, text: `${lead}${added.join(newline)}${newline}` }];
  return { title, safety: 'safe', edits: [...removals, ...insertion] };
}
