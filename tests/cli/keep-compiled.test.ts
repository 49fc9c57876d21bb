import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const bin = join(import.meta.dirname, '..', '..', 'dist', 'shear.cjs');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shear-code-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const version = (): string => spawnSync(process.execPath, [bin, '--version'], { encoding: 'utf8', env: { ...process.env, SHEAR_CACHE: folder } }).stdout;

/** What is kept, as path → bytes; Node 22 has folders of its own. */
function kept(): ReadonlyMap<string, Buffer> {
  const paths = readdirSync(join(folder, 'code'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [path, readFileSync(path)]));
}

describe.runIf(existsSync(bin))('compiled code', () => {
  it('is kept for the next process and left as it is', () => {
    expect(version()).toBe('0.1.0\n');
    const first = kept();
    expect(first.size).toBeGreaterThan(0);
    expect(version()).toBe('0.1.0\n');
    expect(kept()).toEqual(first);
  });

  it('imports modules of Node late, as code that is not kept does', () => {
    writeFileSync(join(folder, 'requirements.txt'), 'requests==2.32.3\n');
    writeFileSync(join(folder, 'template.yaml'), 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn: { Type: AWS::Serverless::Function, Properties: { Handler: app.handler, Runtime: python3.12, CodeUri: . } }\n');
    const fix = (): string => spawnSync(process.execPath, [bin, 'fix', '--dry-run', '--project', folder], { encoding: 'utf8', env: { ...process.env, SHEAR_CACHE: folder } }).stderr;
    expect(fix()).not.toContain('defect');
    expect(fix()).not.toContain('defect');
  });

  it('is made anew when it was cut off', () => {
    version();
    for (const path of kept().keys()) truncateSync(path, 400);
    expect(version()).toBe('0.1.0\n');
    expect([...kept().values()].every((bytes) => bytes.length > 400)).toBe(true);
  });

  it.skipIf('enableCompileCache' in process.getBuiltinModule('node:module'))('goes when another version of shear takes its place', () => {
    version();
    const [path = ''] = [...kept().keys()].filter((one) => one.includes('edit-'));
    const older = path.replace(/edit-[\w-]{8}/u, 'edit-01234567');
    writeFileSync(older, 'old');
    rmSync(path);
    version();
    expect([existsSync(path), existsSync(older)]).toEqual([true, false]);
  });

  it('is not needed: a folder that cannot be written changes nothing', () => {
    writeFileSync(join(folder, 'code'), '');
    expect(version()).toBe('0.1.0\n');
  });
});
