import { isLayer } from '../project/template/locations.ts';
import { kindOf, member, textOf } from '../project/template/nodes.ts';
import type { YamlNode } from '../syntax/yaml.ts';
import type { LayerReference } from './function.ts';
import type { ResourceReader } from './resource-values.ts';

/** A function's Layers: the project's own by logical ID, others by ARN. */
export function resolveLayerReferences(reader: ResourceReader): readonly LayerReference[] {
  const node = member(reader.resource.properties, 'Layers');
  if (!node) return [];
  const why = reader.template.whyUnresolved(node);
  if (why !== undefined) return [{ kind: 'unresolved', why, place: reader.placeOf(node) }];
  if (node.kind !== 'list') {
    reader.remark(`Layers of ${reader.resource.logicalId} is ${kindOf(node)}, not a list`, node);
    return [];
  }
  return node.items.map((item) => referenceOf(item, reader));
}

function referenceOf(node: YamlNode, reader: ResourceReader): LayerReference {
  const own = referredName(node);
  const isOwn = own !== undefined && reader.template.resources.some((resource) => resource.logicalId === own && isLayer(resource));
  if (isOwn) return { kind: 'own', logicalId: own };
  const text = textOf(node);
  if (text !== undefined) return { kind: 'arn', arn: text };
  const why = reader.template.whyUnresolved(node) ?? `it is ${kindOf(node)}, not an ARN`;
  return { kind: 'unresolved', why, place: reader.placeOf(node) };
}

/** `!Ref Layer`, or `!GetAtt Layer.LayerVersionArn` as AWS::Lambda::LayerVersion offers it. */
function referredName(node: YamlNode): string | undefined {
  const reference = textOf(member(node, 'Ref'));
  if (reference !== undefined) return reference;
  const attribute = member(node, 'Fn::GetAtt');
  if (attribute?.kind === 'list') return textOf(attribute.items[0]);
  return textOf(attribute)?.split('.')[0];
}
