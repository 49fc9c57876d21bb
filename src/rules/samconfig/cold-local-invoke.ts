import { hasCodeToBuild } from '../../model/code-to-build.ts';
import { nameList } from '../name-list.ts';
import { developmentProfiles, lacksDevelopment, optionOf, profilePlace, profilesOf, samCommand, samconfigPlace } from '../sam-profiles.ts';
import { hasApi, localSettings } from '../sam-settings.ts';
import { optionsFix } from '../samconfig-edit.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** `sam local` that starts a container for every request. */
export const coldLocalInvoke: RuleDefinition<'samconfig'> = defineRule({
  id: 'samconfig/cold-local-invoke',
  subject: 'samconfig',
  title: 'sam local with a cold start for every request',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  after: ['samconfig/unwatched-sync'],
  *check(_, context) {
    const { model, project } = context;
    if (!model.functions.some(hasCodeToBuild)) return;
    const lacking = developmentProfiles(project).map((profile) => ({ profile, settings: localSettings(profile, context) })).filter(({ settings }) => settings.length > 0);
    const [first] = lacking;
    if (lacksDevelopment(project) && !isSetSomewhere(project)) {
      const server = samCommand(hasApi(model) ? 'local_start_api' : 'local_start_lambda', 'default');
      const isOne = profilesOf(project).length === 1;
      yield {
        message: `\`${server}\` starts a new container for every request (about 2 s): samconfig has nothing for \`sam local\`, and no profile for development that could have it`,
        at: samconfigPlace(project.samconfig, context),
        ...(isOne ? { waitsFor: 'samconfig/single-profile' } : { advice: 'add a profile for development with warm_containers for local_start_api and local_start_lambda' }),
      };
    }
    if (!first) return;
    const effects = effectsOf(first.settings.map(({ key }) => key), hasApi(model) ? 'local_start_api' : 'local_start_lambda', first.profile);
    yield {
      message: `${nameList(effects)}${lacking.length > 1 ? `; so it is with ${nameList(lacking.slice(1).map(({ profile }) => profile))}` : ''}`,
      at: profilePlace(first.profile, first.settings[0]?.command ?? 'local_invoke', context),
      ...optionsFix(project.samconfig, lacking.flatMap(({ settings }) => settings), titleOf(first.settings.map(({ key }) => key))),
    } satisfies Draft;
  },
});

/** Terraform's and CDK's projects set other things. */
function isSetSomewhere(project: RuleContext['project']): boolean {
  return profilesOf(project).some((profile) => optionOf(project, profile, 'build', 'hook_name') ?? ['local_start_api', 'local_start_lambda'].some((command) => optionOf(project, profile, command, 'warm_containers')));
}

function effectsOf(keys: readonly string[], server: string, profile: string): readonly string[] {
  return [
    ...(keys.includes('warm_containers') ? [`\`${samCommand(server, profile)}\` starts a new container for every request (about 2 s)`] : []),
    ...(keys.includes('skip_pull_image') ? [`\`${samCommand('local_invoke', profile)}\` asks the registry for a newer runtime image each time`] : []),
    ...(keys.includes('env_vars') ? [`\`${samCommand('local_invoke', profile)}\` does not read env.local.json`] : []),
  ];
}

function titleOf(keys: readonly string[]): string {
  const words = { warm_containers: 'keep containers warm', skip_pull_image: 'use the runtime image that is here', env_vars: 'read variables from env.local.json' };
  return `${nameList(Object.entries(words).filter(([key]) => keys.includes(key)).map(([, text]) => text))} in sam local`;
}
