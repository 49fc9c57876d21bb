import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMinistack, type Ministack } from '../../scripts/peers/ministack.ts';
import { provideSam } from '../../scripts/peers/sam.ts';
import { repository, cacheFolder } from '../../scripts/script-host.ts';
import { findPython } from '../../src/tools/find-python.ts';
import { host, isBuilt } from './built-project.ts';

const template = `Transform: AWS::Serverless-2016-10-31
Resources:
  Hello: { Type: AWS::Serverless::Function, Properties: { Runtime: python3.12, Handler: app.handler, CodeUri: src, AutoPublishAlias: live, MemorySize: 256 } }
`;

describe.runIf(isBuilt)('shear dev --cloud against a stand-in of AWS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shear-cloud-e2e-'));
  let aws: Ministack | { readonly kind: 'none'; readonly reason: string };
  let sam: Awaited<ReturnType<typeof provideSam>>;
  let hasPython = false;
  let running: ChildProcess | undefined;
  beforeAll(async () => {
    aws = await startMinistack(host, cacheFolder);
    sam = await provideSam(host, cacheFolder);
    hasPython = (await findPython(host, { major: 3, minor: 12 })) !== undefined;
    if (aws.kind === 'ministack') await fetch(`${aws.url}/artefacts`, { method: 'PUT' });
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'template.yaml'), template);
    writeFileSync(join(folder, 'src', 'app.py'), 'def handler(event, context):\n    return "first"\n');
    writeFileSync(join(folder, 'samconfig.toml'), 'version = 0.1\n[dev.deploy.parameters]\nstack_name = "hello-dev"\ns3_bucket = "artefacts"\ncapabilities = "CAPABILITY_IAM"\n[prod.deploy.parameters]\nstack_name = "hello-prod"\n');
  });
  afterAll(async () => {
    running?.kill('SIGKILL');
    if (aws.kind === 'ministack') await aws.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('deploys the stack that is not there, sends a save, deploys a changed template, and tells what it leaves', async (context) => {
    if (aws.kind === 'none') return context.skip(aws.reason);
    if ('reason' in sam) return context.skip(sam.reason);
    if (!hasPython) return context.skip('there is no Python 3.12');
    const env = { ...process.env, ...aws.env, SHEAR_SAM: sam.path, SHEAR_CACHE: join(folder, '.cache'), NO_COLOR: '1', PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) };
    const child = spawn(process.execPath, [join(repository, 'dist', 'shear.cjs'), 'dev', '--cloud', '--port', '0'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    running = child;
    const output = reading(child);
    await output.until('agrees with the template (1 function)');
    const url = aws.url;
    expect(await invoked(url)).toBe('"first"');
    writeFileSync(join(folder, 'src', 'app.py'), 'def handler(event, context):\n    return "second"\n');
    await output.until('cloud Hello  ');
    expect(await invoked(url)).toBe('"second"');
    expect(await invoked(url, 'live')).toBe('"second"');
    writeFileSync(join(folder, 'template.yaml'), template.replace('256', '512'));
    await output.until('hello-dev and the template differ: Resources.Hello.Properties.MemorySize');
    await output.until('agrees with the template (1 function)');
    appendFileSync(join(folder, 'src', 'app.py'), '# more\n');
    await output.until('cloud Hello  ');
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(output.all()).toContain('1 function of hello-dev runs code that its template does not know:\n  Hello  sent ');
    expect(readFileSync(join(folder, '.aws-sam', 'build', 'template.yaml'), 'utf8')).toContain('512');
  });

  it('refuses production before anything is built', async () => {
    const child = spawn(process.execPath, [join(repository, 'dist', 'shear.cjs'), 'dev', '--cloud', '--profile', 'prod', '--port', '0'], { cwd: folder, env: { ...process.env, SHEAR_CACHE: join(folder, '.cache') }, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = reading(child);
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(2);
    expect(output.all()).toContain('hello-prod counts as production: the profile is called prod');
  });
});

interface Reading {
  /** Resolves when this is said, after what was waited for before. */
  readonly until: (text: string) => Promise<void>;
  readonly all: () => string;
}

function reading(child: ChildProcess): Reading {
  let text = '';
  let from = 0;
  let look: () => void = () => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      look();
    });
  }
  return {
    all: () => text,
    until: (wanted) => new Promise((resolve, reject) => {
      look = () => {
        const at = text.indexOf(wanted, from);
        if (at < 0) return;
        from = at + wanted.length;
        look = () => undefined;
        resolve();
      };
      child.once('exit', () => reject(new Error(`it ended before it said ${wanted}:\n${text}`)));
      look();
    }),
  };
}

/** What the deployed function answers. */
async function invoked(url: string, alias?: string): Promise<string> {
  const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=none' };
  const { Functions }: { Functions: readonly { FunctionName: string }[] } = JSON.parse(await (await fetch(`${url}/2015-03-31/functions/`, { headers })).text());
  const name = Functions.find((one) => one.FunctionName.startsWith('hello-dev-'))?.FunctionName ?? '';
  const answer = await fetch(`${url}/2015-03-31/functions/${name}/invocations${alias === undefined ? '' : `?Qualifier=${alias}`}`, { method: 'POST', headers, body: '{}' });
  return await answer.text();
}
