import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planFix } from '../../src/fix/plan.ts';
import { rules } from '../../src/rules/index.ts';
import { testHost } from '../support/host.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shear-counted-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function project(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

const template = (parameters: string): string => `Transform: AWS::Serverless-2016-10-31
${parameters}Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties: { Runtime: python3.12, Handler: app.handler, CodeUri: src/ }
`;
const stage = 'Parameters:\n  Stage: { Type: String, Default: prod, AllowedValues: [dev, prod] }\n';
const app = { 'src/app.py': 'def handler(event, context):\n    return event\n' };

/** The rules that an audit counts as done by the safe fixes, and those of them that are found as before once these are done. */
async function counted(only: readonly string[] = []): Promise<{ readonly claimed: readonly string[]; readonly stay: readonly string[] }> {
  const { before, remaining } = await planFix(testHost({ cwd: folder, cacheFolder: join(folder, '.cache') }), folder, { rules, only });
  const claimed = before.filter(({ safety }) => safety === 'safe');
  const stay = claimed.filter((one) => remaining.some(({ rule, message }) => rule === one.rule && message === one.message));
  return { claimed: claimed.map(({ rule }) => rule), stay: stay.map(({ rule }) => rule) };
}

describe('what an audit counts as done by fix', () => {
  it('is what fix does, also where one fix waits for another', async () => {
    project({ 'template.yaml': template(stage), ...app });
    const { claimed, stay } = await counted();
    expect({ hasWaiting: claimed.includes('samconfig/missing-dev-overrides'), stay }).toEqual({ hasWaiting: true, stay: [] });
  });

  it('leaves out what waits for a fix that is not safe', async () => {
    project({ 'template.yaml': template(stage), ...app, 'samconfig.toml': 'version = 0.1\n[default.deploy.parameters]\nstack_name = "shop-dev"\nresolve_s3 = true\ncapabilities = ["CAPABILITY_IAM"]\n' });
    const { claimed, stay } = await counted();
    expect({ hasWaiting: claimed.includes('samconfig/missing-dev-overrides'), stay }).toEqual({ hasWaiting: false, stay: [] });
  });

  it('leaves out what waits for a rule that is not asked for', async () => {
    project({ 'template.yaml': template(stage), ...app });
    expect(await counted(['samconfig/missing-dev-overrides'])).toEqual({ claimed: [], stay: [] });
  });
});
