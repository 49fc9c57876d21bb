import { samParameters } from '../../model/samconfig.ts';
import { samconfigPlace, setOption } from '../samconfig-edit.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** `sam build` that builds one thing after the other. */
export const serialBuild: RuleDefinition<'samconfig'> = defineRule({
  id: 'samconfig/serial-build',
  subject: 'samconfig',
  title: 'sam build one function at a time',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  after: ['samconfig/uncached-build'],
  *check(samconfig, context) {
    const { model, project } = context;
    if (model.functions.length === 0 || samParameters(project, 'default', 'build').some(({ name }) => name === 'parallel')) return;
    const edit = setOption(samconfig, 'build', 'parallel', 'true');
    const count = model.functions.length + model.layers.length;
    yield {
      message: `\`sam build\` runs without parallel = true: ${count === 1 ? 'a second function would wait for the first' : `${count} functions and layers are built one after the other`}`,
      at: samconfigPlace(samconfig, context),
      ...(edit ? { fix: { title: 'set parallel = true for sam build', safety: 'safe' as const, edits: [edit] } } : { advice: 'add parallel: true to the build parameters' }),
    };
  },
});
