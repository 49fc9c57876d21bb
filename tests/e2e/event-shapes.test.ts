import { describe, expect, it } from 'vitest';
import { tmpdir } from 'node:os';
import { provideSam } from '../../scripts/peers/sam.ts';
import { timed } from '../../scripts/scenario/shear-cli.ts';
import { cacheFolder } from '../../scripts/script-host.ts';
import { makeEvent } from '../../src/session/make-event.ts';
import type { Given } from '../../src/workflow/given.ts';
import { host } from './built-project.ts';

const sam = await provideSam(host, cacheFolder);
if ('reason' in sam) console.warn(`events are not compared with those of sam: ${sam.reason}`);

interface Pair {
  readonly ours: readonly [source: string, kind: string, given?: Given];
  readonly sams: string;
  /** What only sam's has: old, of a setting, or made up. Each with its reason. */
  readonly without?: Readonly<Record<string, string>>;
  /** What only ours has. */
  readonly more?: Readonly<Record<string, string>>;
}

const optional = 'sent only where it is set up';
const newer = "documented in the service's guide, newer than sam's sample";
const pairs: readonly Pair[] = [
  { ours: ['s3', 'put'], sams: 's3 put' },
  { ours: ['s3', 'delete'], sams: 's3 delete' },
  { ours: ['s3', 'batch'], sams: 's3 batch-invocation' },
  { ours: ['sqs', 'message'], sams: 'sqs receive-message' },
  { ours: ['sns', 'notification', { attributes: { Test: 'a' } }], sams: 'sns notification', without: { 'Records[].Sns.MessageAttributes.TestBinary': 'another attribute' } },
  { ours: ['dynamodb', 'insert'], sams: 'dynamodb update', without: { 'Records[].dynamodb.OldImage': 'of a change, which is another event here' } },
  { ours: ['dynamodb', 'modify'], sams: 'dynamodb update' },
  { ours: ['dynamodb', 'remove'], sams: 'dynamodb update', without: { 'Records[].dynamodb.NewImage': 'of a change, which is another event here' } },
  { ours: ['kinesis', 'record'], sams: 'kinesis get-records' },
  { ours: ['firehose', 'record'], sams: 'kinesis kinesis-firehose' },
  { ours: ['logs', 'batch'], sams: 'cloudwatch logs' },
  { ours: ['schedule', 'rule'], sams: 'cloudwatch scheduled-event', more: { version: newer } },
  { ours: ['api', 'rest', { query: { foo: 'bar' } }], sams: 'apigateway aws-proxy', without: { 'pathParameters': optional, 'stageVariables': optional }, more: { 'requestContext.domainName': newer } },
  { ours: ['api', 'http', { query: { a: 'b' }, body: 'x', headers: { cookie: 'a=b' } }], sams: 'apigateway http-api-proxy', without: { 'pathParameters': optional, 'stageVariables': optional, 'requestContext.authentication': optional, 'requestContext.authorizer': optional } },
  { ours: ['api', 'token-authorizer'], sams: 'apigateway authorizer' },
  { ours: ['api', 'request-authorizer'], sams: 'apigateway request-authorizer', without: { 'requestContext.identity.clientCert': optional }, more: { 'multiValueHeaders': newer, 'multiValueQueryStringParameters': newer, 'requestContext.domainName': newer, 'requestContext.identity.userAgent': newer } },
  { ours: ['alb', 'request'], sams: 'alb request' },
  { ours: ['cognito', 'sync'], sams: 'cognito sync-trigger' },
  { ours: ['ses', 'received'], sams: 'ses email-receiving' },
  { ours: ['stepfunctions', 'error'], sams: 'stepfunctions error' },
  { ours: ['cloudformation', 'create'], sams: 'cloudformation create-request' },
  { ours: ['alexa', 'start-session'], sams: 'alexa-skills-kit start-session', without: { 'context.AudioPlayer': optional, 'context.System.device.supportedInterfaces.AudioPlayer': optional }, more: { 'context.System.apiAccessToken': newer, 'context.System.apiEndpoint': newer, 'context.System.device.deviceId': newer } },
  { ours: ['appsync', 'resolver'], sams: 'appsync resolver', without: { identity: 'of a caller who signed in' }, more: { 'request.domainName': newer } },
  { ours: ['codepipeline', 'job'], sams: 'codepipeline job' },
];

/** Maps whose names are the user's own. */
const free = /(?:^|\.)(?:headers|multiValueHeaders|queryStringParameters|multiValueQueryStringParameters|Keys|NewImage|OldImage|ResourceProperties|datasetRecords|arguments|pathParameters|stageVariables)$/u;

/** Every path of an event with the kind of value there. */
function shapeOf(value: unknown, path = ''): ReadonlyMap<string, string> {
  if (Array.isArray(value)) return new Map([[path, 'list'], ...(path.endsWith('headers') ? [] : value.flatMap((item) => [...shapeOf(item, `${path}[]`)]))]);
  if (typeof value !== 'object' || value === null) return new Map([[path, value === null ? 'null' : typeof value]]);
  return new Map([[path, 'map'], ...(free.test(path) ? [] : Object.entries(value).flatMap(([name, member]) => [...shapeOf(member, path === '' ? name : `${path}.${name}`)]))]);
}

function under(path: string, known: Readonly<Record<string, string>> = {}): boolean {
  return Object.keys(known).some((one) => path === one || path.startsWith(`${one}.`) || path.startsWith(`${one}[`));
}

describe.skipIf('reason' in sam)('an event that shear makes has the shape of the one that sam has', () => {
  it.each(pairs)('$sams', async ({ ours: [source, what, given = {}], sams, without, more }, ) => {
    if ('reason' in sam) throw new Error(`sam is not there: ${sam.reason}`);
    const run = await timed(sam.path, ['local', 'generate-event', ...sams.split(' ')], { cwd: tmpdir(), env: { SAM_CLI_TELEMETRY: '0' } });
    expect(run.code, run.stderr).toBe(0);
    const theirs = shapeOf(JSON.parse(run.stdout));
    const project = { folder: tmpdir(), template: undefined, profile: 'default', parameterOverrides: {} };
    const own = shapeOf(JSON.parse(await makeEvent(host, { project, source, what, name: undefined, function: undefined, region: undefined, given })));
    expect([...theirs.keys()].filter((path) => !own.has(path) && !under(path, without))).toEqual([]);
    expect([...own.keys()].filter((path) => !theirs.has(path) && !under(path, more))).toEqual([]);
    // A number stays a number. What is null in one may be anything in the other.
    expect([...own].filter(([path, type]) => theirs.has(path) && theirs.get(path) !== type && type !== 'null' && theirs.get(path) !== 'null')).toEqual([]);
  });
});
