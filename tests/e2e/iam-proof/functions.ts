/** A call of boto3; arguments that start with `$` are environment variables of the function. */
export type BotoCall = readonly [service: string, operation: string, parameters: Readonly<Record<string, string | readonly unknown[]>>];

/** A function with permissions that are too wide, and what shall be left of them. */
export interface ProofFunction {
  readonly name: string;
  /** Lines below Resources, without the function. */
  readonly resources: string;
  readonly variables: Readonly<Record<string, string>>;
  /** The value of Policies. */
  readonly policies: string;
  readonly code: string;
  /** Made by an administrator before the function runs. */
  readonly before: readonly BotoCall[];
  readonly result: unknown;
  /** Calls of the removed wildcard that the function's role must not make. */
  readonly forbidden: readonly BotoCall[];
  /** Services of the removed wildcard, all of whose actions are tried on `resources`. */
  readonly services: readonly string[];
  /** ARNs with `${LogicalId}` for physical names, or a variable of the function that holds one. */
  readonly arns: readonly string[];
  /** The only actions that are left. */
  readonly allowed: readonly string[];
  /** Something that the fixed template says. */
  readonly says: string;
}

const account = 'us-east-1:123456789012';

/** Each was written for the proof. */
export const proofFunctions: readonly ProofFunction[] = [
  {
    name: 'reads a bucket',
    resources: '  Source:\n    Type: AWS::S3::Bucket\n',
    variables: { BUCKET: '!Ref Source' },
    policies: "- Statement:\n    - Effect: Allow\n      Action: s3:*\n      Resource: '*'",
    code: `import os
import boto3

s3 = boto3.client('s3')


def handler(event, context):
    keys = [one['Key'] for page in s3.get_paginator('list_objects_v2').paginate(Bucket=os.environ['BUCKET']) for one in page['Contents']]
    return [s3.get_object(Bucket=os.environ['BUCKET'], Key=key)['Body'].read().decode() for key in keys]
`,
    before: [['s3', 'put_object', { Bucket: '$BUCKET', Key: 'a.txt', Body: 'one' }]],
    result: ['one'],
    forbidden: [['s3', 'put_object', { Bucket: '$BUCKET', Key: 'b.txt', Body: 'two' }], ['s3', 'delete_object', { Bucket: '$BUCKET', Key: 'a.txt' }], ['s3', 'list_buckets', {}], ['s3', 'delete_bucket', { Bucket: '$BUCKET' }]],
    services: ['s3'],
    arns: ['arn:aws:s3:::${Source}', 'arn:aws:s3:::${Source}/a.txt'],
    allowed: ['s3:GetObject', 's3:ListBucket'],
    says: 'Resource:\n                - !Sub "${Source.Arn}/*"\n                - !GetAtt Source.Arn',
  },
  {
    name: 'writes into a bucket with a key of its own',
    resources: "  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy: { Version: '2012-10-17', Statement: [{ Effect: Allow, Principal: { AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root' }, Action: 'kms:*', Resource: '*' }] }\n  Vault:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketEncryption:\n        ServerSideEncryptionConfiguration:\n          - ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: !GetAtt Key.Arn }\n",
    variables: { BUCKET: '!Ref Vault' },
    policies: "- Statement:\n    - Effect: Allow\n      Action: '*'\n      Resource: '*'",
    code: `import os
import boto3

BUCKET = os.environ['BUCKET']


def handler(event, context):
    s3 = boto3.client('s3')
    s3.put_object(Bucket=BUCKET, Key='k', Body=b'text')
    with open('/tmp/shear-proof.txt', 'w') as file:
        file.write('more')
    s3.upload_file('/tmp/shear-proof.txt', BUCKET, 'l')
    return 'written'
`,
    before: [],
    result: 'written',
    forbidden: [['s3', 'get_object', { Bucket: '$BUCKET', Key: 'k' }], ['s3', 'delete_object', { Bucket: '$BUCKET', Key: 'k' }], ['kms', 'list_keys', {}], ['dynamodb', 'list_tables', {}], ['iam', 'list_users', {}]],
    services: ['s3', 'kms'],
    arns: ['arn:aws:s3:::${Vault}', 'arn:aws:s3:::${Vault}/k', `arn:aws:kms:${account}:key/\${Key}`],
    allowed: ['kms:Decrypt', 'kms:GenerateDataKey', 's3:AbortMultipartUpload', 's3:PutObject'],
    says: 'Resource: !GetAtt Key.Arn',
  },
  {
    name: 'keeps records in a table',
    resources: '  Records:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      BillingMode: PAY_PER_REQUEST\n      AttributeDefinitions:\n        - { AttributeName: id, AttributeType: S }\n      KeySchema:\n        - { AttributeName: id, KeyType: HASH }\n',
    variables: { TABLE: '!Ref Records' },
    policies: '- AmazonDynamoDBFullAccess',
    code: `import os
import boto3
from boto3.dynamodb.conditions import Key

table = boto3.resource('dynamodb').Table(os.environ['TABLE'])


def handler(event, context):
    table.put_item(Item={'id': 'a', 'count': 1})
    table.update_item(Key={'id': 'a'}, UpdateExpression='SET #c = :two', ExpressionAttributeNames={'#c': 'count'}, ExpressionAttributeValues={':two': 2})
    found = table.get_item(Key={'id': 'a'})['Item']['count']
    again = table.query(KeyConditionExpression=Key('id').eq('a'))['Count']
    with table.batch_writer() as batch:
        batch.put_item(Item={'id': 'b'})
    table.delete_item(Key={'id': 'a'})
    return [int(found), again]
`,
    before: [],
    result: [2, 1],
    forbidden: [['dynamodb', 'scan', { TableName: '$TABLE' }], ['dynamodb', 'delete_table', { TableName: '$TABLE' }], ['dynamodb', 'describe_table', { TableName: '$TABLE' }], ['dynamodb', 'list_tables', {}]],
    services: ['dynamodb'],
    arns: [`arn:aws:dynamodb:${account}:table/\${Records}`],
    allowed: ['dynamodb:BatchWriteItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    says: 'Resource: !GetAtt Records.Arn',
  },
  {
    name: 'sends to a queue',
    resources: '  Jobs:\n    Type: AWS::SQS::Queue\n',
    variables: { QUEUE_URL: '!Ref Jobs' },
    policies: '- AmazonSQSFullAccess',
    code: `import os
import boto3

sqs = boto3.client('sqs')


def handler(event, context):
    sqs.send_message_batch(QueueUrl=os.environ['QUEUE_URL'], Entries=[{'Id': 'a', 'MessageBody': 'one'}])
    return len(sqs.send_message(QueueUrl=os.environ['QUEUE_URL'], MessageBody='two')['MessageId']) > 0
`,
    before: [],
    result: true,
    forbidden: [['sqs', 'receive_message', { QueueUrl: '$QUEUE_URL' }], ['sqs', 'purge_queue', { QueueUrl: '$QUEUE_URL' }], ['sqs', 'delete_queue', { QueueUrl: '$QUEUE_URL' }], ['sqs', 'list_queues', {}]],
    services: ['sqs'],
    arns: [`arn:aws:sqs:${account}:\${Jobs}`],
    allowed: ['sqs:SendMessage'],
    says: '- SQSSendMessagePolicy:\n            QueueName: !GetAtt Jobs.QueueName',
  },
  {
    name: 'publishes to a topic',
    resources: '  Alerts:\n    Type: AWS::SNS::Topic\n',
    variables: { TOPIC: '!Ref Alerts' },
    policies: '- AmazonSNSFullAccess',
    code: `import os
import boto3


class Alarm:
    def __init__(self):
        self.client = boto3.client('sns')

    def ring(self, text):
        return self.client.publish(TopicArn=os.environ.get('TOPIC'), Message=text)


def handler(event, context):
    return 'MessageId' in Alarm().ring('fire')
`,
    before: [],
    result: true,
    forbidden: [['sns', 'delete_topic', { TopicArn: '$TOPIC' }], ['sns', 'list_topics', {}], ['sns', 'get_topic_attributes', { TopicArn: '$TOPIC' }]],
    services: ['sns'],
    arns: ['${Alerts}'],
    allowed: ['sns:Publish'],
    says: '- SNSPublishMessagePolicy:\n            TopicName: !GetAtt Alerts.TopicName',
  },
  {
    name: 'reads a parameter and a secret',
    resources: '  Setting:\n    Type: AWS::SSM::Parameter\n    Properties:\n      Name: shear-proof-setting\n      Type: String\n      Value: blue\n  Password:\n    Type: AWS::SecretsManager::Secret\n    Properties:\n      SecretString: open\n',
    variables: { SETTING: '!Ref Setting', PASSWORD: '!Ref Password' },
    policies: "- Statement:\n    - Effect: Allow\n      Action: ['ssm:*', 'secretsmanager:*']\n      Resource: '*'",
    code: `import os
import boto3

ssm = boto3.client('ssm')
secrets = boto3.client('secretsmanager')


def handler(event, context):
    return [ssm.get_parameter(Name=os.environ['SETTING'])['Parameter']['Value'], secrets.get_secret_value(SecretId=os.environ['PASSWORD'])['SecretString']]
`,
    before: [],
    result: ['blue', 'open'],
    forbidden: [['ssm', 'put_parameter', { Name: '$SETTING', Value: 'red', Type: 'String' }], ['ssm', 'get_parameters', { Names: ['/other'] }], ['secretsmanager', 'put_secret_value', { SecretId: '$PASSWORD', SecretString: 'shut' }], ['secretsmanager', 'list_secrets', {}]],
    services: ['ssm', 'secretsmanager'],
    arns: [`arn:aws:ssm:${account}:parameter/\${Setting}`, '$PASSWORD'],
    allowed: ['secretsmanager:GetSecretValue', 'ssm:GetParameter'],
    says: 'Resource: !Ref Password',
  },
];
