import { samParameters } from '../../model/samconfig.ts';
import { hasZips, samconfigPlace, setOption } from '../samconfig-edit.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** `sam build` that starts from nothing each time. */
export const uncachedBuild: RuleDefinition<'samconfig'> = defineRule({
  id: 'samconfig/uncached-build',
  subject: 'samconfig',
  title: 'sam build without its cache',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  *check(samconfig, context) {
    if (context.model.functions.length === 0 || samParameters(context.project, 'default', 'build').some(({ name }) => name === 'cached')) return;
    const edit = setOption(samconfig, 'build', 'cached', 'true');
    const effect = hasZips(context) ? 'zip functions and Lambda layers are built again when nothing changed' : 'image functions do not profit, Lambda layers and zip functions would';
    yield {
      message: `\`sam build\` runs without cached = true: ${effect}`,
      at: samconfigPlace(samconfig, context),
      cost: hasZips(context) ? { kind: 'estimate', seconds: 7, formula: '8.7 s without and 1.5 to 2.5 s with the cache for one function where measured' } : undefined,
      ...(edit ? { fix: { title: 'set cached = true for sam build', safety: 'safe' as const, edits: [edit] } } : { advice: 'add cached: true to the build parameters' }),
    };
  },
});
