import { hasCodeToBuild } from '../../model/code-to-build.ts';
import { optionOf, profilePlace, profilesOf, runsWithout } from '../sam-profiles.ts';
import { optionsFix } from '../samconfig-edit.ts';
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
    const functions = model.functions.filter(hasCodeToBuild);
    const layers = model.layers.filter((one) => one.buildMethod !== undefined).length;
    const count = functions.length + layers;
    if (count === 0) return;
    const profiles = profilesOf(project).filter((profile) => !optionOf(project, profile, 'build', 'parallel'));
    const [first] = profiles;
    if (first === undefined) return;
    const effect = count === 1 ? 'with one function nothing waits yet, a second one would' : `${count} functions${layers > 0 ? ' and layers' : ''} are built one after the other`;
    const settings = profiles.map((profile) => ({ profile, command: 'build', key: 'parallel', value: true }));
    yield {
      message: `${runsWithout('build', 'parallel = true', profiles)}: ${effect}`,
      at: profilePlace(first, 'build', context),
      ...optionsFix(samconfig, settings, 'set parallel = true for sam build'),
    };
  },
});
