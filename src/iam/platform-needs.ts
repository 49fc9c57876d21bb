import type { LambdaFunction, Model } from '../model/function.ts';
import { plainOf } from '../model/resource-values.ts';
import { member, membersOf, nameOf, textOf } from '../project/template/nodes.ts';
import type { Doubt, Need, Part, Usage } from './need.ts';

const words = (text: string): readonly string[] => text.split(' ');

/** Sources: Lambda developer guide, pages on execution roles, VPC, file systems, tracing, each event source and destinations. */
const basics = words('logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents');
const tracing = words('xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets xray:GetSamplingStatisticSummaries');
const network = words('ec2:CreateNetworkInterface ec2:DescribeNetworkInterfaces ec2:DescribeSubnets ec2:DescribeSecurityGroups ec2:DescribeVpcs ec2:DeleteNetworkInterface ec2:AssignPrivateIpAddresses ec2:UnassignPrivateIpAddresses');
const destinations = words('sqs:SendMessage sns:Publish lambda:InvokeFunction events:PutEvents s3:PutObject s3:ListBucket');
const deadLetters = words('sqs:SendMessage sns:Publish');
const durable = words('lambda:CheckpointDurableExecution lambda:GetDurableExecutionState');
const byEvent: Readonly<Record<string, readonly string[]>> = {
  SQS: words('sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes'),
  Kinesis: words('kinesis:GetRecords kinesis:GetShardIterator kinesis:DescribeStream kinesis:DescribeStreamSummary kinesis:DescribeStreamConsumer kinesis:SubscribeToShard kinesis:ListShards kinesis:ListStreams'),
  DynamoDB: words('dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:DescribeStream dynamodb:ListStreams dynamodb:ListShards'),
};
/** Properties of functions that ask for no permission of the function's role, or for one that is looked at here. Source: SAM 1.115's model. */
const known = new Set(words('Architectures AssumeRolePolicyDocument AutoPublishAlias AutoPublishAliasAllProperties AutoPublishCodeSha256 CodeSigningConfigArn Code CodeUri DeadLetterConfig DeadLetterQueue DeploymentPreference Description DurableConfig Environment EphemeralStorage EventInvokeConfig Events FileSystemConfigs FunctionName FunctionUrlConfig Handler ImageConfig ImageUri InlineCode KmsKeyArn Layers LoggingConfig MemorySize PackageType PermissionsBoundary Policies PropagateTags ProvisionedConcurrencyConfig PublishToLatestPublished RecursiveLoop ReservedConcurrentExecutions Role RolePath Runtime RuntimeManagementConfig SnapStart SourceKMSKeyArn Tags Timeout Tracing TracingConfig VersionDeletionPolicy VersionDescription VpcConfig'));
const brokers = new Set(['MSK', 'MQ', 'SelfManagedKafka', 'DocumentDB']);

/**
 * What Lambda itself does with a function's role: logs, tracing, network, file systems, event sources, destinations, environment.
 * Needs with the call `SAM` are met by policies that SAM attaches to the roles that it makes.
 */
export function platformNeeds(subject: LambdaFunction, model: Model): Pick<Usage, 'needs' | 'doubts'> {
  const at = { file: subject.template.source, span: subject.span };
  const needs: Need[] = [];
  const doubts: Doubt[] = [];
  const need = (actions: readonly string[], call: 'Lambda' | 'SAM', part: Part = 'unknown'): void => void needs.push(...actions.map((action) => ({ action, on: undefined, part, at, call })));
  const doubt = (services: string, why: string): void => void doubts.push({ services: words(services), why, at });
  need(basics, 'SAM');
  if (subject.property('Tracing') ?? subject.property('TracingConfig')) need(tracing, 'SAM', 'any');
  if (subject.property('VpcConfig')) need(network, 'SAM');
  if (subject.property('FileSystemConfigs')) doubt('elasticfilesystem s3files s3 kms', 'its file systems are mounted with its role');
  if (subject.property('DurableConfig')) need(durable, 'Lambda');
  if (subject.property('KmsKeyArn')) need(['kms:Decrypt'], 'Lambda', 'key');
  if (subject.property('DeadLetterQueue') ?? subject.property('DeadLetterConfig')) need(deadLetters, 'Lambda');
  if (subject.property('EventInvokeConfig')) need(destinations, 'Lambda');
  for (const { value } of membersOf(subject.property('Events'))) {
    const type = textOf(member(value, 'Type')) ?? '';
    if (Object.hasOwn(byEvent, type)) need(byEvent[type] ?? [], 'SAM');
    if (brokers.has(type)) doubt('kafka kafka-cluster mq rds ec2 secretsmanager kms logs', `its ${type} events need permissions on the broker`);
    if (member(member(value, 'Properties'), 'DestinationConfig')) need(destinations, 'Lambda');
  }
  const template = model.templates.find((one) => one.template === subject.template);
  const mappings = template?.resources.filter(({ type, node }) => /^AWS::Lambda::Event(?:SourceMapping|InvokeConfig)$/u.test(type) && JSON.stringify(plainOf(node)).includes(subject.logicalId)) ?? [];
  if (mappings.length > 0) doubt('sqs sns kinesis dynamodb kafka kafka-cluster mq rds ec2 secretsmanager kms lambda events s3', 'event source mappings of the template use its role');
  const unknown = membersOf(subject.properties).map(nameOf).find((name) => !known.has(name));
  if (unknown !== undefined) doubt('*', `what its property ${unknown} needs is not known to shear`);
  if (Object.hasOwn(subject.environment, 'AWS_LAMBDA_EXEC_WRAPPER')) doubt('*', 'AWS_LAMBDA_EXEC_WRAPPER starts something besides its handler');
  return { needs, doubts };
}
