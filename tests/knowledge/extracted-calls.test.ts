import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planFix } from '../../src/fix/plan.ts';
import { extractedCalls } from '../../src/knowledge/extracted-calls.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import { openProject } from '../../src/project/open.ts';
import { noKnowledge } from '../../src/rules/knowledge.ts';
import { excessPermissions } from '../../src/rules/template/excess-permissions.ts';
import { openStore } from '../../src/store/store.ts';
import { testHost } from '../support/host.ts';

const template = `Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      CodeUri: src
      Policies:
        - Statement:
            - Effect: Allow
              Action: s3:*
              Resource: '*'
`;

/** A project and an iam-policy-autopilot that notes how it was called and finds what it is told to. */
function laidOut(answer: string): { readonly folder: string; readonly calls: () => string; readonly env: Readonly<Record<string, string>> } {
  const folder = mkdtempSync(join(tmpdir(), 'shear-calls-'));
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'template.yaml'), template);
  writeFileSync(join(folder, 'src', 'app.py'), "import boto3\ns3 = boto3.client('s3')\ndef handler(event, context):\n    s3.put_object(Bucket=event['b'], Key='k')\n");
  const program = join(folder, 'autopilot');
  writeFileSync(program, `#!/bin/sh\n[ "$1" = --version ] && { echo "iam-policy-autopilot 0.3.0"; exit 0; }\necho "$DISABLE_IAM_POLICY_AUTOPILOT_TELEMETRY $*" >> ${folder}/calls\necho '${answer}'\n`);
  chmodSync(program, 0o755);
  return { folder, calls: () => readFileSync(join(folder, 'calls'), 'utf8'), env: { HOME: folder, SHEAR_IAM_POLICY_AUTOPILOT: program } };
}

describe('calls that iam-policy-autopilot finds', () => {
  it('are added to what shear sees, and kept while the code stays', async () => {
    const { folder, calls, env } = laidOut('[{"Name":"put_object","PossibleServices":["s3"]},{"Name":"delete_object","PossibleServices":["s3","glacier"]}]');
    const host = testHost({ cwd: folder, cacheFolder: join(folder, 'cache'), env });
    const store = openStore(join(folder, 'store'), host.now);
    const project = await openProject(host, { folder });
    const model = resolveModel(project);
    const missing = new Map<string, string>();
    expect(await extractedCalls(host, project, model, { store, missing })).toEqual({});
    const sdkCalls = await extractedCalls(host, project, model, { store, missing, isExtracting: true });
    expect(sdkCalls).toEqual({ Fn: [{ name: 'put_object', services: ['s3'] }, { name: 'delete_object', services: ['s3', 'glacier'] }] });
    expect(calls()).toBe(`true extract-sdk-calls ${folder}/src/app.py --language python --service-hints s3\n`);
    expect(await extractedCalls(host, project, model, { store, missing })).toEqual(sdkCalls);
    expect(missing.size).toBe(0);

    const plan = await planFix(host, folder, { rules: [excessPermissions], unsafe: true, gather: async () => ({ ...noKnowledge, sdkCalls }) });
    expect(plan.changes[0]?.after).toContain('- s3:DeleteObject\n                - s3:PutObject\n');
  });

  it('are missing, with the reason, when the program gives no answer', async () => {
    const { folder, env } = laidOut('no answer');
    const host = testHost({ cwd: folder, cacheFolder: join(folder, 'cache'), env });
    const project = await openProject(host, { folder });
    const missing = new Map<string, string>();
    const store = openStore(join(folder, 'store'), host.now);
    expect(await extractedCalls(host, project, resolveModel(project), { store, missing, isExtracting: true })).toEqual({});
    expect(missing.get('iam-policy-autopilot')).toBe('iam-policy-autopilot 0.3.0 gave no answer that can be read');
  });
});
