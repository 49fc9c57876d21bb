import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spliceText } from '../../src/edits/apply.ts';
import type { Splice } from '../../src/syntax/splice.ts';
import { addEntries, appendItem, get, insertEntry, parseYaml, removeEntry, setEntry, type YamlDocument, type YamlList, type YamlMap, type YamlNode } from '../../src/syntax/yaml.ts';

function parse(text: string, path = 'template.yaml'): YamlDocument {
  const result = parseYaml({ path, text });
  if (!result.ok) throw new Error(`${JSON.stringify(result.error)}\n${text}`);
  return result.value;
}

function mapAt(document: YamlDocument, ...path: readonly (string | number)[]): YamlMap {
  const node = get(document.root, ...path);
  if (node?.kind !== 'map') throw new Error(`no map at ${path.join('.')}`);
  return node;
}

function listAt(document: YamlDocument, ...path: readonly (string | number)[]): YamlList {
  const node = get(document.root, ...path);
  if (node?.kind !== 'list') throw new Error(`no list at ${path.join('.')}`);
  return node;
}

function spliced(text: string, splice: Splice | undefined): string {
  return splice ? text.slice(0, splice.start) + splice.text + text.slice(splice.end) : text;
}

function plain(node: YamlNode | undefined): unknown {
  if (!node) return undefined;
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  return Object.fromEntries(node.entries.map((entry) => [String(entry.key.value), plain(entry.value)]));
}

const base = `Globals:
    Function:   # all of them
        Timeout: 3  # short
        Env: &e
            A: 1   # one
        Tags: {a: b}
        Keep: |+
            abc

        Empty:

Resources: {}
`;

describe('setEntry', () => {
  it.each([
    ['replaces a value and keeps its comment', 'Timeout', '30', '        Timeout: 3  # short\n', '        Timeout: 30  # short\n'],
    ['fills an empty value', 'Empty', 'x', '        Empty:\n', '        Empty: x\n'],
    ['keeps an anchor', 'Env', '!Ref X', '        Env: &e\n            A: 1   # one\n', '        Env: &e !Ref X   # one\n'],
    ['replaces a block by a block', 'Env', 'B:\n  - 1\nC: 2', '        Env: &e\n            A: 1   # one\n', '        Env: &e   # one\n            B:\n              - 1\n            C: 2\n'],
    ['makes a block of a value', 'Timeout', '\nA: 1', '        Timeout: 3  # short\n', '        Timeout:  # short\n            A: 1\n'],
    ['replaces braces', 'Tags', '{c: d}', '        Tags: {a: b}\n', '        Tags: {c: d}\n'],
    ['adds at the end', 'New', 'x', '        Empty:\n', '        Empty:\n        New: x\n'],
    ['adds a block', 'New', 'A: 1\nB: 2', '        Empty:\n', '        Empty:\n        New:\n            A: 1\n            B: 2\n'],
    ['adds what a tag opens', 'New', '!If\n- A\n- B', '        Empty:\n', '        Empty:\n        New: !If\n            - A\n            - B\n'],
    ['quotes the key where needed', 'on', 'x', '        Empty:\n', '        Empty:\n        "on": x\n'],
  ])('%s', (_, key, value, from, to) => {
    for (const text of [base, base.replaceAll('\n', '\r\n'), `\uFEFF${base}`]) {
      const document = parse(text);
      const after = spliced(text, setEntry(document, mapAt(document, 'Globals', 'Function'), key, value));
      expect(after.replaceAll('\r\n', '\n').replace('\uFEFF', '')).toBe(base.replace(from, to));
      expect(after.replaceAll('\r\n', '').includes('\n')).toBe(!text.includes('\r'));
    }
  });

  it('keeps the blank lines of a block scalar that keeps them', () => {
    const text = 'F:\n  Keep: |+\n    abc\n\n\nOther: 1\n';
    const document = parse(text);
    const after = parse(spliced(text, setEntry(document, mapAt(document, 'F'), 'New', '1')));
    expect(plain(after.root)).toEqual({ F: { Keep: 'abc\n\n\n', New: 1 }, Other: 1 });
  });

  it('adds to a map that only merges', () => {
    const text = 'A: &a {x: 1}\nB:\n  <<: *a\nC: 1\n';
    const document = parse(text);
    expect(spliced(text, setEntry(document, mapAt(document, 'B'), 'x', '2'))).toBe('A: &a {x: 1}\nB:\n  <<: *a\n  x: 2\nC: 1\n');
  });

  it('adds to the last map of a file without a newline at its end', () => {
    const text = 'A:\n  B: 1';
    const document = parse(text);
    expect(spliced(text, setEntry(document, mapAt(document, 'A'), 'C', '2'))).toBe('A:\n  B: 1\n  C: 2');
  });

  it.each([
    ['{A: {}}', '{A: {B: 1}}'],
    ['{A: {x: 2}}', '{A: {x: 2, B: 1}}'],
    ['{A: {x: 2, }}', '{A: {x: 2, B: 1 }}'],
    ['A: {\n  x: 2  # two\n}\n', 'A: {\n  x: 2,  # two\n  B: 1\n}\n'],
    ['A: {\n  x: 2,\n}\n', 'A: {\n  x: 2,\n  B: 1\n}\n'],
  ])('adds to braces: %j', (text, to) => {
    const document = parse(text, text.startsWith('{') ? 'template.yml' : 'template.yaml');
    expect(spliced(text, setEntry(document, mapAt(document, 'A'), 'B', '1')).replace('"B"', 'B')).toBe(to);
  });

  it('writes JSON into JSON', () => {
    const text = '{\r\n  "Resources": {\r\n    "F": {"T": 1}\r\n  }\r\n}\r\n';
    const document = parse(text, 't.json');
    const after = spliced(text, setEntry(document, mapAt(document, 'Resources'), 'X', '{"a": 1}'));
    expect(after).toBe('{\r\n  "Resources": {\r\n    "F": {"T": 1},\r\n    "X": {"a": 1}\r\n  }\r\n}\r\n');
    expect(JSON.parse(spliced(text, setEntry(document, mapAt(document, 'Resources', 'F'), 'T', '"q"')))).toEqual({ Resources: { F: { T: 'q' } } });
  });
});

describe('removeEntry', () => {
  it.each([
    ['A: 1\nB: 2  # two\nC: 3\n', [], 'B', 'A: 1\nC: 3\n'],
    ['A: 1\nB:\n  - x\n  - y\n# above\nC: 3\n', [], 'B', 'A: 1\n# above\nC: 3\n'],
    ['A: 1\nB: 2', [], 'B', 'A: 1'],
    ['A: 1\r\nB: 2', [], 'B', 'A: 1'],
    ['L:\n  - A: 1\n    B: 2\n', ['L', 0], 'A', 'L:\n  - B: 2\n'],
    ['L:\n  A: 1\nM: 1\n', ['L'], 'A', 'L:\n  {}\nM: 1\n'],
    ['L: {A: 1, B: 2, C: 3}\n', ['L'], 'B', 'L: {A: 1, C: 3}\n'],
    ['L: {A: 1, B: 2}\n', ['L'], 'B', 'L: {A: 1}\n'],
    ['L: {A: 1}\n', ['L'], 'A', 'L: {}\n'],
  ])('%j without %s.%s', (text, path, key, to) => {
    const document = parse(text);
    expect(spliced(text, removeEntry(document, mapAt(document, ...path), key))).toBe(to);
  });

  it('leaves alone what is not there or merged in', () => {
    const document = parse('A: &a {x: 1}\nB: {<<: *a}\n');
    expect([removeEntry(document, document.root, 'C'), removeEntry(document, mapAt(document, 'B'), 'x')]).toEqual([undefined, undefined]);
  });
});

describe('appendItem', () => {
  it.each([
    ['L:\n  - a  # c\nM: 1\n', 'b', 'L:\n  - a  # c\n  - b\nM: 1\n'],
    ['L:\n- a\nM: 1\n', 'K: 1\nN:\n  - x', 'L:\n- a\n- K: 1\n  N:\n    - x\nM: 1\n'],
    ['L: []\n', 'b', 'L: [b]\n'],
    ['L: [a]\n', 'b', 'L: [a, b]\n'],
    ['L: [\n  a,\n  !Ref c\n]\n', 'b', 'L: [\n  a,\n  !Ref c,\n  b\n]\n'],
  ])('%j and %j', (text, item, to) => {
    const document = parse(text);
    expect(spliced(text, appendItem(document, listAt(document, 'L'), item))).toBe(to);
  });
});

describe('insertEntry', () => {
  it.each([
    ['A: 1\n\n# the rest\nB:\n  x: 1\n', 'K:\n  y: 2', 'A: 1\n\nK:\n  y: 2\n\n# the rest\nB:\n  x: 1\n'],
    ['A: 1\nB: 2\n', '3', 'A: 1\nK: 3\nB: 2\n'],
    ['B: 2', '3', 'K: 3\nB: 2'],
    ['# licence\n\nB: 2\n', '3', '# licence\n\nK: 3\n\nB: 2\n'],
    ['\uFEFFB: 2\r\n', '3', '\uFEFFK: 3\r\nB: 2\r\n'],
    ['{"A": 1, "B": 2}', '3', '{"A": 1, "K": 3, "B": 2}'],
    ['{\n  "A": 1,\n  "B": 2\n}\n', '3', '{\n  "A": 1,\n  "K": 3,\n  "B": 2\n}\n'],
  ])('%j', (text, value, to) => {
    const document = parse(text);
    const nested = value.startsWith('K:') ? '\ny: 2' : value;
    const before = document.root.entries.find((entry) => entry.key.value === 'B');
    expect(before && spliced(text, insertEntry(document, document.root, before, 'K', nested))).toBe(to);
  });
});

describe('addEntries', () => {
  it.each([
    ['A: {}\n', 'A: {X: 1, W: 2}\n'],
    ['A: {B: 1}\n', 'A: {B: 1, X: 1, W: 2}\n'],
    ['A:\n  B: 1\nC: 1\n', 'A:\n  B: 1\n  X: 1\n  W: 2\nC: 1\n'],
  ])('%j', (text, to) => {
    const document = parse(text);
    const splices = addEntries(document, mapAt(document, 'A'), [['X', '1'], ['W', '2']]);
    expect(spliceText(text, splices)).toBe(to);
  });
});

describe('for any template', () => {
  const key = fc.constantFrom('A', 'B', 'C', 'D', 'Key.1', 'x-y');
  const scalar = fc.constantFrom('1', 'abc', '"q: #"', "'it''s'", '!Ref X', '!GetAtt A.B', 'yes', '{}', '[1, a]', '{k: v}', '');
  const comment = fc.constantFrom('', '', '  # note', ' # a: b');
  interface Tree { readonly key: string; readonly value: string | readonly Tree[]; readonly comment: string; readonly before: string }
  const { tree } = fc.letrec<{ tree: readonly Tree[] }>((tie) => ({
    tree: fc.uniqueArray(
      fc.record({ key, value: fc.oneof({ maxDepth: 3, withCrossShrink: true }, scalar, tie('tree')), comment, before: fc.constantFrom('', '', '# above\n', '\n') }),
      { minLength: 1, maxLength: 4, selector: (entry) => entry.key },
    ) as fc.Arbitrary<readonly Tree[]>,
  }));
  const written = (entries: readonly Tree[], step: number, depth: number): string =>
    entries.map((entry) => {
      const pad = ' '.repeat(step * depth);
      const head = `${entry.before.trim() === '' ? entry.before : pad + entry.before}${pad}${entry.key}:`;
      return typeof entry.value === 'string' ? `${head}${entry.value === '' ? '' : ` ${entry.value}`}${entry.comment}\n` : `${head}${entry.comment}\n${written(entry.value, step, depth + 1)}`;
    }).join('');
  const maps = (node: YamlNode, path: readonly string[] = []): readonly (readonly string[])[] =>
    node.kind === 'map' && node.tag === undefined ? [path, ...node.entries.flatMap((entry) => maps(entry.value, [...path, String(entry.key.value)]))] : [];
  const values: readonly (readonly [string, unknown])[] = [['30', 30], ['!Ref Z', { Ref: 'Z' }], ['[p, q]', ['p', 'q']]];
  const blocks: readonly (readonly [string, unknown])[] = [['A: 1\nB:\n  - x\n', { A: 1, B: ['x'] }], ['|\n  a\n  b', 'a\nb\n'], ['\nonly: 1', { only: 1 }]];
  const at = (root: unknown, path: readonly string[]): Record<string, unknown> => path.reduce((value, name) => (value as Record<string, unknown>)[name], root) as Record<string, unknown>;

  it('a set entry is the only change, and removing it gives the rest back', () => {
    fc.assert(fc.property(tree, fc.constantFrom(2, 4), fc.constantFrom('\n', '\r\n'), key, fc.nat(), fc.nat(), (entries, step, newline, name, mapIndex, valueIndex) => {
      const text = written(entries, step, 0).replaceAll('\n', newline);
      const document = parse(text);
      const paths = maps(document.root);
      const path = paths[mapIndex % paths.length] ?? [];
      const map = mapAt(document, ...path);
      const choices = map.flow ? values : [...values, ...blocks];
      const [valueText, value] = choices[valueIndex % choices.length] ?? ['30', 30];
      const splice = setEntry(document, map, name, valueText);
      const after = parse(spliced(text, splice));
      const expected = structuredClone(plain(document.root));
      at(expected, path)[name] = value;
      expect(plain(after.root)).toEqual(expected);
      expect(splice.text.includes(newline === '\n' ? '\r' : '\u0000')).toBe(false);
      const removed = removeEntry(after, mapAt(after, ...path), name);
      const without = structuredClone(expected);
      delete at(without, path)[name];
      expect(plain(parse(spliced(after.source.text, removed)).root)).toEqual(without);
    }), { numRuns: 300 });
  });

  it('entries added at the end or before another are the only change', () => {
    fc.assert(fc.property(tree, fc.constantFrom(2, 4), fc.constantFrom('\n', '\r\n'), fc.constantFrom('', '\uFEFF'), fc.nat(), fc.nat(), fc.nat(), (entries, step, newline, mark, mapIndex, entryIndex, valueIndex) => {
      const text = mark + written(entries, step, 0).replaceAll('\n', newline);
      const document = parse(text);
      const paths = maps(document.root);
      const path = paths[mapIndex % paths.length] ?? [];
      const map = mapAt(document, ...path);
      const choices = map.flow ? values : [...values, ...blocks];
      const [valueText, value] = choices[valueIndex % choices.length] ?? ['30', 30];
      const before = map.entries[entryIndex % Math.max(1, map.entries.length)];
      const splices = before && entryIndex % 2 === 0 ? [insertEntry(document, map, before, 'New', valueText)] : addEntries(document, map, [['New', valueText], ['Newer', '1']]);
      const changed = spliceText(text, splices);
      const expected = structuredClone(plain(document.root));
      at(expected, path)['New'] = value;
      if (!(before && entryIndex % 2 === 0)) at(expected, path)['Newer'] = 1;
      expect(plain(parse(changed).root)).toEqual(expected);
      // Every character that was there is still there, in its order.
      expect(splices.every((splice) => splice.start === splice.end || text.slice(splice.start, splice.end).trim() === '' || splice.text.includes(text.slice(splice.start, splice.end).trim()))).toBe(true);
      expect(changed.startsWith(mark)).toBe(true);
      expect(newline === '\r\n' ? changed.replaceAll('\r\n', '') : changed.replaceAll('\n', '')).not.toMatch(/[\r\n]/u);
    }), { numRuns: 500 });
  });
});
