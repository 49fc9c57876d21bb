import type { SamConfig, TemplateFile } from '../project.ts';
import { parameterOverrides } from '../parameter-overrides.ts';
import { parametersOf } from '../samconfig.ts';
import { evaluateTemplate, nestedParameters, type EvaluatedTemplate } from './evaluate.ts';
import type { GivenValue } from './evaluated.ts';

/** Which environment of samconfig counts, and what the command line gives. */
export interface GivenByUser {
  /** The samconfig environment; default `default`. */
  readonly profile?: string | undefined;
  /** Replaces samconfig's parameter_overrides, as in sam. */
  readonly parameterOverrides?: Readonly<Record<string, string>> | undefined;
}

/** What the outside gives to the root template. */
export interface RootInputs {
  readonly parameters: ReadonlyMap<string, GivenValue>;
  readonly region: string | undefined;
  readonly stackName: string | undefined;
}

/** The root template's inputs: from the user, else from samconfig. */
export function rootInputs(samconfig: SamConfig | undefined, given: GivenByUser): RootInputs {
  const environment = given.profile ?? 'default';
  const overrides = given.parameterOverrides ? new Map(Object.entries(given.parameterOverrides)) : parameterOverrides(samconfig, environment);
  const parameters = [...overrides].map(([name, text]) => [name, { kind: 'text', text }] as const);
  return {
    parameters: new Map<string, GivenValue>(parameters),
    region: textOption(samconfig, environment, 'region'),
    stackName: textOption(samconfig, environment, 'stack_name'),
  };
}

/** Every template of a project, evaluated: the root with its inputs, nested ones with what their parents pass. */
export function evaluateProject(
  templates: readonly TemplateFile[],
  samconfig: SamConfig | undefined,
  given: GivenByUser,
): readonly EvaluatedTemplate[] {
  const inputs = rootInputs(samconfig, given);
  const byPath = new Map<string, EvaluatedTemplate>();
  return templates.map((template) => {
    const parent = byPath.get(template.stackPath.slice(0, -1).join('/'));
    const own = template.stackPath.at(-1);
    const evaluated = parent && own !== undefined
      ? evaluateTemplate({ template, parameters: nestedParameters(parent, own), region: inputs.region, stackName: undefined })
      : evaluateTemplate({ template, ...inputs });
    byPath.set(template.stackPath.join('/'), evaluated);
    return evaluated;
  });
}

function textOption(samconfig: SamConfig | undefined, environment: string, name: string): string | undefined {
  for (const command of ['deploy', 'sync', 'build']) {
    const parameter = parametersOf(samconfig, environment, command).find((candidate) => candidate.name === name);
    if (typeof parameter?.value === 'string') return parameter.value;
  }
  return undefined;
}
