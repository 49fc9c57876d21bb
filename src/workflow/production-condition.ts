import { isStageName, stageValues } from '../model/stage-parameters.ts';
import type { TemplateFile } from '../project/project.ts';
import { get, stringOf, type YamlNode } from '../syntax/yaml.ts';

/** A condition that holds in production alone. */
export interface ProductionCondition {
  readonly name: string;
  /** Its YAML, where the template does not have it yet. */
  readonly text: string | undefined;
}

/**
 * The template's condition for production, else one by its parameter for the stage; undefined where it has neither.
 * @param passed the values that deployments are known to give a parameter.
 */
export function productionCondition(template: TemplateFile, passed: (parameter: string) => readonly string[] = () => []): ProductionCondition | undefined {
  const { root } = template.document;
  const conditions = get(root, 'Conditions');
  const own = conditions?.kind === 'map' ? conditions.entries.find(({ value }) => isForProduction(value)) : undefined;
  if (own) return { name: String(own.key.value), text: undefined };
  const parameter = stageValues(template, 'prod').find((one) => isStageName(one.name));
  const name = 'IsProduction';
  if (!parameter || get(conditions, name)) return undefined;
  const value = passed(parameter.name).find((one) => production.test(one)) ?? parameter.value;
  return { name, text: `!Equals [!Ref ${parameter.name}, ${value}]` };
}

const production = /^(?:prod|production|prd|live)$/iu;

function isForProduction(node: YamlNode): boolean {
  const operands = get(node, 'Fn::Equals');
  if (operands?.kind !== 'list') return false;
  const [a, b] = operands.items;
  const isStage = [a, b].some((one) => /stage|env/iu.test(stringOf(get(one, 'Ref')) ?? ''));
  return isStage && [a, b].some((one) => production.test(stringOf(one) ?? ''));
}
