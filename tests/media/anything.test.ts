import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommand, type CommandWord } from '../../src/ffmpeg/command.ts';
import { filtersOfGraph } from '../../src/ffmpeg/filter-graph.ts';
import { needOfProgram } from '../../src/media/code-need.ts';
import { readPython } from '../../src/media/python-program.ts';
import { splitShell } from '../../src/media/shell-words.ts';

const place = { file: 'app.py', line: 1, column: 1 };
const word = fc.oneof(fc.constantFrom('-i', '-y', '-c:a', 'copy', '-vf', 'scale=1:2', 'o.mp4', '-', '-map', '0:a', '-f', 'null'), fc.string());

describe('whatever the code has', () => {
  it('takes any Python for something, and ends', () => {
    const piece = fc.constantFrom('subprocess.run(', '["ffmpeg", ', 'f"{x}', '"', ')', ']', 'x = x + x\n', 'def f(a, *b):\n    ', 'return f(a)\n', ' if a else ', 'for x in ', '.append(', '**', 'import subprocess\n', '# ', '\n', 'lambda: ', '{', '}', ':', '";".join(', 'x for x', ', y in z)');
    fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      expect(['none', 'profile', 'unbounded']).toContain(needOfProgram({ files: [readPython({ path: 'a.py', text: pieces.join('') })] }).kind);
    }), { numRuns: 300 });
  });

  it('reads a generator over pairs as an argument', () => {
    const text = 'import subprocess\ndef handler(event, context):\n    names = ";".join(f"{a},{b}" for a, b in event["pairs"])\n    subprocess.run(["ffmpeg", "-i", names, "o.mp4"])\n';
    expect(needOfProgram({ files: [readPython({ path: 'a.py', text })] }).kind).not.toBe('none');
  });

  it('loses no word of a command', () => {
    fc.assert(fc.property(fc.array(word), (texts) => {
      const words: readonly CommandWord[] = texts.map((text) => ({ kind: 'argument', texts: [text], place, written: text }));
      const { inputs, outputs, trailing, doubts } = parseCommand(words);
      const options = [...inputs, ...outputs].flatMap((file) => file.options).concat(trailing);
      // `-i` takes a file; every other option is one word or two; a doubt stands for one word.
      const counted = inputs.length * 2 + outputs.length + options.reduce((sum, { value }) => sum + (value ? 2 : 1), 0) + doubts.length;
      expect(Math.abs(counted - words.length)).toBeLessThanOrEqual(1);
    }));
  });

  it('reads back the filters that a graph was made of', () => {
    const filter = fc.record({ name: fc.constantFrom('scale', 'fps', 'aresample', 'drawbox'), argument: fc.constantFrom('', '=1:2', "='a,b;c'", '=a\\,b', '=x=[1]') });
    fc.assert(fc.property(fc.array(filter, { minLength: 1 }), fc.constantFrom(',', ';', ' , '), (filters, sign) => {
      expect(filtersOfGraph(filters.map(({ name, argument }) => `[in]${name}${argument}`).join(sign))?.map(({ name }) => name)).toEqual(filters.map(({ name }) => name));
    }));
  });

  it('splits what was quoted as a shell does', () => {
    fc.assert(fc.property(fc.array(fc.string({ minLength: 1 }).filter((text) => !text.includes('\uFFFC')), { minLength: 1 }), (words) => {
      expect(splitShell(words.map((one) => `'x${one.replaceAll("'", `'\\''`)}'`).join(' '))).toEqual([words.map((one) => `x${one}`)]);
    }));
  });
});
