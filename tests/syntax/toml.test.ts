import fc from 'fast-check';
import { parse as parseValues } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import type { Splice } from '../../src/syntax/splice.ts';
import { parseToml, removeTomlKey, setTomlKey, tomlEntry, type TomlDocument, type TomlNode } from '../../src/syntax/toml.ts';

const sample = `# sam's settings
version = 0.1  # v
"a b".'c' = """x
y"""" # e

[default.build.parameters]   # build
  cached = false  # slow
  list = [ 1, # one
  "a]", {b = 2, c.d = 'x'},
]
day = 2020-01-01
big = 12345678901234567890

# of the next section

[default.deploy.parameters]
dotted.key = "x" # q
inline = {a = 1, b.c = 2}
none = {}
[[tool.x]]
n = 1
[[tool.x]]
n = 2
[tool.x.sub]
q = "\\u0041"
[prod]
k = [
 1,
]`;

function parse(text: string): TomlDocument {
  const result = parseToml({ path: 'samconfig.toml', text });
  if (!result.ok) throw new Error(`${result.error.what}\n${text}`);
  return result.value;
}

function spliced(text: string, splice: Splice | undefined): string {
  return splice ? text.slice(0, splice.start) + splice.text + text.slice(splice.end) : text;
}

function plain(node: TomlNode | undefined): unknown {
  if (!node) return undefined;
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'array') return node.items.map(plain);
  return Object.fromEntries(node.entries.map((entry) => [entry.key, plain(entry.value)]));
}

function nodeAt(node: TomlNode, ...path: readonly (string | number)[]): TomlNode | undefined {
  return path.reduce<TomlNode | undefined>((at, part) => (typeof part === 'number' ? (at?.kind === 'array' ? at.items[part] : undefined) : tomlEntry(at, part)?.value), node);
}

describe.each([
  ['LF', (text: string) => text],
  ['CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
  ['a byte order mark', (text: string) => `\uFEFF${text}`],
])('a file with %s', (_, change) => {
  const text = change(sample);
  const document = parse(text);
  const slice = (...path: readonly (string | number)[]): string => {
    const node = nodeAt(document.root, ...path);
    return node ? text.slice(node.span.start, node.span.end).replaceAll('\r', '') : '';
  };

  it('means what a TOML parser says', () => {
    expect(plain(document.root)).toEqual(parseValues(text.replace('\uFEFF', ''), { integersAsBigInt: 'asNeeded' }));
  });

  it('has ranges that slice back to what is written', () => {
    expect(slice('a b', 'c')).toBe('"""x\ny""""');
    expect(slice('default', 'build', 'parameters', 'cached')).toBe('false');
    expect(slice('default', 'build', 'parameters', 'list')).toBe('[ 1, # one\n  "a]", {b = 2, c.d = \'x\'},\n]');
    expect(slice('default', 'build', 'parameters', 'list', 2, 'c', 'd')).toBe("'x'");
    expect(slice('tool', 'x', 1, 'n')).toBe('2');
    expect(slice('tool', 'x', 1, 'sub', 'q')).toBe('"\\u0041"');
    expect(slice('prod')).toBe('[prod]\nk = [\n 1,\n]');
  });

  it('knows where each section ends', () => {
    expect(document.headers.map(({ path, span, isArray, bodyEnd }) => [path.join('.'), text.slice(span.start, span.end), isArray, text.slice(bodyEnd).trim().slice(0, 6)])).toEqual([
      ['default.build.parameters', '[default.build.parameters]', false, '# of t'],
      ['default.deploy.parameters', '[default.deploy.parameters]', false, '[[tool'],
      ['tool.x', '[[tool.x]]', true, '[[tool'],
      ['tool.x', '[[tool.x]]', true, '[tool.'],
      ['tool.x.sub', '[tool.x.sub]', false, '[prod]'],
      ['prod', '[prod]', false, ''],
    ]);
  });

  it.each<[string, readonly string[], string, string, string, string]>([
    ['replaces a value and keeps its comment', ['default', 'build', 'parameters'], 'cached', 'true', '  cached = false  # slow\n', '  cached = true  # slow\n'],
    ['replaces an array over lines', ['prod'], 'k', '[]', 'k = [\n 1,\n]', 'k = []'],
    ['adds a line with the section\'s indentation', ['default', 'build', 'parameters'], 'parallel', 'true', 'big = 12345678901234567890\n', 'big = 12345678901234567890\nparallel = true\n'],
    ['adds beside dotted keys', ['default', 'deploy', 'parameters', 'dotted'], 'two', '2', 'dotted.key = "x" # q\n', 'dotted.key = "x" # q\ndotted.two = 2\n'],
    ['adds below dotted keys', ['default', 'deploy', 'parameters', 'dotted', 'more'], 'two', '2', 'dotted.key = "x" # q\n', 'dotted.key = "x" # q\ndotted.more.two = 2\n'],
    ['adds to braces', ['default', 'deploy', 'parameters', 'inline'], 'z', '3', '{a = 1, b.c = 2}', '{a = 1, b.c = 2, z = 3}'],
    ['adds to empty braces', ['default', 'deploy', 'parameters', 'none'], 'z', '3', '{}', '{ z = 3 }'],
    ['adds a table to braces', ['default', 'deploy', 'parameters', 'none', 'in'], 'z', '3', '{}', '{ in.z = 3 }'],
    ['adds to the last section', ['prod'], 'z', '1', ' 1,\n]', ' 1,\n]\nz = 1'],
    ['adds to the newest of an array of tables', ['tool', 'x'], 'm', '1', 'n = 2\n', 'n = 2\nm = 1\n'],
    ['adds to the root', [], 'z', '1', 'y"""" # e\n', 'y"""" # e\nz = 1\n'],
    ['adds a section behind its kin', ['default', 'sync', 'parameters'], 'watch', 'true', 'none = {}\n', 'none = {}\n\n[default.sync.parameters]\nwatch = true\n\n'],
    ['adds a section at the end', ['new one', 'b'], 'z', '"1"', ' 1,\n]', ' 1,\n]\n\n["new one".b]\nz = "1"\n'],
  ])('%s', (__, path, key, value, from, to) => {
    const after = spliced(text, setTomlKey(document, path, key, value));
    expect(after.replace('\uFEFF', '').replaceAll('\r\n', '\n')).toBe(sample.replace(from, to));
    if (text.includes('\r')) expect(after.replaceAll('\r\n', '').includes('\n')).toBe(false);
    parse(after);
  });

  it.each<[readonly string[], string, string, string]>([
    [['default', 'build', 'parameters'], 'cached', '  cached = false  # slow\n', ''],
    [['default', 'build', 'parameters'], 'list', '  list = [ 1, # one\n  "a]", {b = 2, c.d = \'x\'},\n]\n', ''],
    [['default', 'deploy', 'parameters', 'dotted'], 'key', 'dotted.key = "x" # q\n', ''],
    [['prod'], 'k', 'k = [\n 1,\n]', ''],
  ])('removes %s.%s', (path, key, from, to) => {
    expect(spliced(text, removeTomlKey(document, path, key)).replace('\uFEFF', '').replaceAll('\r\n', '\n')).toBe(sample.replace(from, to));
  });

  it('leaves alone what it cannot remove', () => {
    expect([removeTomlKey(document, ['default'], 'build'), removeTomlKey(document, ['prod'], 'no'), removeTomlKey(document, ['default', 'deploy', 'parameters', 'inline'], 'a')]).toEqual([undefined, undefined, undefined]);
  });
});

it('removes from braces', () => {
  const text = 'a = {x = 1, y = 2}\nb = { x = 1 }\n';
  const document = parse(text);
  expect([
    spliced(text, removeTomlKey(document, ['a'], 'x')), spliced(text, removeTomlKey(document, ['a'], 'y')), spliced(text, removeTomlKey(document, ['b'], 'x')),
  ]).toEqual(['a = {y = 2}\nb = { x = 1 }\n', 'a = {x = 1}\nb = { x = 1 }\n', 'a = {x = 1, y = 2}\nb = {  }\n']);
});

it('starts an empty file', () => {
  expect(spliced('', setTomlKey(parse(''), ['a', 'b'], 'c', '1'))).toBe('[a.b]\nc = 1\n');
  expect(spliced('', setTomlKey(parse(''), [], 'c', '1'))).toBe('c = 1\n');
});

describe('broken input', () => {
  it.each([
    ['a = \n', '1:4'], ['a\n', '1:1'], ['a = 1\n[x\n', '2:2'], ['a = 1\na = 2\n', '2:1'], ['\uFEFFb = 1\r\na =\r\n', '2:3'], ['\uFEFF = 1', '1:2'], ['\uFEFF\uFEFF', '1:1'], ['a = "x\n', '1:6'],
  ])('%j is a fault at %s', (text, place) => {
    const result = parseToml({ path: 's.toml', text });
    expect(result.ok ? '' : `${result.error.place?.line ?? 0}:${result.error.place?.column ?? 0}`).toBe(place);
    expect(result.ok ? '' : result.error.excerpt).toContain('^');
  });

  it('nested without bound is a fault', () => {
    expect(parseToml({ path: 's.toml', text: `a = ${'['.repeat(5_000)}` }).ok).toBe(false);
  });

  it('never throws, and what parses means what a TOML parser says', () => {
    const piece = fc.constantFrom('a', 'b', '.', ' = ', '1', '"x"', "'y'", '"""', "'''", '\n', '\r\n', '[', ']', '[[', ']]', '{', '}', ', ', '#', '\\', '1.5', 'true', '1979-05-27', '"', ' ', 'inf', '\uFEFF');
    fc.assert(fc.property(fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')), (text) => {
      const result = parseToml({ path: 's.toml', text });
      if (result.ok) expect(plain(result.value.root)).toEqual(parseValues(text, { integersAsBigInt: 'asNeeded' }));
    }), { numRuns: 2_000 });
  });
});

it('a set key is the only change in any file', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd e');
  const value = fc.constantFrom('1', '"x"', '[1, 2]', '[\n  1, # one\n]', '{x = 1}', '{}', '{x = {y = 1}, z.w = 2}', "'''\nq'''");
  const line = fc.tuple(fc.array(name, { minLength: 1, maxLength: 2 }), value, fc.constantFrom('', ' # note'));
  const section = fc.tuple(fc.array(name, { minLength: 1, maxLength: 3 }), fc.boolean(), fc.array(line, { maxLength: 3 }));
  const key = (parts: readonly string[]): string => parts.map((part) => (part.includes(' ') ? `"${part}"` : part)).join('.');
  const lines = (given: readonly (readonly [readonly string[], string, string])[]): string => given.map(([parts, text, note]) => `${key(parts)} = ${text}${note}\n`).join('');
  const file = fc.tuple(fc.array(line, { maxLength: 2 }), fc.array(section, { maxLength: 4 })).map(([top, sections]) =>
    lines(top) + sections.map(([parts, isArray, body]) => `${isArray ? `[[${key(parts)}]]` : `[${key(parts)}]`}\n${lines(body)}`).join(''));
  let checked = 0;
  fc.assert(fc.property(file, fc.array(name, { maxLength: 3 }), name, (text, path, last) => {
    const result = parseToml({ path: 's.toml', text });
    if (!result.ok) return;
    let splice: Splice;
    try {
      splice = setTomlKey(result.value, path, last, '"new"');
    } catch (error) {
      expect(String(error)).toContain('unreachable');
      return;
    }
    checked++;
    const expected = structuredClone(plain(result.value.root)) as Record<string, unknown>;
    let at = expected;
    for (const part of path) {
      const next = (at[part] ??= {}) as Record<string, unknown> | Record<string, unknown>[];
      at = Array.isArray(next) ? (next.at(-1) ?? {}) : next;
    }
    at[last] = 'new';
    expect(plain(parse(spliced(text, splice)).root)).toEqual(expected);
  }), { numRuns: 3_000 });
  expect(checked).toBeGreaterThan(200);
});
