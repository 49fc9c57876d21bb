import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPython } from '../../src/tools/find-python.ts';
import { testHost } from '../support/host.ts';

const bin = join(import.meta.dirname, '..', '..', 'dist', 'shear.cjs');
const python = await findPython(testHost({ env: process.env }), { major: 3, minor: 12 });
if (!python) console.warn('SKIPPED: functions beside a broken one, because there is no Python 3.12');
const root = mkdtempSync(join(tmpdir(), 'shear-one-broken-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const good = `  Good:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: code, Handler: app.handler, Runtime: python3.12 }
`;
const bad = `  Bad:
    Type: AWS::Serverless::Function
    Metadata: { Dockerfile: Dockerfile, DockerContext: image }
    Properties: { PackageType: Image }
`;
const files = {
  'template.yaml': `Transform: AWS::Serverless-2016-10-31\nResources:\n${good}${bad}`,
  'code/app.py': 'def handler(event, context):\n    return 1\n',
  'image/Dockerfile': 'FORM python:3.12\n',
  'samconfig.toml': 'version = 0.1\n[dev.deploy.parameters]\nstack_name = "a-stack"\n',
};

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function project(name: string): string {
  const folder = join(root, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

function shear(folder: string, ...args: readonly string[]): Ended {
  const env = { PATH: process.env['PATH'], HOME: root, SHEAR_CACHE: join(root, '.cache') };
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { cwd: folder, env, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

describe.runIf(existsSync(bin) && python !== undefined)('beside a function with a broken Dockerfile', () => {
  let folder: string;
  beforeAll(() => {
    folder = project('project');
  });

  it('another is built and invoked', () => {
    expect(shear(folder, 'build', 'Good')).toMatchObject({ code: 0, out: expect.stringMatching(/^Good {2}zip/u) });
    expect(shear(folder, 'invoke', 'Good', '--backend', 'process')).toMatchObject({ code: 0, out: '1\n' });
  });

  it('the whole build, that function and the audit fail with the line', () => {
    for (const args of [['build'], ['build', 'Bad'], ['invoke', 'Bad'], ['audit']]) {
      expect(shear(folder, ...args)).toMatchObject({ code: 2, err: expect.stringMatching(/^error: .*FORM.*\n {2}at image\/Dockerfile:1:1\n/u) });
    }
  });

  it('dev runs the other and names the line', () => {
    const { code, out } = shear(folder, 'dev', '--once', '--port', '0', '--backend', 'process');
    expect(code).toBe(3);
    expect(out).toMatch(/Good ready to run/u);
    expect(out).toMatch(/Bad cannot be run: error: .*FORM.*\n {2}at image\/Dockerfile:1:1\n/u);
  });
});

describe.runIf(existsSync(bin) && python !== undefined)('what is said once', () => {
  it('notes on what differs from Lambda come with the first invocation alone, and with --verbose', () => {
    const folder = project('notes');
    const notes = (...args: readonly string[]): readonly string[] => shear(folder, 'invoke', 'Good', '--backend', 'process', ...args).err.split('\n').filter((line) => line.startsWith('note: '));
    const first = notes();
    expect(first.length).toBeGreaterThan(2);
    expect(notes()).toEqual([]);
    expect(notes('--verbose')).toEqual(first);
    expect(notes('--quiet')).toEqual([]);
  });

  it('a profile that is not there is one error of logs', () => {
    expect(shear(project('profiles'), 'logs', '--profile', 'nope')).toEqual({
      code: 2, out: '', err: 'error: samconfig.toml has no profile nope; there is dev\n  next: choose one of these with --profile  [usage]\n',
    });
  });

  it('dev where there is no project leaves nothing behind', () => {
    const empty = mkdtempSync(join(root, 'empty-'));
    expect(shear(empty, 'dev')).toMatchObject({ code: 2, err: expect.stringMatching(/^error: no SAM template in /u) });
    expect(readdirSync(empty)).toEqual([]);
  });
});
