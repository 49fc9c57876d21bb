import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryOf, get, parseYaml, quoteYaml, stringOf, type YamlDocument, type YamlNode } from '../../src/syntax/yaml.ts';

const template = `# A template as people write it
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31

Globals:
  Function: &defaults   # shared
    Timeout: 30
    Environment:
      Variables:
        TABLE: !Ref Table
        'QUOTED': "yes"

Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties:
      <<: *defaults
      Timeout: 3
      Role: !GetAtt Role.Arn
      Nested: !GetAtt Stack.Outputs.Url
      Sub: !Sub
        - "arn:\${Name}"
        - Name: !Ref Name
      Choice: !If [IsProd, !Ref A, {B: c}]
      List: !GetAtt   # !GetAtt nothing
        - Role
        - Arn
      InlineCode: |
        def handler():
            pass
      Include: !Transform {Name: AWS::Include}
      When: !Condition IsProd
      Empty:
      Policies:
      - S3ReadPolicy: {BucketName: !Ref Bucket}
`;

function parse(text: string, path = 'template.yaml'): YamlDocument {
  const result = parseYaml({ path, text });
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

function faults(text: string, path = 'template.yaml'): readonly string[] {
  const result = parseYaml({ path, text });
  return result.ok ? [] : result.error.map(({ what, place }) => `${place?.line ?? 0}:${place?.column ?? 0} ${what}`);
}

/** Without ranges: what a node means. */
function plain(node: YamlNode | undefined): unknown {
  if (!node) return undefined;
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  return Object.fromEntries(node.entries.map((entry) => [String(entry.key.value), plain(entry.value)]));
}

function walk(node: YamlNode, visit: (node: YamlNode) => void): void {
  visit(node);
  if (node.kind === 'map') for (const entry of node.entries) walk(entry.value, visit);
  if (node.kind === 'list') for (const item of node.items) walk(item, visit);
}

const properties = ['Resources', 'Api', 'Properties'];

describe('templates', () => {
  it.each([
    ['TABLE', { Ref: 'Table' }, ['Globals', 'Function', 'Environment', 'Variables', 'TABLE']],
    ['a quoted yes stays text', 'yes', ['Globals', 'Function', 'Environment', 'Variables', 'QUOTED']],
    ['GetAtt splits at the first dot', { 'Fn::GetAtt': ['Stack', 'Outputs.Url'] }, [...properties, 'Nested']],
    ['GetAtt of a list', { 'Fn::GetAtt': ['Role', 'Arn'] }, [...properties, 'List']],
    ['Sub with a list', { 'Fn::Sub': ['arn:${Name}', { Name: { Ref: 'Name' } }] }, [...properties, 'Sub']],
    ['If', { 'Fn::If': ['IsProd', { Ref: 'A' }, { B: 'c' }] }, [...properties, 'Choice']],
    ['Transform', { 'Fn::Transform': { Name: 'AWS::Include' } }, [...properties, 'Include']],
    ['Condition', { Condition: 'IsProd' }, [...properties, 'When']],
    ['a block scalar', 'def handler():\n    pass\n', [...properties, 'InlineCode']],
    ['an empty value', null, [...properties, 'Empty']],
    ['a date stays text', '2010-09-09', ['AWSTemplateFormatVersion']],
    ['a key written out wins over a merged one', 3, [...properties, 'Timeout']],
    ['a merged key', { Variables: { TABLE: { Ref: 'Table' }, QUOTED: 'yes' } }, [...properties, 'Environment']],
  ])('read %s', (_, value, path) => {
    expect(plain(get(parse(template).root, ...path))).toEqual(value);
  });

  it.each([
    ['LF', (text: string) => text],
    ['CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
    ['a byte order mark', (text: string) => `\uFEFF${text}`],
    ['a byte order mark and CRLF', (text: string) => `\uFEFF${text.replaceAll('\n', '\r\n')}`],
  ])('give ranges that slice back to what is written, with %s', (_, change) => {
    const text = change(template);
    const document = parse(text);
    const at = (...path: (string | number)[]): string => {
      const node = get(document.root, ...path);
      return node ? text.slice(node.span.start, node.span.end) : '';
    };
    expect(at(...properties, 'Timeout')).toBe('3');
    expect(at(...properties, 'Nested')).toBe('!GetAtt Stack.Outputs.Url');
    expect(at(...properties, 'Nested', 'Fn::GetAtt', 1)).toBe('Outputs.Url');
    expect(at(...properties, 'Choice')).toBe('!If [IsProd, !Ref A, {B: c}]');
    expect(at(...properties, 'List').replaceAll('\r', '')).toBe('!GetAtt   # !GetAtt nothing\n        - Role\n        - Arn');
    expect(at(...properties, 'InlineCode').replaceAll('\r', '')).toBe('|\n        def handler():\n            pass');
    expect(at('Globals', 'Function').replaceAll('\r', '')).toMatch(/^Timeout: 30\n.*"yes"$/su);
    walk(document.root, (node) => {
      if (node.kind === 'scalar' && !node.alias) expect(text.slice(node.span.start, node.span.end)).toBe(node.text);
    });
    expect(document.newline).toBe(text.includes('\r') ? '\r\n' : '\n');
  });

  it('mark what an alias or a merge key brings in', () => {
    const document = parse(template);
    const entry = entryOf(get(document.root, ...properties), 'Environment');
    expect(entry?.merged).toBe(true);
    expect(entry?.value.alias && template.slice(entry.value.alias.start, entry.value.alias.end)).toBe('*defaults');
    expect(get(document.root, 'Globals', 'Function')?.anchor).toBe('defaults');
    expect(get(parse('a: &x {b: 1}\nc: *x\n').root, 'c')).toMatchObject({ kind: 'map', alias: { start: 16, end: 18 }, span: { start: 6, end: 12 } });
  });

  it('take each merged key once, from the earlier of several maps, and never over one written out', () => {
    const map = get(parse('A: &a {x: 1, y: 1}\nB: &b {x: 2, z: 2}\nC:\n  <<: [*a, *b]\n  y: 3\n').root, 'C');
    expect(map?.kind === 'map' ? map.entries.map(({ key, value, merged }) => [key.value, plain(value), merged === true]) : []).toEqual([['x', 1, true], ['z', 2, true], ['y', 3, false]]);
  });

  it('keep both of two equal keys and report them', () => {
    const document = parse('A: 1\nB: 2\nA: 3\n');
    expect(document.duplicates.map(({ first, second }) => [first.span.start, second.span.start])).toEqual([[0, 10]]);
    expect(get(document.root, 'A')).toMatchObject({ value: 3 });
    expect(parse('X: &d {A: 1}\nY:\n  <<: *d\n  A: 2\n').duplicates).toEqual([]);
  });

  it('name what is a string and what is not', () => {
    const document = parse('A: x\nB: 1\n');
    expect([stringOf(get(document.root, 'A')), stringOf(get(document.root, 'B')), stringOf(get(document.root, 'C', 'D'))]).toEqual(['x', undefined, undefined]);
  });
});

describe('plain scalars', () => {
  it.each<[string, unknown]>([
    ['yes', true], ['Off', false], ['TRUE', true], ['y', 'y'], ['~', null], ['Null', null], ['012', 10], ['0x1F', 31], ['0b11', 3], ['089', '089'],
    ['123456789012', 123456789012], ['012345678901', '012345678901'], ['1_000', 1000], ['1:30', 90], ['3.12', 3.12], ['1e3', '1e3'], ['1.5e+3', 1500],
    ['-.inf', -Infinity], ['+12', 12], ['-7', -7], ['1.2.3', '1.2.3'], ['0o14', '0o14'], ['2024-01-01', '2024-01-01'], ['nodejs20.x', 'nodejs20.x'], ['!!str 12', '12'],
  ])('%s', (text, value) => {
    expect(get(parse(`A: ${text}\n`).root, 'A')).toMatchObject({ kind: 'scalar', value });
  });
});

describe('JSON templates', () => {
  it('go through the same nodes', () => {
    const text = '{\r\n  "Resources": {"F": {"Timeout": 1e2, "On": true, "Yes": "yes", "U": "\\u00e9\\ud83d\\ude00\\/"}}\r\n}\r\n';
    const document = parse(text, 't.json');
    expect(plain(get(document.root, 'Resources', 'F'))).toEqual({ Timeout: 100, On: true, Yes: 'yes', U: 'é😀/' });
    expect(document.root.flow).toBe(true);
  });

  it('indented by tabs are read', () => {
    expect(plain(parse('{\n\t"A": {\n\t\t"B": [1,\n\t\t2]\n\t}\n}\n', 't.json').root)).toEqual({ A: { B: [1, 2] } });
  });

  it('say syntax/json in their faults', () => {
    const result = parseYaml({ path: 't.json', text: '{"A": [1, 2}' });
    expect(result.ok ? [] : result.error.map((fault) => fault.code)).toContain('syntax/json');
  });
});

describe('broken input', () => {
  it.each([
    ['an empty file', '', '1:1 template.yaml is empty'],
    ['only comments', '# nothing\n', '1:1 template.yaml is empty'],
    ['a tab', 'A:\n\tB: 1\n', '2:1 a tab is used to indent'],
    ['a list at the root', '- a\n', '1:1 template.yaml holds a list where a map is expected'],
    ['two keys on a line', 'A: b: c\n', '1:4 a second key stands on the line of the first'],
    ['a wrong indentation', 'A:\n  B: 1\n C: 2\n', '3:1 the indentation does not fit what is above'],
    ['an unknown alias', 'A: *x\n', '1:4 the alias *x names no anchor before it'],
    ['an alias to itself', 'A: &x [*x]\n', '1:8 the alias *x names no anchor before it'],
    ['two documents', 'A: 1\n---\nB: 2\n', '3:1 a second document starts here'],
    ['a map as key', '? {a: b}\n: c\n', '1:3 a key is a map'],
    ['a short tag at the root', '!Ref x\n', '1:1 template.yaml holds the short tag !Ref where a map is expected'],
    ['a merge of no map', 'A: &x 1\nB:\n  <<: *x\n', '3:7 a merge key (<<) names something that is no map'],
  ])('%s is a fault with its place', (_, text, fault) => {
    expect(faults(text)[0]).toBe(fault);
  });

  it('shows the line with carets', () => {
    const result = parseYaml({ path: 't.yaml', text: 'A: ok\nB: *nope  # c\n' });
    expect(result.ok ? '' : result.error[0]?.excerpt).toBe('B: *nope  # c\n   ^^^^^');
  });

  it('bounds nesting in brackets, in indentation and through aliases', () => {
    expect(faults(`A: ${'['.repeat(5_000)}`)[0]).toContain('nests more than 200 levels');
    expect(faults(Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''))[0]).toContain('nests more than 200 levels');
    const bomb = ['a: &a [1,1,1,1,1,1,1,1,1,1]', ...['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[i] ?? ''}`).join(',')}]`)];
    expect(faults(bomb.join('\n'))).toEqual(['6:7 the aliases come to more than 500,000 nodes']);
  });

  it('never throws, whatever the text', () => {
    const piece = fc.constantFrom('a', ': ', '\n', '  ', '- ', '!Ref ', '!Sub', '&x ', '*x', '{', '}', '[', ']', ',', '"', "'", '|', '>', '\t', '#', '<<', '? ', '---', '%', '\r\n', '\uFEFF', '@', '0x', '😀');
    fc.assert(fc.property(fc.array(piece, { maxLength: 40 }).map((parts) => parts.join('')), (text) => {
      const result = parseYaml({ path: 't.yaml', text });
      if (!result.ok) expect(result.error.length).toBeGreaterThan(0);
      else walk(result.value.root, (node) => expect(node.span.end).toBeGreaterThanOrEqual(node.span.start));
    }), { numRuns: 500 });
  });
});

it('text that is quoted for a template reads back the same', () => {
  const document = parse('A: 1\n');
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('yes', '012', '1:30', '- a', 'a: b', 'a #b', '', ' a', '!Ref x', '*x', '<<', '~', '2010-09-09', '1e3', '=', 'null', '.', '-')), (text) => {
    const written = `A: ${quoteYaml(document, text)}\nB: [${quoteYaml(document, text)}]\n`;
    expect(plain(parse(written).root)).toEqual({ A: text, B: [text] });
  }), { numRuns: 500 });
  expect([quoteYaml(document, 'app.handler'), quoteYaml(document, 'on'), quoteYaml(document, 'arn:aws:s3:::x/*')]).toEqual(['app.handler', '"on"', 'arn:aws:s3:::x/*']);
});
