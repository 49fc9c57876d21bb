import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileIndex } from '../../src/graph/file-index.ts';
import { listFiles } from '../../src/graph/list-files.ts';
import type { FileSet } from '../../src/graph/node.ts';
import { dockerignoreFilter } from '../../src/syntax/dockerignore.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shear-list-'));
  for (const path of ['app.py', 'lib/a.py', 'lib/deep/b.py', 'tests/t.py', '.aws-sam/build.toml']) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), path);
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function list(set: Partial<FileSet> = {}): ReturnType<typeof listFiles> {
  return listFiles(createFileIndex(), { folder, below: '', dockerignore: null, excludeNames: ['.aws-sam'], ...set }, dockerignoreFilter);
}

const names = (set?: Partial<FileSet>): readonly string[] => list(set).files.map((file) => file.path);

describe('listing a file set', () => {
  it('gives files and folders sorted, without excluded names', () => {
    expect(names()).toEqual(['app.py', 'lib', 'lib/a.py', 'lib/deep', 'lib/deep/b.py', 'tests', 'tests/t.py']);
  });

  it('leaves out what .dockerignore names and brings back what it excepts', () => {
    expect(names({ dockerignore: ['tests', 'lib', '!lib/deep/b.py'] })).toEqual(['app.py', 'lib/deep/b.py']);
  });

  it('tells a file, a folder and nothing apart', () => {
    expect(list({ below: 'app.py' }).root).toBe('file');
    expect(list({ below: 'lib' }).root).toBe('folder');
    expect(list({ below: 'gone' }).root).toBe('absent');
    expect(list({ below: 'app.py', dockerignore: ['*.py'] }).root).toBe('absent');
  });

  it('has a digest of names, contents and executable bits, not of times and other modes', () => {
    const before = list().digest;
    utimesSync(join(folder, 'app.py'), 5, 5);
    chmodSync(join(folder, 'app.py'), 0o600);
    expect(list().digest).toBe(before);
    chmodSync(join(folder, 'app.py'), 0o755);
    expect(list().digest).not.toBe(before);
    chmodSync(join(folder, 'app.py'), 0o644);
    writeFileSync(join(folder, 'app.py'), 'app.pz');
    expect(list().digest).not.toBe(before);
  });
});
