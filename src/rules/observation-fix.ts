import type { Edit, Fix } from '../edits/edit.ts';
import type { TemplateFile } from '../project/project.ts';
import type { EvaluatedResource, EvaluatedTemplate } from '../project/template/evaluate.ts';
import { addEntries, get, insertEntry, type YamlMap } from '../syntax/yaml.ts';
import type { Splice } from '../syntax/splice.ts';
import type { Observation } from './observation.ts';
import { valueText, type TemplateValue } from './template-text.ts';
import { isOwnMap } from './template-use.ts';

/** Days that logs are kept. */
export const keptDays = 30;

const wantedName = 'FunctionLogs';

/**
 * Gives functions a log group of the stack with an end, logs in JSON and tracing: in Globals where that reaches exactly the
 * functions that lack it, else one by one. Undefined where the template cannot be changed without touching more.
 * @param lacking functions whose role SAM makes, so that it may write to any log group and to X-Ray.
 */
export function observationFix(template: TemplateFile, evaluated: EvaluatedTemplate, lacking: readonly Observation[], isForAll: boolean): Fix | undefined {
  const resources = get(template.document.root, 'Resources');
  if (!isOwnMap(resources) || lacking.length === 0) return undefined;
  const existing = evaluated.resources.find(({ logicalId, type }) => logicalId.startsWith(wantedName) && type === 'AWS::Logs::LogGroup');
  const name = existing?.logicalId ?? freeName(resources);
  const splices = (isForAll ? globalSplices(template, lacking, name) : undefined) ?? ownSplices(template, evaluated, lacking, name);
  if (splices.length === 0) return undefined;
  const needsGroup = !existing && lacking.some((one) => one.isKeptForever);
  const group: TemplateValue = { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: keptDays } };
  const made = needsGroup ? addEntries(template.document, resources, [[name, valueText(template, resources, group)]]) : [];
  const parts = [
    ...(lacking.some((one) => one.isKeptForever) ? [existing ? `keep logs in ${name}` : `keep logs ${keptDays} days in a log group of the stack`] : []),
    ...(lacking.some((one) => one.isText) ? ['write them as JSON'] : []),
    ...(lacking.some((one) => one.isUntraced) ? ['trace calls'] : []),
  ];
  return { title: parts.join(', '), safety: 'unsafe', edits: [...splices, ...made].map((splice) => edited(template, splice)) };
}

function edited(template: TemplateFile, splice: Splice): Edit {
  return { kind: 'splice', path: template.source.path, source: template.source, ...splice };
}

function freeName(resources: YamlMap): string {
  let name = wantedName;
  for (let count = 2; get(resources, name); count++) name = `${wantedName}${count}`;
  return name;
}

/** The entries that a LoggingConfig lacks, and Tracing, for a set of functions or for one. */
function wanted(lacking: readonly Observation[], name: string): { readonly logging: readonly (readonly [string, TemplateValue])[]; readonly isTraced: boolean } {
  const logging: (readonly [string, TemplateValue])[] = [];
  if (lacking.some((one) => one.isText)) logging.push(['LogFormat', 'JSON']);
  if (lacking.some((one) => one.isKeptForever)) logging.push(['LogGroup', { Ref: name }]);
  return { logging, isTraced: lacking.some((one) => one.isUntraced) };
}

function globalSplices(template: TemplateFile, lacking: readonly Observation[], name: string): readonly Splice[] | undefined {
  const { root } = template.document;
  const globals = get(root, 'Globals');
  const functions = get(globals, 'Function');
  const want = wanted(lacking, name);
  const all: TemplateValue = { ...(want.logging.length > 0 ? { LoggingConfig: Object.fromEntries(want.logging) } : {}), ...(want.isTraced ? { Tracing: 'Active' } : {}) };
  if (functions !== undefined) return isOwnMap(functions) ? propertySplices(template, functions, want) : undefined;
  if (globals !== undefined) return isOwnMap(globals) ? addEntries(template.document, globals, [['Function', valueText(template, globals, all)]]) : undefined;
  const before = root.entries.find((entry) => entry.key.value === 'Resources' && entry.merged !== true);
  return before && [insertEntry(template.document, root, before, 'Globals', valueText(template, root, { Function: all }))];
}

function ownSplices(template: TemplateFile, evaluated: EvaluatedTemplate, lacking: readonly Observation[], name: string): readonly Splice[] {
  return lacking.flatMap((one) => {
    const resource: EvaluatedResource | undefined = evaluated.resources.find(({ logicalId }) => logicalId === one.fn.logicalId);
    const node = get(template.document.root, 'Resources', one.fn.logicalId);
    const properties = get(node, 'Properties');
    if (!isOwnMap(node) || node !== resource?.node || !isOwnMap(properties)) return [];
    return propertySplices(template, properties, wanted([one], name)) ?? [];
  });
}

/** Into the Properties of a function or Globals.Function; undefined where a LoggingConfig there is no plain map. */
function propertySplices(template: TemplateFile, properties: YamlMap, { logging, isTraced }: ReturnType<typeof wanted>): readonly Splice[] | undefined {
  const { document } = template;
  const own = get(properties, 'LoggingConfig');
  if (own !== undefined && logging.length > 0 && !isOwnMap(own)) return undefined;
  const inside = isOwnMap(own) ? addEntries(document, own, logging.filter(([key]) => get(own, key) === undefined).map(([key, value]) => [key, valueText(template, own, value)])) : [];
  const beside: (readonly [string, TemplateValue])[] = [
    ...(own === undefined && logging.length > 0 ? [['LoggingConfig', Object.fromEntries(logging)] as const] : []),
    ...(isTraced && get(properties, 'Tracing') === undefined ? [['Tracing', 'Active'] as const] : []),
  ];
  return [...inside, ...addEntries(document, properties, beside.map(([key, value]) => [key, valueText(template, properties, value)]))];
}
