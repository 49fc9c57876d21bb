import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planFix, type FixPlan } from '../../src/fix/plan.ts';
import { undoFix, writeFix } from '../../src/fix/write.ts';
import { rules } from '../../src/rules/index.ts';
import { parseYaml } from '../../src/syntax/yaml.ts';
import { testHost } from '../support/host.ts';

let folder: string;
let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'shear-workflow-cache-'));
  folder = mkdtempSync(join(tmpdir(), 'shear-workflow-'));
});
afterEach(() => [folder, cache].forEach((one) => rmSync(one, { recursive: true, force: true })));

const host = () => testHost({ cwd: folder, cacheFolder: cache, env: { HOME: folder } });
const only = ['workflow/', 'samconfig/'];

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

async function plan(unsafe = false): Promise<FixPlan> {
  const made = await planFix(host(), folder, { rules, only, unsafe });
  expect(made.defects).toEqual([]);
  return made;
}

const after = (made: FixPlan, path: string): string => made.changes.find((change) => change.path === path)?.after ?? '';
const filesIn = (): readonly string[] => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).toSorted();

const python = `Transform: AWS::Serverless-2016-10-31
Resources:
  OrderFunction:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: orders.handle
      CodeUri: src/
      Environment: { Variables: { TABLE: !Ref Orders } }
      Events:
        Get: { Type: HttpApi, Properties: { Path: '/orders/{id}', Method: get } }
        Paid: { Type: SNS, Properties: { Topic: !Ref PaidTopic } }
  PaidTopic: { Type: AWS::SNS::Topic }
  Orders: { Type: AWS::Serverless::SimpleTable }
`;

describe('what fix writes for developers', () => {
  it('tells of what is there once all is fixed: events, tests, variables, scripts, profiles', async () => {
    write({ 'template.yaml': python, 'src/orders.py': 'def handle(event, context): ...\n', 'samconfig.toml': 'version = 0.1\n\n[default.deploy.parameters]\nstack_name = "orders"\nresolve_s3 = true\ncapabilities = "CAPABILITY_IAM"\n' });
    const made = await plan();
    expect(made.changes.map(({ path }) => path)).toEqual(['DEVELOPMENT.md', 'Makefile', 'env.local.json', 'events/order-get.json', 'events/order-paid.json', 'samconfig.toml', 'tests/smoke/test_smoke.py']);
    const document = after(made, 'DEVELOPMENT.md');
    for (const text of ['make run', 'make api', 'make test', 'make deploy-prod', 'events/order-get.json', 'env.local.json', '`orders-dev` is for development', 'GET /orders/{id}, SNS']) expect(document).toContain(text);
    for (const [, target = ''] of document.matchAll(/`?make ([a-z-]+)/gu)) expect(after(made, 'Makefile')).toMatch(new RegExp(`^${target}:`, 'mu'));
    expect(after(made, 'Makefile')).toContain('--env-vars env.local.json');
    expect(JSON.parse(after(made, 'env.local.json'))).toEqual({ OrderFunction: { TABLE: 'Orders' } });
  });

  it('has nothing more to do the second time, and undo takes every file away', async () => {
    write({ 'template.yaml': python, 'src/orders.py': 'def handle(event, context): ...\n' });
    const before = filesIn();
    await writeFix(host(), folder, (await plan()).changes);
    expect(filesIn().length).toBeGreaterThan(before.length + 5);
    expect((await plan()).changes).toEqual([]);
    await undoFix(host(), folder);
    expect(filesIn()).toEqual(before);
  });

  it('never overwrites: files of these names that are there keep their bytes', async () => {
    const theirs = { 'Makefile': 'all:\n\techo hi\n', 'DEVELOPMENT.md': '# Mine\n', 'env.local.json': '{}\n', 'events/order-get.json': '{}\n', 'tests/smoke/test_smoke.py': 'def test_mine(): ...\n' };
    write({ 'template.yaml': python, 'src/orders.py': 'def handle(event, context): ...\n', ...theirs });
    const made = await plan();
    expect(made.changes.filter(({ path }) => path in theirs)).toEqual([]);
    const messages = made.remaining.map(({ message, advice }) => `${message}; ${advice ?? ''}`).join('\n');
    expect(messages).toContain('Makefile has no target to');
    expect(messages).toContain('add it to tests/smoke/test_smoke.py');
    expect(messages).toContain('add to DEVELOPMENT.md');
  });

  it('takes the tests, events and scripts of the repository around the project for its own', async () => {
    const root = folder;
    write({
      '.git/HEAD': 'ref: refs/heads/main\n', 'README.md': '# Shop\n\n    make build\n    make test\n    sam local invoke\n', 'Makefile': 'build:\n\tsam build\ntest:\n\tpytest\ndeploy:\n\tsam deploy\nrun:\n\tsam local invoke\n',
      'tests/test_orders.py': 'from orders import handle\n', 'events/get.json': '{"version":"2.0","routeKey":"GET /orders/{id}","rawPath":"/orders/1","requestContext":{"http":{"method":"GET","path":"/orders/1"}}}',
      'events/paid.json': '{"Records":[{"EventSource":"aws:sns","Sns":{}}]}', 'service/template.yaml': python, 'service/src/orders.py': 'def handle(event, context): ...\n',
    });
    folder = join(root, 'service');
    const found = (await planFix(host(), folder, { rules, only: ['workflow/'] })).before.map(({ rule }) => rule);
    folder = root;
    expect(found.filter((rule) => rule !== 'workflow/missing-dev-configuration' && rule !== 'workflow/missing-monitoring')).toEqual([]);
  });

  it('knows nested applications by their full names', async () => {
    write({
      'template.yaml': 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Shop:\n    Type: AWS::Serverless::Application\n    Properties: { Location: shop/template.yaml }\n',
      'shop/template.yaml': python, 'shop/src/orders.py': 'def handle(event, context): ...\n',
    });
    const made = await plan();
    expect(after(made, 'tests/smoke/test_smoke.py')).toContain('("Shop/OrderFunction", "events/shop-order-get.json", EXAMPLE),');
    expect(after(made, 'Makefile')).toContain('FUNCTION ?= Shop/OrderFunction\n');
  });

  it('gives a project of layers alone what it can use', async () => {
    write({
      'template.yaml': 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Tools:\n    Type: AWS::Serverless::LayerVersion\n    Metadata: { BuildMethod: python3.12 }\n    Properties: { ContentUri: tools/, CompatibleRuntimes: [python3.12] }\n',
      'tools/requirements.txt': 'six==1.17.0\n',
    });
    const made = await plan();
    const makefile = after(made, 'Makefile');
    expect(makefile).toContain('build:');
    expect(makefile).not.toMatch(/^(?:run|test|logs|sync):/mu);
    expect(after(made, 'DEVELOPMENT.md')).toContain('From a clone to a build in five minutes');
    expect(made.changes.some(({ path }) => path.startsWith('events/') || path.startsWith('tests/'))).toBe(false);
  });

  it('names the template where sam would not find it', async () => {
    write({ 'stack.yaml': python, 'src/orders.py': 'def handle(event, context): ...\n' });
    const made = await planFix(host(), folder, { rules, only: ['workflow/'], template: 'stack.yaml' });
    expect(after(made, 'Makefile')).toContain('\t$(BUILD) -t stack.yaml\n');
  });

  it('says nothing of a template that has nothing to build', async () => {
    write({ 'template.yaml': 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Topic: { Type: AWS::SNS::Topic }\n' });
    expect((await plan()).before.filter(({ rule }) => rule.startsWith('workflow/'))).toEqual([]);
    expect(existsSync(join(folder, 'Makefile'))).toBe(false);
  });

  it('puts alarms below the condition that another rule makes', async () => {
    write({ 'template.yaml': python, 'src/orders.py': 'def handle(event, context): ...\n', 'samconfig.toml': 'version = 0.1\n\n[dev.deploy.parameters]\nstack_name = "orders-dev"\n\n[prod.deploy.parameters]\nstack_name = "orders-prod"\n' });
    const made = await plan(true);
    const template = after(made, 'template.yaml');
    expect(template).toContain('  OrderFunctionErrorsAlarm:\n    Type: AWS::CloudWatch::Alarm\n    Condition: IsProduction\n');
    expect(template.match(/IsProduction: !Equals/gu)).toHaveLength(1);
    expect(parseYaml({ path: 'template.yaml', text: template }).ok).toBe(true);
    await writeFix(host(), folder, made.changes);
    expect((await plan(true)).changes).toEqual([]);
    expect(readFileSync(join(folder, 'template.yaml'), 'utf8').startsWith('Transform: AWS::Serverless-2016-10-31\n')).toBe(true);
  });
});
