import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Event } from '../../src/base/event.ts';
import { makeEvent, type EventRequest } from '../../src/session/make-event.ts';
import { testHost } from '../support/host.ts';

const root = mkdtempSync(join(tmpdir(), 'shear-event-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const shop = join(root, 'shop');
mkdirSync(join(shop, 'src'), { recursive: true });
mkdirSync(join(root, 'empty'));
writeFileSync(join(shop, 'samconfig.toml'), 'version = 0.1\n[default.deploy.parameters]\nregion = "eu-west-1"\n');
writeFileSync(join(shop, 'src', 'app.py'), 'def handler(event, context): return event\n');
writeFileSync(join(shop, 'template.yaml'), `Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Runtime: python3.12, CodeUri: src, Handler: app.handler } }
Resources:
  Uploads: { Type: AWS::S3::Bucket, Properties: { BucketName: shop-uploads } }
  Paid: { Type: AWS::SQS::Queue, Properties: { QueueName: paid.fifo, FifoQueue: true } }
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: orders
      KeySchema: [{ AttributeName: number, KeyType: HASH }]
      AttributeDefinitions: [{ AttributeName: number, AttributeType: N }]
      StreamSpecification: { StreamViewType: NEW_AND_OLD_IMAGES }
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Upload: { Type: S3, Properties: { Bucket: !Ref Uploads, Events: 's3:ObjectCreated:*', Filter: { S3Key: { Rules: [{ Name: prefix, Value: in/ }] } } } }
        Get: { Type: HttpApi, Properties: { Path: '/orders/{id}', Method: GET } }
  Payer: { Type: AWS::Serverless::Function, Properties: { Events: { Paid: { Type: SQS, Properties: { Queue: !GetAtt Paid.Arn } } } } }
`);

const notes: string[] = [];
const host = testHost({ cwd: root, emit: (event: Event) => void (event.kind === 'note' && notes.push(event.text)) });
async function made(source: string, what?: string, more: Partial<EventRequest> & { readonly folder?: string } = {}): Promise<unknown> {
  const { folder = shop, ...rest } = more;
  const project = { folder, template: undefined, profile: 'default', parameterOverrides: {} };
  return JSON.parse(await makeEvent(host, { project, source, what, name: undefined, function: undefined, region: undefined, given: {}, ...rest }));
}

describe('an event that is asked for', () => {
  it("has the template's names, the filter's key and samconfig's region", async () => {
    expect(await made('s3', 'put')).toMatchObject({ Records: [{ awsRegion: 'eu-west-1', eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'shop-uploads' }, object: { key: 'in/example.txt', size: 1024 } } }] });
    expect(await made('s3', 'delete', { given: { key: 'in/two words.mp3' } })).toMatchObject({ Records: [{ eventName: 'ObjectRemoved:Delete', s3: { object: { key: 'in/two+words.mp3' } } }] });
    expect(await made('sqs')).toMatchObject({ Records: [{ eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:paid.fifo', attributes: { MessageGroupId: 'example' } }] });
  });

  it('is of a resource of the fitting type where no function has such a source', async () => {
    expect(await made('dynamodb', 'modify', { given: { attributes: { number: '7', state: 'paid', total: '12.5' } } })).toMatchObject({
      Records: [{ eventName: 'MODIFY', eventSourceARN: expect.stringContaining('table/orders/stream/'), dynamodb: { Keys: { number: { N: '7' } }, NewImage: { number: { N: '7' }, state: { S: 'paid' }, total: { N: '12.5' } }, OldImage: { number: { N: '7' } } } }],
    });
    expect(await made('dynamodb', 'remove')).toEqual({ Records: [expect.objectContaining({ dynamodb: expect.not.objectContaining({ NewImage: expect.anything() }) })] });
  });

  it('is of what is named instead', async () => {
    expect(await made('sqs', 'message', { name: 'arn:aws:sqs:us-east-1:1:other', given: { body: '{"a":1}', attributes: { kind: 'x' }, count: 3 } })).toMatchObject({
      Records: [{ body: '{"a":1}', eventSourceARN: expect.stringMatching(/:other$/u), messageAttributes: { kind: { stringValue: 'x', dataType: 'String' } }, md5OfBody: 'bb6cb5c68df4652941caf652a366f2d8' }, {}, { messageId: '00000000-0000-4000-8000-000000000003' }],
    });
    expect(await made('schedule', 'rule', { name: 'nightly', region: 'us-west-2' })).toMatchObject({ resources: ['arn:aws:events:us-west-2:123456789012:rule/nightly'] });
  });

  it('a request is made of the route that takes it', async () => {
    expect(await made('api', 'http', { given: { path: '/orders/9', query: { a: '1 2' } } })).toMatchObject({ routeKey: 'GET /orders/{id}', rawPath: '/orders/9', rawQueryString: 'a=1+2', pathParameters: { id: '9' }, queryStringParameters: { a: '1 2' } });
    expect(await made('api', 'rest', { given: { path: '/else', method: 'put', body: 'x', headers: { cookie: 'a=1; b=2' } } })).toMatchObject({ resource: '/{proxy+}', httpMethod: 'PUT', pathParameters: { proxy: 'else' }, body: 'x', headers: { cookie: 'a=1; b=2' }, multiValueHeaders: { cookie: ['a=1; b=2'] } });
    expect(await made('url', 'request', { given: { headers: { cookie: 'a=1; b=2' } } })).toMatchObject({ cookies: ['a=1', 'b=2'], headers: expect.not.objectContaining({ cookie: expect.anything() }) });
  });

  it('is made without a project as well, which is said', async () => {
    expect(await made('eventbridge', 'event', { folder: join(root, 'empty'), given: { source: 'shop', detailType: 'Paid', body: '{"total":3}' } })).toMatchObject({ 'source': 'shop', 'detail-type': 'Paid', 'detail': { total: 3 }, 'region': 'us-east-1' });
    expect(notes.at(-1)).toContain('the names are made up: no SAM template');
  });

  it('tells what there is when it knows no such one', async () => {
    await expect(made('s4')).rejects.toMatchObject({ fault: { code: 'usage', what: 'there are no events of s4' } });
    await expect(made('s3')).rejects.toMatchObject({ fault: { what: 'which event of s3 is not said', next: 'name one of put, copy, multipart, delete, batch' } });
    await expect(made('s3', 'put', { function: 'Gone' })).rejects.toMatchObject({ fault: { what: 'the template has no function Gone', next: 'name one of Reader, Payer' } });
  });
});
