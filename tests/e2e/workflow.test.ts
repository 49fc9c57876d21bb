import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMinistack, type Ministack } from '../../scripts/peers/ministack.ts';
import { provideSam } from '../../scripts/peers/sam.ts';
import { startS3Double, type S3Double } from '../../scripts/scenario/s3-double.ts';
import { cacheFolder, repository } from '../../scripts/script-host.ts';
import { findPython } from '../../src/tools/find-python.ts';
import { buildExample, hasProgram, host, isBuilt, sharedCache, type BuiltProject } from './built-project.ts';

type NotThere = { readonly kind: 'none'; readonly reason: string };

/** What a command of the document needs to be run here, and what it has to do. */
interface Command {
  readonly text: string;
  readonly needs?: 'aws' | 'registry';
  /** It goes on for ever: what it has printed when it has done its work. */
  readonly until?: RegExp;
  readonly prints?: RegExp | 'the answer';
}

const examples: readonly { readonly name: string; readonly fn: string; readonly commands: readonly Command[] }[] = [
  {
    name: 'transcribe',
    fn: 'TranscribeFunction',
    commands: [
      { text: 'make build' },
      { text: 'make run', prints: 'the answer' },
      { text: 'make run FUNCTION=TranscribeFunction EVENT=events/recording.json', prints: 'the answer' },
      { text: 'python3 -m pip install -r requirements.txt' },
      { text: 'python3 -m pip install pytest' },
      { text: 'make test', prints: /3 passed(?!.*skipped)/u },
      { text: 'make clean' },
      { text: 'make deploy-dev', needs: 'registry' },
      { text: 'make deploy-prod', needs: 'registry' },
      { text: 'make logs', needs: 'registry' },
    ],
  },
  {
    name: 'transcribe-zip',
    fn: 'TranscribeZipFunction',
    commands: [
      { text: 'make build' },
      { text: 'make run', prints: 'the answer' },
      { text: 'make run FUNCTION=TranscribeZipFunction EVENT=events/recording.json', prints: 'the answer' },
      { text: 'python3 -m pip install pytest' },
      { text: 'make test', prints: /1 passed(?!.*skipped)/u },
      { text: 'make clean' },
      // The stand-in cannot make the nested stack that sam then puts dependencies into.
      { text: 'make sync', needs: 'aws', until: /Starting infra sync[\s\S]*Build Succeeded/u },
      { text: 'make deploy-dev', needs: 'aws', prints: /Successfully created\/updated stack|No changes to deploy/u },
      { text: 'make deploy-prod', needs: 'aws', prints: /Successfully created\/updated stack/u },
      { text: 'make logs', needs: 'aws', until: /sam logs --stack-name transcribe-zip-dev --tail/u },
    ],
  },
];

describe.runIf(isBuilt).each(examples)('DEVELOPMENT.md of $name', ({ name, fn, commands }) => {
  const folder = mkdtempSync(join(tmpdir(), 'shear-workflow-'));
  let project: BuiltProject;
  let s3: S3Double;
  let aws: Ministack | NotThere;
  let sam: Awaited<ReturnType<typeof provideSam>>;
  let python: string | undefined;

  beforeAll(async () => {
    s3 = await startS3Double();
    s3.objects.set('recordings/message.mp3', readFileSync(join(repository, 'examples', name, 'events', 'message.mp3')));
    aws = await startMinistack(host, cacheFolder);
    sam = await provideSam(host, cacheFolder);
    if (aws.kind === 'ministack') await fetch(`${aws.url}/artefacts`, { method: 'PUT' });
    python = (await findPython(host, { major: 3, minor: 12 }))?.path;
    if (python !== undefined) await host.run(python, ['-m', 'venv', join(folder, 'venv')]);
    // The stand-in makes no bucket by itself, as resolve_s3 would have it do.
    const change = (copy: string): void => edit(join(copy, 'samconfig.toml'), (text) => text.replace('resolve_s3 = true', 's3_bucket = "artefacts"'));
    project = await buildExample({ example: name, folder: join(folder, 'project'), change });
    programs(join(folder, 'bin'), 'path' in sam ? sam.path : undefined);
  }, 400_000);
  afterAll(async () => {
    await s3.stop();
    if (aws.kind === 'ministack') await aws.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has these commands, and no others', () => {
    expect(commandsOf(readFileSync(join(project.folder, 'DEVELOPMENT.md'), 'utf8'))).toEqual(commands.map(({ text }) => text));
  });

  it.for(commands)('$text', { timeout: 300_000 }, async ({ text, needs, until, prints }, context) => {
    if (python === undefined) return context.skip('there is no Python 3.12');
    if (!(await hasProgram('make'))) return context.skip('make is not installed');
    if (needs === 'registry') return context.skip(`${text}: images are pushed to ECR through Docker, which nothing here stands in for`);
    if (needs === 'aws' && aws.kind === 'none') return context.skip(aws.reason);
    if (needs === 'aws' && 'reason' in sam) return context.skip(sam.reason);
    const { code, output } = await run(text, environment(needs === 'aws'), until);
    if (until) return expect(output).toMatch(until);
    expect(code, output).toBe(0);
    if (prints === 'the answer') expect(JSON.parse(output.trim().split('\n').findLast((line) => line.startsWith('{')) ?? '')).toEqual(JSON.parse(readFileSync(join(project.folder, 'events', 'expected.json'), 'utf8')));
    else if (prints) expect(output).toMatch(prints);
  });

  it('the smoke test says why it skips where neither shear nor sam is there', async (context) => {
    if (python === undefined) return context.skip('there is no Python 3.12');
    const smoke = join(project.folder, 'tests', 'smoke', 'test_smoke.py');
    expect(existsSync(smoke), 'tests/smoke/test_smoke.py').toBe(true);
    const { code, output } = await run('python3 -m pytest -rs tests/smoke', { PATH: `${join(folder, 'venv', 'bin')}${delimiter}/nonexistent` });
    expect(output).toContain('neither shear nor sam is installed');
    expect(code, output).toBe(0);
  });

  it('the smoke test fails for a function that cannot start', async (context) => {
    if (python === undefined) return context.skip('there is no Python 3.12');
    const source = join(project.folder, name === 'transcribe' ? 'app.py' : 'src/app.py');
    edit(source, (text) => `import not_installed_anywhere\n${text}`);
    const { code, output } = await run('python3 -m pytest tests/smoke', environment(false));
    edit(source, (text) => text.replace('import not_installed_anywhere\n', ''));
    expect(output).toContain(`${fn} answered events/recording.json with Runtime.ImportModuleError`);
    expect(code).toBe(1);
  });

  it('make alone lists what there is', async (context) => {
    if (!(await hasProgram('make'))) return context.skip('make is not installed');
    const { output } = await run('make', environment(false));
    expect(output).toMatch(/^ {2}make build +build every function and layer$/mu);
    expect(output).toMatch(/^ {2}make deploy-prod +deploy the production stack, transcribe/mu);
  });

  it('alarms and dashboard, once asked for, pass sam validate --lint', async (context) => {
    if ('reason' in sam) return context.skip(sam.reason);
    const fixed = await project.shear('fix', '--yes', '--unsafe', '--allow-dirty', '--rule', 'workflow/missing-monitoring');
    expect(fixed.stdout + fixed.stderr).toContain('workflow/missing-monitoring');
    const { code, output } = await run('sam validate --lint', { ...environment(false), AWS_REGION: 'us-east-1' });
    expect(readFileSync(join(project.folder, 'template.yaml'), 'utf8')).toContain('Type: AWS::CloudWatch::Dashboard');
    expect(output).toContain('is a valid SAM Template');
    expect(code, output).toBe(0);
  });

  function environment(isAws: boolean): Record<string, string> {
    const path = [join(folder, 'bin'), join(folder, 'venv', 'bin'), process.env['PATH'] ?? ''].join(delimiter);
    const mirrors = project.base.kind === 'stand-in' ? { SHEAR_REGISTRY_MIRRORS: project.base.mirrors } : {};
    const double = { AWS_ENDPOINT_URL_S3: s3.url, AWS_DEFAULT_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
    return { ...mirrors, ...(isAws && aws.kind === 'ministack' ? { ...aws.env, DOCKER_HOST: 'unix:///nonexistent' } : double), HOME: folder, PATH: path, SHEAR_CACHE: sharedCache, PIP_NO_COMPILE: '1', NO_COLOR: '1', PYTHONDONTWRITEBYTECODE: '1', SAM_CLI_TELEMETRY: '0' };
  }

  /** Runs a line as a shell would, answering yes to what is asked; until it prints something, if it does not end by itself. */
  function run(command: string, env: Readonly<Record<string, string>>, until?: RegExp): Promise<{ readonly code: number; readonly output: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn('/bin/sh', ['-c', command], { cwd: project.folder, env: { ...process.env, ...env }, detached: true });
      let output = '';
      const take = (chunk: Buffer): void => {
        output += chunk.toString();
        if (until?.test(output) === true && child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.stdin.on('error', () => undefined);
      child.stdin.end('y\ny\n');
      child.once('error', reject);
      child.once('close', (code) => resolve({ code: code ?? 1, output }));
    });
  }
});

/** The lines of the document's code blocks, then the commands in its tables. */
function commandsOf(document: string): readonly string[] {
  const blocks = Array.from(document.matchAll(/^```sh\n([\s\S]*?)^```$/gmu), (match) => (match[1] ?? '').trim().split('\n')).flat();
  const tables = Array.from(document.matchAll(/^\| `([^`]+)` \|/gmu), (match) => match[1] ?? '').filter((text) => /^(?:make|sam|shear|npm|node|python3|rm) /u.test(text));
  return [...new Set([...blocks, ...tables])];
}

/** A folder for the PATH: shear as it was built, and sam. */
function programs(folder: string, sam: string | undefined): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'shear'), `#!/bin/sh\nexec '${process.execPath}' '${join(repository, 'dist', 'shear.cjs')}' "$@"\n`);
  chmodSync(join(folder, 'shear'), 0o755);
  if (sam !== undefined) symlinkSync(sam, join(folder, 'sam'));
}

function edit(path: string, change: (text: string) => string): void {
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

describe.skipIf(isBuilt)('the built command line', () => {
  it.skip('is not there: `npm run build` makes it, and the end-to-end tests run then');
});
