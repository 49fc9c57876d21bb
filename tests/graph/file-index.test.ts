import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileIndex } from '../../src/graph/file-index.ts';
import { isUnchanged, type FileIndexData } from '../../src/graph/unchanged.ts';

const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shear-index-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An index as it would be taken long after the files were written. */
function later(data: (takenAt: number) => FileIndexData): FileIndexData {
  return data(Date.now() + 60_000);
}

describe('a file index', () => {
  it('gives digests of contents, targets of links, and sorted folders', () => {
    writeFileSync(join(folder, 'b'), 'abc');
    mkdirSync(join(folder, 'a'));
    symlinkSync('b', join(folder, 'c'));
    const index = createFileIndex();
    expect(index.file(join(folder, 'b'))?.sha256).toBe(abc);
    expect(index.file(join(folder, 'c'))?.kind).toBe('link');
    expect(index.folder(folder)?.entries).toEqual([['a', 'd'], ['b', 'f'], ['c', 'l']]);
    expect(index.file(join(folder, 'nothing'))).toBeUndefined();
    expect(index.file(join(folder, 'b', 'below-a-file'))).toBeUndefined();
  });

  it('believes an earlier index while the stat is equal', () => {
    const path = join(folder, 'f');
    writeFileSync(path, 'abc');
    const first = createFileIndex();
    first.file(path);
    const kept = later(first.data);
    const lying: FileIndexData = { ...kept, files: { [path]: ['file', kept.files[path]![1], 'remembered'] } };
    expect(createFileIndex(lying).file(path)?.sha256).toBe('remembered');
    writeFileSync(path, 'abcd');
    expect(createFileIndex(lying).file(path)?.sha256).not.toBe('remembered');
  });

  it('does not believe an index that was taken right after the file was written', () => {
    const path = join(folder, 'f');
    writeFileSync(path, 'abc');
    const first = createFileIndex();
    first.file(path);
    const racy = first.data(Date.now());
    const lying: FileIndexData = { ...racy, takenAt: racy.files[path]![1][1], files: { [path]: ['file', racy.files[path]![1], 'remembered'] } };
    expect(createFileIndex(lying).file(path)?.sha256).toBe(abc);
    expect(isUnchanged(lying)).toBe(false);
  });
});

describe('nothing changed', () => {
  const changes: readonly (readonly [string, () => void])[] = [
    ['a file with another content of the same length and time', () => {
      writeFileSync(join(folder, 'f'), 'xyz');
      utimesSync(join(folder, 'f'), 1_000_000, 1_000_000);
    }],
    ['a new file', () => writeFileSync(join(folder, 'new'), '')],
    ['a file gone', () => rmSync(join(folder, 'f'))],
    ['a file that was looked for and was not there', () => writeFileSync(join(folder, 'sub', '.dockerignore'), '')],
  ];

  it('holds while nothing did', () => {
    expect(isUnchanged(take())).toBe(true);
  });

  it.each(changes)('ends with %s', (_, change) => {
    const index = take();
    change();
    expect(isUnchanged(index)).toBe(false);
  });

  function take(): FileIndexData {
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'f'), 'abc');
    utimesSync(join(folder, 'f'), 1_000_000, 1_000_000);
    const index = createFileIndex();
    index.file(join(folder, 'f'));
    index.folder(folder);
    index.kindOf(join(folder, 'sub', '.dockerignore'));
    return later(index.data);
  }
});
