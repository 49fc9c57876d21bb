import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCommonYaml } from '../../src/syntax/common-yaml.ts';
import { parseAnyYaml } from '../../src/syntax/parse-yaml.ts';
import { parseYaml } from '../../src/syntax/yaml.ts';

const usual = `---
# A template as people write it
AWSTemplateFormatVersion: '2010-09-09'
Description: >
  What it does,
  told over lines.

  In two paragraphs.
Parameters: # what is asked for
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  "Quoted \\"key\\"": yes
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Timeout: 0x1f
      Empty:
      Description: goes on
        over lines

        and a blank one
      Role: !GetAtt Role.Arn
      Code: !Sub |
        def handler(event, context):

            return "\${Stage}"  # not a comment
      Stripped: |-
        one

        two
      Policies:
      - S3ReadPolicy: {BucketName: !Ref Bucket}
      -   Statement:
            - Effect: Allow
              Action: ['s3:GetObject',
                's3:PutObject'] # on two lines
      Url: !Join
        - ''
        - - https://
          - !If [IsProd, !Ref A, {B: "c"}]
      Twice: 1
      Twice: {a: 1, a: 2}
`;

/** Texts that are read by the reader of all of YAML: uncommon, or broken. */
const others: readonly string[] = [
  'a: &x 1\nb: *x\n', 'a:\r\n  b: 1\r\n', 'a:\t1\n', '? a\n: b\n', 'a: "one\n  two"\n', 'a: b: c\n', 'a: 1\n  b: 2\n', 'a:\n    b: 1\n  c: 2\n', 'a: [1, 2\n', 'a: "1\n', 'a: {b}\n', 'a: [b: c]\n',
  'a: !!str 1\n', 'a: |2\n    b\n', 'a: |+\n  b\n\n', '- a\n', 'a: 1\n---\nb: 2\n', '<<: {a: 1}\n', 'a: "\\x41"\n', 'a: [b,, c]\n', 'a: 1 #\n b\n', '%YAML 1.2\n---\na: 1\n', 'a: @b\n', 'a: [\n1]\n', 'a\n', '',
];

function same(text: string, path = 'template.yaml'): 'same' | 'left' {
  const isJson = path.endsWith('.json');
  const common = readCommonYaml({ path, text }, isJson);
  if (!common) return 'left';
  const any = parseAnyYaml({ path, text }, isJson);
  expect(any.ok ? { root: any.value.root, duplicates: any.value.duplicates } : any.error).toStrictEqual(common);
  return 'same';
}

describe('reading YAML in its common forms', () => {
  it('gives what the reader of all of YAML gives', () => {
    expect(same(usual)).toBe('same');
    expect(same('{\n  "a": [1, -2.5e3, true, null, "\\"b\\""],\n  "c": {}\n}\n', 'template.json')).toBe('same');
    expect(same('a: 1')).toBe('same');
  });

  it('leaves the rest to that one', () => {
    for (const text of others) expect([text, same(text)]).toEqual([text, 'left']);
  });

  it('reads every template of the examples', () => {
    const texts = templatesBelow('examples');
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect(same(text)).toBe('same');
  });

  it('never gives anything else, whatever is changed in a text', () => {
    const lines = usual.split('\n');
    const piece = fc.constantFrom(' ', '  ', '\n', '\n\n', ':', ': ', '- ', '#', ' #', '"', "'", "''", '{', '}', '[', ']', ',', '!', '!Ref ', '|\n', '>\n', '|-\n', '\t', 'a', 'é', '<<', '---', '\\', '?', '%', '*a', '&a ', '~', ' \n', '\n \n');
    const change = fc.record({ line: fc.nat(lines.length - 1), column: fc.nat(30), drop: fc.nat(3), piece });
    fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), fc.nat(lines.length), (changes, cut) => {
      const changed = [...lines];
      for (const one of changes) changed[one.line] = spliced(changed[one.line] ?? '', one);
      same([...changed.slice(0, 2), ...changed.slice(cut)].join('\n'));
      same(changed.join('\n'));
    }), { numRuns: 400 });
  });

  it('gives the same for texts made of nothing but signs', () => {
    const signs = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '  ', '\n', '\n  ', '\n    ', ': ', ':', '- ', '#', '"', "'", '{', '}', '[', ']', ', ', '!Ref ', '|', '>', '-', '1'), maxLength: 40 });
    fc.assert(fc.property(signs, (text) => void same(`k:${text}`)), { numRuns: 1500 });
  });

  it('is what a template is read with', () => {
    const result = parseYaml({ path: 'template.yaml', text: usual });
    expect(result.ok && result.value.duplicates.map(({ second }) => second.text)).toEqual(['a', 'Twice']);
  });
});

function spliced(line: string, { column, drop, piece }: { readonly column: number; readonly drop: number; readonly piece: string }): string {
  const at = Math.min(column, line.length);
  return line.slice(0, at) + piece + line.slice(at + drop);
}

function templatesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /(?:^|[/\\])template[.]ya?ml$/u.test(path) && !path.includes('.aws-sam')).map((path) => readFileSync(join(folder, path), 'utf8'));
}
