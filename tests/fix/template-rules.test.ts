import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { planFix } from '../../src/fix/plan.ts';
import { rules } from '../../src/rules/index.ts';
import { testHost } from '../support/host.ts';

const ids: readonly string[] = [
  'template/duplicate-key', 'template/out-of-range-value', 'template/unfit-timeout', 'template/unfit-start-mode', 'template/unobserved-function',
];

async function fixed(text: string, name = 'template.yaml'): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'shear-template-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, name), text);
  const options = { rules: rules.filter((rule) => ids.includes(rule.id)), unsafe: true };
  const plan = await planFix(testHost({ cwd: folder }), folder, options);
  expect(plan.defects).toEqual([]);
  const after = plan.changes.find((change) => change.path === name)?.after;
  if (after !== undefined) {
    writeFileSync(join(folder, name), after);
    expect((await planFix(testHost({ cwd: folder }), folder, options)).changes).toEqual([]);
  }
  return after;
}

const template = `# our service
Transform: AWS::Serverless-2016-10-31

Globals:
  Function: # all of them
    Runtime: python3.12
    CodeUri: .
    Timeout: 1000   # seconds

Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.work
      Architectures: [arm]
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 }
      Events:
        Job: { Type: SQS, Properties: { Queue: !GetAtt Jobs.Arn } }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: jobs
      KmsMasterKeyId: alias/jobs
      KmsMasterKeyId: alias/jobs`;

const expected = `# our service
Transform: AWS::Serverless-2016-10-31

Globals:
  Function: # all of them
    Runtime: python3.12
    CodeUri: .
    Timeout: 900   # seconds
    LoggingConfig:
      LogFormat: JSON
      LogGroup: !Ref FunctionLogs
    Tracing: Active

Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.work
      Architectures: [arm64]
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 }
      Events:
        Job: { Type: SQS, Properties: { Queue: !GetAtt Jobs.Arn } }
      AutoPublishAlias: live
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: jobs
      KmsMasterKeyId: alias/jobs
      VisibilityTimeout: 5400
  FunctionLogs:
    Type: AWS::Logs::LogGroup
    Properties:
      RetentionInDays: 30`;

it('fixes that end at the same line of a template go where they belong, and only once', async () => {
  expect(await fixed(template)).toBe(expected);
});

it('CRLF and a byte order mark stay', async () => {
  expect(await fixed(`\uFEFF${template.replaceAll('\n', '\r\n')}`)).toBe(`\uFEFF${expected.replaceAll('\n', '\r\n')}`);
});

it('JSON stays JSON', async () => {
  const json = {
    Transform: 'AWS::Serverless-2016-10-31',
    Globals: { Function: {} },
    Resources: {
      Work: {
        Type: 'AWS::Serverless::Function',
        Properties: { Runtime: 'python3.12', Handler: 'app.work', CodeUri: '.', Timeout: 60, Events: { Job: { Type: 'SQS', Properties: { Queue: { 'Fn::GetAtt': ['Jobs', 'Arn'] } } } } },
      },
      Jobs: { Type: 'AWS::SQS::Queue' },
    },
  };
  const after = await fixed(JSON.stringify(json, null, 2), 'template.json');
  expect(JSON.parse(after ?? '')).toEqual({
    ...json,
    Globals: { Function: { LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: 'FunctionLogs' } }, Tracing: 'Active' } },
    Resources: {
      ...json.Resources,
      Jobs: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 360 } },
      FunctionLogs: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 30 } },
    },
  });
});

it('what others share by an anchor or a loop is left as it is', async () => {
  const text = `Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
x-common: &common
  Runtime: python3.12
  CodeUri: .
  Timeout: 1000
Resources:
  One:
    Type: AWS::Serverless::Function
    Properties: &one
      <<: *common
      Handler: app.one
      Role: arn:aws:iam::123456789012:role/r
  Two:
    Type: AWS::Serverless::Function
    Properties: *one
  Fn::ForEach::Many:
    - Name
    - [A, B]
    - \${Name}Function:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.many
          Runtime: python3.12
          Timeout: 2000
          Role: arn:aws:iam::123456789012:role/r
`;
  expect(await fixed(text)).toBeUndefined();
});
