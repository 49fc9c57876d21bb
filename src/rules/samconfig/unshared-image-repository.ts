import { isRepository, repositoryOf, sentImages, type Repository } from '../image-repository.ts';
import { nameList } from '../name-list.ts';
import { developmentProfiles, hasSection, optionOf, profilePlace, profilesOf, samCommand } from '../sam-profiles.ts';
import { settingValue } from '../sam-settings.ts';
import { optionsFix, type Setting } from '../samconfig-edit.ts';
import { defineRule, evidence, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** Image functions whose repository deploy, sync and package do not share. */
export const unsharedImageRepository: RuleDefinition<'samconfig'> = defineRule({
  id: 'samconfig/unshared-image-repository',
  subject: 'samconfig',
  title: 'Image repository that commands do not share',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  *check(_, context) {
    const images = sentImages(context.model);
    if (images.length === 0) return;
    for (const profile of deployedProfiles(context)) {
      const draft = draftOf(profile, images, context);
      if (draft) yield draft;
    }
  },
});

/** Profiles that say something of a deployment; without any, the first one. */
function deployedProfiles({ project }: RuleContext): readonly string[] {
  const profiles = profilesOf(project);
  const found = profiles.filter((profile) => ['deploy', 'sync', 'package'].some((command) => hasSection(project, profile, command)) || optionOf(project, profile, 'deploy', 'stack_name'));
  return found.length > 0 ? found : profiles.slice(0, 1);
}

function draftOf(profile: string, images: readonly string[], context: RuleContext): Draft | undefined {
  const { project } = context;
  const deploy = repositoryOf(project, profile, 'deploy');
  const sync = repositoryOf(project, profile, 'sync');
  const wrong = [deploy, sync, repositoryOf(project, profile, 'package')].map((one) => refused(one, images, context)).find((one) => one !== undefined);
  if (wrong) return wrong;
  const usesSync = hasSection(project, profile, 'sync') && developmentProfiles(project).includes(profile);
  if (deploy.kind === 'none') return sync.kind === 'named' ? shared(profile, sync, ['deploy', 'package'], context) : nowhere(profile, images, context);
  if (deploy.kind === 'managed') return sync.kind === 'named' || !developmentProfiles(project).includes(profile) ? undefined : unsyncable(profile, deploy, usesSync, context);
  const lacking = ['package', ...(usesSync ? ['sync'] : [])].filter((command) => repositoryOf(project, profile, command).kind === 'none');
  if (lacking.length > 0) return shared(profile, deploy, lacking, context);
  return different(profile, deploy, sync, context);
}

/** No command of the profile knows one. */
function nowhere(profile: string, images: readonly string[], context: RuleContext): Draft {
  const { project } = context;
  const settings: readonly Setting[] = [{ profile, command: 'deploy', key: 'resolve_image_repos', value: true }];
  const remedy = optionsFix(project.samconfig, settings, 'let sam make and keep a repository for each function (resolve_image_repos = true), in a stack beside yours');
  return {
    message: `\`${samCommand('deploy', profile)}\` refuses to start without --guided or --image-repository: ${nameList(images, { most: 6, shown: 4 })} ${images.length === 1 ? 'is an image' : 'are images'} and samconfig names no repository for ${images.length === 1 ? 'it' : 'them'}`,
    at: profilePlace(profile, 'deploy', context),
    // It makes repositories when it is next deployed.
    ...('fix' in remedy ? { fix: { ...remedy.fix, safety: 'unsafe' as const } } : remedy),
  };
}

/** One command names a repository that others of the profile do not know. */
function shared(profile: string, from: Repository & { readonly kind: 'named' }, commands: readonly string[], context: RuleContext): Draft {
  const { project } = context;
  const { option } = from;
  const value = settingValue(option.value);
  const settings = commands.flatMap((command): readonly Setting[] => (value === undefined ? [] : [{ profile, command, key: option.name, value }]));
  return {
    message: `${nameList(commands.map((command) => `\`${samCommand(command, profile)}\``))} ${commands.length === 1 ? 'refuses' : 'refuse'} to start: only ${option.section} knows the image repository`,
    at: optionPlace(from, context),
    // Few call package themselves.
    severity: commands.some((command) => command !== 'package') ? 'warning' : 'advice',
    ...optionsFix(project.samconfig, settings, `name the repository of ${option.section} for ${nameList(commands)} too`),
  };
}

/** sam sync has no resolve_image_repos. */
function unsyncable(profile: string, from: Repository & { readonly kind: 'managed' }, usesSync: boolean, context: RuleContext): Draft {
  return {
    message: `\`${samCommand('sync', profile)}\` ${usesSync ? 'refuses' : 'would refuse'} to start: it cannot use the repositories that resolve_image_repos makes for deploy`,
    at: optionPlace(from, context),
    ...(usesSync ? {} : { severity: 'advice' as const }),
    advice: 'make one repository (aws ecr create-repository --repository-name NAME) and name it as image_repository for deploy, sync and package in place of resolve_image_repos',
  };
}

function different(profile: string, deploy: Repository & { readonly kind: 'named' }, sync: Repository, context: RuleContext): Draft | undefined {
  if (sync.kind !== 'named' || sync.functions !== undefined || deploy.functions !== undefined || sync.addresses[0] === deploy.addresses[0]) return undefined;
  return {
    message: `deploy and sync of ${profile} send images to different repositories: what sync sent is sent again by deploy`,
    at: optionPlace(sync, context),
    evidence: context.project.samconfig ? [evidence(context.project.samconfig.source, deploy.option.span, 'deploy names this one')] : [],
    advice: 'name the same repository in both',
  };
}

/** A repository that sam does not take, or functions that the template does not have. */
function refused(repository: Repository, images: readonly string[], context: RuleContext): Draft | undefined {
  if (repository.kind !== 'named') return undefined;
  const at = optionPlace(repository, context);
  const { section, name } = repository.option;
  const address = repository.addresses.find((one) => !isRepository(one));
  if (address !== undefined) {
    return { message: `sam refuses ${name} of ${section}: ${address} is no ECR repository`, at, severity: 'error', advice: 'give it as ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME' };
  }
  const named = repository.functions;
  if (!named || named.some((one) => one.includes('/'))) return undefined;
  const absent = images.filter((one) => !named.includes(one));
  const unknown = named.filter((one) => !images.includes(one) && !context.model.functions.some(({ logicalId, package: built }) => logicalId === one && built.kind !== 'zip'));
  if (absent.length === 0 && unknown.length === 0) return undefined;
  const what = absent.length > 0 ? `${nameList(absent)} ${absent.length === 1 ? 'is' : 'are'} not named` : `${nameList(unknown)} ${unknown.length === 1 ? 'is no image function' : 'are no image functions'} of the template`;
  return { message: `sam refuses image_repositories of ${section}: ${what}`, at, severity: 'error', advice: 'name every image function and no other, or one image_repository for all of them' };
}

function optionPlace({ option }: Repository & { readonly kind: 'named' | 'managed' }, context: RuleContext): Draft['at'] {
  return { file: context.project.samconfig?.source ?? context.project.templates[0].source, span: option.span };
}
