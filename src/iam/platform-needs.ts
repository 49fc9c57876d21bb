import type { LambdaFunction, Model } from '../model/function.ts';
import { plainOf } from '../model/resource-values.ts';
import { member, membersOf, textOf } from '../project/template/nodes.ts';
import type { Doubt, Need, Part, Usage } from './need.ts';

const words = (text: string): readonly string[] => text.split(' ');

/** Sources: Lambda developer guide, pages on execution roles, VPC, file systems, tracing, each event source and destinations. */
const basics = words('logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents');
const tracing = words('xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets xray:GetSamplingStatisticSummaries');
const network = words('ec2:CreateNetworkInterface ec2:DescribeNetworkInterfaces ec2:DescribeSubnets ec2:DescribeSecurityGroups ec2:DescribeVpcs ec2:DeleteNetworkInterface ec2:AssignPrivateIpAddresses ec2:UnassignPrivateIpAddresses');
const fileSystem = words('elasticfilesystem:ClientMount elasticfilesystem:ClientWrite elasticfilesystem:ClientRootAccess elasticfilesystem:DescribeMountTargets');
const destinations = words('sqs:SendMessage sns:Publish lambda:InvokeFunction events:PutEvents s3:PutObject s3:ListBucket');
const durable = words('lambda:CheckpointDurableExecution lambda:GetDurableExecutionState');
const byEvent: Readonly<Record<string, readonly string[]>> = {
  SQS: words('sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes'),
  Kinesis: words('kinesis:GetRecords kinesis:GetShardIterator kinesis:DescribeStream kinesis:DescribeStreamSummary kinesis:DescribeStreamConsumer kinesis:SubscribeToShard kinesis:ListShards kinesis:ListStreams'),
  DynamoDB: words('dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:DescribeStream dynamodb:ListStreams dynamodb:ListShards'),
};
const brokers = new Set(['MSK', 'MQ', 'SelfManagedKafka', 'DocumentDB']);

/** What Lambda itself does with a function's role: logs, tracing, network, file systems, event sources, destinations, environment. */
export function platformNeeds(subject: LambdaFunction, model: Model): Usage {
  const at = { file: subject.template.source, span: subject.span };
  const needs: Need[] = [];
  const doubts: Doubt[] = [];
  const need = (actions: readonly string[], part: Part = 'unknown'): void => void needs.push(...actions.map((action) => ({ action, on: undefined, part, at, call: 'Lambda' })));
  const doubt = (services: string, why: string): void => void doubts.push({ services: words(services), why, at });
  need(basics);
  if (subject.property('Tracing') ?? subject.property('TracingConfig')) need(tracing, 'any');
  if (subject.property('VpcConfig')) need(network);
  if (subject.property('FileSystemConfigs')) need(fileSystem);
  if (subject.property('DurableConfig')) need(durable);
  if (subject.property('KmsKeyArn')) need(['kms:Decrypt'], 'key');
  if (subject.property('DeadLetterQueue') ?? subject.property('DeadLetterConfig') ?? subject.property('EventInvokeConfig')) need(destinations);
  for (const { value } of membersOf(subject.property('Events'))) {
    const type = textOf(member(value, 'Type')) ?? '';
    if (Object.hasOwn(byEvent, type)) need(byEvent[type] ?? []);
    if (brokers.has(type)) doubt('kafka kafka-cluster mq rds ec2 secretsmanager kms logs', `its ${type} events need permissions on the broker`);
    if (member(member(value, 'Properties'), 'DestinationConfig')) need(destinations);
  }
  const template = model.templates.find((one) => one.template === subject.template);
  const mappings = template?.resources.filter(({ type, node }) => /^AWS::Lambda::Event(?:SourceMapping|InvokeConfig)$/u.test(type) && JSON.stringify(plainOf(node)).includes(subject.logicalId)) ?? [];
  if (mappings.length > 0) doubt('sqs sns kinesis dynamodb kafka kafka-cluster mq rds ec2 secretsmanager kms lambda events s3', 'event source mappings of the template use its role');
  if (Object.hasOwn(subject.environment, 'AWS_LAMBDA_EXEC_WRAPPER')) doubt('*', 'AWS_LAMBDA_EXEC_WRAPPER starts something besides its handler');
  return { needs, doubts };
}
