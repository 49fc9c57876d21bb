import { batch, hasAny, uuid, type Given } from './given.ts';
import { type EventMaker, type Naming, type Plain } from './names.ts';

type Properties = Readonly<Record<string, Plain>>;

/** What else calls functions without standing in a template's Events. */
export type ServiceKind = 'Alb' | 'TokenAuthorizer' | 'RequestAuthorizer' | 'CognitoSync' | 'Firehose' | 'S3Batch' | 'Ses' | 'CustomResource' | 'StateInput' | 'StateError' | 'AppSync' | 'Pipeline';

/** Events of services that a person asks for by name (Lambda developer guide, "Invoking Lambda with events from other AWS services"). */
export const serviceEvents: Readonly<Record<ServiceKind, EventMaker>> = {
  Alb: balancerEvent, TokenAuthorizer: tokenEvent, RequestAuthorizer: requestEvent, CognitoSync: syncEvent, Firehose: firehoseEvent, S3Batch: batchEvent, Ses: mailEvent,
  CustomResource: customResourceEvent, StateInput: stateInput, StateError: stateError, AppSync: resolverEvent, Pipeline: pipelineEvent,
};

const time = '2026-01-01T00:00:00.000Z';
const epoch = Date.parse(time);
const hello = JSON.stringify({ message: 'hello' });

function balancerEvent(_properties: Properties, { region, account }: Naming, given: Given = {}): object {
  return {
    requestContext: { elb: { targetGroupArn: `arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/example/0123456789abcdef` } },
    httpMethod: given.method?.toUpperCase() ?? 'GET', path: given.path ?? '/', queryStringParameters: given.query ?? {},
    headers: {
      'accept': 'application/json', 'content-type': 'application/json', 'host': `example.${region}.elb.amazonaws.com`, 'user-agent': 'example', 'x-amzn-trace-id': 'Root=1-00000000-000000000000000000000001',
      'x-forwarded-for': '127.0.0.1', 'x-forwarded-port': '443', 'x-forwarded-proto': 'https', ...given.headers,
    },
    body: given.body ?? '', isBase64Encoded: false,
  };
}

function methodArn({ region, account }: Naming, { stage = 'Prod', method = 'GET', path = '/' }: Given): string {
  return `arn:aws:execute-api:${region}:${account}:example/${stage}/${method.toUpperCase()}/${path.replace(/^\//u, '')}`;
}

function tokenEvent(_properties: Properties, naming: Naming, given: Given = {}): object {
  return { type: 'TOKEN', authorizationToken: given.body ?? 'example', methodArn: methodArn(naming, given) };
}

function requestEvent(_properties: Properties, naming: Naming, given: Given = {}): object {
  const { stage = 'Prod', path = '/' } = given;
  const method = given.method?.toUpperCase() ?? 'GET';
  const headers = { 'accept': 'application/json', 'host': 'example.com', 'user-agent': 'example', ...given.headers };
  return {
    type: 'REQUEST', methodArn: methodArn(naming, given), resource: path, path, httpMethod: method, headers, multiValueHeaders: lists(headers),
    queryStringParameters: given.query ?? {}, multiValueQueryStringParameters: lists(given.query ?? {}), pathParameters: {}, stageVariables: {},
    requestContext: {
      path: `/${stage}${path}`, accountId: naming.account, resourceId: 'example', stage, requestId: uuid(1), identity: { apiKey: 'EXAMPLE', sourceIp: '127.0.0.1', userAgent: 'example' },
      resourcePath: path, httpMethod: method, apiId: 'example', domainName: `example.execute-api.${naming.region}.amazonaws.com`,
    },
  };
}

function lists(values: Readonly<Record<string, string>>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]));
}

function syncEvent(_properties: Properties, { region }: Naming, given: Given = {}): object {
  const records = hasAny(given.attributes) ? given.attributes : { example: 'hello' };
  return {
    version: 2, eventType: 'SyncTrigger', region, identityPoolId: `${region}:${uuid(1)}`, identityId: `${region}:${uuid(2)}`, datasetName: given.key ?? 'example',
    datasetRecords: Object.fromEntries(Object.entries(records).map(([name, newValue]) => [name, { oldValue: 'before', newValue, op: 'replace' }])),
  };
}

function firehoseEvent(properties: Properties, naming: Naming, given: Given = {}): object {
  const stream = naming.resource(properties['Stream']).name;
  return {
    invocationId: uuid(1), deliveryStreamArn: `arn:aws:firehose:${naming.region}:${naming.account}:deliverystream/${stream}`, region: naming.region,
    records: batch(given, (ordinal) => ({ recordId: `4954698668313554428650745793632162567570019247115678${5153 + ordinal}`, approximateArrivalTimestamp: epoch, data: Buffer.from(given.body ?? hello).toString('base64') })),
  };
}

function batchEvent(properties: Properties, naming: Naming, given: Given = {}): object {
  const key = encodeURIComponent(given.key ?? 'example.txt').replaceAll('%2F', '/').replaceAll('%20', '+');
  return {
    invocationSchemaVersion: '1.0', invocationId: 'EXAMPLE', job: { id: uuid(1) },
    tasks: [{ taskId: 'EXAMPLE', s3Key: key, s3VersionId: '1', s3BucketArn: `arn:aws:s3:::${naming.resource(properties['Bucket']).name}` }],
  };
}

function mailEvent(_properties: Properties, { region, account }: Naming, given: Given = {}): object {
  const [from, to, subject, date, messageId] = [given.source ?? 'sender@example.com', given.key ?? 'receiver@example.com', given.subject ?? 'Example', 'Thu, 01 Jan 2026 00:00:00 +0000', '<example@example.com>'];
  const pass = { status: 'PASS' };
  return {
    Records: [{
      eventSource: 'aws:ses', eventVersion: '1.0',
      ses: {
        mail: {
          timestamp: time, source: from, messageId: 'example', destination: [to], headersTruncated: false,
          headers: Object.entries({ 'Return-Path': `<${from}>`, 'From': from, 'To': to, 'Subject': subject, 'Date': date, 'Message-ID': messageId, 'MIME-Version': '1.0', 'Content-Type': 'text/plain; charset=UTF-8' }).map(([name, value]) => ({ name, value })),
          commonHeaders: { returnPath: from, from: [from], date, to: [to], messageId, subject },
        },
        receipt: {
          timestamp: time, processingTimeMillis: 574, recipients: [to], spamVerdict: pass, virusVerdict: pass, spfVerdict: pass, dkimVerdict: pass,
          action: { type: 'Lambda', functionArn: `arn:aws:lambda:${region}:${account}:function:example`, invocationType: 'Event' },
        },
      },
    }],
  };
}

function customResourceEvent(_properties: Properties, { region, account }: Naming, given: Given = {}): object {
  const action = given.action ?? 'Create';
  const values = hasAny(given.attributes) ? given.attributes : { Example: 'hello' };
  return {
    RequestType: action, ResponseURL: 'https://example.com/response', StackId: `arn:aws:cloudformation:${region}:${account}:stack/example/${uuid(1)}`, RequestId: uuid(2),
    ResourceType: 'Custom::Example', LogicalResourceId: 'Example', ...(action === 'Create' ? {} : { PhysicalResourceId: 'example' }), ResourceProperties: values,
    ...(action === 'Update' ? { OldResourceProperties: values } : {}),
  };
}

/** A task's input is whatever the state machine makes of its own. */
function stateInput(_properties: Properties, _naming: Naming, given: Given = {}): object {
  const value: unknown = JSON.parse(given.body ?? hello);
  return typeof value === 'object' && value !== null ? value : { value };
}

/** What a Catch of a state machine hands on. */
function stateError(_properties: Properties, _naming: Naming, given: Given = {}): object {
  return { Error: given.subject ?? 'States.TaskFailed', Cause: given.body ?? 'example' };
}

function resolverEvent(_properties: Properties, _naming: Naming, given: Given = {}): object {
  return {
    arguments: hasAny(given.attributes) ? given.attributes : { id: 'example' }, identity: null, source: null,
    request: { headers: { 'host': 'example.appsync-api.us-east-1.amazonaws.com', 'content-type': 'application/json', ...given.headers }, domainName: null }, prev: null,
    info: { selectionSetList: ['id'], selectionSetGraphQL: '{\n  id\n}', parentTypeName: given.source ?? 'Query', fieldName: given.key ?? 'example', variables: {} }, stash: {},
  };
}

function pipelineEvent(properties: Properties, naming: Naming, given: Given = {}): object {
  const location = { s3Location: { bucketName: naming.resource(properties['Bucket']).name, objectKey: given.key ?? 'example.zip' }, type: 'S3' };
  return {
    'CodePipeline.job': {
      id: uuid(1), accountId: naming.account,
      data: {
        actionConfiguration: { configuration: { FunctionName: 'example', UserParameters: given.body ?? 'example' } },
        inputArtifacts: [{ location, revision: null, name: 'input' }], outputArtifacts: [{ location, revision: null, name: 'output' }],
        artifactCredentials: { secretAccessKey: 'EXAMPLE', sessionToken: 'EXAMPLE', accessKeyId: 'EXAMPLE' },
      },
    },
  };
}
