import { nameList } from '../name-list.ts';
import { hasSection, optionOf, profilePlace, profilesOf, samCommand } from '../sam-profiles.ts';
import { misreadNames } from '../samconfig-keys.ts';
import { misreadValues } from '../samconfig-values.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** samconfig that says one thing and does another. */
export const misreadConfiguration: RuleDefinition<'samconfig'> = defineRule({
  id: 'samconfig/misread-configuration',
  subject: 'samconfig',
  title: 'Settings that sam reads differently, or not at all',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  *check(samconfig, context) {
    yield* unreadFiles(context);
    if (!samconfig) return;
    for (const { span, ...draft } of [...misreadNames(samconfig), ...misreadValues(samconfig)]) yield { ...draft, at: { file: samconfig.source, span } };
    yield* uninherited(context);
  },
});

/** A samconfig in JSON, and a second one beside the first. */
function* unreadFiles({ project }: RuleContext): Iterable<Draft> {
  const { samconfig, templates } = project;
  const at = { file: samconfig?.source ?? templates[0].source, span: { start: 0, end: 0 } };
  const names = new Set(project.files.map(({ path }) => path));
  if (!samconfig && names.has('samconfig.json')) {
    yield { message: 'sam does not read samconfig.json: every command runs with its defaults', at, advice: 'write its settings as samconfig.toml or samconfig.yaml' };
  }
  const ignored = ['samconfig.yaml', 'samconfig.yml'].filter((name) => names.has(name) && samconfig?.source.path === 'samconfig.toml');
  if (ignored.length > 0) yield { message: `sam reads this file alone: ${nameList(ignored)} beside it ${ignored.length === 1 ? 'is' : 'are'} ignored`, at, advice: 'keep one of them' };
}

const needed = ['stack_name', 's3_bucket', 'resolve_s3', 'capabilities', 'region'];

/** A profile that was written as if it came on top of default. */
function* uninherited(context: RuleContext): Iterable<Draft> {
  const { project } = context;
  const hasDeploy = (profile: string): boolean => hasSection(project, profile, 'deploy');
  if (!hasDeploy('default')) return;
  for (const profile of profilesOf(project).filter((name) => name !== 'default' && hasDeploy(name))) {
    const has = (name: string): boolean => optionOf(project, profile, 'deploy', name) !== undefined;
    const lacking = needed.filter((name) => ![undefined, false, ''].some((none) => none === optionOf(project, 'default', 'deploy', name)?.value) && !has(name) && !(/s3/u.test(name) && (has('s3_bucket') || has('resolve_s3'))));
    if (!lacking.some((name) => name !== 'region')) continue;
    yield {
      message: `\`${samCommand('deploy', profile)}\` takes nothing from default: it has no ${nameList(lacking)}`,
      at: profilePlace(profile, 'deploy', context),
      advice: `say in [${profile}.deploy.parameters] as well what ${profile} needs`,
    };
  }
}
