import type { Span } from '../base/source.ts';
import type { LambdaFunction, Model, Value } from '../model/function.ts';
import type { EvaluatedTemplate } from '../project/template/evaluate.ts';
import type { TemplateFile } from '../project/project.ts';
import { get, stringOf, type YamlMap, type YamlNode } from '../syntax/yaml.ts';
import { nameList } from './name-list.ts';

/** The functions of one template whose properties all stand in the project (no AWS::Include among them). */
export function functionsIn(template: TemplateFile, model: Model): readonly LambdaFunction[] {
  return model.functions.filter((fn) => fn.template === template && fn.property('Fn::Transform') === undefined);
}

/** A template, evaluated. */
export function evaluatedOf(template: TemplateFile, model: Model): EvaluatedTemplate | undefined {
  return model.templates.find((one) => one.template === template);
}

/** The types of all resources that a template names, also of those that no stack with the known parameters has. */
export function resourceTypes({ document }: TemplateFile): readonly string[] {
  const resources = get(document.root, 'Resources');
  return resources?.kind === 'map' ? resources.entries.flatMap(({ value }) => typesIn(value)) : [];
}

/** A loop holds its resources in a map or a list. */
function typesIn(node: YamlNode): readonly string[] {
  const type = stringOf(get(node, 'Type'));
  if (type !== undefined) return [type];
  if (node.kind === 'list') return node.items.flatMap(typesIn);
  return node.kind === 'map' ? node.entries.flatMap(({ value }) => typesIn(value)) : [];
}

/** `A`, `A and B`, `A, B, C and 4 more`. */
export function listed(names: readonly string[]): string {
  return nameList(names, { most: 4, shown: 3 });
}

/** Where a value was written, an alias where it is used; `fallback` for a default. */
export function spanOfValue(value: Value<unknown>, fallback: Span): Span {
  return value.node ? (value.node.alias ?? value.node.span) : fallback;
}

/** True when a value stands there as plain text of this file, not as what an expression, alias or loop comes to. */
export function isLiteral(template: TemplateFile, node: YamlNode | undefined): boolean {
  return node?.kind === 'scalar' && !node.alias && template.source.text.slice(node.span.start, node.span.end) === node.text;
}

/** True for a map of this file whose entries may be changed without changing others: no alias, no short tag. */
export function isOwnMap(node: YamlNode | undefined): node is YamlMap {
  return node?.kind === 'map' && !node.alias && node.tag === undefined && node.anchor === undefined;
}

/** A text that is known before deploying. */
export function textIn(template: EvaluatedTemplate, node: YamlNode | undefined): string | undefined {
  if (node?.kind !== 'scalar' || node.value === null || template.whyUnresolved(node) !== undefined) return undefined;
  return String(node.value);
}
