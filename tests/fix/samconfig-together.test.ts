import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { planFix, type FixPlan } from '../../src/fix/plan.ts';
import { rules } from '../../src/rules/index.ts';
import { testHost } from '../support/host.ts';

const template = `Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Metadata:
      Dockerfile: Dockerfile
      DockerContext: .
    Properties:
      PackageType: Image
`;

const dockerfile = `FROM public.ecr.aws/lambda/python:3.12
RUN --mount=type=cache,target=/root/.cache pip install idna
CMD ["app.handler"]
`;

const samconfig = `version = 0.1

[default.deploy.parameters]
stack_name = "shop"
image_repository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop"`;

const fixed = `version = 0.1

[default.deploy.parameters]
stack_name = "shop"
image_repository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop"

[default.build.parameters]
cached = true
parallel = true
use_buildkit = true

[default.package.parameters]
image_repository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop"

[default.sync.parameters]
stack_name = "shop"
image_repository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop"
watch = true
watch_exclude = ["Fn=__pycache__", "Fn=\\\\.git\\\\b"]

[default.local_start_lambda.parameters]
warm_containers = "EAGER"

[dev.build.parameters]
cached = true
parallel = true
use_buildkit = true

[dev.deploy.parameters]
stack_name = "shop-dev"
image_repository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop"
resolve_s3 = true
capabilities = ["CAPABILITY_IAM"]
fail_on_empty_changeset = false
express = true

[dev.sync.parameters]
stack_name = "shop-dev"
image_repository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop"
watch = true
watch_exclude = ["Fn=__pycache__", "Fn=\\\\.git\\\\b"]

[dev.package.parameters]
image_repository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop"

[dev.local_start_lambda.parameters]
warm_containers = "EAGER"

[dev.logs.parameters]
stack_name = "shop-dev"
tail = true

[prod.build.parameters]
cached = true
parallel = true
use_buildkit = true

[prod.deploy.parameters]
stack_name = "shop"
image_repository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop"
resolve_s3 = true
capabilities = ["CAPABILITY_IAM"]

[prod.package.parameters]
image_repository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop"

[prod.logs.parameters]
stack_name = "shop"
`;

it.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
])('all rules of samconfig together write each option into its own section, once (%s)', async (_, newline) => {
  const folder = mkdtempSync(join(tmpdir(), 'shear-together-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  mkdirSync(folder, { recursive: true });
  write('template.yaml', template);
  write('Dockerfile', dockerfile);
  write('samconfig.toml', samconfig.replaceAll('\n', newline));
  const plan = (): Promise<FixPlan> => planFix(testHost({ cwd: folder }), folder, { rules, only: ['samconfig', 'workflow/unfiltered-watch'] });
  const first = await plan();
  expect(first.changes.map(({ path }) => path)).toEqual(['samconfig.toml']);
  const after = first.changes[0]?.after ?? '';
  expect(after.replaceAll('\r\n', '\n')).toBe(fixed);
  expect(after).toBe(after.replaceAll('\r\n', '\n').replaceAll('\n', newline));
  write('samconfig.toml', after);
  expect((await plan()).changes).toEqual([]);
});
