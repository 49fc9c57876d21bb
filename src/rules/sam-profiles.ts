import type { SourceFile, Span } from '../base/source.ts';
import { environmentsIn, overridesIn, samParameters, sectionPlace, type SamParameter } from '../model/samconfig.ts';
import type { Project, SamConfig } from '../project/project.ts';
import { nameList } from './name-list.ts';
import type { RuleContext } from './rule.ts';

type WithSamConfig = Pick<Project, 'samconfig'>;

/** The profiles (sam's `--config-env`) that samconfig names; `default` alone where it names none. */
export function profilesOf(project: WithSamConfig): readonly string[] {
  const named = environmentsIn(project);
  return named.length === 0 ? ['default'] : named;
}

/** Whether a profile's name says that users depend on it, or that a release passes through it. */
export function isProduction(profile: string): boolean {
  return /(?:^|[-_])(?:prod(?:uction)?|prd|live|stag(?:e|ing)|stg|uat|pre-?prod|qa|te?st|ci|main|master|release)(?:$|[-_])/iu.test(profile);
}

/** Whether a profile's name says that developers work with it. */
export function isDevelopment(profile: string): boolean {
  return /(?:^|[-_])(?:dev(?:elop(?:ment|er)?)?|local|sandbox|personal)(?:$|[-_])/iu.test(profile);
}

/** The profiles that developers work with: those named so, else `default`, which is sam's own when nobody names one. */
export function developmentProfiles(project: WithSamConfig): readonly string[] {
  const profiles = profilesOf(project);
  const named = profiles.filter((profile) => isDevelopment(profile) && !isProduction(profile));
  return named.length > 0 ? named : profiles.filter((profile) => profile === 'default');
}

/** Whether all profiles are production's, staging's or a pipeline's: `sam local` and `sam sync` then run with nothing set. */
export function lacksDevelopment(project: WithSamConfig): boolean {
  return developmentProfiles(project).length === 0;
}

/** An option of a command in a profile as sam sees it, `global` of the same profile included. */
export function optionOf(project: WithSamConfig, profile: string, command: string, name: string): SamParameter | undefined {
  return samParameters(project, profile, command).find((parameter) => parameter.name === name);
}

/** The values that the profiles' deployments pass for a template parameter. */
export function passedValues(project: WithSamConfig, parameter: string): readonly string[] {
  return profilesOf(project).flatMap((profile) => {
    const option = optionOf(project, profile, 'deploy', 'parameter_overrides');
    return (option && overridesIn(option.value)?.get(parameter)) ?? [];
  });
}

/** Whether a profile has a section of its own for a command. */
export function hasSection(project: WithSamConfig, profile: string, command: string): boolean {
  return samParameters(project, profile, command).some(({ section }) => section === command);
}

/** `sam build`, `sam local start-api --config-env dev`: with the profile where it is not sam's own default. */
export function samCommand(command: string, profile: string): string {
  return `sam ${command.replace('local_', 'local ').replaceAll('_', '-')}${profile === 'default' ? '' : ` --config-env ${profile}`}`;
}

/** "`sam build` runs without cached = true", and in which profiles where it is not only sam's own default. */
export function runsWithout(command: string, option: string, profiles: readonly string[]): string {
  const [only = 'default'] = profiles;
  return profiles.length === 1 ? `\`${samCommand(command, only)}\` runs without ${option}` : `\`${samCommand(command, 'default')}\` runs without ${option} in the profiles ${nameList(profiles)}`;
}

/** Where samconfig has a profile's section for a command, else the profile, else `samconfigPlace`. */
export function profilePlace(profile: string, command: string, { project }: Pick<RuleContext, 'project'>): { readonly file: SourceFile; readonly span: Span } {
  const span = sectionPlace(project, profile, command);
  return project.samconfig && span ? { file: project.samconfig.source, span } : samconfigPlace(project.samconfig, { project });
}

/** Where a finding about samconfig as a whole stands: its first line, or that of the template where there is none. */
export function samconfigPlace(samconfig: SamConfig | undefined, { project }: Pick<RuleContext, 'project'>): { readonly file: SourceFile; readonly span: Span } {
  return { file: samconfig?.source ?? project.templates[0].source, span: { start: 0, end: 0 } };
}
