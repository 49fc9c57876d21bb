import { hasCodeToBuild } from '../../model/code-to-build.ts';
import { nameList } from '../name-list.ts';
import { developmentProfiles, hasSection, lacksDevelopment, optionOf, profilePlace, profilesOf, samCommand, samconfigPlace } from '../sam-profiles.ts';
import { syncSettings } from '../sam-settings.ts';
import { optionsFix } from '../samconfig-edit.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** `sam sync` that developers have to tell each time what to do. */
export const unwatchedSync: RuleDefinition<'samconfig'> = defineRule({
  id: 'samconfig/unwatched-sync',
  subject: 'samconfig',
  title: 'sam sync that does not watch',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  after: ['samconfig/serial-build', 'samconfig/unshared-image-repository'],
  *check(_, context) {
    const { model, project } = context;
    if (!model.functions.some(hasCodeToBuild)) return;
    // sam has no sync for projects of other tools (Terraform, CDK).
    const profiles = developmentProfiles(project).filter((profile) => !optionOf(project, profile, 'sync', 'hook_name'));
    const lacking = profiles.flatMap((profile) => {
      const lack = lackOf(profile, context);
      return lack === undefined ? [] : [{ profile, lack }];
    });
    const [first] = lacking;
    if (lacksDevelopment(project) && !profilesOf(project).some((profile) => hasSection(project, profile, 'sync') || optionOf(project, profile, 'build', 'hook_name'))) yield unprofiled(context);
    if (!first) return;
    yield {
      message: messageOf(first, lacking.slice(1).map(({ profile }) => profile)),
      at: profilePlace(first.profile, 'sync', context),
      ...remedy(lacking.map(({ profile }) => profile), context),
    };
  },
});

/** Where every profile is production's or the like there is none to write it into yet. */
function unprofiled(context: RuleContext): Draft {
  const profiles = profilesOf(context.project);
  const isOne = profiles.length === 1;
  return {
    message: `samconfig says nothing of \`sam sync\`, and ${nameList(profiles)} ${isOne ? 'is no profile' : 'are no profiles'} for it: without one for development every change waits for a whole deployment`,
    at: samconfigPlace(context.project.samconfig, context),
    ...(isOne ? { waitsFor: 'samconfig/single-profile' } : { advice: 'add a profile for development with watch = true for sync, and a stack of its own' }),
  };
}

type Lack = 'section' | 'watch' | 'stack';

function lackOf(profile: string, { project }: RuleContext): Lack | undefined {
  const watch = optionOf(project, profile, 'sync', 'watch');
  if (!watch) return hasSection(project, profile, 'sync') ? 'watch' : 'section';
  const needsStack = watch.value === true && !optionOf(project, profile, 'sync', 'stack_name');
  return needsStack && optionOf(project, profile, 'deploy', 'stack_name') ? 'stack' : undefined;
}

function messageOf({ profile, lack }: { readonly profile: string; readonly lack: Lack }, others: readonly string[]): string {
  const command = `\`${samCommand('sync', profile)}\``;
  const also = others.length > 0 ? `; so it is with ${nameList(others)}` : '';
  switch (lack) {
    case 'section':
      return `samconfig says nothing of ${command}: stack, --watch and overrides have to be typed each time, or every change waits for a whole deployment${also}`;
    case 'watch':
      return `${command} ends after one run: without watch = true a saved file is not deployed${also}`;
    case 'stack':
      return `${command} refuses to start: it has no stack_name, and takes none from deploy${also}`;
  }
}

function remedy(profiles: readonly string[], context: RuleContext): Pick<Draft, 'fix' | 'advice'> {
  const settings = profiles.flatMap((profile) => syncSettings(profile, context));
  return optionsFix(context.project.samconfig, settings, titleOf(settings.map(({ key }) => key), profiles));
}

/** Names what is written, and nothing else. */
function titleOf(keys: readonly string[], profiles: readonly string[]): string {
  const watches = keys.includes('watch');
  const ofTheStack = keys.some((key) => !/^(?:watch|watch_exclude|dependency_layer)$/u.test(key));
  const where = `in ${nameList(profiles)}`;
  if (!watches) return ofTheStack ? `give sam sync what deploy says of the stack, ${where}` : `let sam sync pass over files that change nothing, ${where}`;
  return ofTheStack ? `let sam sync watch, with what deploy says of the stack, ${where}` : `let sam sync watch, ${where}`;
}
