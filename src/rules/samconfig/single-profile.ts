import { nameList } from '../name-list.ts';
import { lackingProfiles, profileSettings, stageOfStack } from '../new-profile.ts';
import { isProduction, optionOf, profilePlace, profilesOf } from '../sam-profiles.ts';
import { optionsFix } from '../samconfig-edit.ts';
import { defineRule, type RuleContext, type RuleDefinition } from '../rule.ts';

/** One set of settings for development and production. */
export const singleProfile: RuleDefinition<'samconfig'> = defineRule({
  id: 'samconfig/single-profile',
  subject: 'samconfig',
  title: 'One profile for development and production',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  after: [
    'samconfig/misread-configuration', 'samconfig/uncached-build', 'samconfig/serial-build', 'samconfig/unfit-build-parameters',
    'samconfig/unshared-image-repository', 'samconfig/unwatched-sync', 'samconfig/cold-local-invoke',
  ],
  *check(samconfig, context) {
    const { model, project } = context;
    const [from = 'default', ...more] = profilesOf(project);
    if (more.length > 0 || model.functions.length === 0 || optionOf(project, from, 'build', 'hook_name')) return;
    const made = lackingProfiles(from, context);
    const names = made.map(({ stage }) => stage);
    const stack = optionOf(project, from, 'deploy', 'stack_name')?.value;
    const settings = made.map((one) => profileSettings(one, context));
    const all = settings.every((one) => one !== undefined) ? settings.flat() : undefined;
    const title = `add ${nameList(names)} beside ${from}, which stays as it is: ${made.length === 1 ? 'a stack of its own' : 'stacks of their own'} (${nameList(made.map((one) => one.stack))}), all other values copied for you to look over`;
    const remedy = all ? optionsFix(samconfig, all, title) : { advice: `${title}; a value of ${from} is written in a form that shear does not copy` };
    yield {
      message: `${samconfig ? `${from} is the only profile${typeof stack === 'string' ? ` (stack ${stack})` : ''}` : 'there is no profile but the default one'}: what developers try out and what users depend on share one set of settings`,
      at: profilePlace(from, 'deploy', context),
      // A bucket or table of production would be the developers' too.
      ...('fix' in remedy && copiesProduction(from, context) ? { fix: { ...remedy.fix, safety: 'unsafe' as const } } : remedy),
    };
  },
});

function copiesProduction(from: string, { project }: RuleContext): boolean {
  const stack = optionOf(project, from, 'deploy', 'stack_name')?.value;
  const isProd = isProduction(from) || (typeof stack === 'string' && stageOfStack(stack) === 'prod');
  return isProd && ['deploy', 'sync', 'build'].some((command) => optionOf(project, from, command, 'parameter_overrides') !== undefined);
}
