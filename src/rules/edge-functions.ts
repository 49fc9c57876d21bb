import { referencesIn } from '../iam/references.ts';
import type { LambdaFunction } from '../model/function.ts';
import { once } from '../base/once.ts';
import type { EvaluatedTemplate } from '../project/template/evaluate.ts';
import { get, stringOf, type YamlNode } from '../syntax/yaml.ts';
import { roleOf } from '../iam/roles.ts';

/**
 * Whether CloudFront runs a function: by an association of the template, or because its role trusts edgelambda.amazonaws.com. Such functions take no
 * variables, layers, tracing, log group of their own, arm64 or provisioned concurrency, and log in the Region of the viewer; for viewer events 128 MB are all
 * there is. Source: CloudFront developer guide, "Restrictions on Lambda@Edge".
 */
export function runsAtEdge(fn: LambdaFunction, template: EvaluatedTemplate): boolean {
  if (isTrusted(fn.property('AssumeRolePolicyDocument'))) return true;
  const role = template.resources.find(({ logicalId }) => logicalId === roleOf(fn));
  return isTrusted(get(role?.ownProperties, 'AssumeRolePolicyDocument')) || associated(template).has(fn.logicalId);
}

function isTrusted(node: YamlNode | undefined): boolean {
  if (!node) return false;
  if (node.kind === 'list') return node.items.some(isTrusted);
  return node.kind === 'map' ? node.entries.some(({ value }) => isTrusted(value)) : stringOf(node) === 'edgelambda.amazonaws.com';
}

const associated: (template: EvaluatedTemplate) => ReadonlySet<string> = once(({ resources }: EvaluatedTemplate) =>
  new Set(resources.filter(({ type }) => type === 'AWS::CloudFront::Distribution').flatMap(({ ownProperties }) => (ownProperties ? arnsIn(ownProperties) : []))));

/** Logical IDs that any LambdaFunctionARN of a distribution names. */
function arnsIn(node: YamlNode): readonly string[] {
  if (node.kind === 'list') return node.items.flatMap(arnsIn);
  if (node.kind !== 'map') return [];
  return node.entries.flatMap(({ key, value }) => (key.value === 'LambdaFunctionARN' ? [...referencesIn(value)] : arnsIn(value)));
}
