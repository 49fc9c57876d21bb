import { posix, relative, sep } from 'node:path';
import type { LambdaFunction, Model } from '../model/function.ts';
import type { SamValue } from '../model/samconfig.ts';
import { samParameters } from '../model/samconfig.ts';
import type { Project } from '../project/project.ts';
import { isGitIgnored } from '../model/git-ignored.ts';
import { environmentPaths } from '../workflow/local-environment.ts';
import { hasSection, optionOf } from './sam-profiles.ts';
import type { RuleContext } from './rule.ts';
import type { Setting, SettingValue } from './samconfig-edit.ts';

/** What deploy tells of the stack that sync has to know as well: sam takes nothing from one command over to another. */
const ofTheStack = ['stack_name', 'region', 'profile', 's3_bucket', 's3_prefix', 'kms_key_id', 'role_arn', 'image_repository', 'image_repositories', 'parameter_overrides', 'tags'];

/** A value of samconfig as it can be written again; undefined for what has no plain form. */
export function settingValue(value: SamValue): SettingValue | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.every((one: SamValue) => typeof one === 'string') ? (value as readonly string[]) : undefined;
  const entries = Object.entries(value);
  return entries.every(([, one]) => typeof one === 'string') ? new Map(entries as [string, string][]) : undefined;
}

/** What a profile's `sam sync` lacks to watch the stack that `sam deploy` of the same profile makes. */
export function syncSettings(profile: string, { project, model }: RuleContext): readonly Setting[] {
  const copied = samParameters(project, profile, 'deploy').flatMap(({ name, value, section }): readonly Setting[] => {
    const plain = section === 'global' || !ofTheStack.includes(name) ? undefined : settingValue(value);
    return plain === undefined ? [] : [{ profile, command: 'sync', key: name, value: plain }];
  });
  const excluded = watchExcludes(model, project);
  const own: readonly Setting[] = [
    { profile, command: 'sync', key: 'watch', value: true },
    // sam would make a nested stack with an empty Lambda layer for each of them.
    ...(!hasSection(project, profile, 'sync') && bringNoDependencies(model, project) ? [{ profile, command: 'sync', key: 'dependency_layer', value: false }] : []),
    ...(excluded.length > 0 ? [{ profile, command: 'sync', key: 'watch_exclude', value: excluded }] : []),
  ];
  return missing(project, [...copied, ...own]);
}

/** What a profile's `sam local` lacks to start quickly and with the right variables. */
export function localSettings(profile: string, { project, model }: RuleContext): readonly Setting[] {
  // A path that others do not have would stop their `sam local`.
  const file = environmentPaths.find((path) => project.files.some((one) => one.path === path) && !isGitIgnored(project, path));
  const commands = ['local_invoke', ...(hasApi(model) ? ['local_start_api'] : []), 'local_start_lambda'];
  // sam starts one container for each function at once: with many of them the first answer takes minutes.
  const warm = model.functions.length > 4 ? 'LAZY' : 'EAGER';
  const hasZips = model.functions.some((one) => one.package.kind === 'zip');
  return missing(project, commands.flatMap((command): readonly Setting[] => [
    ...(command === 'local_invoke' ? [] : [{ profile, command, key: 'warm_containers', value: warm }]),
    ...(hasZips ? [{ profile, command, key: 'skip_pull_image', value: true }] : []),
    ...(file ? [{ profile, command, key: 'env_vars', value: file }] : []),
  ]));
}

/** Settings whose option the profile does not have yet. */
export function missing(project: Pick<Project, 'samconfig'>, settings: readonly Setting[]): readonly Setting[] {
  return settings.filter(({ profile, command, key }) => !optionOf(project, profile, command, key));
}

/** Whether some function answers requests of API Gateway, so that `sam local start-api` has something to serve. */
export function hasApi(model: Model): boolean {
  return model.functions.some((one) => {
    const events = one.property('Events');
    return events?.kind === 'map' && events.entries.some(({ value }) => value.kind === 'map' && value.entries.some((entry) => entry.key.value === 'Type' && entry.value.kind === 'scalar' && /^(?:Api|HttpApi)$/u.test(String(entry.value.value))));
  });
}

/**
 * `Function=regular expression` for what changes in a function's folder without changing the function: sam watches every file but
 * those of .aws-sam and node_modules, and matches an expression anywhere in the absolute path.
 */
export function watchExcludes(model: Model, project: Project): readonly string[] {
  return model.functions.flatMap((one) => {
    const folder = watchedFolder(one);
    if (folder === undefined) return [];
    const isPython = one.package.kind === 'image' || (one.package.kind === 'zip' && one.package.runtime.startsWith('python'));
    const patterns = [...(isPython ? ['__pycache__'] : []), ...(holds(folder, project.folder) ? [String.raw`\.git\b`] : [])];
    return patterns.map((pattern) => `${one.fullPath}=${pattern}`);
  });
}

const manifests = ['requirements.txt', 'pyproject.toml', 'package.json', 'pom.xml', 'build.gradle', 'build.gradle.kts'];

/** Whether there are zip functions that sam would give a layer of their dependencies, and none of them has any. */
function bringNoDependencies(model: Model, project: Project): boolean {
  const zips = model.functions.flatMap((one) => (one.package.kind === 'zip' ? [one.package] : []));
  const paths = new Set(project.files.map(({ path }) => path));
  return zips.length > 0 && zips.every(({ codeFolder, runtime }) => /^(?:python|nodejs|java)/u.test(runtime) && manifests.every((name) => !paths.has(posix.join(relative(project.folder, codeFolder).replaceAll(sep, '/'), name))));
}

/** The folder whose files start a sync of a function. */
export function watchedFolder({ package: built }: LambdaFunction): string | undefined {
  if (built.kind === 'image') return built.dockerfile.context;
  return built.kind === 'zip' ? built.codeFolder : undefined;
}

function holds(folder: string, inner: string): boolean {
  return !relative(folder, inner).startsWith('..');
}
