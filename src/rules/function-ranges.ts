import type { LambdaFunction } from '../model/function.ts';
import { limits } from '../model/limits.ts';
import type { EvaluatedTemplate } from '../project/template/evaluate.ts';
import { get, type YamlNode } from '../syntax/yaml.ts';
import { isLiteral } from './template-use.ts';

/** A property's value that Lambda does not take. */
export interface BadValue {
  /** Of the property, as in the template. */
  readonly what: string;
  readonly node: YamlNode;
  /** To follow "Timeout of Fn": `is 1000 s; Lambda takes 1 to 900 s`. */
  readonly wrong: string;
  readonly advice: string;
  /** The text of the value that is surely meant, or the nearest that is taken; undefined where none suggests itself. */
  readonly nearest: string | undefined;
}

interface Range {
  readonly path: readonly string[];
  readonly least: number;
  readonly most: number;
  readonly unit: '' | ' MB' | ' s';
}

/** Sources: Lambda developer guide, "Lambda quotas"; Lambda API reference, CreateFunction, PutFunctionConcurrency, PutFunctionEventInvokeConfig, PutProvisionedConcurrencyConfig. */
const ranges: readonly Range[] = [
  { path: ['Timeout'], least: 1, most: limits.timeoutMaximum.value, unit: ' s' },
  { path: ['MemorySize'], least: limits.memoryMinimum.value, most: limits.memoryMaximum.value, unit: ' MB' },
  { path: ['EphemeralStorage', 'Size'], least: limits.ephemeralStorageMinimum.value, most: limits.ephemeralStorageMaximum.value, unit: ' MB' },
  { path: ['ReservedConcurrentExecutions'], least: 0, most: Infinity, unit: '' },
  { path: ['ProvisionedConcurrencyConfig', 'ProvisionedConcurrentExecutions'], least: 1, most: Infinity, unit: '' },
  { path: ['EventInvokeConfig', 'MaximumRetryAttempts'], least: 0, most: 2, unit: '' },
  { path: ['EventInvokeConfig', 'MaximumEventAgeInSeconds'], least: 60, most: 21_600, unit: ' s' },
];

/** The numbers of a function that are outside what Lambda takes. */
export function badNumbers(fn: LambdaFunction, template: EvaluatedTemplate): readonly BadValue[] {
  return ranges.flatMap((range) => {
    // Managed instances have other bounds.
    if (range.path[0] === 'MemorySize' && fn.property('CapacityProviderConfig') !== undefined) return [];
    const node = plainAt(fn, template, range.path);
    return node ? (badNumber(node, range) ?? []) : [];
  });
}

function plainAt(fn: LambdaFunction, template: EvaluatedTemplate, [name = '', ...rest]: readonly string[]): YamlNode | undefined {
  let node = fn.property(name);
  for (const part of rest) {
    if (!node || template.whyUnresolved(node) !== undefined) return undefined;
    node = get(node, part);
  }
  return node && template.whyUnresolved(node) === undefined ? node : undefined;
}

function badNumber(node: YamlNode, { path, least, most, unit }: Range): BadValue | undefined {
  if (node.kind !== 'scalar' || node.value === null) return undefined;
  const text = String(node.value).trim();
  const number = /^[-+]?\d+(?:\.\d+)?$/u.test(text) ? Number(text) : undefined;
  const takes = most === Infinity ? `Lambda takes ${least} or more` : `Lambda takes ${shown(least)} to ${shown(most)}${unit}`;
  const base = { what: path.join('.'), node, advice: `set it to ${most === Infinity ? `${least} or more` : `a whole number from ${least} to ${most}`}` };
  if (number === undefined) return { ...base, wrong: `is ${JSON.stringify(text)}, not a number; ${takes}`, nearest: undefined };
  if (!Number.isInteger(number)) return { ...base, wrong: `is ${text}${unit}; Lambda takes whole numbers`, nearest: undefined };
  if (number >= least && number <= most) return undefined;
  // A negative number was hardly meant to be the least.
  return { ...base, wrong: `is ${shown(number)}${unit}; ${takes}`, nearest: number > most ? String(most) : number >= 0 && least > 1 ? String(least) : undefined };
}

function shown(number: number): string {
  return number.toLocaleString('en-US');
}

/** Architectures, layers and environment variables that Lambda does not take. */
export function badOthers(fn: LambdaFunction, template: EvaluatedTemplate): readonly BadValue[] {
  return [...badArchitectures(fn, template), ...tooManyLayers(fn, template), ...badEnvironment(fn, template)];
}

const meant: ReadonlyMap<string, string> = new Map([
  ['arm', 'arm64'], ['arm_64', 'arm64'], ['arm-64', 'arm64'], ['aarch64', 'arm64'], ['graviton', 'arm64'], ['linux/arm64', 'arm64'],
  ['x86', 'x86_64'], ['x64', 'x86_64'], ['x86-64', 'x86_64'], ['amd64', 'x86_64'], ['linux/amd64', 'x86_64'], ['x84_64', 'x86_64'],
]);

function badArchitectures(fn: LambdaFunction, template: EvaluatedTemplate): readonly BadValue[] {
  const node = fn.property('Architectures');
  if (!node || template.whyUnresolved(node) !== undefined) return [];
  const what = 'Architectures';
  const advice = 'name one: x86_64 or arm64';
  if (node.kind === 'scalar' && isLiteral(template.template, node)) return [{ what, node, wrong: `is the text ${JSON.stringify(node.value)}, not a list`, advice: 'write it as a list: [x86_64] or [arm64]', nearest: undefined }];
  if (node.kind !== 'list' || node.items.some((item) => template.whyUnresolved(item) !== undefined)) return [];
  if (node.items.length > 1) return [{ what, node, wrong: `names ${node.items.length}; Lambda takes one`, advice, nearest: undefined }];
  return node.items.flatMap((item) => {
    const text = item.kind === 'scalar' ? String(item.value) : '';
    if (text === 'x86_64' || text === 'arm64' || text === '') return [];
    return [{ what, node: item, wrong: `is ${text}; Lambda knows x86_64 and arm64`, advice, nearest: meant.get(text.toLowerCase()) ?? (/^(?:arm64|x86_64)$/iu.test(text) ? text.toLowerCase() : undefined) }];
  });
}

function tooManyLayers(fn: LambdaFunction, template: EvaluatedTemplate): readonly BadValue[] {
  const node = fn.property('Layers');
  const most = limits.layers.value;
  if (node?.kind !== 'list' || template.whyUnresolved(node) !== undefined || node.items.length <= most) return [];
  const isCounted = node.items.every((item) => get(item, 'Fn::If') === undefined);
  if (!isCounted) return [];
  return [{ what: 'Layers', node, wrong: `are ${node.items.length}; Lambda takes ${most}`, advice: 'put several into one, those of Globals counted too', nearest: undefined }];
}

function badEnvironment(fn: LambdaFunction, template: EvaluatedTemplate): readonly BadValue[] {
  const node = plainAt(fn, template, ['Environment', 'Variables']);
  if (node?.kind !== 'map') return [];
  const bytes = Object.entries(fn.environment).reduce((sum, [name, value]) => sum + sizeOf(name) + (value.kind === 'known' ? sizeOf(value.value) : 0), 0);
  const large: BadValue[] = bytes <= limits.environment.value ? [] : [{
    what: 'Environment', node, wrong: `comes to ${shown(bytes)} bytes or more; Lambda takes ${shown(limits.environment.value)}`,
    advice: 'keep large values in a file, the Parameter Store or S3', nearest: undefined,
  }];
  const wrong = node.entries.filter(({ key }) => !/^[a-zA-Z][a-zA-Z0-9_]+$/u.test(String(key.value)) && !String(key.value).startsWith('Fn::'));
  return [...large, ...wrong.map(({ key }): BadValue => ({
    what: 'Environment', node: key, wrong: `has the variable ${String(key.value)}; Lambda takes names of two or more letters, digits and underscores, a letter first`,
    advice: 'rename the variable, here and in the code', nearest: undefined,
  }))];
}

function sizeOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
