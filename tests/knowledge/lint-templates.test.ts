import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { lintReports } from '../../src/knowledge/lint-templates.ts';
import { openProject } from '../../src/project/open.ts';
import { openStore } from '../../src/store/store.ts';
import { testHost } from '../support/host.ts';

const printed = JSON.stringify([
  { Id: '8169e8de', Level: 'Error', Message: "'x' is not valid under any of the given schemas", Rule: { Id: 'E3002' }, ParentId: null, Location: { Start: { LineNumber: 5, ColumnNumber: 7 }, End: { LineNumber: 5, ColumnNumber: 9 }, Path: ['Resources'] } },
  { Level: 'Error', Message: "'x' is not one of ['a']", Rule: { Id: 'E3012' }, ParentId: '8169e8de', Location: { Start: { LineNumber: 5, ColumnNumber: 7 }, End: { LineNumber: 5, ColumnNumber: 9 }, Path: [] } },
]);
const match = { rule: 'E3002', level: 'error', message: "'x' is not one of ['a']", start: { line: 5, column: 7 }, end: { line: 5, column: 9 } };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shear-lint-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'template.yaml'), 'Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      X: 1\n');
});

/** A cfn-lint that says `says`, and notes each run. */
function linter(says: string, version = '1.58.0'): string {
  const path = join(folder, 'cfn-lint');
  writeFileSync(join(folder, 'says'), says);
  writeFileSync(path, `#!/bin/sh\nif [ "$1" = --version ]; then echo "cfn-lint ${version}"; exit; fi\necho "$*" >> "${folder}/runs"\ncat "${folder}/says"\nexit 2\n`);
  chmodSync(path, 0o755);
  return path;
}

function runs(): number {
  try {
    return readFileSync(join(folder, 'runs'), 'utf8').trim().split('\n').length;
  } catch {
    return 0;
  }
}

async function reports(program: string, isLinting: boolean, missing = new Map<string, string>()): Promise<unknown> {
  const host = testHost({ cwd: folder, env: { HOME: folder, SHEAR_CFN_LINT: program }, cacheFolder: join(folder, '.cache') });
  return await lintReports(host, await openProject(host, { folder }), { store: openStore(join(folder, '.store'), host.now), isLinting }, missing);
}

it('runs cfn-lint when asked to, and shows the result later without running it', async () => {
  const program = linter(printed);
  expect(await reports(program, false)).toEqual({});
  expect(await reports(program, true)).toEqual({ 'template.yaml': { version: '1.58.0', matches: [match] } });
  expect(await reports('/nonexistent', false)).toEqual({ 'template.yaml': { version: '1.58.0', matches: [match] } });
  expect(await reports(program, true)).toEqual({ 'template.yaml': { version: '1.58.0', matches: [match] } });
  expect(runs()).toBe(1);
});

it('forgets the result when template, settings or cfn-lint change', async () => {
  const program = linter(printed);
  await reports(program, true);
  writeFileSync(join(folder, '.cfnlintrc'), 'ignore_checks: [E3002]\n');
  expect(await reports(program, false)).toEqual({});
  rmSync(join(folder, '.cfnlintrc'));
  expect(await reports(linter('[]', '1.59.0'), true)).toEqual({ 'template.yaml': { version: '1.59.0', matches: [] } });
  writeFileSync(join(folder, 'template.yaml'), 'Resources: {}\n');
  expect(await reports(program, false)).toEqual({});
  expect(runs()).toBe(2);
});

it('says why cfn-lint did not run', async () => {
  const absent = new Map<string, string>();
  expect(await reports('/nonexistent', true, absent)).toEqual({});
  expect(absent.get('cfn-lint')).toBe('SHEAR_CFN_LINT names /nonexistent, which does not run');
  const broken = new Map<string, string>();
  expect(await reports(linter('Traceback'), true, broken)).toEqual({});
  expect(broken.get('cfn-lint')).toBe('cfn-lint 1.58.0 failed on template.yaml');
});
