import { environmentFileOf, environmentPathFor, environmentText, functionsWithUnknownVariables, isUnknown } from '../../workflow/local-environment.ts';
import { listed } from '../template-use.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** Variables that have no value outside a deployment. */
export const missingDevConfiguration: RuleDefinition<'project'> = defineRule({
  id: 'workflow/missing-dev-configuration',
  subject: 'project',
  title: 'No values for variables when functions run locally',
  severity: 'advice',
  since: '0.2.0',
  status: 'stable',
  safety: 'safe',
  *check(project, { model }) {
    const [first, ...rest] = functionsWithUnknownVariables(model);
    if (!first || environmentFileOf(project) !== undefined) return;
    const path = environmentPathFor(project);
    const names = [...new Set([first, ...rest].flatMap((one) => Object.entries(one.environment).flatMap(([name, value]) => (isUnknown(value) ? [name] : []))))];
    yield {
      message: `${listed(names)} of ${listed([first, ...rest].map((one) => one.fullPath))} ${names.length === 1 ? 'has' : 'have'} no value when functions run locally: sam puts in a logical ID, or nothing, unless it is told`,
      at: { file: first.template.source, span: first.span },
      fix: { title: `write ${path} with development values; secrets stay empty`, safety: 'safe', edits: [{ kind: 'create', path, text: environmentText(project, model) }] },
    };
  },
});
