import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { unifiedDiff } from '../../src/edits/unified-diff.ts';

const folder = mkdtempSync(join(tmpdir(), 'shear-diff-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What `git apply` makes of a file by a diff. */
function applied(path: string, before: string | undefined, diff: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'sub'), { recursive: true });
  if (before !== undefined) writeFileSync(join(folder, path), before);
  execFileSync('git', ['apply', '--whitespace=nowarn', '--unsafe-paths', `--directory=`, '-'], { cwd: folder, input: diff, stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir() } });
  return readFileSync(join(folder, path), 'utf8');
}

describe('unifiedDiff', () => {
  it('prints hunks with their context', () => {
    const before = Array.from({ length: 20 }, (_, i) => `line ${i + 1}\n`).join('');
    const after = before.replace('line 3\n', 'line three\n').replace('line 18\n', '').replace('line 19\n', 'line 19\nline 19½\n');
    expect(unifiedDiff('src/a.txt', before, after)).toBe(
      '--- a/src/a.txt\n+++ b/src/a.txt\n@@ -1,6 +1,6 @@\n line 1\n line 2\n-line 3\n+line three\n line 4\n line 5\n line 6\n' +
      '@@ -15,6 +15,6 @@\n line 15\n line 16\n line 17\n-line 18\n line 19\n+line 19½\n line 20\n',
    );
  });

  it.each([
    ['nothing', 'a\n', 'a\n', ''],
    ['a newline taken from the end', 'a\n', 'a', '--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n'],
    ['a new file', undefined, 'a\nb\n', '--- /dev/null\n+++ b/f\n@@ -0,0 +1,2 @@\n+a\n+b\n'],
    ['CRLF', 'a\r\nb\r\n', 'a\r\nc\r\n', '--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n'],
    ['changes whose contexts touch as one hunk', '1\n2\n3\n4\n5\n', 'a\n2\n3\n4\nb\n', '--- a/f\n+++ b/f\n@@ -1,5 +1,5 @@\n-1\n+a\n 2\n 3\n 4\n-5\n+b\n'],
    ['changes six lines apart as one hunk', '1\n\n\n\n\n\n\n8\n', 'a\n\n\n\n\n\n\nb\n', '--- a/f\n+++ b/f\n@@ -1,8 +1,8 @@\n-1\n+a\n \n \n \n \n \n \n-8\n+b\n'],
    ['all lines gone', 'a\n', '', '--- a/f\n+++ b/f\n@@ -1 +0,0 @@\n-a\n'],
  ])('prints %s', (_, before, after, diff) => {
    expect(unifiedDiff('f', before, after)).toBe(diff);
  });

  it.each(['with blank.txt', 'sub/naïve.txt', 'quote".txt', 'tab\t.txt'])('names %s as git reads it', (path) => {
    expect(applied(path, 'a\n', unifiedDiff(path, 'a\n', 'b\n'))).toBe('b\n');
  });

  it('gives the text after when git applies it to the text before', () => {
    const line = fc.constantFrom('a\n', 'b\n', '\n', 'c\r\n', '  d: e\n', '-x\n', '+x\n', '\\ y\n');
    const text = fc.tuple(fc.array(line, { maxLength: 25 }), fc.constantFrom('', 'end')).map(([lines, end]) => lines.join('') + end);
    fc.assert(fc.property(text, text, fc.boolean(), fc.nat(4), (old, after, isNew, context) => {
      const before = isNew ? undefined : old;
      fc.pre(before !== after && !(before === undefined && after === ''));
      // Without context git refuses to place a hunk in the middle of a file.
      expect(applied('f.txt', before, unifiedDiff('f.txt', before, after, context + 1))).toBe(after);
    }), { numRuns: 60 });
  });

  it('makes an empty file', () => {
    expect(applied('f', undefined, unifiedDiff('f', undefined, ''))).toBe('');
  });

  it('replaces the middle whole where a search would take too long', () => {
    const before = Array.from({ length: 5_000 }, (_, i) => `${i}\n`).join('');
    const after = Array.from({ length: 5_000 }, (_, i) => `${i}x\n`).join('');
    expect(applied('f', `s\n${before}e\n`, unifiedDiff('f', `s\n${before}e\n`, `s\n${after}e\n`))).toBe(`s\n${after}e\n`);
  });
});
