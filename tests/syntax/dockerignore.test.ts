import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dockerignoreFilter, parseDockerignore } from '../../src/syntax/dockerignore.ts';

it('parseDockerignore keeps the patterns alone', () => {
  expect(parseDockerignore('\uFEFF# c\r\n/node_modules/\n\n  *.md  \n! /README.md\n./a/../b/\n #d\n!\n/\n')).toEqual(['node_modules', '*.md', '!README.md', 'b', '#d', '/']);
});

/** Its types do not fit what the CommonJS module exports. */
const ignore = createRequire(import.meta.url)('@balena/dockerignore') as () => { add(patterns: readonly string[]): { ignores(path: string): boolean } };

describe('dockerignoreFilter', () => {
  it.each<[string, string, boolean]>([
    ['node_modules', 'node_modules/a/b.js', false], ['node_modules', 'sub/node_modules/a.js', true], ['**/node_modules', 'sub/node_modules/a.js', false],
    ['**/node_modules', 'node_modules/a.js', false], ['*.md', 'a.md', false], ['*.md', 'docs/a.md', true], ['*/a.md', 'docs/a.md', false], ['**/*.md', 'a.md', false],
    ['docs/**', 'docs/a/b', false], ['docs/**', 'docs', true], ['docs/**/x', 'docs/x', false], ['docs/**/x', 'docs/a/b/x', false], ['?.txt', 'a.txt', false], ['?.txt', 'ab.txt', true],
    ['[ab].txt', 'a.txt', false], ['[^ab].txt', 'a.txt', true], ['[a-c]x', 'bx', false], ['/a', 'a', false], ['a/', 'a/b', false], ['a.b', 'axb', true], ['\\*', '*', false], ['\\*', 'a', true],
    ['*\n!keep', 'keep', true], ['*\n!keep', 'other', false], ['a\n!a/b', 'a/b', true], ['a\n!a/b', 'a/c', false], ['a\n!a/b', 'a/b/c', true], ['!a\na', 'a', false],
    ['*\n!src/**\n**/*.pyc', 'src/a/x.pyc', false], ['*\n!src/**\n**/*.pyc', 'src/a/x.py', true], ['[', '[', true], ['', 'a', true], ['**', 'a/b', false], ['.', 'a', true],
  ])('%j on %s keeps it: %s', (text, path, isKept) => {
    expect(dockerignoreFilter(parseDockerignore(text))(path)).toBe(isKept);
  });

  it('agrees with another implementation', () => {
    const part = fc.constantFrom('a', 'b', 'ab', '*', '**', 'a*', '?', '*.c', 'x.c');
    const pattern = fc.tuple(fc.boolean(), fc.array(part, { minLength: 1, maxLength: 3 })).map(([keeps, parts]) => (keeps ? '!' : '') + parts.join('/'));
    const path = fc.array(fc.constantFrom('a', 'b', 'ab', 'x.c', 'abc'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    fc.assert(fc.property(fc.array(pattern, { maxLength: 4 }), path, (patterns, file) => {
      expect(dockerignoreFilter(parseDockerignore(patterns.join('\n')))(file)).toBe(!ignore().add(patterns).ignores(file));
    }), { numRuns: 1_000 });
  });
});
