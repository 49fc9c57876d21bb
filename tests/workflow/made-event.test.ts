import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { EventKind } from '../../src/workflow/event-source.ts';
import { eventPath, madeEvent, sourceText } from '../../src/workflow/made-event.ts';
import type { NamedResource, Naming } from '../../src/workflow/names.ts';

const resource = (name: string, properties: NamedResource['properties'] = {}): NamedResource => ({ logicalId: name, type: '', name, properties });
const naming = (found: NamedResource = resource('Orders')): Naming => ({ region: 'eu-west-1', account: '123456789012', resource: () => found });
const made = (kind: EventKind, properties: object = {}, found?: NamedResource): unknown => JSON.parse(madeEvent({ kind, properties: { ...properties } }, naming(found)));

describe('an event of', () => {
  it('S3 names the bucket, and a key that prefix and suffix let through, as it is encoded in real ones', () => {
    const filter = { S3Key: { Rules: [{ Name: 'prefix', Value: 'new in/' }, { Name: 'suffix', Value: '.mp3' }] } };
    expect(made('S3', { Events: ['s3:ObjectCreated:CompleteMultipartUpload'], Filter: filter }, resource('recordings'))).toMatchObject({
      Records: [{ eventSource: 'aws:s3', awsRegion: 'eu-west-1', eventName: 'ObjectCreated:CompleteMultipartUpload', s3: { bucket: { name: 'recordings', arn: 'arn:aws:s3:::recordings' }, object: { key: 'new+in/example.mp3', size: 1024 } } }],
    });
  });

  it('an object that was removed has no size', () => {
    expect(made('S3', { Events: 's3:ObjectRemoved:*' })).toMatchObject({ Records: [{ eventName: 'ObjectRemoved:Delete', s3: { object: expect.not.objectContaining({ size: 1024 }) } }] });
  });

  it.each([
    ['SQS', {}, { Records: [{ eventSource: 'aws:sqs', eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:Orders', body: '{"message":"hello"}', md5OfBody: 'e4f7cd14d5e98359c70afff71d6cc93b' }] }],
    ['SNS', {}, { Records: [{ EventSource: 'aws:sns', Sns: { TopicArn: 'arn:aws:sns:eu-west-1:123456789012:Orders', Message: '{"message":"hello"}' } }] }],
    ['Kinesis', {}, { Records: [{ eventSource: 'aws:kinesis', eventSourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/Orders', kinesis: { data: 'eyJtZXNzYWdlIjoiaGVsbG8ifQ==' } }] }],
    ['MSK', { Topics: ['paid'] }, { eventSource: 'aws:kafka', records: { 'paid-0': [{ topic: 'paid', value: 'eyJtZXNzYWdlIjoiaGVsbG8ifQ==' }] } }],
    ['Kafka', { Topics: ['paid'] }, { eventSource: 'SelfManagedKafka', records: { 'paid-0': [{ topic: 'paid' }] } }],
    ['MQ', { Queues: ['paid'] }, { eventSource: 'aws:mq', messages: [{ destination: { physicalName: 'paid' } }] }],
    ['DocumentDB', { DatabaseName: 'shop', CollectionName: 'orders' }, { eventSource: 'aws:docdb', events: [{ event: { ns: { db: 'shop', coll: 'orders' }, operationType: 'insert' } }] }],
    ['Schedule', {}, { 'source': 'aws.events', 'detail-type': 'Scheduled Event', 'detail': {} }],
    ['Scheduler', {}, { source: 'aws.scheduler', detail: '{}' }],
    ['Scheduler', { Input: '{"days":7}' }, { days: 7 }],
    ['EventBridge', { Pattern: { 'source': ['shop'], 'detail-type': ['Order paid'], 'detail': { state: ['open'], total: [{ numeric: ['>', 10] }], name: [{ prefix: 'A' }] } } }, { 'source': 'shop', 'detail-type': 'Order paid', 'region': 'eu-west-1', 'detail': { state: 'open', total: 10, name: 'Aexample' } }],
    ['Cognito', { Trigger: 'PreSignUp' }, { triggerSource: 'PreSignUp_SignUp', userPoolId: 'eu-west-1_EXAMPLE', response: { autoConfirmUser: false } }],
    ['IoTRule', { Sql: "SELECT temperature, topic(2) AS device FROM 'rooms/+'" }, { temperature: 'example', device: 'example' }],
    ['Alexa', {}, { request: { type: 'LaunchRequest' } }],
    ['Api', { Path: '/orders/{id}/{rest+}', Method: 'post' }, { resource: '/orders/{id}/{rest+}', path: '/orders/example/example', httpMethod: 'POST', pathParameters: { id: 'example', rest: 'example' }, body: '{"message":"hello"}', requestContext: { resourcePath: '/orders/{id}/{rest+}', stage: 'Prod' } }],
    ['Api', { Path: '/', Method: 'any' }, { path: '/', httpMethod: 'GET', pathParameters: null, body: null }],
    ['HttpApi', { Path: '/orders', Method: 'GET' }, { version: '2.0', routeKey: 'GET /orders', rawPath: '/orders', requestContext: { http: { method: 'GET', path: '/orders' } } }],
    ['HttpApi', {}, { version: '2.0', routeKey: '$default', rawPath: '/' }],
    ['HttpApi', { Path: '/orders', Method: 'GET', PayloadFormatVersion: '1.0' }, { version: '1.0', resource: '/orders', httpMethod: 'GET' }],
    ['Url', {}, { version: '2.0', routeKey: '$default', requestContext: { domainName: 'example.lambda-url.eu-west-1.on.aws' } }],
  ] as const)('%s with %j', (kind, properties, expected) => {
    expect(made(kind, properties)).toMatchObject(expected);
  });

  it('a FIFO queue has a group', () => {
    expect(made('SQS', {}, resource('Orders.fifo'))).toMatchObject({ Records: [{ attributes: { MessageGroupId: 'example' } }] });
  });

  it('a table has the keys and the view that the table declares', () => {
    const table = resource('Orders', {
      KeySchema: [{ AttributeName: 'customer', KeyType: 'HASH' }, { AttributeName: 'number', KeyType: 'RANGE' }],
      AttributeDefinitions: [{ AttributeName: 'number', AttributeType: 'N' }, { AttributeName: 'customer', AttributeType: 'S' }],
      StreamSpecification: { StreamViewType: 'KEYS_ONLY' },
    });
    const event = made('DynamoDB', {}, table);
    expect(event).toMatchObject({ Records: [{ eventName: 'INSERT', dynamodb: { Keys: { customer: { S: 'example' }, number: { N: '1' } }, StreamViewType: 'KEYS_ONLY' } }] });
    expect(JSON.stringify(event)).not.toContain('NewImage');
  });

  it('CloudWatch Logs holds what it says, zipped', () => {
    const { awslogs } = made('CloudWatchLogs', { LogGroupName: '/shop' }) as { awslogs: { data: string } };
    expect(JSON.parse(gunzipSync(Buffer.from(awslogs.data, 'base64')).toString())).toMatchObject({ logGroup: '/shop', logEvents: [{ message: 'hello' }] });
  });
});

describe('an event file', () => {
  it.each([
    ['TranscribeFunction', 'Uploaded', 'events/transcribe-uploaded.json'],
    ['HTTPApiHandler', 'GetItem', 'events/http-api-handler-get-item.json'],
    ['Shop/PayFunction', 'Queue1', 'events/shop-pay-queue1.json'],
    ['Function', 'Any', 'events/function-any.json'],
  ])('of %s, %s, is %s', (fullPath, name, path) => {
    expect(eventPath({ fullPath }, { name })).toBe(path);
  });

  it('is told of in words', () => {
    expect(sourceText({ name: 'A', kind: 'Api', properties: { Path: '/a', Method: 'put' } })).toBe('PUT /a');
    expect(sourceText({ name: 'A', kind: 'HttpApi', properties: {} })).toBe('any request');
    expect(sourceText({ name: 'A', kind: 'DynamoDB', properties: {} })).toBe('a DynamoDB stream');
  });
});
