import { samParameters } from '../../model/samconfig.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** Functions whose cost nobody can be told. */
export const untaggedResource: RuleDefinition<'template'> = defineRule({
  id: 'template/untagged-resource',
  subject: 'template',
  title: 'Functions without tags',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(template, { model, project }) {
    const own = model.functions.filter((one) => one.template === template);
    const untagged = own.filter((one) => Object.keys(one.tags).length === 0);
    const [first] = untagged;
    if (!first || samParameters(project, 'default', 'deploy').some(({ name }) => name === 'tags')) return;
    const names = untagged.slice(0, 3).map((one) => one.logicalId);
    yield {
      message: `${names.join(', ')}${untagged.length > names.length ? ` and ${untagged.length - names.length} more` : ''} ${untagged.length === 1 ? 'has' : 'have'} no tags: the bill cannot be split by project or stage`,
      at: { file: template.source, span: first.span },
      advice: 'set tags in [default.deploy.parameters] of samconfig.toml, such as tags = ["project=…", "stage=dev"]: they reach every resource that takes tags',
    };
  },
});
