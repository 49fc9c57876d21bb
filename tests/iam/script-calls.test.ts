import { describe, expect, it } from 'vitest';
import { reachableScripts } from '../../src/iam/reachable-scripts.ts';
import { scriptUsage } from '../../src/iam/script-calls.ts';

function seen(...texts: readonly string[]): { readonly needs: readonly string[]; readonly doubts: readonly string[] } {
  const sources = texts.map((text, i) => ({ path: `/p/${i === 0 ? 'app' : `other${i}`}.ts`, source: { path: `${i}.ts`, text } }));
  const reached = reachableScripts(sources, '/p', '/p/app');
  if (!reached) throw new Error('unreachable: the entry is there');
  const usage = scriptUsage(reached);
  const needs = usage.needs.map(({ action, on, part }) => `${action} ${part === 'any' ? '-' : (on?.map((one) => (one.kind === 'variable' ? `$${one.name}` : one.text)).join('|') ?? '?')}`);
  return { needs: needs.toSorted(), doubts: [...new Set(usage.doubts.flatMap(({ services }) => services))].toSorted() };
}

const cases: readonly (readonly [what: string, code: string, needs: readonly string[], doubts: readonly string[]])[] = [
  ['a command of v3', "import { S3Client, GetObjectCommand } from '@aws-sdk/client-s3';\nawait new S3Client({}).send(new GetObjectCommand({ Bucket: process.env.B, Key: 'k' }));", ['s3:GetObject $B', 's3:ListBucket $B'], []],
  ['a constant with a fallback', "import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';\nconst T = process.env.T ?? '';\nclient.send(new ScanCommand({ TableName: T }));", ['dynamodb:Scan $T'], []],
  ['a constant of TypeScript', "import { ScanCommand } from '@aws-sdk/client-dynamodb';\nconst T: string = process.env.T!;\nconst U = process.env['U'] as string;\nclient.send(new ScanCommand({ TableName: T }));\nclient.send(new ScanCommand({ TableName: U }));", ['dynamodb:Scan $T|$U'], []],
  ['a destructured environment', "import { ScanCommand } from '@aws-sdk/client-dynamodb';\nconst { T } = process.env;\nclient.send(new ScanCommand({ TableName: T }));", ['dynamodb:Scan $T'], []],
  ['a parameter', "import { ScanCommand } from '@aws-sdk/client-dynamodb';\nconst t = 'a';\nexport const scan = async (t: string) => { await client.send(new ScanCommand({ TableName: t })); };", ['dynamodb:Scan ?'], []],
  ['input that is a variable', "import { ScanCommand } from '@aws-sdk/client-dynamodb';\nconst input = { TableName: 'a' };\nclient.send(new ScanCommand(input));", ['dynamodb:Scan ?'], []],
  ['a document client', "import { DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';\nclient.send(new PutCommand({ TableName: 'a' }));\nhash.update('x');\ncache.get('y');", ['dynamodb:PutItem a'], []],
  ['a command under another name', "import { GetItemCommand as G } from '@aws-sdk/client-dynamodb';\nclient.send(new G({ TableName: 'a' }));", ['dynamodb:GetItem ?'], []],
  ['a namespace', "import * as sqs from '@aws-sdk/client-sqs';\nclient.send(new sqs.SendMessageCommand({ QueueUrl: 'u' }));", ['sqs:SendMessage u'], []],
  ['a paginator, a waiter, an upload', "import { paginateScan } from '@aws-sdk/client-dynamodb';\nimport { Upload } from '@aws-sdk/lib-storage';\nimport { waitUntilObjectExists } from '@aws-sdk/client-s3';\npaginateScan({ client }, { TableName: 'a' });\nnew Upload({ client, params: { Bucket: 'b', Key: 'k' } });\nwaitUntilObjectExists({ client }, { Bucket: 'b' });", ['dynamodb:Scan a', 's3:AbortMultipartUpload b', 's3:GetObject b', 's3:ListBucket b', 's3:PutObject b'], []],
  ['v2', "const AWS = require('aws-sdk');\nconst s3 = new AWS.S3();\nconst db = new AWS.DynamoDB.DocumentClient();\ns3.putObject({ Bucket: 'b' }).promise();\ndb.get({ TableName: process.env.T }).promise();", ['dynamodb:GetItem $T', 's3:PutObject b'], []],
  ['v2 under another name', "const sdk = require('aws-sdk');\nnew sdk.SQS().sendMessage({ QueueUrl: 'u' });", ['sqs:SendMessage u'], []],
  ['a client of v2 that is not known', "const AWS = require('aws-sdk');\nnew AWS.Glue().startJobRun();", [], ['*']],
  ['a client of v3 that is not known', "import { GlueClient } from '@aws-sdk/client-glue';", [], ['*']],
  ['a computed method', "import { S3 } from '@aws-sdk/client-s3';\nconst s3 = new S3({});\ns3[method]({ Bucket: 'b' });", [], ['*']],
  ['a library that is not known', "import thing from 'some-thing';", [], ['*']],
  ['a library that calls DynamoDB', "import { Entity } from 'electrodb';", [], ['dynamodb', 'kms']],
  ['a file that is not there', "import './generated/client';", [], ['*']],
  ['a computed import', 'await import(name);', [], ['*']],
  ['types alone', "import type { S3Event } from 'aws-lambda';\nimport type { X } from 'some-thing';", [], []],
  ['code in a template', "import { SNSClient, PublishCommand } from '@aws-sdk/client-sns';\nlog(`sent ${await client.send(new PublishCommand({ TopicArn: 't' }))}`);", ['sns:Publish t'], []],
  ['strings, comments and regular expressions', "import { S3Client } from '@aws-sdk/client-s3';\n// new GetObjectCommand()\nconst a = 'new PutObjectCommand()';\nconst b = /[/]new DeleteObjectCommand()/;", [], []],
];

describe('what JavaScript may call', () => {
  it.each(cases)('%s', (_, code, needs, doubts) => {
    expect(seen(code)).toEqual({ needs, doubts });
  });

  it('looks at no file that the handler does not reach', () => {
    const helper = "import { S3Client, DeleteBucketCommand } from '@aws-sdk/client-s3';\nclient.send(new DeleteBucketCommand({ Bucket: 'b' }));";
    expect(seen('export const handler = () => 1;', helper).needs).toEqual([]);
    expect(seen("import './other1.js';\nexport const handler = () => 1;", helper).needs).toEqual(['s3:DeleteBucket b']);
  });
});
