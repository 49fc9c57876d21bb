import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandWord } from '../../src/syntax/expand-word.ts';

const values: Readonly<Record<string, string>> = { X: 'a.tar.gz', E: '', P: '/var/task', STAR: 'a*b*c' };
const lookup = (name: string): string | undefined => values[name];

describe('expandWord', () => {
  it.each([
    ['$X', 'a.tar.gz'], ['${X}', 'a.tar.gz'], ['$X.old', 'a.tar.gz.old'], ['${X}y', 'a.tar.gzy'], ["'$X'", '$X'], ['"$X"', 'a.tar.gz'], ['"\'$P\'"', "'/var/task'"],
    ['\\$X', '$X'], ['"\\$X"', '$X'], ['"a\\n"', 'a\\n'], ['a\\ b', 'a b'], ['a"b c"\'d\'', 'ab cd'],
    ['${Y:-d}', 'd'], ['${E:-d}', 'd'], ['${E-d}', ''], ['${Y-d}', 'd'], ['${X:-d}', 'a.tar.gz'], ['${Y:-${Z:-$X}}', 'a.tar.gz'], ['${Y:-"a b"}', 'a b'],
    ['${X:+y}', 'y'], ['${E:+y}', ''], ['${E+y}', 'y'], ['${Y:+y}', ''],
    ['${X#*.}', 'tar.gz'], ['${X##*.}', 'gz'], ['${X%.*}', 'a.tar'], ['${X%%.*}', 'a'], ['${X#b}', 'a.tar.gz'], ['${P#/}', 'var/task'],
    ['${X/a/b}', 'b.tar.gz'], ['${X//a/b}', 'b.tbr.gz'], ['${X/./-}', 'a-tar.gz'], ['${STAR/\\*/x}', 'axb*c'], ['${X//a}', '.tr.gz'], ['${P//\\//-}', '-var-task'],
    ['${', '${'], ['$', '$'], ['a$', 'a$'], ['${X!}', '${X!}'], ['$.', '$.'], ['"open', '"open'], ["'open", "'open"], ['end\\', 'end\\'],
  ])('%s is %j', (text, expected) => {
    expect(expandWord(text, lookup)).toEqual({ text: expected, missing: [] });
  });

  it.each([
    ['$Y', '', ['Y']], ['a${Y}b$Z$Y', 'ab', ['Y', 'Z']], ['${Y:?must be set}', '', ['Y']], ['${E:?m}', '', ['E']], ['${X:-$Y}', 'a.tar.gz', []], ['${Y:+$Z}', '', []], ['${Y:-$Z}', '', ['Z']], ['${Y#a}', '', ['Y']],
  ])('%s lacks %j', (text, expected, missing) => {
    expect(expandWord(text, lookup)).toEqual({ text: expected, missing });
  });

  it('escapes by a backtick where the file says so', () => {
    expect(expandWord('C:\\x\\$X`$X', lookup, '`').text).toBe('C:\\x\\a.tar.gz$X');
  });

  it('never throws, however deep or odd', () => {
    const piece = fc.constantFrom('$', '{', '}', 'X', 'Y', ':-', ':+', '#', '%', '/', '*', '?', '[', '\\', '"', "'", 'a', '${X', '${Y:-');
    fc.assert(fc.property(fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')), (text) => {
      expect(typeof expandWord(text, lookup).text).toBe('string');
    }), { numRuns: 1_000 });
    expect(expandWord('${Y:-'.repeat(5_000), lookup).text.length).toBeGreaterThan(0);
  });

  it('leaves a text without quotes, escapes and dollars alone', () => {
    fc.assert(fc.property(fc.stringMatching(/^[^'"\\$`]*$/u), (text) => {
      expect(expandWord(text, lookup)).toEqual({ text, missing: [] });
    }));
  });
});
