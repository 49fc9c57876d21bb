import type { LambdaFunction } from '../../model/function.ts';
import { stageOf, type SamValue } from '../../model/samconfig.ts';
import { nameList } from '../name-list.ts';
import { optionOf, profilesOf, samCommand } from '../sam-profiles.ts';
import { optionsFix, type Setting } from '../samconfig-edit.ts';
import { defineRule, type RuleContext, type RuleDefinition } from '../rule.ts';

/** Functions whose cost nobody can be told. */
export const untaggedResource: RuleDefinition<'template'> = defineRule({
  id: 'template/untagged-resource',
  subject: 'template',
  title: 'Functions without tags',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  // Every resource of the stack that takes tags is changed by the next deployment.
  safety: 'unsafe',
  after: ['samconfig/single-profile'],
  *check(template, context) {
    // Tags of the stack reach the stacks that it nests as well.
    if (template.stackPath.length > 0) return;
    const untagged = context.model.functions.filter(isUntagged);
    const [first] = untagged;
    const profiles = deployed(context).filter((profile) => !optionOf(context.project, profile, 'deploy', 'tags'));
    if (!first || profiles.length === 0) return;
    const names = untagged.slice(0, 3).map((one) => one.fullPath);
    const which = untagged.length > names.length ? `${names.join(', ')} and ${untagged.length - names.length} more` : nameList(names);
    yield {
      message: `${which} ${lackText(untagged)}: the bill cannot be split by project or stage`,
      at: { file: first.template.source, span: first.span },
      ...remedy(profiles, context),
    };
  },
});

/** Names of tags that a bill can be split by. What says something else (`LambdaPowertools`, which `sam init` writes, or `Retain`) does not help there. */
const telling = /app|bill|business|client|component|cost|creat|customer|department|division|domain|env|feature|group|manag|module|name|organi|owner|product|program|project|purpose|repo|service|squad|stack|stage|system|team|tenant|unit|user|workload/iu;

function isUntagged({ tags, property }: LambdaFunction): boolean {
  const names = Object.keys(tags);
  return names.length === 0 ? property('Tags') === undefined : !names.some((name) => telling.test(name));
}

/** `has no tags` */
function lackText(untagged: readonly LambdaFunction[]): string {
  const others = [...new Set(untagged.flatMap(({ tags }) => Object.keys(tags)))].filter((name) => name !== 'LambdaPowertools');
  const verb = untagged.length === 1 ? 'has' : 'have';
  return others.length === 0 ? `${verb} no tags` : `${verb} no tags but ${nameList(others, { most: 3 })}`;
}

/** Profiles that a stack is deployed by. */
function deployed({ project }: RuleContext): readonly string[] {
  const profiles = profilesOf(project);
  const named = profiles.filter((profile) => optionOf(project, profile, 'deploy', 'stack_name'));
  return named.length > 0 ? named : profiles.slice(0, 1);
}

function remedy(profiles: readonly string[], context: RuleContext): ReturnType<typeof optionsFix> {
  const { project } = context;
  const known = ownersOf(context);
  const settings = profiles.flatMap((profile): readonly Setting[] => {
    const stack = optionOf(project, profile, 'deploy', 'stack_name')?.value;
    if (typeof stack !== 'string') return [];
    const value = [`project=${projectOf(stack, context)}`, `stage=${stageOf(project, profile) ?? profile}`, ...known];
    // sync updates the same stack: without them it would take the tags off again.
    const commands = optionOf(project, profile, 'sync', 'stack_name') && !optionOf(project, profile, 'sync', 'tags') ? ['deploy', 'sync'] : ['deploy'];
    return commands.map((command) => ({ profile, command, key: 'tags', value }));
  });
  const [one = 'default'] = profiles;
  const owners = known.length > 0 ? 'check that owner and cost centre are those of the other profile' : 'owner and cost centre are for you to add';
  if (settings.length === 0) return { advice: `set tags for \`${samCommand('deploy', one)}\` in samconfig.toml, such as tags = ["project=…", "stage=…"]: they reach every resource that takes tags; ${owners}` };
  return optionsFix(project.samconfig, settings, `set tags for project and stage in ${nameList(profiles)}, which the next deployment puts on every resource that takes tags; ${owners}`);
}

/** The stack's name without the stage at its end: `shop` of the profiles' `shop`, `shop-dev` and `shop-prod`. */
function projectOf(stack: string, { project }: RuleContext): string {
  const profile = profilesOf(project).find((name) => stack.endsWith(`-${name}`));
  return profile === undefined ? stack : stack.slice(0, -profile.length - 1);
}

/** Owner and cost centre that another profile's tags name. */
function ownersOf({ project }: RuleContext): readonly string[] {
  const tags = profilesOf(project).flatMap((profile): readonly SamValue[] => {
    const value = optionOf(project, profile, 'deploy', 'tags')?.value;
    return Array.isArray(value) ? value : typeof value === 'string' ? value.split(/\s+/u) : [];
  });
  const owners = tags.filter((tag): tag is string => typeof tag === 'string' && /^(?:owner|team|cost[-_]?cent(?:er|re))=[\w.:/+@-]+$/iu.test(tag));
  return [...new Map(owners.map((tag) => [tag.split('=')[0] ?? '', tag])).values()];
}
