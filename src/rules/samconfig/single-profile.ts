import { nameList } from '../name-list.ts';
import { stageValues } from '../../model/stage-parameters.ts';
import { collidingNames, fixedNames } from '../fixed-names.ts';
import { boundValues, lackingProfiles, profileSettings, stageOfStack, type NewProfile } from '../new-profile.ts';
import { isDevelopment, isProduction, optionOf, profilePlace, profilesOf } from '../sam-profiles.ts';
import { listed } from '../template-use.ts';
import { optionsFix } from '../samconfig-edit.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

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
    if (more.length > 0) yield* oneStack([from, ...more], context);
    if (more.length > 0 || model.functions.length === 0 || optionOf(project, from, 'build', 'hook_name')) return;
    const made = lackingProfiles(from, context);
    const names = made.map(({ stage }) => stage);
    const stack = optionOf(project, from, 'deploy', 'stack_name')?.value;
    const settings = made.map((one) => profileSettings(one, context));
    const all = settings.every((one) => one !== undefined) ? settings.flat() : undefined;
    const shared = sharedNames(made, context);
    const first = shared.length === 0 ? '' : `; ${listed(shared)} must first get ${shared.length === 1 ? 'a name' : 'names'} built from \${AWS::StackName}, or none`;
    const bound = made.map((one) => boundText(one, context)).join('');
    const isSecond = typeof stack === 'string' && made.some((one) => one.stage === 'prod' && !one.keepsStack);
    const second = isSecond ? '; where production has a stack already, write its name there' : '';
    const title = `add ${nameList(names)} beside ${from}, which stays as it is: ${stacksOf(made)}, ${bound === '' ? 'all other values' : 'other values'} copied for you to look over${names.includes('dev') ? ' (dev also gets express deployments that may be empty, sync that watches and settings for local runs)' : ''}${bound}${first}${second}`;
    const remedy = all ? optionsFix(samconfig, all, title) : { advice: `${title}; a value of ${from} is written in a form that shear does not copy` };
    yield {
      message: `${samconfig ? `${from} is the only profile${typeof stack === 'string' ? ` (stack ${stack})` : ''}` : 'there is no profile but the default one'}: what developers try out and what users depend on share one set of settings`,
      at: profilePlace(from, 'deploy', context),
      // A bucket or table of production would be the developers' too, and a second stack with the same names cannot be made.
      ...('fix' in remedy && (copiesProduction(from, context) || shared.length > 0 || isSecond) ? { fix: { ...remedy.fix, safety: 'unsafe' as const } } : remedy),
    };
  },
});

/** Several profiles that deploy one and the same stack. Of development and production each may go to an account of its own, under the same name. */
function* oneStack(profiles: readonly string[], context: RuleContext): Iterable<Draft> {
  const { project, model } = context;
  if (model.functions.length === 0 || profiles.some((profile) => optionOf(project, profile, 'build', 'hook_name')) || (profiles.some(isDevelopment) && profiles.some(isProduction))) return;
  const deployed = profiles.filter((profile) => optionOf(project, profile, 'deploy', 'stack_name'));
  const stacks = new Set(deployed.map((profile) => optionOf(project, profile, 'deploy', 'stack_name')?.value));
  const regions = new Set(deployed.flatMap((profile) => optionOf(project, profile, 'deploy', 'region')?.value ?? []));
  const [stack] = stacks;
  const [first] = deployed;
  if (deployed.length < 2 || stacks.size > 1 || regions.size > 1 || typeof stack !== 'string' || first === undefined) return;
  yield {
    message: `${nameList(deployed)} all deploy ${stack}: unless they go to accounts of their own, what developers try out and what users depend on are one stack`,
    at: profilePlace(first, 'deploy', context),
    advice: 'give each a stack_name of its own, and one of them to production',
  };
}

/** What a new profile does not take over, for the title. */
function boundText(made: NewProfile, context: RuleContext): string {
  const bound = boundValues(made, context);
  if (bound.length === 0) return '';
  const whose = made.stage === 'dev' ? 'what users depend on' : "the developers'";
  return `; ${made.stage} does not take over ${nameList(bound.map(({ name, value }) => (value === undefined ? name : `${name} (${value})`)))}, which may be ${whose}: write ${made.stage === 'dev' ? 'what developers use' : "production's own"} there before it is deployed`;
}

function stacksOf(made: readonly NewProfile[]): string {
  const own = made.filter(({ keepsStack }) => !keepsStack);
  const kept = made.find(({ keepsStack }) => keepsStack);
  const named = `${own.length === 1 ? 'a stack of its own' : 'stacks of their own'} (${nameList(own.map(({ stack }) => stack))})`;
  return kept ? `${named} for ${nameList(own.map(({ stage }) => stage))}, the one that is there (${kept.stack}) for ${kept.stage}` : named;
}

function copiesProduction(from: string, { project }: RuleContext): boolean {
  const stack = optionOf(project, from, 'deploy', 'stack_name')?.value;
  const isProd = isProduction(from) || (typeof stack === 'string' && stageOfStack(stack) === 'prod');
  return isProd && ['deploy', 'sync', 'build'].some((command) => optionOf(project, from, command, 'parameter_overrides') !== undefined);
}

/** Resources with a name that the stack which is there and a new one would both want. */
function sharedNames(made: readonly NewProfile[], { model, project }: RuleContext): readonly string[] {
  const staged = new Set(made.flatMap(({ stage }) => stageValues(project.templates[0], stage).map(({ name }) => name)));
  // Nested stacks take their values from their parents in ways that are not followed here: only names written out count.
  const names = model.templates.flatMap((own) => (own.template.stackPath.length === 0 ? collidingNames(own, staged) : fixedNames(own).map(({ resource, name }) => `${resource.logicalId} (${name})`)));
  return [...new Set(names)];
}
