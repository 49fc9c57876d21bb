import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ffmpegCallsOf } from '../../src/model/ffmpeg-calls.ts';
import { importsOf, topLevelNames } from '../../src/model/python-imports.ts';

const read = (text: string): ReturnType<typeof importsOf> => importsOf({ path: 'app.py', text });
const names = (text: string): readonly string[] => read(text).modules.map((module) => module.name);

describe('importsOf', () => {
  it.each([
    ['import os', ['os']],
    ['import a.b.c as d, e', ['a.b.c', 'e']],
    ['from a.b import c', ['a.b']],
    ['from . import x', ['.']],
    ['from ..pkg.mod import (\n  a as b,\n  c,\n)', ['..pkg.mod']],
    ['import a; import b', ['a', 'b']],
    ['import a\\\n, b', ['a', 'b']],
    ['try: import ujson as json\nexcept ImportError: import json', ['ujson', 'json']],
    ['\ufeffimport a', ['a']],
    ['import a\r\nimport b\r', ['a', 'b']],
    ['x = """\nimport nothing\n"""\nimport real', ['real']],
    ['# import nothing\nimport real # import more', ['real']],
    ["y = 'import nothing'", []],
    ['importer = 3\nfromage = 4', []],
    ['yield_from = x\nraise E from error', []],
    ['m = importlib.import_module("yaml")', ['yaml']],
    ["m = __import__('json', globals())", ['json']],
    ['def import_module(name): pass', []],
  ])('reads %j', (text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  it('gives the members of a from-import without their aliases', () => {
    expect(read('from a import b as c, d').modules[0]?.members).toEqual(['b', 'd']);
    expect(read('from a import *').modules[0]?.members).toEqual(['*']);
  });

  it('calls an import conditional when it does not run on every load', () => {
    const text = 'import a\nif x:\n    import b\nif y: import c\ndef f():\n\timport d\nimport e\n';
    expect(read(text).modules.map(({ name, conditional }) => [name, conditional])).toEqual([
      ['a', false], ['b', true], ['c', true], ['d', true], ['e', false],
    ]);
  });

  it('points at the dotted name', () => {
    const text = 'x = 1\nfrom  numpy.linalg import norm\n';
    const span = read(text).modules[0]?.span;
    expect(span && text.slice(span.start, span.end)).toBe('numpy.linalg');
  });

  it('lists what cannot be told as dynamic', () => {
    const { modules, dynamic } = read('importlib.import_module(name)\n__import__(f"{x}.y")\nexec(code)\ncursor.exec(sql)\n');
    expect(modules).toEqual([]);
    expect(dynamic.map((one) => one.why)).toEqual([
      'the module that import_module imports is not a literal',
      'the module that __import__ imports is not a literal',
      'exec runs code that the text does not show',
    ]);
  });

  it('never takes the inside of a string for code', () => {
    fc.assert(
      fc.property(fc.string(), (inner) => {
        const literal = JSON.stringify(`import hidden ${inner}`).replace(/[\u2028\u2029]/gu, ' ');
        return names(`x = ${literal}\nimport seen\n`).join() === 'seen';
      }),
    );
  });

  it('never fails on any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => Array.isArray(read(text).modules)));
  });
});

it('names the top-level packages without relative imports', () => {
  expect([...topLevelNames(read('import a.b\nfrom .c import d\nfrom e import f'))]).toEqual(['a', 'e']);
});

describe('ffmpegCallsOf', () => {
  const calls = (text: string): readonly string[] => ffmpegCallsOf({ path: 'app.py', text }).map((call) => `${call.kind} ${call.program} ${call.text}`);

  it.each([
    ["subprocess.run(['ffmpeg', '-i', a])", ['literal ffmpeg ffmpeg']],
    ['cmd = "/opt/bin/ffprobe -v error"', ['literal ffprobe /opt/bin/ffprobe -v error']],
    ['bucket = "my-ffmpeg-bucket"', []],
    ['# ffmpeg\nffmpeg_path = 1', []],
    ['from pydub import AudioSegment', ['library ffmpeg pydub', 'library ffprobe pydub']],
    ['os.system(f"ffmpeg -i {x}")', ['literal ffmpeg f"ffmpeg -i {x}"']],
  ])('reads %j', (text, expected) => {
    expect(calls(text)).toEqual(expected);
  });
});
