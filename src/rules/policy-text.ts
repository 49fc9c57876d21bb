import type { FittingTemplate } from '../iam/policy-templates.ts';
import type { ResourceArn } from '../iam/bind.ts';
import type { StatementGroup } from '../iam/narrow.ts';
import { quoteYaml, type YamlDocument, type YamlNode } from '../syntax/yaml.ts';
import { isJson } from '../syntax/yaml-quote.ts';

/** How a policy is written where it goes: on lines of its own, in braces, or as JSON. */
export type Style = 'block' | 'flow' | 'json';

/** The style of what stands around a node. */
export function styleOf(document: YamlDocument, node: YamlNode): Style {
  if (isJson(document)) return 'json';
  return node.kind !== 'scalar' && node.flow && node.tag === undefined ? 'flow' : 'block';
}

/** The value of `Action`. */
export function actionText(document: YamlDocument, actions: readonly string[], style: Style): string {
  return listText(actions.map((action) => (style === 'json' ? JSON.stringify(action) : quoteYaml(document, action))), style);
}

/** The value of `Resource`. */
export function resourceText(document: YamlDocument, arns: readonly ResourceArn[], style: Style): string {
  return listText(arns.map((arn) => arnText(document, arn, style)), style);
}

function listText(items: readonly string[], style: Style): string {
  const [first = '', ...rest] = items;
  if (rest.length === 0) return first;
  return style === 'block' ? `\n${items.map((item) => `- ${item}`).join('\n')}` : `[${items.join(', ')}]`;
}

/** `!GetAtt Table.Arn` and the like. */
export function arnText(document: YamlDocument, arn: ResourceArn, style: Style): string {
  switch (arn.kind) {
    case 'attribute':
      return style === 'json' ? `{"Fn::GetAtt": [${JSON.stringify(arn.logicalId)}, ${JSON.stringify(arn.attribute)}]}` : `!GetAtt ${arn.logicalId}.${arn.attribute}`;
    case 'ref':
      return style === 'json' ? `{"Ref": ${JSON.stringify(arn.logicalId)}}` : `!Ref ${arn.logicalId}`;
    case 'sub':
      return style === 'json' ? `{"Fn::Sub": ${JSON.stringify(arn.text)}}` : `!Sub ${JSON.stringify(arn.text)}`;
    case 'text':
      return style === 'json' ? JSON.stringify(arn.text) : quoteYaml(document, arn.text);
  }
}

/** A statement that allows a group's actions; `resource` stands where the group has no resources of its own. */
export function statementText(document: YamlDocument, group: StatementGroup, resource: string, style: Style): string {
  const actions = actionText(document, group.actions, style);
  const resources = group.arns ? resourceText(document, group.arns, style) : resource;
  if (style === 'json') return `{"Effect": "Allow", "Action": ${actions}, "Resource": ${resources}}`;
  if (style === 'flow') return `{Effect: Allow, Action: ${actions}, Resource: ${resources}}`;
  return ['Effect: Allow', entryText('Action', actions), entryText('Resource', resources)].join('\n');
}

/** An inline policy of SAM's Policies with these statements. */
export function policyText(statements: readonly string[], style: Style): string {
  if (style === 'json') return `{"Statement": [${statements.join(', ')}]}`;
  if (style === 'flow') return `{Statement: [${statements.join(', ')}]}`;
  return ['Statement:', ...statements.map((statement) => indent(`- ${indent(statement, 2).trimStart()}`, 2))].join('\n');
}

/** A SAM policy template with its parameter. */
export function templateText(document: YamlDocument, { name, parameter, value }: FittingTemplate, style: Style): string {
  const text = arnText(document, value, style);
  if (style === 'json') return `{${JSON.stringify(name)}: {${JSON.stringify(parameter)}: ${text}}}`;
  return style === 'flow' ? `{${name}: {${parameter}: ${text}}}` : `${name}:\n  ${parameter}: ${text}`;
}

function entryText(key: string, value: string): string {
  return value.startsWith('\n') ? `${key}:${indent(value, 2)}` : `${key}: ${value}`;
}

/** Every line but empty ones moved to the right. */
export function indent(text: string, columns: number): string {
  return text.split('\n').map((line) => (line === '' ? line : ' '.repeat(columns) + line)).join('\n');
}
