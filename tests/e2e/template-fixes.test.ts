import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { provideSam } from '../../scripts/peers/sam.ts';
import { cacheFolder } from '../../scripts/script-host.ts';
import { planFix } from '../../src/fix/plan.ts';
import { rules } from '../../src/rules/index.ts';
import { host } from './built-project.ts';

const template = `AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.work
      CodeUri: .
      Timeout: 60
      ReservedConcurrentExecutions: 5
      Architectures: [aarch64]
      SnapStart: { ApplyOn: PublishedVersions }
      Events:
        Job: { Type: SQS, Properties: { Queue: !GetAtt Jobs.Arn } }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: jobs
      QueueName: jobs
  Access:
    Type: AWS::Logs::LogGroup
`;

it('sam finds nothing wrong with what the template rules make of a template, unsafe fixes included', async (context) => {
  const sam = await provideSam(host, cacheFolder);
  if ('reason' in sam) return context.skip(sam.reason);
  const folder = mkdtempSync(join(tmpdir(), 'shear-template-fixes-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'template.yaml'), template);
  writeFileSync(join(folder, 'app.py'), 'def work(event, context):\n    return event\n');
  const plan = await planFix({ cwd: folder, emit: () => undefined, signal: host.signal }, folder, { rules: rules.filter(({ id }) => id.startsWith('template/')), unsafe: true });
  const after = plan.changes.find(({ path }) => path === 'template.yaml')?.after ?? '';
  for (const part of ['Architectures: [arm64]', 'AutoPublishAlias: live', 'VisibilityTimeout: 360', 'LogGroup: !Ref FunctionLogs', 'Tracing: Active', 'RetentionInDays: 30']) expect(after).toContain(part);
  writeFileSync(join(folder, 'template.yaml'), after);
  const { code, stdout, stderr } = await host.run(sam.path, ['validate', '--lint', '--template', 'template.yaml', '--region', 'us-east-1'], { cwd: folder, env: { SAM_CLI_TELEMETRY: '0' } });
  expect(code, `${stdout}${stderr}\n${after}`).toBe(0);
});
