import type { Project, TemplateFile } from '../project/project.ts';
import { get, stringOf } from '../syntax/yaml.ts';
import { isStageName } from './stage-parameters.ts';
import { parameterOverrides, readOverrides } from '../project/parameter-overrides.ts';
import { environmentsOf, parametersOf, sectionSpan, sectionsOf, type SamParameter, type SamValue } from '../project/samconfig.ts';
import type { Span } from '../base/source.ts';

export type { SamParameter, SamValue } from '../project/samconfig.ts';
export { samEntries, type SamEntry } from '../project/samconfig-entries.ts';

/**
 * The options that samconfig gives a command in an environment, as sam resolves them: the command's own section over
 * `global` of the same environment, nothing inherited from another one. `command` as typed or as in samconfig
 * (`local start-api`, `local_start_api`).
 */
export function samParameters(project: Pick<Project, 'samconfig'>, profile: string, command: string): readonly SamParameter[] {
  return parametersOf(project.samconfig, profile, command);
}

/** The profiles that samconfig has sections for, in its order. */
export function environmentsIn(project: Pick<Project, 'samconfig'>): readonly string[] {
  return environmentsOf(project.samconfig);
}

/** The sections that a profile has of its own, in the order of the file. */
export function sectionsIn(project: Pick<Project, 'samconfig'>, profile: string): readonly string[] {
  return sectionsOf(project.samconfig, profile);
}

/** What a `parameter_overrides` value gives; undefined where it names files, which only sam reads. */
export function overridesIn(value: SamValue): ReadonlyMap<string, string> | undefined {
  return JSON.stringify(value).includes('file://') ? undefined : readOverrides(value);
}

/** Where samconfig has the section of a command in a profile, else the profile: the span of its key. */
export function sectionPlace(project: Pick<Project, 'samconfig'>, profile: string, command: string): Span | undefined {
  return sectionSpan(project.samconfig, [profile, command, 'parameters']);
}

/** What a profile deploys as: the parameter that is called for it (`Stage`, `Environment`, …), as passed, else its default. */
export function stageOf({ samconfig, templates }: Pick<Project, 'samconfig' | 'templates'>, profile: string): string | undefined {
  const name = stageParameter(templates[0]);
  if (name === undefined) return undefined;
  const value = parameterOverrides(samconfig, profile).get(name) ?? stringOf(get(templates[0].document.root, 'Parameters', name, 'Default'));
  return value !== undefined && /^[\w-]+$/u.test(value) ? value : undefined;
}

/** The template's parameter for the stage. */
function stageParameter({ document }: Pick<TemplateFile, 'document'>): string | undefined {
  const parameters = get(document.root, 'Parameters');
  return parameters?.kind === 'map' ? parameters.entries.map((entry) => String(entry.key.value)).find(isStageName) : undefined;
}
