import { hasCodeToBuild } from '../model/code-to-build.ts';
import { basename } from 'node:path';
import { overridesIn, samParameters, sectionsIn, type SamParameter, type SamValue } from '../model/samconfig.ts';
import { stageValues, type Stage } from '../model/stage-parameters.ts';
import { capabilitiesOf } from './needed-capabilities.ts';
import { nameList } from './name-list.ts';
import { isDevelopment, isProduction, optionOf } from './sam-profiles.ts';
import { isBoundOption, isBoundValue, stageBound, type StageBound } from './stage-bound-values.ts';
import { localSettings, settingValue, syncSettings } from './sam-settings.ts';
import type { RuleContext } from './rule.ts';
import type { Setting, SettingValue } from './samconfig-edit.ts';

/** A profile that is to be made from one that is there. */
export interface NewProfile {
  readonly stage: Stage;
  readonly from: string;
  readonly stack: string;
  /** It deploys the stack that is there: nothing of it may change. */
  readonly keepsStack: boolean;
}

/** Which profiles a project with one lacks: the one that it has may be called, or deploy a stack that is called, for either of them. */
export function lackingProfiles(from: string, context: RuleContext): readonly NewProfile[] {
  const stack = stackOf(from, context);
  const isDev = isDevelopment(from) || stageOfStack(stack) === 'dev';
  const isProd = !isDev && (isProduction(from) || stageOfStack(stack) === 'prod');
  const base = stageOfStack(stack) === undefined ? stack : stack.slice(0, stack.search(/[-_][^-_]*$/u));
  const stages: readonly Stage[] = isDev ? ['prod'] : isProd ? ['dev'] : ['dev', 'prod'];
  const isThere = typeof optionOf(context.project, from, 'deploy', 'stack_name')?.value === 'string';
  // Users depend on the stack that is there, unless it is called otherwise: another one would be a second production.
  return stages.map((stage) => {
    const keepsStack = stage === 'prod' && isThere && !isDev;
    return { stage, from, stack: keepsStack ? stack : `${base}-${stage}`, keepsStack };
  });
}

/** What a stack is for, if its name ends so. */
export function stageOfStack(stack: string): Stage | undefined {
  const end = /[-_](?:(?<dev>dev(?:elop(?:ment)?)?|sandbox)|(?<prod>prod(?:uction)?|live))$/iu.exec(stack);
  return end?.groups?.['dev'] !== undefined ? 'dev' : end?.groups?.['prod'] !== undefined ? 'prod' : undefined;
}

/** The stack that a profile deploys; the folder's name where it tells none. */
function stackOf(profile: string, { project }: RuleContext): string {
  const named = optionOf(project, profile, 'deploy', 'stack_name')?.value;
  if (typeof named === 'string' && named !== '') return named;
  const plain = basename(project.folder).replace(/[^A-Za-z0-9]+/gu, '-').replace(/^[^A-Za-z]+|-+$/gu, '');
  return plain === '' ? 'app' : plain;
}

/** All options of a new profile, section by section; undefined where a value of the one it is made from cannot be written again. */
export function profileSettings(made: NewProfile, context: RuleContext): readonly Setting[] | undefined {
  const copied = copiedSettings(made, context);
  if (!copied) return undefined;
  const has = (command: string, key: string): boolean => copied.some((one) => one.key === key && (one.command === command || one.command === 'global'));
  const added = [...commonSettings(made, context), ...(made.stage === 'dev' ? devSettings(made, context, copied) : [])];
  const all = [...copied, ...added.filter(({ command, key }) => !has(command, key))];
  return noted(all.toSorted((a, b) => rankOf(a.command) - rankOf(b.command)), boundValues(made, context), made);
}

/** Tells beside the parameters, or the stack where there are none, what is left out. */
function noted(settings: readonly Setting[], bound: readonly StageBound[], { stage, from }: NewProfile): readonly Setting[] {
  const at = settings.find(({ key }) => key === 'parameter_overrides') ?? settings.find(({ key }) => key === 'stack_name');
  if (bound.length === 0 || !at) return settings;
  const note = `${nameList(bound.map(({ name }) => name))} of ${from}: not taken over, ${stage === 'dev' ? 'may be what users depend on' : "may be the developers'"}`;
  return settings.map((one) => (one === at ? { ...one, note } : one));
}

/** What the profile that a new one is made from passes and the new one must not: each once. */
export function boundValues(made: NewProfile, { project }: RuleContext): readonly StageBound[] {
  if (made.keepsStack) return [];
  const found = new Map<string, StageBound>();
  for (const command of sectionsIn(project, made.from)) {
    if (leftOut[made.stage].test(command)) continue;
    for (const parameter of samParameters(project, made.from, command)) {
      if (parameter.section !== command || isLeft(parameter, made)) continue;
      const { name, value } = parameter;
      if (isBoundOption(parameter, made.stage)) found.set(name, stageBound(name, typeof value === 'string' ? value : JSON.stringify(value), project));
      else if (name === 'parameter_overrides') for (const [key, text] of boundOverrides(value, made, project)) found.set(key, stageBound(key, text, project));
    }
  }
  return [...found.values()];
}

function boundOverrides(value: SamValue, { stage }: NewProfile, project: RuleContext['project']): readonly (readonly [string, string])[] {
  const staged = new Set(stageValues(project.templates[0], stage).map(({ name }) => name));
  return [...(overridesIn(value) ?? [])].filter(([name, text]) => !staged.has(name) && isBoundValue(name, text, stage, project));
}

const order = ['global', 'build', 'deploy', 'sync', 'package', 'local_invoke', 'local_start_api', 'local_start_lambda', 'logs'];

function rankOf(command: string): number {
  const rank = order.indexOf(command);
  return rank < 0 ? order.length : rank;
}

/** Sections that make no sense for a stack that users depend on, or that name one stack. */
const leftOut: Readonly<Record<Stage, RegExp>> = { dev: /^(?:delete|pipeline_.*)$/u, prod: /^(?:delete|pipeline_.*|sync|local_.*|traces)$/u };

function copiedSettings(made: NewProfile, context: RuleContext): readonly Setting[] | undefined {
  const settings: Setting[] = [];
  for (const command of sectionsIn(context.project, made.from)) {
    if (leftOut[made.stage].test(command)) continue;
    for (const parameter of samParameters(context.project, made.from, command)) {
      if (parameter.section !== command || isLeft(parameter, made)) continue;
      if (!made.keepsStack && isBoundOption(parameter, made.stage)) continue;
      const value = copiedValue(parameter, made, context);
      if (value === undefined) return undefined;
      if (value instanceof Map && value.size === 0) continue;
      settings.push({ profile: made.stage, command, key: parameter.name, value });
    }
  }
  return settings;
}

function isLeft({ name, value }: SamParameter, { stage, keepsStack }: NewProfile): boolean {
  const isEmpty = (Array.isArray(value) && value.length === 0) || value === '' || value === null;
  return isEmpty || /^(?:guided|save_params|config_env|config_file)$/u.test(name) || (stage === 'prod' && !keepsStack && /^(?:express|disable_rollback)$/u.test(name));
}

function copiedValue({ name, value }: SamParameter, made: NewProfile, context: RuleContext): SettingValue | undefined {
  const { project } = context;
  if (name === 'stack_name') return made.stack;
  if (made.keepsStack) return settingValue(value);
  if (name === 's3_prefix' && value === optionOf(project, made.from, 'deploy', 'stack_name')?.value) return made.stack;
  if (name === 'parameter_overrides') {
    const bound = new Set(boundOverrides(value, made, project).map(([key]) => key));
    const overrides = overridesIn(value);
    return overrides ? new Map([...[...overrides].filter(([key]) => !bound.has(key)), ...stageValues(project.templates[0], made.stage).map(({ name: key, value: text }) => [key, text] as const)]) : settingValue(value);
  }
  if (name === 'tags') {
    const staged = (text: string): string => text.replace(/\b(stage|env|environment)=\S+/iu, `$1=${made.stage}`);
    return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value.map(staged) : typeof value === 'string' ? staged(value) : settingValue(value);
  }
  return settingValue(value);
}

function commonSettings({ stage, stack, from, keepsStack }: NewProfile, { project, model }: RuleContext): readonly Setting[] {
  const set = (command: string, key: string, value: SettingValue): Setting => ({ profile: stage, command, key, value });
  const given = (command: string, key: string): boolean => {
    const option = optionOf(project, from, command, key);
    return option !== undefined && (keepsStack || !isBoundOption(option, stage));
  };
  const overrides = new Map(stageValues(project.templates[0], stage).map(({ name, value }) => [name, value]));
  const hasOverrides = ['build', 'deploy', 'sync'].some((command) => given(command, 'parameter_overrides'));
  const isBuilt = model.functions.some(hasCodeToBuild);
  const isGlobal = optionOf(project, from, 'deploy', 'stack_name')?.section !== 'deploy';
  return [
    ...(isGlobal ? [set('global', 'stack_name', stack)] : []),
    ...(overrides.size > 0 && !hasOverrides && !keepsStack ? [set('global', 'parameter_overrides', overrides)] : []),
    ...(isBuilt ? [set('build', 'cached', true), set('build', 'parallel', true)] : []),
    ...(isBuilt && hasImageRepository(from, project) && !['image_repository', 'image_repositories', 'resolve_image_repos'].some((key) => given('deploy', key)) ? [set('deploy', 'resolve_image_repos', true)] : []),
    ...(given('deploy', 's3_bucket') || given('deploy', 'resolve_s3') ? [] : [set('deploy', 'resolve_s3', true)]),
    ...(given('deploy', 'capabilities') ? [] : [set('deploy', 'capabilities', capabilitiesOf(project))]),
    ...(stage === 'dev' ? [set('deploy', 'fail_on_empty_changeset', false)] : []),
    ...(isGlobal ? [] : [set('logs', 'stack_name', stack)]),
  ];
}

function hasImageRepository(profile: string, project: RuleContext['project']): boolean {
  return ['image_repository', 'image_repositories'].some((key) => optionOf(project, profile, 'deploy', key) !== undefined);
}

/** Deployments and syncs that come back quickly, functions that run locally, and logs that follow. */
function devSettings({ stage, from }: NewProfile, context: RuleContext, copied: readonly Setting[]): readonly Setting[] {
  const ofStage = (settings: readonly Setting[]): readonly Setting[] => settings.map((one) => ({ ...one, profile: stage }));
  // What sync copies from deploy has to be what this profile's deploy says.
  const sync = syncSettings(from, context).flatMap((one): readonly Setting[] => {
    const deployed = copied.find(({ command, key }) => command === 'deploy' && key === one.key);
    if (deployed) return [{ ...deployed, command: 'sync' }];
    // What deploy does not take over, sync does not either.
    return optionOf(context.project, from, 'deploy', one.key) ? [] : [one];
  });
  return [
    { profile: stage, command: 'deploy', key: 'express', value: true },
    ...ofStage(sync),
    ...ofStage(localSettings(from, context)),
    { profile: stage, command: 'logs', key: 'tail', value: true },
  ];
}
