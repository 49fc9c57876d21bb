import { describe, expect, it } from 'vitest';
import { parseYaml, type YamlNode } from '../../src/syntax/yaml.ts';

/** Without ranges: what a node means. */
function plain(node: YamlNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  return Object.fromEntries(node.entries.map((entry) => [String(entry.key.value), plain(entry.value)]));
}

/** Flow collections as people write them, which YAML wants indented and sam does not; what each means. */
const cases: readonly { readonly name: string; readonly text: string; readonly means: unknown }[] = [
  { name: 'a closing bracket under its key', text: 'A:\n  B: [{\n    C: 1\n  }]\n  D: 2\n', means: { A: { B: [{ C: 1 }], D: 2 } } },
  { name: 'items to the left of their key', text: 'A:\n    B: [\n  1,\n"two"\n]\n    C: 3\n', means: { A: { B: [1, 'two'], C: 3 } } },
  { name: 'a condition around a map', text: 'A:\n  B: !If [X, {\n    C: !Ref Y,\n    D: [1]\n  }, !Ref AWS::NoValue]\nE: 1\n', means: { A: { B: { 'Fn::If': ['X', { C: { Ref: 'Y' }, D: [1] }, { Ref: 'AWS::NoValue' }] } }, E: 1 } },
  { name: 'brackets in quotes, in comments and in words', text: `A:\n  B: ["]", # not ] this\n  'it''s }', don't,\n  "a\\"]"\n  ]\n  C: 1\n`, means: { A: { B: [']', "it's }", "don't", 'a"]'], C: 1 } } },
  { name: 'several of them', text: 'A:\n  B: [\n  1\n  ]\n  C: {\n  D: 2\n  }\n', means: { A: { B: [1], C: { D: 2 } } } },
  { name: 'CRLF', text: 'A:\r\n  B: [\r\n  1\r\n  ]\r\n  C: 2\r\n', means: { A: { B: [1], C: 2 } } },
];

describe('flow collections whose lines are not indented', () => {
  it.each(cases)('$name', ({ text, means }) => {
    const result = parseYaml({ path: 'template.yaml', text });
    expect(result.ok && plain(result.value.root)).toEqual(means);
  });

  it('keeps the ranges of the file as it is', () => {
    const text = 'A:\n  B: [\n  one,   # first\n  two\n  ]\n  C: three\n';
    const result = parseYaml({ path: 'template.yaml', text });
    const a = result.ok && result.value.root.entries[0]?.value;
    const texts = a !== false && a?.kind === 'map' ? a.entries.map((entry) => text.slice(entry.value.span.start, entry.value.span.end)) : [];
    expect(texts).toEqual(['[\n  one,   # first\n  two\n  ]', 'three']);
  });

  it.each([
    { name: 'a bracket that is never closed', text: 'A:\n  B: [1,\n  C: 2\n' },
    { name: 'a bracket closed by the other kind', text: 'A:\n  B: [\n  1\n  }\n' },
  ])('still refuses $name, with its place', ({ text }) => {
    const result = parseYaml({ path: 'template.yaml', text });
    expect(result.ok).toBe(false);
    expect(!result.ok && result.error.every((one) => one.place !== undefined)).toBe(true);
  });
});
