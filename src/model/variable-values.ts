import { get, stringOf, type YamlNode } from '../syntax/yaml.ts';
import type { LambdaFunction } from './function.ts';

/** More values than this tell nothing. */
const most = 24;

/** The names of a function's environment variables, those that Globals give it too. */
export function variableNames(fn: LambdaFunction): readonly string[] {
  return [...new Set(mapsOf(fn).flatMap((map) => (map?.kind === 'map' ? map.entries.map(({ key }) => String(key.value)) : [])))];
}

/**
 * Every value that an environment variable of a function may have, whatever parameters a deployment passes: literals, parameters with
 * AllowedValues, both branches of Fn::If, all of a mapping. undefined where a deployment may choose another, or the variable is not set.
 */
export function variableValues(fn: LambdaFunction, name: string): readonly string[] | undefined {
  const node = mapsOf(fn).map((map) => get(map, name)).find((one) => one !== undefined);
  const values = node && valuesOf(node, fn.template.document.root);
  return values && values.length <= most ? [...new Set(values)] : undefined;
}

/** The function's own variables count before those of Globals. */
function mapsOf({ resource, template }: LambdaFunction): readonly (YamlNode | undefined)[] {
  return [get(resource, 'Properties', 'Environment', 'Variables'), get(template.document.root, 'Globals', 'Function', 'Environment', 'Variables')];
}

function valuesOf(node: YamlNode, root: YamlNode): readonly string[] | undefined {
  if (node.kind === 'scalar') return node.value === null ? undefined : [String(node.value)];
  if (node.kind !== 'map') return undefined;
  const parameter = stringOf(get(node, 'Ref'));
  if (parameter !== undefined) return allowedValues(parameter, root);
  const choice = get(node, 'Fn::If');
  if (choice?.kind === 'list') return united(choice.items.slice(1).map((one) => valuesOf(one, root)));
  const mapping = get(node, 'Fn::FindInMap');
  if (mapping?.kind === 'list') return mappedValues(mapping.items, root);
  const text = stringOf(get(node, 'Fn::Sub'));
  return text === undefined ? undefined : substituted(text, root);
}

function allowedValues(parameter: string, root: YamlNode): readonly string[] | undefined {
  const allowed = get(root, 'Parameters', parameter, 'AllowedValues');
  if (allowed?.kind !== 'list' || allowed.items.length === 0) return undefined;
  return united(allowed.items.map((one) => (one.kind === 'scalar' && one.value !== null ? [String(one.value)] : undefined)));
}

/** `[Formats, !Ref Stage, Output]`: what has that last name, of every first one; all of the mapping where the name is no literal. */
function mappedValues([name, , last]: readonly YamlNode[], root: YamlNode): readonly string[] | undefined {
  const mapping = name && get(root, 'Mappings', stringOf(name) ?? '');
  if (mapping?.kind !== 'map') return undefined;
  const wanted = last && stringOf(last);
  return united(mapping.entries.flatMap(({ value }) => (value.kind === 'map' ? value.entries.filter(({ key }) => wanted === undefined || String(key.value) === wanted).map((entry) => valuesOf(entry.value, root)) : [undefined])));
}

function substituted(text: string, root: YamlNode): readonly string[] | undefined {
  let all: readonly string[] = [''];
  for (const part of text.split(/(\$\{[^}]*\})/u)) {
    const name = /^\$\{([^!].*)\}$/u.exec(part)?.[1];
    const values = name === undefined ? [part.replace(/^\$\{!/u, '${')] : allowedValues(name, root);
    if (!values) return undefined;
    all = all.flatMap((start) => values.map((end) => start + end)).slice(0, most + 1);
  }
  return all;
}

function united(parts: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  return parts.length === 0 || parts.some((part) => part === undefined) ? undefined : parts.flatMap((part) => part ?? []);
}
