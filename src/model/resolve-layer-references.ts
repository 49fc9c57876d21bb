import { isLayer } from '../project/template/locations.ts';
import type { EvaluatedTemplate } from '../project/template/evaluate.ts';
import { kindOf, member, textOf } from '../project/template/nodes.ts';
import type { YamlNode } from '../syntax/yaml.ts';
import type { LayerReference } from './function.ts';
import type { ResourceReader } from './resource-values.ts';

/** A function's Layers: the project's own by logical ID, wherever in its stacks they are made, others by ARN. */
export function resolveLayerReferences(reader: ResourceReader, templates: readonly EvaluatedTemplate[]): readonly LayerReference[] {
  const node = member(reader.resource.properties, 'Layers');
  if (!node) return [];
  const why = reader.template.whyUnresolved(node);
  if (why !== undefined) return [{ kind: 'unresolved', why, place: reader.placeOf(node) }];
  if (node.kind !== 'list') {
    reader.remark(`Layers of ${reader.resource.logicalId} is ${kindOf(node)}, not a list`, node);
    return [];
  }
  return node.items.map((item) => referenceOf(item, reader, templates));
}

function referenceOf(node: YamlNode, reader: ResourceReader, templates: readonly EvaluatedTemplate[]): LayerReference {
  const own = ownLayer(node, reader.template, templates, 0);
  if (own) return own;
  const text = textOf(node);
  if (text !== undefined) return { kind: 'arn', arn: text };
  const why = reader.template.whyUnresolved(node) ?? `it is ${kindOf(node)}, not an ARN`;
  return { kind: 'unresolved', why, place: reader.placeOf(node) };
}

/** References lead through this many stacks at most. */
const deepest = 20;

/**
 * The project's own layer that an expression names: `!Ref Layer` or `!GetAtt Layer.LayerVersionArn` in the same template,
 * a parameter that the parent stack fills with such an expression, or an output of a nested stack.
 */
function ownLayer(node: YamlNode, template: EvaluatedTemplate, templates: readonly EvaluatedTemplate[], depth: number): LayerReference | undefined {
  const [name, ...attribute] = namesIn(node);
  if (name === undefined || depth > deepest) return undefined;
  const { stackPath } = template.template;
  const isOwn = template.resources.some((resource) => resource.logicalId === name && isLayer(resource));
  if (isOwn) return { kind: 'own', logicalId: name, fullPath: [...stackPath, name].join('/') };
  const at = (path: readonly string[]): EvaluatedTemplate | undefined => templates.find((other) => other.template.stackPath.join('/') === path.join('/'));
  const given = template.given.get(name);
  const parent = stackPath.length > 0 ? at(stackPath.slice(0, -1)) : undefined;
  if (given?.kind === 'unresolved' && parent) return ownLayer(given.node, parent, templates, depth + 1);
  const [section, output] = attribute.join('.').split('.');
  const nested = section === 'Outputs' && output !== undefined ? at([...stackPath, name]) : undefined;
  const value = nested && output !== undefined ? nested.output(output) : undefined;
  return nested && value ? ownLayer(value, nested, templates, depth + 1) : undefined;
}

/** The resource or parameter of a `Ref`, or the resource and attribute of a `Fn::GetAtt`. */
function namesIn(node: YamlNode): readonly string[] {
  const reference = textOf(member(node, 'Ref'));
  if (reference !== undefined) return [reference];
  const attribute = member(node, 'Fn::GetAtt');
  if (attribute?.kind === 'list') return attribute.items.map((item) => textOf(item) ?? '');
  return textOf(attribute)?.split('.') ?? [];
}
