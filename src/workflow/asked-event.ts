import type { EventSource } from './event-source.ts';
import type { Given } from './given.ts';
import { takesRequest } from './http-events.ts';
import type { MadeKind } from './made-event.ts';

/** One line of what `shear event` makes: `s3 put`. */
export interface AskedKind {
  readonly source: string;
  readonly kind: string;
  readonly summary: string;
  readonly makes: MadeKind;
  readonly properties?: EventSource['properties'];
  readonly action?: string;
  /** Which property of the source names the resource, and the types that stand for it. */
  readonly resource?: { readonly property: string; readonly types: readonly string[] };
}

const bucket = { property: 'Bucket', types: ['AWS::S3::Bucket'] };
const queue = { property: 'Queue', types: ['AWS::SQS::Queue'] };
const topic = { property: 'Topic', types: ['AWS::SNS::Topic'] };
const table = { property: 'Stream', types: ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable', 'AWS::Serverless::SimpleTable'] };
const stream = { property: 'Stream', types: ['AWS::Kinesis::Stream'] };
const delivery = { property: 'Stream', types: ['AWS::KinesisFirehose::DeliveryStream'] };
const one = (source: string, kind: string, summary: string, rest: Omit<AskedKind, 'source' | 'kind' | 'summary'>): AskedKind => ({ source, kind, summary, ...rest });
const triggers = {
  'pre-sign-up': 'PreSignUp', 'post-confirmation': 'PostConfirmation', 'pre-authentication': 'PreAuthentication', 'post-authentication': 'PostAuthentication', 'pre-token-generation': 'PreTokenGeneration',
  'custom-message': 'CustomMessage', 'define-auth-challenge': 'DefineAuthChallenge', 'create-auth-challenge': 'CreateAuthChallenge', 'verify-auth-challenge': 'VerifyAuthChallengeResponse', 'user-migration': 'UserMigration',
};

/** All events that can be asked for. */
export const askedKinds: readonly AskedKind[] = [
  one('s3', 'put', 'an object was written', { makes: 'S3', resource: bucket, action: 'ObjectCreated:Put' }),
  one('s3', 'copy', 'an object was copied', { makes: 'S3', resource: bucket, action: 'ObjectCreated:Copy' }),
  one('s3', 'multipart', 'a large object was written in parts', { makes: 'S3', resource: bucket, action: 'ObjectCreated:CompleteMultipartUpload' }),
  one('s3', 'delete', 'an object was removed', { makes: 'S3', resource: bucket, action: 'ObjectRemoved:Delete' }),
  one('s3', 'batch', 'a task of S3 Batch Operations', { makes: 'S3Batch', resource: bucket }),
  one('sqs', 'message', 'messages of a queue', { makes: 'SQS', resource: queue }),
  one('sns', 'notification', 'a notification of a topic', { makes: 'SNS', resource: topic }),
  one('dynamodb', 'insert', 'an item was put', { makes: 'DynamoDB', resource: table, action: 'INSERT' }),
  one('dynamodb', 'modify', 'an item was changed', { makes: 'DynamoDB', resource: table, action: 'MODIFY' }),
  one('dynamodb', 'remove', 'an item was removed', { makes: 'DynamoDB', resource: table, action: 'REMOVE' }),
  one('kinesis', 'record', 'records of a data stream', { makes: 'Kinesis', resource: stream }),
  one('firehose', 'record', 'records to transform', { makes: 'Firehose', resource: delivery }),
  one('eventbridge', 'event', 'an event of a bus', { makes: 'EventBridge' }),
  one('schedule', 'rule', 'a scheduled rule', { makes: 'Schedule' }),
  one('schedule', 'scheduler', 'a schedule of EventBridge Scheduler', { makes: 'Scheduler' }),
  one('api', 'rest', 'a request through a REST API (payload 1.0)', { makes: 'Api' }),
  one('api', 'http', 'a request through an HTTP API (payload 2.0)', { makes: 'HttpApi' }),
  one('api', 'http-1.0', 'a request through an HTTP API (payload 1.0)', { makes: 'HttpApi', properties: { PayloadFormatVersion: '1.0' } }),
  one('api', 'token-authorizer', 'a token to check', { makes: 'TokenAuthorizer' }),
  one('api', 'request-authorizer', 'a request to check', { makes: 'RequestAuthorizer' }),
  one('url', 'request', 'a request to a function URL', { makes: 'Url' }),
  one('alb', 'request', 'a request through a load balancer', { makes: 'Alb' }),
  ...Object.entries(triggers).map(([kind, action]) => one('cognito', kind, `the trigger ${action} of a user pool`, { makes: 'Cognito', action })),
  one('cognito', 'sync', 'a dataset was synchronised', { makes: 'CognitoSync' }),
  one('logs', 'batch', 'lines of a log group', { makes: 'CloudWatchLogs', resource: { property: 'LogGroupName', types: ['AWS::Logs::LogGroup'] } }),
  one('stepfunctions', 'input', "a task's input: what --body says", { makes: 'StateInput' }),
  one('stepfunctions', 'error', 'what a Catch hands on', { makes: 'StateError' }),
  one('msk', 'record', 'records of Amazon MSK', { makes: 'MSK' }),
  one('kafka', 'record', 'records of a Kafka of your own', { makes: 'Kafka' }),
  one('mq', 'message', 'messages of Amazon MQ', { makes: 'MQ' }),
  one('documentdb', 'insert', 'a document was inserted', { makes: 'DocumentDB' }),
  one('ses', 'received', 'a mail was received', { makes: 'Ses' }),
  one('cloudformation', 'create', 'a custom resource is created', { makes: 'CustomResource', action: 'Create' }),
  one('cloudformation', 'update', 'a custom resource is updated', { makes: 'CustomResource', action: 'Update' }),
  one('cloudformation', 'delete', 'a custom resource is deleted', { makes: 'CustomResource', action: 'Delete' }),
  one('appsync', 'resolver', 'a GraphQL field is resolved', { makes: 'AppSync' }),
  one('codepipeline', 'job', 'a job of a pipeline', { makes: 'Pipeline', resource: bucket }),
  one('iot', 'rule', 'what an IoT rule selects', { makes: 'IoTRule' }),
  one('alexa', 'start-session', 'a skill is opened', { makes: 'Alexa' }),
];

/** What an event is asked with: its kind, the resource's name where one is said, and the rest. */
export interface Asked {
  readonly kind: AskedKind;
  readonly name: string | undefined;
  readonly given: Given;
}

/** The resource by name, which stands in a source's place for that of the template. */
function named(kind: AskedKind, name: string): EventSource['properties'] {
  if (kind.makes === 'Schedule' || kind.makes === 'Scheduler') return { Name: name };
  return kind.resource ? { [kind.resource.property]: name } : {};
}

type Resources = readonly { readonly logicalId: string; readonly type: string }[];

/**
 * The source that an event is made of: what one of the project's functions is called by, else a resource of a fitting type,
 * else made-up names. `sources` in the order of preference.
 */
export function askedSource({ kind, name, given }: Asked, sources: readonly EventSource[], resources: Resources): { readonly kind: MadeKind; readonly properties: EventSource['properties'] } {
  const isRequest = kind.makes === 'Api' || kind.makes === 'HttpApi';
  const found = sources.find((source) => source.kind === kind.makes && isSamePayload(kind, source) && (!isRequest || takesRequest(source.properties, given)));
  const route = isRequest && !found && given.path !== undefined ? { Path: given.path === '/' ? '/' : '/{proxy+}', Method: 'ANY' } : {};
  return { kind: kind.makes, properties: { ...(found?.properties ?? resourceOf(kind, resources)), ...kind.properties, ...route, ...(name === undefined ? {} : named(kind, name)) } };
}

/** The payload is part of what is asked for; a route of the other one still tells method and path. */
function isSamePayload({ kind }: AskedKind, source: EventSource): boolean {
  return kind !== 'http' || String(source.properties['PayloadFormatVersion']) !== '1.0';
}

function resourceOf({ resource }: AskedKind, resources: Resources): EventSource['properties'] {
  const found = resource && resources.find(({ type }) => resource.types.includes(type));
  return resource && found ? { [resource.property]: { Ref: found.logicalId } } : {};
}
