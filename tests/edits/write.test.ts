import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/fault.ts';
import { recoverEdits, undo, writeEdits } from '../../src/edits/write.ts';

let root = '';
let project = '';
let undoFolder = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'shear-write-'));
  project = join(root, 'project');
  undoFolder = join(root, 'undo');
  await mkdir(join(project, 'src'), { recursive: true });
  await writeFile(join(project, 'template.yaml'), '\uFEFFTimeout: 3\r\n');
  await writeFile(join(project, 'src/app.py'), 'print(1)\n');
  await chmod(join(project, 'src/app.py'), 0o755);
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const changes = [
  { path: 'template.yaml', before: '\uFEFFTimeout: 3\r\n', after: '\uFEFFTimeout: 30\r\n' },
  { path: 'src/app.py', before: 'print(1)\n', after: 'print(2)\n' },
  { path: 'new/deep/run.sh', before: undefined, after: '#!/bin/sh\n', mode: 0o755 },
];

const read = async (path: string): Promise<string> => await readFile(join(project, path), 'utf8');
const modeOf = async (path: string): Promise<number> => (await stat(join(project, path))).mode & 0o777;
const files = async (): Promise<readonly string[]> => (await readdir(project, { recursive: true })).toSorted();
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function faultOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Failure) return `${error.fault.code}: ${error.fault.what}`;
    throw error;
  }
  return 'no fault';
}

async function expectUntouched(): Promise<void> {
  expect(await files()).toEqual(['src', 'src/app.py', 'template.yaml']);
  expect(await read('template.yaml')).toBe('\uFEFFTimeout: 3\r\n');
  expect(await read('src/app.py')).toBe('print(1)\n');
  expect(await modeOf('src/app.py')).toBe(0o755);
}

/** The journal and originals as a process that was killed leaves them. */
async function leaveJournal(state: 'writing' | 'undoing'): Promise<void> {
  await mkdir(undoFolder, { recursive: true });
  const originals = ['\uFEFFTimeout: 3\r\n', 'print(1)\n'];
  for (const text of originals) await writeFile(join(undoFolder, sha256(text)), text);
  await writeFile(join(undoFolder, 'journal.json'), JSON.stringify({
    version: 1, state, folders: ['new', 'new/deep'],
    files: [
      { path: 'template.yaml', before: { sha256: sha256(originals[0] ?? ''), mode: 0o644 }, after: { sha256: sha256('\uFEFFTimeout: 30\r\n'), mode: 0o644 } },
      { path: 'src/app.py', before: { sha256: sha256(originals[1] ?? ''), mode: 0o755 }, after: { sha256: sha256('print(2)\n'), mode: 0o755 } },
      { path: 'new/deep/run.sh', before: null, after: { sha256: sha256('#!/bin/sh\n'), mode: 0o755 } },
    ],
  }));
}

describe('writeEdits', () => {
  it('writes and makes files, keeping modes', async () => {
    await writeEdits(project, changes, undoFolder);
    expect(await files()).toEqual(['new', 'new/deep', 'new/deep/run.sh', 'src', 'src/app.py', 'template.yaml']);
    expect([await read('template.yaml'), await read('src/app.py'), await read('new/deep/run.sh')]).toEqual(['\uFEFFTimeout: 30\r\n', 'print(2)\n', '#!/bin/sh\n']);
    expect([await modeOf('src/app.py'), await modeOf('new/deep/run.sh')]).toEqual([0o755, 0o755]);
  });

  it.each([
    ['has changed since', { path: 'src/app.py', before: 'print(0)\n', after: 'x' }, 'edits/stale: src/app.py has changed since it was read'],
    ['is gone', { path: 'src/gone.py', before: 'a', after: 'b' }, 'edits/stale: src/gone.py is gone'],
    ['is there already', { path: 'src/app.py', before: undefined, after: 'b' }, 'edits/stale: src/app.py is there already'],
    ['lies above the project', { path: '../outside.txt', before: undefined, after: 'b' }, 'edits/unwritable: ../outside.txt is outside the project'],
    ['is absolute', { path: '/tmp/x', before: undefined, after: 'b' }, 'edits/unwritable: /tmp/x is outside the project'],
    ['climbs in the middle', { path: 'src/../../x', before: undefined, after: 'b' }, 'edits/unwritable: src/../../x is outside the project'],
  ])('writes nothing when a file %s', async (_, change, expected) => {
    expect(await faultOf(writeEdits(project, [...changes, change], undoFolder))).toBe(expected);
    await expectUntouched();
  });

  it('refuses links that lead out and follows links that stay in', async () => {
    await writeFile(join(root, 'secret'), 'a');
    await mkdir(join(root, 'project-two'));
    await symlink(root, join(project, 'out'));
    await symlink(join(root, 'project-two'), join(project, 'two'));
    await symlink(join(root, 'nowhere'), join(project, 'dangling'));
    await symlink('src/app.py', join(project, 'link.py'));
    expect(await faultOf(writeEdits(project, [{ path: 'out/secret', before: 'a', after: 'b' }], undoFolder))).toBe('edits/unwritable: out/secret is outside the project');
    expect(await faultOf(writeEdits(project, [{ path: 'dangling', before: undefined, after: 'b' }], undoFolder))).toBe('edits/unwritable: dangling is outside the project');
    expect(await faultOf(writeEdits(project, [{ path: 'two/x', before: undefined, after: 'b' }], undoFolder))).toBe('edits/unwritable: two/x is outside the project');
    await writeEdits(project, [{ path: 'link.py', before: 'print(1)\n', after: 'print(3)\n' }], undoFolder);
    expect((await lstat(join(project, 'link.py'))).isSymbolicLink()).toBe(true);
    expect([await read('src/app.py'), await readFile(join(root, 'secret'), 'utf8')]).toEqual(['print(3)\n', 'a']);
  });

  it('takes everything back when a write fails on the way', async () => {
    const blocked = [...changes, { path: 'template.yaml/x', before: undefined, after: 'b' }];
    expect(await faultOf(writeEdits(project, blocked, undoFolder))).toContain('edits/unwritable: ');
    await expectUntouched();
  });
});

describe('undo', () => {
  it('gives back the exact bytes and modes, and removes what was made', async () => {
    await writeEdits(project, changes, undoFolder);
    expect(await undo(project, undoFolder)).toEqual(['template.yaml', 'src/app.py', 'new/deep/run.sh']);
    await expectUntouched();
    expect(await faultOf(undo(project, undoFolder))).toBe('edits/nothing-to-undo: there is no fix to undo');
  });

  it('refuses when a file has changed since, unless forced', async () => {
    await writeEdits(project, changes, undoFolder);
    await writeFile(join(project, 'src/app.py'), 'mine\n');
    expect(await faultOf(undo(project, undoFolder))).toBe('edits/stale: src/app.py has changed since the fix was written');
    expect([await read('src/app.py'), await read('template.yaml')]).toEqual(['mine\n', '\uFEFFTimeout: 30\r\n']);
    await undo(project, undoFolder, { force: true });
    await expectUntouched();
  });

  it('keeps a folder that holds other files by now', async () => {
    await writeEdits(project, changes, undoFolder);
    await writeFile(join(project, 'new/mine'), '');
    await undo(project, undoFolder);
    expect(await files()).toEqual(['new', 'new/mine', 'src', 'src/app.py', 'template.yaml']);
  });

  it('undoes the last writing alone', async () => {
    await writeEdits(project, changes, undoFolder);
    await writeEdits(project, [{ path: 'src/app.py', before: 'print(2)\n', after: 'print(3)\n' }], undoFolder);
    await undo(project, undoFolder);
    expect([await read('src/app.py'), await read('template.yaml')]).toEqual(['print(2)\n', '\uFEFFTimeout: 30\r\n']);
  });
});

describe('after a crash', () => {
  it.each(['writing', 'undoing'] as const)('between two files while %s, all goes back', async (state) => {
    await leaveJournal(state);
    await writeFile(join(project, 'template.yaml'), '\uFEFFTimeout: 30\r\n');
    await mkdir(join(project, 'new/deep'), { recursive: true });
    await writeFile(join(project, 'new/deep/run.sh'), '#!/bin/sh\n');
    await writeFile(join(project, 'src/.app.py.shear-tmp'), 'pri');
    expect(await recoverEdits(project, undoFolder)).toBe(true);
    await expectUntouched();
    expect(await recoverEdits(project, undoFolder)).toBe(false);
  });

  it('the next writing first takes the broken one back', async () => {
    await leaveJournal('writing');
    await writeFile(join(project, 'template.yaml'), '\uFEFFTimeout: 30\r\n');
    await writeEdits(project, changes, undoFolder);
    expect(await read('template.yaml')).toBe('\uFEFFTimeout: 30\r\n');
    await undo(project, undoFolder);
    await expectUntouched();
  });

  it('before the journal was complete, nothing is taken back', async () => {
    await mkdir(undoFolder);
    await writeFile(join(undoFolder, 'journal.json.new'), '{"ver');
    expect(await recoverEdits(project, undoFolder)).toBe(false);
    await writeEdits(project, changes, undoFolder);
    expect(await read('src/app.py')).toBe('print(2)\n');
  });

  it('a damaged journal is named and nothing is guessed', async () => {
    await mkdir(undoFolder);
    await writeFile(join(undoFolder, 'journal.json'), '{"version": 1}');
    expect(await faultOf(undo(project, undoFolder))).toBe(`edits/nothing-to-undo: ${join(undoFolder, 'journal.json')} cannot be read`);
    await expectUntouched();
  });
});
