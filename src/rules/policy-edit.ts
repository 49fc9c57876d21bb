import type { Span } from '../base/source.ts';
import type { Edit } from '../edits/edit.ts';
import type { StatementGroup } from '../iam/narrow.ts';
import { fittingTemplate } from '../iam/policy-templates.ts';
import type { Container, Grant, ManagedPolicy, Statement } from '../iam/statements.ts';
import { lineStart, nextLine, type Splice } from '../syntax/splice.ts';
import { appendItem, removeEntry, setEntry, type YamlDocument, type YamlList, type YamlNode } from '../syntax/yaml.ts';
import { actionText, indent, policyText, resourceText, statementText, styleOf, templateText, type Style } from './policy-text.ts';

/** Puts groups in the place of a grant; undefined where the text does not allow it without touching something else. */
export function replaceGrant(document: YamlDocument, grant: Grant, groups: readonly StatementGroup[]): readonly Edit[] | undefined {
  const splices = grant.kind === 'managed' ? replaceManaged(document, grant, groups) : replaceStatement(document, grant, groups);
  return splices?.map((splice) => editOf(document, splice));
}

/**
 * Takes a grant out, together with the lists around it that it leaves empty.
 * @param going the nodes of everything that goes in the same round.
 */
export function removeGrant(document: YamlDocument, grant: Grant, going: ReadonlySet<YamlNode>): readonly Edit[] | undefined {
  const within = grant.kind === 'statement' ? grant.policy : undefined;
  const steps: readonly { readonly node: YamlNode; readonly inside: Container }[] = [{ node: grant.node, inside: grant.inside }, ...(within ? [{ node: within.node, inside: within.inside }] : [])];
  for (const { node, inside } of steps) {
    const items = inside.list?.items ?? [node];
    const isLast = items.every((item) => going.has(item) || item === node);
    if (!isLast && inside.list) return edited(document, removeItem(document, inside.list, node));
    if (inside.key === 'Policies' || inside.key === 'ManagedPolicyArns') return edited(document, withoutComment(document, removeEntry(document, inside.map, inside.key)));
    if (node === within?.node || !within) return undefined;
  }
  return undefined;
}

function edited(document: YamlDocument, splice: Splice | undefined): readonly Edit[] | undefined {
  return splice ? [editOf(document, splice)] : undefined;
}

function editOf({ source }: YamlDocument, { start, end, text }: Splice): Edit {
  return { kind: 'splice', path: source.path, source, start, end, text };
}

/** A comment would go with the text. */
function withoutComment(document: YamlDocument, splice: Splice | undefined): Splice | undefined {
  return splice && hasComment(document, splice) ? undefined : splice;
}

function hasComment({ source }: YamlDocument, { start, end }: Span): boolean {
  return /(?:^|\s)#/u.test(source.text.slice(start, end));
}

function replaceStatement(document: YamlDocument, statement: Statement, groups: readonly StatementGroup[]): readonly Splice[] | undefined {
  const { node, inside, policy, resourceNode, actionNode } = statement;
  if ([node, actionNode, resourceNode].some((one) => one.alias !== undefined || one.anchor !== undefined)) return undefined;
  const whole = policy && templateSplice(document, statement, groups);
  if (whole) return [whole];
  const style = styleOf(document, node);
  // Comments among the items of a list would go with it.
  if ([actionNode, resourceNode].some(({ span }) => hasComment(document, span))) return undefined;
  const [first, ...rest] = inside.list && !statement.hasCondition ? groups : merged(groups);
  if (!first) return undefined;
  const splices = [
    ...(isSame(first.actions, statement.actions) ? [] : [setEntry(document, node, 'Action', actionText(document, first.actions, style === 'block' ? styleOf(document, actionNode) : style))]),
    ...(first.arns ? [setEntry(document, node, 'Resource', resourceText(document, first.arns, style === 'block' ? styleOf(document, resourceNode) : style))] : []),
    ...(inside.list ? rest.map((group) => appendItem(document, inside.list as YamlList, statementText(document, group, written(document, resourceNode), styleOf(document, inside.list as YamlList)))) : []),
  ];
  return splices;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}

/** Several groups in one statement, where it cannot be split: on all of their resources. */
function merged(groups: readonly StatementGroup[]): readonly StatementGroup[] {
  if (groups.length === 0) return [];
  const isBound = groups.every(({ arns }) => arns !== undefined);
  return [{ actions: groups.flatMap(({ actions }) => actions), arns: isBound ? groups.flatMap(({ arns }) => arns ?? []) : undefined }];
}

function written({ source }: YamlDocument, node: YamlNode): string {
  return source.text.slice(node.span.start, node.span.end);
}

/** A SAM policy template in the place of a policy that is this one statement. */
function templateSplice(document: YamlDocument, { holder, policy, inside, hasCondition }: Statement, groups: readonly StatementGroup[]): Splice | undefined {
  const [group] = groups;
  if (holder.role !== undefined || hasCondition || !policy || !group || groups.length > 1 || (inside.list && inside.list.items.length > 1)) return undefined;
  const fitting = fittingTemplate(group);
  const { node } = policy;
  if (!fitting || node.alias !== undefined || node.anchor !== undefined || !policy.inside.list) return undefined;
  return withoutComment(document, inPlace(document, node, templateText(document, fitting, styleOf(document, node))));
}

/** Text in the place of a node, its later lines under its first. */
function inPlace({ source, newline }: YamlDocument, { span }: YamlNode, text: string): Splice {
  const column = span.start - lineStart(source.text, span.start);
  return { ...span, text: indent(text, column).trimStart().replaceAll('\n', newline) };
}

function replaceManaged(document: YamlDocument, { holder, node, inside }: ManagedPolicy, groups: readonly StatementGroup[]): readonly Splice[] | undefined {
  if (holder.role !== undefined || node.alias !== undefined || node.anchor !== undefined) return undefined;
  const style: Style = styleOf(document, inside.list ?? inside.map);
  const every = style === 'json' ? '"*"' : "'*'";
  const templates = groups.map(fittingTemplate);
  const statements = groups.filter((_, i) => !templates[i]).map((group) => statementText(document, group, every, style));
  const items = [...templates.flatMap((one) => (one ? [templateText(document, one, style)] : [])), ...(statements.length > 0 ? [policyText(statements, style)] : [])];
  const [first = '', ...rest] = items;
  if (inside.list) {
    if (node.kind !== 'scalar') return undefined;
    const list = inside.list;
    return style === 'block' ? [inPlace(document, node, first), ...rest.map((item) => appendItem(document, list, item))] : [{ ...node.span, text: items.join(', ') }];
  }
  return [setEntry(document, inside.map, inside.key, style === 'block' ? `\n${items.map((item) => `- ${indent(item, 2).trimStart()}`).join('\n')}` : `[${items.join(', ')}]`)];
}

/** Takes an item out of a list with its lines, or from its brackets. */
function removeItem(document: YamlDocument, list: YamlList, node: YamlNode): Splice | undefined {
  const { text } = document.source;
  const index = list.items.indexOf(node);
  if (index < 0) return undefined;
  const span = node.alias ?? node.span;
  if (!list.flow) {
    const start = lineStart(text, span.start);
    if (!/^\s*-\s+$/u.test(text.slice(start, span.start)) || span.end < span.start) return undefined;
    return withoutComment(document, { start, end: nextLine(text, span.end), text: '' });
  }
  const next = list.items[index + 1];
  const before = list.items[index - 1];
  if (next) return { start: span.start, end: (next.alias ?? next.span).start, text: '' };
  return before ? { start: (before.alias ?? before.span).end, end: span.end, text: '' } : undefined;
}
