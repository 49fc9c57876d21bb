import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const bin = join(import.meta.dirname, '..', '..', 'dist', 'shear.cjs');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shear-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function project(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

function shear(...args: readonly string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
  const env = { PATH: process.env['PATH'], HOME: folder, SHEAR_CACHE: join(folder, '.cache'), SHEAR_REGISTRY_MIRRORS: 'example.test=http://127.0.0.1:9' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { cwd: folder, env, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

const image = (dockerfile: string): Readonly<Record<string, string>> => ({
  'template.yaml': 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Metadata: { Dockerfile: Dockerfile, DockerContext: . }\n    Properties: { PackageType: Image }\n',
  Dockerfile: dockerfile,
});

describe.runIf(existsSync(bin))('the command line', () => {
  it('says its version and its help with exit code 0', () => {
    expect(shear('--version')).toEqual({ code: 0, out: '0.1.0\n', err: '' });
    expect(shear('--help').out).toContain('usage: shear [COMMAND] [FLAGS]');
    expect(shear('build', '--help').out).toContain('--frozen');
  });

  it.each([
    ['a command that is not there', ['bulid'], 'shear has no command bulid\n  next: did you mean shear build?'],
    ['a flag that is not there', ['build', '--forzen'], 'shear build has no flag --forzen\n  next: did you mean --frozen?'],
    ['a flag without its value', ['dev', '--debug'], '--debug needs a value\n  the function that a debugger may come to'],
    ['a flag with another in place of its value', ['dev', '--debug', '--once'], 'next: write `--debug FUNCTION`'],
    ['a page that is not there', ['explain', 'dockerfile/unpinned-base-imag'], 'did you mean dockerfile/unpinned-base-image?'],
    ['a rule that is not there', ['audit', '--rule', 'nothing'], 'there is no rule nothing'],
    ['a rule that is misspelt', ['fix', '--rule', 'uncached-biuld'], 'next: did you mean uncached-build? `shear explain` has all rules'],
    ['a folder of rules that is misspelt', ['audit', '--rule', 'samconfg/'], 'next: did you mean samconfig/?'],
    ['a function that is not there', ['invoke', 'Nobody'], 'the template has no function Nobody'],
    ['a function that is misspelt', ['build', 'Fnn'], 'the template has no function or layer Fnn\n  next: did you mean Fn? name one of Fn'],
    ['a misspelt function to trace', ['trace', 'Fnn'], 'next: did you mean Fn?'],
    ['a misspelt source of events', ['event', 'sqss'], 'next: did you mean sqs?'],
  ])('ends with 2 for %s', (_, args, what) => {
    project(image('FROM scratch\n'));
    const { code, err } = shear(...args);
    expect({ code, what: err.includes(what), trace: err.includes('    at ') }).toEqual({ code: 2, what: true, trace: false });
  });

  it('explains a rule by its name alone', () => {
    const { code, out } = shear('explain', 'unpinned-base-image');
    expect({ code, isSame: out === shear('explain', 'dockerfile/unpinned-base-image').out }).toEqual({ code: 0, isSame: true });
  });

  it('tells of a profile that samconfig does not have: once where sam takes its defaults, and with 2 where a stack is meant', () => {
    project({ ...image('FROM scratch\nCOPY app.txt /app/\nCMD ["/app"]\n'), 'app.txt': 'hello', 'samconfig.toml': 'version = 0.1\n[default.build.parameters]\ncached = true\n[dev.deploy.parameters]\nstack_name = "x"\n' });
    const text = 'samconfig.toml has no profile staging; there are default, dev';
    const built = shear('build', '--profile', 'staging');
    expect({ code: built.code, count: built.err.split(`warning: ${text}; without it sam's defaults count`).length - 1 }).toEqual({ code: 0, count: 1 });
    expect(shear('build', '--profile', 'deflaut').err).toContain('samconfig.toml has no profile deflaut (did you mean default?); there are default, dev');
    const logs = shear('logs', '--profile', 'staging');
    expect({ code: logs.code, isTold: logs.err.includes(`error: ${text}`) }).toEqual({ code: 2, isTold: true });
    expect(shear('build', '--profile', 'dev').err).not.toContain('no profile');
  });

  it('says when it writes shear.lock for the first time', () => {
    project({ ...image('FROM scratch\nCOPY app.txt /app/\nCMD ["/app"]\n'), 'app.txt': 'hello' });
    const said = 'shear.lock written: commit it';
    expect({ isSaid: shear('build').err.includes(said), isThere: existsSync(join(folder, 'shear.lock')) }).toEqual({ isSaid: true, isThere: true });
    writeFileSync(join(folder, 'app.txt'), 'again');
    expect(shear('build').err).not.toContain(said);
  });

  it('ends with 2 where there is no template, and says what it looked for', () => {
    const { code, err } = shear('audit');
    expect(code).toBe(2);
    expect(err).toContain('template.yaml');
    expect(err).toContain('next:');
  });

  it.each([
    ['YAML', { 'template.yaml': 'Resources:\n  A: [1\n' }, 'template.yaml:'],
    ['bytes that are no UTF-8', { 'template.yaml': Buffer.from([0x41, 0xff, 0xfe]) }, 'template.yaml'],
    ['a Dockerfile', image('FROM python:3.12\nRNU x\n'), 'Dockerfile:2:1'],
    ['TOML', { ...image('FROM scratch\n'), 'samconfig.toml': 'version = \n' }, 'samconfig.toml:1'],
  ])('ends with 2 for broken %s, with the place', (_, files, place) => {
    project(files);
    const { code, err } = shear('audit');
    expect({ code, place: err.includes(place) }).toEqual({ code: 2, place: true });
  });

  it('ends with 3 where the base image cannot be had, with nothing written', () => {
    project(image('FROM example.test/python:3.12\nCMD ["a"]\n'));
    const { code, err } = shear('build');
    expect(code).toBe(3);
    expect(err).toContain('network/unreachable');
    expect(existsSync(join(folder, '.aws-sam', 'build'))).toBe(false);
    expect(readdirSync(folder)).not.toContain('shear.lock');
  });

  it('gives findings as JSON with 1, and failures as JSON with their code', () => {
    project(image('FROM public.ecr.aws/lambda/python:3.12\nCMD ["a"]\n'));
    const { code, out } = shear('audit', '--json');
    const { schema, findings } = JSON.parse(out) as { schema: number; findings: readonly { rule: string; place: { file: string; line: number; column: number }; fixable: boolean }[] };
    expect({ code, schema }).toEqual({ code: 1, schema: 1 });
    expect(findings.find((one) => one.rule === 'dockerfile/unpinned-base-image')?.place).toEqual({ file: 'Dockerfile', line: 1, column: 6 });
    rmSync(join(folder, 'template.yaml'));
    expect((JSON.parse(shear('audit', '--json').out) as { error: { code: string } }).error.code).toBe('project/not-found');
  });

  it('builds FROM scratch without anything outside, and says so when nothing changed', () => {
    project({ ...image('FROM scratch\nCOPY app.txt /app/\nCMD ["/app"]\n'), 'app.txt': 'hello' });
    expect(shear('build').code).toBe(0);
    shear('build');
    const report = JSON.parse(shear('build', '--json').out) as { unchanged: boolean; functions: readonly { name: string; image: { layers: readonly { role: string }[] } }[] };
    expect(report.unchanged).toBe(true);
    expect(report.functions[0]?.image.layers.map((layer) => layer.role)).toEqual(['application']);
  });
});
