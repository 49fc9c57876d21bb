import type { ResourceArn } from './bind.ts';
import type { StatementGroup } from './narrow.ts';

/** A SAM policy template that grants exactly what a group does. */
export interface FittingTemplate {
  readonly name: string;
  readonly parameter: string;
  /** What the parameter is given: `!GetAtt Topic.TopicName` or `!Ref Secret`. */
  readonly value: ResourceArn;
}

interface PolicyTemplate {
  readonly parameter: string;
  readonly actions: readonly string[];
  /** `Ref` where the parameter takes what the resource's Ref gives. */
  readonly attribute: string;
}

const template = (parameter: string, attribute: string, actions: string): PolicyTemplate => ({ parameter, attribute, actions: actions.split(' ') });

/**
 * Templates whose resource is the one that they are given and nothing beside it. Source: SAM developer guide, "Policy template
 * list" (version 0.0.1 of the translator's policy_templates.json). Those for buckets, tables and functions grant more than calls
 * need, or take names by their beginning.
 */
const templates: Readonly<Record<string, PolicyTemplate>> = {
  SNSPublishMessagePolicy: template('TopicName', 'TopicName', 'sns:Publish'),
  // It says sqs:SendMessage*; there is no second action of that beginning.
  SQSSendMessagePolicy: template('QueueName', 'QueueName', 'sqs:SendMessage'),
  AWSSecretsManagerGetSecretValuePolicy: template('SecretArn', 'Ref', 'secretsmanager:GetSecretValue'),
  StepFunctionsExecutionPolicy: template('StateMachineName', 'Name', 'states:StartExecution'),
  KMSDecryptPolicy: template('KeyId', 'Ref', 'kms:Decrypt'),
  DynamoDBReadPolicy: template('TableName', 'Ref', 'dynamodb:BatchGetItem dynamodb:DescribeTable dynamodb:GetItem dynamodb:Query dynamodb:Scan'),
  DynamoDBWritePolicy: template('TableName', 'Ref', 'dynamodb:BatchWriteItem dynamodb:PutItem dynamodb:UpdateItem'),
};

/** The template that grants no more and no less than a group of actions on one resource; undefined where there is none. */
export function fittingTemplate({ actions, arns }: StatementGroup): FittingTemplate | undefined {
  const ids = new Set(arns?.flatMap((arn) => (arn.kind === 'attribute' || arn.kind === 'ref' ? [arn.logicalId] : [/^\$\{(\w+)\.Arn\}\/index\/\*$/u.exec(arn.text)?.[1] ?? arn.text])));
  const [id] = ids;
  const first = arns?.[0];
  if (ids.size !== 1 || id === undefined || !first || (first.kind !== 'attribute' && first.kind !== 'ref')) return undefined;
  const found = Object.entries(templates).find(([, one]) => one.actions.join(' ') === actions.toSorted().join(' '));
  if (!found) return undefined;
  const [name, { parameter, attribute }] = found;
  // The templates for tables reach the indexes as well: only where those are asked for.
  if (name.startsWith('DynamoDB') && arns?.length !== 2) return undefined;
  return { name, parameter, value: attribute === 'Ref' ? { kind: 'ref', logicalId: id } : { kind: 'attribute', logicalId: id, attribute } };
}
