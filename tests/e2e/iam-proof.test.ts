import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ministackPython, startMinistack, type Ministack } from '../../scripts/peers/ministack.ts';
import { cacheFolder } from '../../scripts/script-host.ts';
import { planFix } from '../../src/fix/plan.ts';
import { actionsOf, textOf } from '../../src/iam/action-table.ts';
import { excessPermissions } from '../../src/rules/template/excess-permissions.ts';
import { host } from './built-project.ts';
import { proofFunctions, type ProofFunction } from './iam-proof/functions.ts';

/** What `prove.py` tells. */
interface Proof {
  readonly status: string;
  readonly result?: unknown;
  readonly denied?: Readonly<Record<string, string>>;
  readonly allowed?: readonly string[];
}

describe('what excess-permissions leaves, enforced by a stand-in of AWS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shear-iam-'));
  let aws: Ministack | { readonly kind: 'none'; readonly reason: string };
  beforeAll(async () => {
    aws = await startMinistack(host, cacheFolder, { AUTH: 'true' });
  });
  afterAll(async () => {
    if (aws.kind === 'ministack') await aws.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.for(proofFunctions.map((one, index) => ({ ...one, index })))('a function that $name can do that, and nothing else of what it could', async (one, context) => {
    const python = ministackPython(cacheFolder);
    if (aws.kind === 'none') return context.skip(aws.reason);
    if (python === undefined) return context.skip('ministack is not in .cache, so there is no boto3');
    const template = await fixed(join(folder, String(one.index)), templateOf(one));
    expect(template).toContain(one.says);
    const actions = one.services.flatMap((service) => actionsOf(service) ?? []).map(textOf);
    const input = { url: aws.url, name: `proof-${one.index}`, template: forStandIn(template), code: one.code, before: one.before, forbidden: one.forbidden, actions, resources: one.arns };
    const { stdout, stderr } = await host.run(python, [join(import.meta.dirname, 'iam-proof', 'prove.py')], { input: JSON.stringify(input) });
    expect(stdout, stderr).not.toBe('');
    const proof = JSON.parse(stdout) as Proof;
    expect(proof).toMatchObject({ status: 'CREATE_COMPLETE', result: one.result, allowed: one.allowed });
    expect(Object.entries(proof.denied ?? {}).filter(([, code]) => !/^AccessDenied|^AuthorizationError/u.test(code))).toEqual([]);
    expect(Object.keys(proof.denied ?? {})).toHaveLength(one.forbidden.length);
  });
});

/** AWS's Ref of a secret is its ARN, as Id is; the stand-in's is its name. */
function forStandIn(template: string): string {
  return template.replaceAll('!Ref Password', '!GetAtt Password.Id');
}

function templateOf({ resources, variables, policies, code }: ProofFunction): string {
  const lines = (text: string, columns: number): string => text.split('\n').map((line) => (line === '' ? '' : ' '.repeat(columns) + line)).join('\n');
  return `Transform: AWS::Serverless-2016-10-31
Resources:
${resources}  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: |
${lines(code, 8)}
      Environment:
        Variables:
${Object.entries(variables).map(([name, value]) => `          ${name}: ${value}`).join('\n')}
      Policies:
${lines(policies, 8)}
`;
}

/** The template once the rule's fix is applied. */
async function fixed(folder: string, template: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'template.yaml'), template);
  const plan = await planFix(host, folder, { rules: [excessPermissions], unsafe: true });
  expect(plan.defects).toEqual([]);
  return plan.changes[0]?.after ?? '';
}
