import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyExample } from '../../scripts/bench/projects.ts';
import { startMinistack, type Ministack } from '../../scripts/peers/ministack.ts';
import { provideSam } from '../../scripts/peers/sam.ts';
import { shear, timed } from '../../scripts/scenario/shear-cli.ts';
import { cacheFolder } from '../../scripts/script-host.ts';
import { findPython } from '../../src/tools/find-python.ts';
import { host, isBuilt } from './built-project.ts';
import { watchProcess } from './watched-process.ts';

describe.runIf(isBuilt)('the profiles that fix writes, as sam reads them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shear-profiles-'));
  const zip = join(folder, 'zip');
  const image = join(folder, 'image');
  let aws: Ministack | { readonly kind: 'none'; readonly reason: string };
  let sam: Awaited<ReturnType<typeof provideSam>>;
  let env: Record<string, string>;
  let hasPython: boolean;
  beforeAll(async () => {
    aws = await startMinistack(host, cacheFolder);
    sam = await provideSam(host, cacheFolder);
    const python = await findPython(host, { major: 3, minor: 12 });
    hasPython = python !== undefined;
    mkdirSync(join(folder, 'home'));
    env = {
      // sam notes in the home folder which stacks may be synced.
      HOME: join(folder, 'home'), AWS_DEFAULT_REGION: 'us-east-1', SAM_CLI_TELEMETRY: '0', DOCKER_HOST: 'unix:///nonexistent', NO_COLOR: '1',
      ...(python ? { PATH: [dirname(python.path), process.env['PATH']].join(delimiter) } : {}),
      ...(aws.kind === 'ministack' ? aws.env : {}),
    };
    await copyExample('transcribe-zip', zip);
    await copyExample('transcribe', image);
    await fixed(zip);
  });
  afterAll(async () => {
    if (aws.kind === 'ministack') await aws.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function fixed(project: string, ...more: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await shear(['fix', '--yes', '--allow-dirty', '--rule', 'samconfig', ...more], { cwd: project });
    expect(code, stdout + stderr).toBeLessThan(2);
  }

  async function runs(project: string, ...args: readonly string[]): Promise<string> {
    if ('reason' in sam) throw new Error(`unreachable: ${sam.reason}`);
    const { code, stdout, stderr } = await timed(sam.path, args, { cwd: project, env });
    expect(code, stdout + stderr).toBe(0);
    return stdout;
  }

  it('are read, and the template stays valid', async (context) => {
    if ('reason' in sam) return context.skip(sam.reason);
    for (const profile of ['default', 'dev', 'prod']) expect(await runs(zip, 'validate', '--lint', '--config-env', profile)).toContain('is a valid SAM Template');
  });

  it('build', async (context) => {
    if ('reason' in sam) return context.skip(sam.reason);
    if (!hasPython) return context.skip('there is no Python 3.12');
    for (const profile of ['default', 'dev', 'prod']) expect(await runs(zip, 'build', '--config-env', profile)).toContain('Build Succeeded');
  });

  it('dev: sync watches, and sends a change of the code to a stack of its own', async (context) => {
    if ('reason' in sam) return context.skip(sam.reason);
    if (aws.kind === 'none') return context.skip(aws.reason);
    if (!hasPython) return context.skip('there is no Python 3.12');
    const sync = watchProcess(sam.path, ['sync', '--config-env', 'dev'], { cwd: zip, env, input: 'y\n' });
    try {
      await sync.until('Infra sync completed.');
      const before = await deployedFunction(aws, 'transcribe-zip-dev-');
      const source = join(zip, 'src', 'app.py');
      writeFileSync(source, `# changed\n${readFileSync(source, 'utf8')}`);
      await sync.until('Finished syncing Lambda Function TranscribeZipFunction.');
      expect((await deployedFunction(aws, 'transcribe-zip-dev-')).digest).not.toBe(before.digest);
    } finally {
      await sync.stop();
    }
  });

  it('dev and prod: deploy a stack each, with the parameter, variables and tags that --unsafe adds', async (context) => {
    if ('reason' in sam) return context.skip(sam.reason);
    if (aws.kind === 'none') return context.skip(aws.reason);
    if (!hasPython) return context.skip('there is no Python 3.12');
    await fixed(zip, '--unsafe', '--rule', 'template/untagged-resource');
    expect(await runs(zip, 'validate', '--lint')).toContain('is a valid SAM Template');
    await runs(zip, 'build', '--config-env', 'dev');
    expect(await runs(zip, 'deploy', '--config-env', 'dev', '--no-confirm-changeset')).toContain('Successfully created/updated stack - transcribe-zip-dev');
    expect(await runs(zip, 'deploy', '--config-env', 'prod', '--no-confirm-changeset')).toMatch(/Successfully created\/updated stack - transcribe-zip\b(?!-)/u);
    expect((await deployedFunction(aws, 'transcribe-zip-dev-')).variables).toMatchObject({ STAGE: 'dev', LOG_LEVEL: 'DEBUG' });
  });

  it('dev: local runs and logs take every option that is written', async (context) => {
    if ('reason' in sam) return context.skip(sam.reason);
    const { path } = sam;
    const web = join(folder, 'web');
    mkdirSync(join(web, 'src'), { recursive: true });
    writeFileSync(join(web, 'template.yaml'), webTemplate);
    writeFileSync(join(web, 'src', 'app.py'), 'def handler(event, context):\n    return event\n');
    writeFileSync(join(web, 'env.local.json'), '{ "Parameters": { "LOG_LEVEL": "DEBUG" } }\n');
    await fixed(web);
    const readBySam = async (...args: readonly string[]): Promise<string | undefined> => {
      const { stderr } = await timed(path, [...args, '--config-env', 'dev', '--debug'], { cwd: web, env });
      return /Configuration values are: (.*)$/mu.exec(stderr)?.[1];
    };
    expect(await readBySam('local', 'invoke')).toBe("{'stack_name': 'web-dev', 'skip_pull_image': True, 'env_vars': 'env.local.json'}");
    expect(await readBySam('local', 'start-api')).toBe("{'stack_name': 'web-dev', 'warm_containers': 'EAGER', 'skip_pull_image': True, 'env_vars': 'env.local.json'}");
    expect(await readBySam('local', 'start-lambda')).toBe("{'stack_name': 'web-dev', 'warm_containers': 'EAGER', 'skip_pull_image': True, 'env_vars': 'env.local.json'}");
    // A stack that is not there ends it.
    expect(await readBySam('logs')).toMatch(/'stack_name': 'web-dev', 'tail': True/u);
  });

  it('of an image function are read too', async (context) => {
    if ('reason' in sam) return context.skip(sam.reason);
    await fixed(image, '--unsafe', '--rule', 'template/untagged-resource');
    expect(await runs(image, 'validate', '--lint', '--config-env', 'dev')).toContain('is a valid SAM Template');
  });
});

const webTemplate = `Transform: AWS::Serverless-2016-10-31
Resources:
  Web:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      CodeUri: src/
      Events:
        Get: { Type: HttpApi, Properties: { Path: /, Method: GET } }
`;

interface Deployed {
  readonly name: string;
  readonly digest: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** The one function whose name begins so, as the stand-in's API tells. */
async function deployedFunction({ url }: Ministack, prefix: string): Promise<Deployed> {
  const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=none' };
  const answer = await fetch(`${url}/2015-03-31/functions/`, { headers });
  const { Functions }: { Functions: readonly { FunctionName: string; CodeSha256: string; Environment?: { Variables: Readonly<Record<string, string>> } }[] } = JSON.parse(await answer.text());
  const [only, ...more] = Functions.filter((one) => one.FunctionName.startsWith(prefix));
  if (!only || more.length > 0) throw new Error(`${more.length + (only ? 1 : 0)} functions ${prefix}…`);
  return { name: only.FunctionName, digest: only.CodeSha256, variables: only.Environment?.Variables ?? {} };
}
