import type { YamlNode } from '../../syntax/yaml.ts';
import type { EvaluatedResource, EvaluatedTemplate } from './evaluate.ts';
import { kindOf, member, textOf } from './nodes.ts';

/** Where a template says that code, content or another template is. */
export type Location =
  /** A path relative to the template's folder, as written; `node` is absent for a default. */
  | { readonly kind: 'local'; readonly path: string; readonly node: YamlNode | undefined }
  /** An S3 or registry address. */
  | { readonly kind: 'remote'; readonly text: string; readonly node: YamlNode }
  | { readonly kind: 'inline'; readonly text: string; readonly node: YamlNode }
  | { readonly kind: 'unresolved'; readonly why: string; readonly node: YamlNode }
  | { readonly kind: 'absent' };

/** The resource types that are functions. */
export const functionTypes = ['AWS::Serverless::Function', 'AWS::Lambda::Function'] as const;

/** The resource types that are Lambda layers. */
export const layerTypes = ['AWS::Serverless::LayerVersion', 'AWS::Lambda::LayerVersion'] as const;

/** True for a function's resource. */
export function isFunction(resource: EvaluatedResource): boolean {
  return (functionTypes as readonly string[]).includes(resource.type);
}

/** True for a Lambda layer's resource. */
export function isLayer(resource: EvaluatedResource): boolean {
  return (layerTypes as readonly string[]).includes(resource.type);
}

/** A zip function's code: CodeUri or InlineCode, for AWS::Lambda::Function its Code; sam's default is the template's folder. */
export function codeLocation(resource: EvaluatedResource, template: EvaluatedTemplate): Location {
  const isServerless = resource.type === 'AWS::Serverless::Function';
  const inline = member(resource.properties, 'InlineCode') ?? member(member(resource.properties, 'Code'), 'ZipFile');
  if (inline) return { kind: 'inline', text: textOf(inline) ?? '', node: inline };
  const location = locationOf(member(resource.properties, isServerless ? 'CodeUri' : 'Code'), template);
  return location.kind === 'absent' ? { kind: 'local', path: '.', node: undefined } : location;
}

/** A function's ImageUri. */
export function imageLocation(resource: EvaluatedResource, template: EvaluatedTemplate): Location {
  const node = member(resource.properties, 'ImageUri') ?? member(member(resource.properties, 'Code'), 'ImageUri');
  const location = locationOf(node, template);
  if (location.kind !== 'local' || location.node === undefined) return location;
  // A path ends in .tar or .tar.gz; everything else is an address or a local tag.
  return /\.(?:tar|tar\.gz|tgz)$/u.test(location.path) ? location : { kind: 'remote', text: location.path, node: location.node };
}

/** A Lambda layer's content. */
export function contentLocation(resource: EvaluatedResource, template: EvaluatedTemplate): Location {
  const name = resource.type === 'AWS::Serverless::LayerVersion' ? 'ContentUri' : 'Content';
  return locationOf(member(resource.properties, name), template);
}

/** Another template that a nested application or stack names; undefined for other resources. */
export function nestedLocation(resource: EvaluatedResource, template: EvaluatedTemplate): Location | undefined {
  if (resource.type === 'AWS::Serverless::Application') return locationOf(member(resource.properties, 'Location'), template);
  if (resource.type === 'AWS::CloudFormation::Stack') return locationOf(member(resource.properties, 'TemplateURL'), template);
  return undefined;
}

function locationOf(node: YamlNode | undefined, template: EvaluatedTemplate): Location {
  if (!node || (node.kind === 'scalar' && node.value === null)) return { kind: 'absent' };
  const why = template.whyUnresolved(node);
  if (why !== undefined) return { kind: 'unresolved', why, node };
  const text = textOf(node);
  if (text === undefined) return mapLocation(node);
  return /^(?:s3|https?):\/\//iu.test(text) ? { kind: 'remote', text, node } : { kind: 'local', path: text, node };
}

function mapLocation(node: YamlNode): Location {
  const bucket = member(node, 'Bucket') ?? member(node, 'S3Bucket');
  if (bucket) {
    const key = member(node, 'Key') ?? member(node, 'S3Key');
    return { kind: 'remote', text: `s3://${textOf(bucket) ?? '…'}/${textOf(key) ?? '…'}`, node };
  }
  const application = member(node, 'ApplicationId');
  if (application) return { kind: 'remote', text: textOf(application) ?? 'a serverless application', node };
  return { kind: 'unresolved', why: `it is ${kindOf(node)}, not a path or an address`, node };
}
