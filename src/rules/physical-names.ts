/** A property that gives a resource a name of its own, which no other of its kind may have. */
export interface PhysicalName {
  readonly property: string;
  /** Within what it must be unique. */
  readonly scope: 'the account and Region' | 'the account' | 'all of AWS';
  /** Holds data that goes with it when it is replaced. */
  readonly isStateful: boolean;
}

const named = (property: string, more: Partial<PhysicalName> = {}): PhysicalName => ({ property, scope: 'the account and Region', isStateful: false, ...more });

/** Of a rule on the default event bus. */
export const ruleName: PhysicalName = named('Name');

/** Of a schedule in the default group. */
export const scheduleName: PhysicalName = named('Name');

/** Of a domain that an API is reached by. */
export const domainName: PhysicalName = named('DomainName');

/**
 * By resource type. Left out are names that may repeat (a REST API's, a rule's on another bus) or that stand for versions (a Lambda layer's).
 * Source: CloudFormation template reference, "Name type" and the types' own pages.
 */
export const physicalNames: ReadonlyMap<string, PhysicalName> = new Map([
  ['AWS::ApiGateway::DomainName', domainName],
  ['AWS::ApiGatewayV2::DomainName', domainName],
  ['AWS::CloudWatch::Alarm', named('AlarmName')],
  ['AWS::Cognito::UserPoolDomain', named('Domain')],
  ['AWS::DynamoDB::GlobalTable', named('TableName', { isStateful: true })],
  ['AWS::DynamoDB::Table', named('TableName', { isStateful: true })],
  ['AWS::ECR::Repository', named('RepositoryName', { isStateful: true })],
  ['AWS::Events::EventBus', named('Name')],
  ['AWS::Events::Rule', ruleName],
  ['AWS::IAM::Group', named('GroupName', { scope: 'the account' })],
  ['AWS::IAM::InstanceProfile', named('InstanceProfileName', { scope: 'the account' })],
  ['AWS::IAM::ManagedPolicy', named('ManagedPolicyName', { scope: 'the account' })],
  ['AWS::IAM::Role', named('RoleName', { scope: 'the account' })],
  ['AWS::IAM::User', named('UserName', { scope: 'the account' })],
  ['AWS::Kinesis::Stream', named('Name', { isStateful: true })],
  ['AWS::KinesisFirehose::DeliveryStream', named('DeliveryStreamName')],
  ['AWS::Lambda::Function', named('FunctionName')],
  ['AWS::Logs::LogGroup', named('LogGroupName', { isStateful: true })],
  ['AWS::RDS::DBCluster', named('DBClusterIdentifier', { isStateful: true })],
  ['AWS::RDS::DBInstance', named('DBInstanceIdentifier', { isStateful: true })],
  ['AWS::S3::Bucket', named('BucketName', { scope: 'all of AWS', isStateful: true })],
  ['AWS::SNS::Topic', named('TopicName')],
  ['AWS::SQS::Queue', named('QueueName', { isStateful: true })],
  ['AWS::SSM::Parameter', named('Name')],
  ['AWS::SecretsManager::Secret', named('Name', { isStateful: true })],
  ['AWS::Serverless::Function', named('FunctionName')],
  ['AWS::Serverless::SimpleTable', named('TableName', { isStateful: true })],
  ['AWS::Serverless::StateMachine', named('Name')],
  ['AWS::StepFunctions::StateMachine', named('StateMachineName')],
]);
