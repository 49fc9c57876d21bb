import type { LambdaFunction } from '../model/function.ts';
import { member, membersOf, nameOf, textOf } from '../project/template/nodes.ts';
import type { EvaluatedResource } from '../project/template/evaluate.ts';
import type { YamlNode } from '../syntax/yaml.ts';
import type { NamedBy, Need, Part } from './need.ts';
import { reachedFrom } from './references.ts';
import type { Holder } from './statements.ts';

/** A resource of a statement. */
export type ResourceArn =
  | { readonly kind: 'attribute'; readonly logicalId: string; readonly attribute: string }
  | { readonly kind: 'ref'; readonly logicalId: string }
  | { readonly kind: 'sub'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string };

/** What a need acts on, as ARNs; undefined with the reason where it cannot be told. */
export type Bound = { readonly arns: readonly ResourceArn[] } | { readonly why: string };

type Types = Readonly<Record<string, Readonly<Partial<Record<Part, (id: string) => ResourceArn>>>>>;

const attribute = (logicalId: string): ResourceArn => ({ kind: 'attribute', logicalId, attribute: 'Arn' });
const ref = (logicalId: string): ResourceArn => ({ kind: 'ref', logicalId });
const sub = (text: (id: string) => string) => (id: string): ResourceArn => ({ kind: 'sub', text: text(id) });
const table = { table: attribute, index: sub((id) => `\${${id}.Arn}/index/*`) };

/** The ARNs of resource types. Source: CloudFormation's template reference, "Return values" of each. */
const arnsByType: Types = {
  'AWS::S3::Bucket': { bucket: attribute, object: sub((id) => `\${${id}.Arn}/*`) },
  'AWS::DynamoDB::Table': table, 'AWS::Serverless::SimpleTable': table,
  'AWS::SQS::Queue': { queue: attribute }, 'AWS::SNS::Topic': { topic: ref }, 'AWS::SecretsManager::Secret': { secret: ref },
  'AWS::Lambda::Function': { function: attribute }, 'AWS::Serverless::Function': { function: attribute },
  'AWS::StepFunctions::StateMachine': { stateMachine: ref }, 'AWS::Serverless::StateMachine': { stateMachine: ref },
  'AWS::Kinesis::Stream': { stream: attribute }, 'AWS::KinesisFirehose::DeliveryStream': { deliveryStream: attribute },
  'AWS::KMS::Key': { key: attribute }, 'AWS::Cognito::UserPool': { userPool: attribute },
  'AWS::SSM::Parameter': { parameter: sub((id) => `arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter/\${${id}}`) },
};

/** ARNs of resources that only a name is known of, in this account and region. */
const arnsByName: Readonly<Partial<Record<Part, (name: string) => string>>> = {
  bucket: (name) => `arn:\${AWS::Partition}:s3:::${name}`,
  object: (name) => `arn:\${AWS::Partition}:s3:::${name}/*`,
};

/** Attributes that identify a resource as well as Ref does. */
const identifying = /^(?:Arn|QueueUrl|QueueName|TopicArn|TopicName|Name|Id|KeyId|UserPoolId|TableName)$/u;

/** What a need of a function acts on, where it leads to resources of the template or to names written in it. */
export function bind(need: Need, subject: LambdaFunction, holder: Holder): Bound {
  if (need.part === 'any') return { arns: [] };
  if (need.call === 'Lambda' || need.call === 'SAM') return { why: `Lambda itself needs ${need.action}` };
  if (!need.on || need.on.length === 0) return { why: `${need.call} does not tell what it acts on` };
  const arns: ResourceArn[] = [];
  for (const named of need.on) {
    const bound = bindOne(named, need, subject, holder);
    if (typeof bound === 'string') return { why: bound };
    arns.push(bound);
  }
  return { arns };
}

function bindOne(named: NamedBy, need: Need, subject: LambdaFunction, holder: Holder): ResourceArn | string {
  if (named.kind === 'text') return byName(named.text, need);
  const node = variableNode(subject, named.name);
  if (!node) return `${need.call} takes the variable ${named.name}, which the template does not set`;
  const plain = textOf(node);
  if (plain !== undefined) return byName(plain, need);
  const id = referredIn(node);
  const resource = holder.template.resources.find(({ logicalId }) => logicalId === id);
  if (id === undefined || !resource) return byParameter(id, named.name, need, holder);
  const arn = arnsByType[resource.type]?.[need.part];
  if (!arn) return `${named.name} leads to ${id}, of which shear does not know the ARN that ${need.action} takes`;
  if (isSlashed(resource)) return `${id} has a name that starts with a slash, or cannot be told`;
  return refusal(id, resource, subject, holder) ?? arn(id);
}

/** Why a statement must not name a resource that the function itself refers to. */
function refusal(id: string, resource: EvaluatedResource, subject: LambdaFunction, holder: Holder): string | undefined {
  const owners = holder.role === undefined ? [subject.logicalId, `${subject.logicalId}Role`] : [holder.role];
  const reached = reachedFrom(id, holder.template);
  if (owners.some((owner) => reached.has(owner))) return `${id} itself depends on the function, and CloudFormation takes no circle`;
  const condition = textOf(member(resource.node, 'Condition'));
  const own = holder.role === undefined ? subject.resource : holder.template.resources.find(({ logicalId }) => logicalId === holder.role)?.node;
  if (condition !== undefined && condition !== textOf(member(own, 'Condition'))) return `${id} is made under the condition ${condition} alone`;
  return undefined;
}

/** An SSM parameter's ARN has one slash before its name, whether the name has it or not. */
function isSlashed({ type, ownProperties }: EvaluatedResource): boolean {
  const name = member(ownProperties, 'Name');
  return type === 'AWS::SSM::Parameter' && name !== undefined && (textOf(name) ?? '/').startsWith('/');
}

function byName(name: string, { part, call }: Need): ResourceArn | string {
  const isArn = /^arn:aws[\w-]*:(?:sns|states|secretsmanager):[\w-]+:\d{12}:\S+$/u.test(name) && /^(?:topic|stateMachine|secret)$/u.test(part);
  if (isArn) return { kind: 'text', text: name };
  const arn = arnsByName[part];
  return arn && /^[\w.-]{1,255}$/u.test(name) ? { kind: 'sub', text: arn(name) } : `${call} names ${name}, which is none of the template's resources`;
}

/** A template's parameter that names a bucket. */
function byParameter(id: string | undefined, variable: string, { part, call }: Need, holder: Holder): ResourceArn | string {
  const parameter = id === undefined ? undefined : member(member(holder.template.template.document.root, 'Parameters'), id);
  const arn = arnsByName[part];
  const fallback = textOf(member(parameter, 'Default')) ?? 'name';
  if (!parameter || !arn || textOf(member(parameter, 'Type')) !== 'String' || !/^[\w.-]+$/u.test(fallback)) return `${call} takes ${variable}, which leads to none of the template's resources`;
  return { kind: 'sub', text: arn(`\${${id ?? ''}}`) };
}

/** `!Ref X`, `!GetAtt X.Arn` and the like. */
function referredIn(node: YamlNode): string | undefined {
  const name = textOf(member(node, 'Ref'));
  if (name !== undefined) return name;
  const got = member(node, 'Fn::GetAtt');
  const [id, attributeName] = got?.kind === 'list' ? got.items.map(textOf) : (textOf(got) ?? '').split('.');
  return identifying.test(attributeName ?? '') ? id : undefined;
}

/** The variable as the template has it, unevaluated: a parameter's default is only one of its values. */
function variableNode(subject: LambdaFunction, name: string): YamlNode | undefined {
  const below = (node: YamlNode | undefined): YamlNode | undefined => member(member(member(node, 'Environment'), 'Variables'), name);
  return below(subject.properties) ?? below(member(member(subject.template.document.root, 'Globals'), 'Function'));
}

/** The customer's key that a resource of the template is encrypted with: its logical ID, `none`, or `unknown`. */
export function keyOf(logicalId: string, holder: Holder): string {
  const resource = holder.template.resources.find((one) => one.logicalId === logicalId);
  const found = resource?.ownProperties ? keyNodes(resource.ownProperties) : [];
  if (!resource) return 'unknown';
  if (found.length === 0) return 'none';
  const ids = new Set(found.map((node) => (/^alias\/aws\//u.test(textOf(node) ?? '') ? 'none' : (referredIn(node) ?? 'unknown'))));
  const [only] = ids;
  return ids.size === 1 && only !== undefined ? only : 'unknown';
}

function keyNodes(node: YamlNode): readonly YamlNode[] {
  if (node.kind === 'list') return node.items.flatMap(keyNodes);
  if (node.kind !== 'map') return [];
  return membersOf(node).flatMap((entry) => (/^(?:kms.*key.*|KeyId)$/iu.test(nameOf(entry)) && !/reuse/iu.test(nameOf(entry)) ? [entry.value] : keyNodes(entry.value)));
}
