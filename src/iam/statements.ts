import type { LambdaFunction, Model } from '../model/function.ts';
import { member, textOf } from '../project/template/nodes.ts';
import type { EvaluatedResource, EvaluatedTemplate } from '../project/template/evaluate.ts';
import type { YamlList, YamlMap, YamlNode } from '../syntax/yaml.ts';
import { referencesIn } from './references.ts';
import { roleUsers, roleOf } from './roles.ts';

/** What a policy's permissions belong to. */
export interface Holder {
  readonly functions: readonly LambdaFunction[];
  readonly template: EvaluatedTemplate;
  /** The role of the template; undefined where SAM makes one for the function. */
  readonly role: string | undefined;
  /** Why something besides the functions may use the permissions. */
  readonly sharedBy: string | undefined;
}

/** A list or map that grants are written in, from the inside out: what an edit has to take out with the last of them. */
export interface Container {
  /** The map whose entry `key` holds `list`. */
  readonly map: YamlMap;
  readonly key: string;
  /** The value of the entry: a list of items, or the one item itself. */
  readonly list: YamlList | undefined;
}

/** A statement that allows something. */
export interface Statement {
  readonly kind: 'statement';
  readonly holder: Holder;
  /** As written. */
  readonly node: YamlMap;
  readonly actions: readonly string[];
  readonly actionNode: YamlNode;
  readonly resourceNode: YamlNode;
  /** `*` stands alone or among its resources. */
  readonly isEveryResource: boolean;
  /** What every one of the account is allowed of: `function` of `arn:aws:lambda:…:function:*`; undefined for narrower resources and for `*`. */
  readonly everyOf: string | undefined;
  readonly hasCondition: boolean;
  readonly inside: Container;
  /** The policy that the statement is one of, where it is an item of a list. */
  readonly policy: { readonly node: YamlNode; readonly inside: Container } | undefined;
}

/** A managed policy of AWS. */
export interface ManagedPolicy {
  readonly kind: 'managed';
  readonly holder: Holder;
  /** Without the ARN's beginning: `AmazonS3FullAccess`. */
  readonly name: string;
  readonly node: YamlNode;
  readonly inside: Container;
}

/** Something that grants permissions to functions. */
export type Grant = Statement | ManagedPolicy;

/** The grants of a template's functions: of SAM's Policies, and of roles in the same template with the policies attached to them. */
export function grantsIn(template: EvaluatedTemplate, model: Model): readonly Grant[] {
  const functions = model.functions.filter((one) => one.template === template.template);
  const own = functions.flatMap((subject) => functionGrants(subject, template));
  const roles = new Map<string, LambdaFunction[]>();
  for (const subject of functions) {
    const role = roleOf(subject);
    if (role !== undefined) roles.set(role, [...(roles.get(role) ?? []), subject]);
  }
  return [...own, ...[...roles].flatMap(([role, users]) => roleGrants(role, users, template))];
}

/** A SAM policy template that is given everything of its kind. */
export interface OpenTemplate {
  readonly subject: LambdaFunction;
  /** `S3CrudPolicy` */
  readonly name: string;
  /** `BucketName` */
  readonly parameter: string;
  readonly node: YamlNode;
}

/** The SAM policy templates of a template's functions where `*` stands for the name of the one resource. */
export function openTemplatesIn(template: EvaluatedTemplate, model: Model): readonly OpenTemplate[] {
  return model.functions.filter((one) => one.template === template.template && one.type === 'AWS::Serverless::Function' && !one.property('Role')).flatMap((subject) => {
    const policies = member(subject.properties, 'Policies');
    const items = policies?.kind === 'list' ? policies.items : policies ? [policies] : [];
    return items.flatMap((item) => (item.kind === 'map' ? item.entries : [])).flatMap(({ key, value }): readonly OpenTemplate[] => {
      const name = String(key.value);
      const open = /^[A-Z]\w*Policy$/u.test(name) && value.kind === 'map' ? value.entries.find((one) => textOf(one.value) === '*') : undefined;
      return open ? [{ subject, name, parameter: String(open.key.value), node: open.value }] : [];
    });
  });
}

function functionGrants(subject: LambdaFunction, template: EvaluatedTemplate): readonly Grant[] {
  const properties = subject.properties;
  const policies = member(properties, 'Policies');
  if (subject.type !== 'AWS::Serverless::Function' || properties?.kind !== 'map' || !policies || subject.property('Role')) return [];
  const holder: Holder = { functions: [subject], template, role: undefined, sharedBy: undefined };
  const list = policies.kind === 'list' ? policies : undefined;
  const named = (list?.items ?? [policies]).flatMap((item) => ownPolicy(item, template) ?? []);
  return [...policyItems({ map: properties, key: 'Policies', list }, policies, holder), ...named.flatMap((policy) => documentOf(policy, holder, undefined))];
}

/** The managed policy of the template that an item names by `!Ref`, where nothing else has it. */
function ownPolicy(item: YamlNode, { resources }: EvaluatedTemplate): YamlMap | undefined {
  const name = textOf(member(item, 'Ref'));
  const policy = resources.find(({ logicalId, type }) => logicalId === name && type === 'AWS::IAM::ManagedPolicy')?.ownProperties;
  if (name === undefined || !policy || ['Roles', 'Users', 'Groups'].some((key) => member(policy, key))) return undefined;
  return resources.filter(({ node }) => referencesIn(node).has(name)).length === 1 ? policy : undefined;
}

/** The policies of a list, or the one that stands alone. */
function policyItems(inside: Container, value: YamlNode, holder: Holder): readonly Grant[] {
  const items = inside.list?.items ?? [value];
  return items.flatMap((item): readonly Grant[] => {
    const text = textOf(item);
    if (text !== undefined) return [{ kind: 'managed', holder, name: text.replace(/^.*:policy\//u, '').replace(/^.*\//u, ''), node: item, inside }];
    return item.kind === 'map' && member(item, 'Statement') ? statementsIn(item, holder, { node: item, inside }) : [];
  });
}

function statementsIn(document: YamlMap, holder: Holder, policy: Statement['policy']): readonly Statement[] {
  const value = member(document, 'Statement');
  if (!value) return [];
  const inside: Container = { map: document, key: 'Statement', list: value.kind === 'list' ? value : undefined };
  return (inside.list?.items ?? [value]).flatMap((node): readonly Statement[] => {
    const actionNode = member(node, 'Action');
    const resourceNode = member(node, 'Resource');
    if (node.kind !== 'map' || !actionNode || !resourceNode || textOf(member(node, 'Effect')) !== 'Allow' || node.alias) return [];
    const actions = (actionNode.kind === 'list' ? actionNode.items : [actionNode]).map(textOf);
    if (!actions.every((action) => action !== undefined)) return [];
    return [{ kind: 'statement', holder, node, actions, actionNode, resourceNode, isEveryResource: isEvery(resourceNode), everyOf: everyOf(resourceNode), hasCondition: member(node, 'Condition') !== undefined, inside, policy }];
  });
}

function roleGrants(role: string, functions: readonly LambdaFunction[], template: EvaluatedTemplate): readonly Grant[] {
  const resource = template.resources.find(({ logicalId, type }) => logicalId === role && type === 'AWS::IAM::Role');
  const properties = resource?.ownProperties;
  if (!resource || !properties) return [];
  const holder: Holder = { functions, template, role, sharedBy: roleUsers(resource, functions, template) };
  const managed = member(properties, 'ManagedPolicyArns');
  const arns = managed?.kind === 'list' ? policyItems({ map: properties, key: 'ManagedPolicyArns', list: managed }, managed, holder).filter(({ kind }) => kind === 'managed') : [];
  const attached = template.resources.filter((one) => isAttached(one, role)).map(({ ownProperties }) => ownProperties);
  return [...inlinePolicies(properties, holder), ...arns, ...attached.flatMap((policy) => documentOf(policy, holder, undefined))];
}

/** AWS::IAM::Policy and ManagedPolicy that name this role alone. */
function isAttached({ type, ownProperties }: EvaluatedResource, role: string): boolean {
  const roles = member(ownProperties, 'Roles');
  return /^AWS::IAM::(?:Managed)?Policy$/u.test(type) && roles?.kind === 'list' && roles.items.length === 1 && textOf(member(roles.items[0], 'Ref')) === role && !member(ownProperties, 'Users') && !member(ownProperties, 'Groups');
}

function inlinePolicies(properties: YamlMap, holder: Holder): readonly Grant[] {
  const policies = member(properties, 'Policies');
  if (policies?.kind !== 'list') return [];
  const inside: Container = { map: properties, key: 'Policies', list: policies };
  return policies.items.flatMap((item) => documentOf(item, holder, { node: item, inside }));
}

function documentOf(policy: YamlNode | undefined, holder: Holder, item: Statement['policy']): readonly Grant[] {
  const document = member(policy, 'PolicyDocument');
  return document?.kind === 'map' ? statementsIn(document, holder, item) : [];
}

function isEvery(node: YamlNode): boolean {
  return node.kind === 'list' ? node.items.some(isEvery) : textOf(node) === '*';
}

/** Of lists the first that is that wide. */
function everyOf(node: YamlNode): string | undefined {
  if (node.kind === 'list') return node.items.map(everyOf).find((one) => one !== undefined);
  const sub = member(node, 'Fn::Sub');
  const text = textOf(node) ?? textOf(sub);
  if (text === undefined) return undefined;
  if (/^arn:[^:]+:s3:::\*(?:\/\*)?$/u.test(text)) return 'bucket';
  return /^arn:[^:]+:[\w-]+:(?:[^:]*):(?:[^:{]*|\$\{[^}]*\}):([a-z][a-z-]*)[:/]\*(?:\/\*)?$/u.exec(text.replaceAll('${AWS::', '${AWS.'))?.[1];
}
