import type { TemplateFile } from '../project/project.ts';
import { get, stringOf, type YamlNode } from '../syntax/yaml.ts';

/** What a stack is for. */
export type Stage = 'dev' | 'prod';

/** A template parameter that changes with the stage, and the value that it takes there. */
export interface StageValue {
  readonly name: string;
  readonly value: string;
  /** Of the parameter's name in the template. */
  readonly key: YamlNode;
  /** True when the parameter's default does not fit, or there is none. */
  readonly isOverride: boolean;
}

const wanted: Readonly<Record<'stage' | 'level', Readonly<Record<Stage, { readonly allowed: RegExp; readonly otherwise: string }>>>> = {
  stage: { dev: { allowed: /^dev(?:elop(?:ment)?)?$/iu, otherwise: 'dev' }, prod: { allowed: /^(?:prod(?:uction)?|prd|live)$/iu, otherwise: 'prod' } },
  level: { dev: { allowed: /^debug$/iu, otherwise: 'DEBUG' }, prod: { allowed: /^info$/iu, otherwise: 'INFO' } },
};

/**
 * The parameters of a template that are called for the stage or the log level, with the value that fits: one of the allowed ones, else the
 * usual word in the letter case of the default. A parameter that takes neither is left out.
 */
export function stageValues({ document }: Pick<TemplateFile, 'document'>, stage: Stage): readonly StageValue[] {
  const parameters = get(document.root, 'Parameters');
  if (parameters?.kind !== 'map') return [];
  return parameters.entries.flatMap(({ key, value }): readonly StageValue[] => {
    const name = String(key.value);
    const kind = isStageName(name) ? 'stage' : /^(?:app(?:lication)?)?_?log_?level$/iu.test(name) ? 'level' : undefined;
    const fit = kind && fitting(value, wanted[kind][stage]);
    const before = stringOf(get(value, 'Default'));
    const isFit = before !== undefined && (before === fit || (kind !== undefined && (wanted[kind][stage].allowed.test(before) || (stage === 'dev' && /^(?:local|sandbox|te?st|trace)$/iu.test(before)))));
    return fit === undefined ? [] : [{ name, value: fit, key, isOverride: !isFit }];
  });
}

/** Whether a parameter is called for the stage of a stack. */
export function isStageName(name: string): boolean {
  return /^(?:app|deploy(?:ment)?)?_?(?:stage|env|environment)_?(?:name)?$/iu.test(name);
}

function fitting(parameter: YamlNode, { allowed, otherwise }: { readonly allowed: RegExp; readonly otherwise: string }): string | undefined {
  if ((stringOf(get(parameter, 'Type')) ?? 'String') !== 'String') return undefined;
  const values = get(parameter, 'AllowedValues');
  if (values?.kind === 'list') return values.items.map(stringOf).find((value) => value !== undefined && allowed.test(value));
  if (get(parameter, 'AllowedPattern') || get(parameter, 'MinLength') || get(parameter, 'MaxLength')) return undefined;
  const before = stringOf(get(parameter, 'Default'));
  // Who writes `development` writes `production`.
  const long = before !== undefined && /^development$/iu.test(before) && allowed.test('production') ? 'production' : otherwise;
  return before !== undefined && before === before.toLowerCase() && before !== '' ? long.toLowerCase() : long;
}
