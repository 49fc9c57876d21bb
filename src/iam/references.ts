import { member, membersOf, nameOf, textOf } from '../project/template/nodes.ts';
import type { EvaluatedTemplate } from '../project/template/evaluate.ts';
import type { YamlNode } from '../syntax/yaml.ts';

/** Every name that Ref, Fn::GetAtt, Fn::Sub and DependsOn of a node mention. */
export function referencesIn(node: YamlNode): ReadonlySet<string> {
  const found = new Set<string>();
  collect(node, found);
  return found;
}

function collect(node: YamlNode, found: Set<string>): void {
  if (node.kind === 'list') for (const item of node.items) collect(item, found);
  if (node.kind !== 'map') return;
  for (const entry of membersOf(node)) {
    const name = nameOf(entry);
    if (name === 'Ref' || name === 'Fn::GetAtt' || name === 'DependsOn') for (const text of textsIn(entry.value)) found.add(text.split('.')[0] ?? '');
    if (name === 'Fn::Sub') for (const text of textsIn(entry.value)) for (const match of text.matchAll(/\$\{([^!}.]+)/gu)) found.add(match[1]?.trim() ?? '');
    collect(entry.value, found);
  }
}

function textsIn(node: YamlNode): readonly string[] {
  if (node.kind === 'list') return node.items.flatMap((item) => textOf(item) ?? []);
  const text = textOf(node);
  return text === undefined ? [] : [text];
}

/** Everything that a resource depends on, directly or not, with the events that make one resource depend on a function. */
export function reachedFrom(logicalId: string, template: EvaluatedTemplate): ReadonlySet<string> {
  const edges = new Map(template.resources.map((resource) => [resource.logicalId, new Set(referencesIn(resource.node))]));
  for (const { logicalId: own, type, node } of template.resources) {
    if (!type.startsWith('AWS::Serverless::')) continue;
    edges.get(own)?.add(`${own}Role`);
    // A bucket or user pool with events of a function refers to that function once SAM has transformed the template.
    for (const { value } of membersOf(member(member(node, 'Properties'), 'Events'))) {
      if (/^(?:S3|Cognito)$/u.test(textOf(member(value, 'Type')) ?? '')) for (const source of referencesIn(value)) edges.get(source)?.add(own);
    }
  }
  const reached = new Set<string>();
  const waiting = [logicalId];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const next of edges.get(id) ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      waiting.push(next);
    }
  }
  return reached;
}
