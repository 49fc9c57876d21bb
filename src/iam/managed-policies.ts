/** What a managed policy of AWS's own grants, as far as replacing it goes. */
export interface ManagedGrant {
  /** Patterns that it grants on every resource. */
  readonly actions: readonly string[];
  /** Services of which it grants something else as well. */
  readonly also: readonly string[];
}

const grant = (actions: string, also: string = ''): ManagedGrant => ({ actions: actions.split(' '), also: also === '' ? [] : also.split(' ') });

/**
 * AWS's managed policies that grant all of a service. Source: AWS Managed Policy Reference Guide, one page for each.
 * What `also` names is granted in part: a function that may need it keeps the policy.
 */
const managedGrants: Readonly<Record<string, ManagedGrant>> = {
  AdministratorAccess: grant('*'),
  AmazonS3FullAccess: grant('s3:*', 's3-object-lambda'),
  AmazonDynamoDBFullAccess: grant('dynamodb:*', 'dax application-autoscaling cloudwatch datapipeline ec2 iam sns kms lambda resource-groups tag kinesis events'),
  AmazonDynamoDBFullAccess_v2: grant('dynamodb:*', 'dax application-autoscaling cloudwatch ec2 iam kms kinesis resource-groups tag'),
  AmazonSQSFullAccess: grant('sqs:*'),
  AmazonSNSFullAccess: grant('sns:*', 'sms-voice'),
  AmazonSESFullAccess: grant('ses:*'),
  AmazonSSMFullAccess: grant('ssm:*', 'cloudwatch ds ec2 logs ec2messages ssmmessages iam'),
  SecretsManagerReadWrite: grant('secretsmanager:*', 'cloudformation docdb-elastic ec2 kms lambda rds redshift redshift-serverless tag serverlessrepo s3'),
  AWSLambda_FullAccess: grant('lambda:*', 'cloudformation cloudwatch cognito-identity ec2 events iam kinesis logs s3 sns sqs states tag xray kms dynamodb'),
  AWSStepFunctionsFullAccess: grant('states:*', 'iam'),
  AmazonEventBridgeFullAccess: grant('events:*', 'schemas scheduler pipes iam secretsmanager'),
  AmazonKinesisFullAccess: grant('kinesis:*'),
  AmazonKinesisFirehoseFullAccess: grant('firehose:*'),
  CloudWatchFullAccess: grant('cloudwatch:* logs:*', 'autoscaling sns iam oam synthetics xray rum application-signals'),
  CloudWatchLogsFullAccess: grant('logs:*', 'cloudwatch observabilityadmin'),
  AmazonTextractFullAccess: grant('textract:*'),
  AmazonRekognitionFullAccess: grant('rekognition:*'),
  AmazonPollyFullAccess: grant('polly:*'),
  TranslateFullAccess: grant('translate:*', 'comprehend cloudwatch s3 iam'),
  ComprehendFullAccess: grant('comprehend:*', 's3 iam'),
  AmazonTranscribeFullAccess: grant('transcribe:*', 's3'),
};

/** What a managed policy grants that gives all of a service away; undefined for any other. */
export function managedGrant(name: string): ManagedGrant | undefined {
  return Object.hasOwn(managedGrants, name) ? managedGrants[name] : undefined;
}

/** What a managed policy lets read as a whole: the service as its name has it, `''` for all services; undefined for other policies. */
export function readsAllOf(name: string): string | undefined {
  const match = /^(?:Amazon|AWS)?(\w*?)(?:ReadOnly(?:Access)?|ViewOnlyAccess)(?:_v\d+)?$/u.exec(name);
  return match?.[1];
}

/** True for a managed policy whose name says that it grants everything of something. */
export function isFullAccess(name: string): boolean {
  return Object.hasOwn(managedGrants, name) || /^(?:Amazon|AWS|CloudWatch)\w*FullAccess\w*$|^(?:PowerUserAccess|IAMFullAccess)$/u.test(name);
}
