import type { LambdaFunction } from '../model/function.ts';
import { member, textOf } from '../project/template/nodes.ts';
import type { EvaluatedResource, EvaluatedTemplate } from '../project/template/evaluate.ts';
import type { YamlNode } from '../syntax/yaml.ts';
import { referencesIn } from './references.ts';

/** The role of the same template that a function names as `!GetAtt Role.Arn`. */
export function roleOf(subject: LambdaFunction): string | undefined {
  const attribute = member(member(subject.properties, 'Role'), 'Fn::GetAtt');
  if (attribute?.kind === 'list') return textOf(attribute.items[1]) === 'Arn' ? textOf(attribute.items[0]) : undefined;
  return /^(\w+)\.Arn$/u.exec(textOf(attribute) ?? '')?.[1];
}

/** Why a role may serve others than these functions; undefined when the template shows that it does not. */
export function roleUsers(role: EvaluatedResource, functions: readonly LambdaFunction[], template: EvaluatedTemplate): string | undefined {
  const properties = role.ownProperties;
  if (member(properties, 'RoleName')) return `${role.logicalId} has a name, by which others may use it`;
  const trust = member(properties, 'AssumeRolePolicyDocument');
  const statements = member(trust, 'Statement');
  const principals = itemsOf(statements).map((statement) => member(statement, 'Principal'));
  const services = principals.flatMap((principal) => itemsOf(member(principal, 'Service'))).map(textOf);
  const isLambdaAlone = principals.length > 0 && principals.every((principal) => principal?.kind === 'map' && principal.entries.length === 1) && services.every((service) => service === 'lambda.amazonaws.com');
  if (!isLambdaAlone) return `others than Lambda may assume ${role.logicalId}`;
  const names = new Set(functions.map(({ logicalId }) => logicalId));
  const other = template.resources.find(({ logicalId, type, node }) => logicalId !== role.logicalId && !names.has(logicalId) && !/^AWS::IAM::(?:Managed)?Policy$/u.test(type) && referencesIn(node).has(role.logicalId));
  if (other) return `${other.logicalId} refers to ${role.logicalId} as well`;
  const outputs = member(template.template.document.root, 'Outputs');
  return outputs && referencesIn(outputs).has(role.logicalId) ? `an output gives ${role.logicalId} away` : undefined;
}

function itemsOf(node: YamlNode | undefined): readonly YamlNode[] {
  if (!node) return [];
  return node.kind === 'list' ? node.items : [node];
}
