import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isExactPin, normalizedProjectName, parseRequirements, type RequirementsLine } from '../../src/syntax/requirements.ts';

const hash = 'a'.repeat(64);

function parse(text: string): readonly RequirementsLine[] {
  const result = parseRequirements({ path: 'requirements.txt', text });
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value.lines;
}

function one(text: string): RequirementsLine {
  const [line] = parse(text);
  if (!line) throw new Error('no line');
  return line;
}

describe('requirements', () => {
  const plain = { kind: 'requirement', extras: [], specifier: '', hashes: [], url: undefined, marker: undefined, comment: undefined };
  it.each<[string, object]>([
    ['boto3', { name: 'boto3', normalizedName: 'boto3' }],
    ['Ruamel.YAML__clib==0.2', { name: 'Ruamel.YAML__clib', normalizedName: 'ruamel-yaml-clib', specifier: '==0.2' }],
    ['Django[argon2, bcrypt]>=4,<5 ; python_version >= "3.8"  # web', { name: 'Django', normalizedName: 'django', extras: ['argon2', 'bcrypt'], specifier: '>=4,<5', marker: 'python_version >= "3.8"', comment: '# web' }],
    ['six~=1.0;python_version<"3"', { name: 'six', normalizedName: 'six', specifier: '~=1.0', marker: 'python_version<"3"' }],
    ['numpy (>=1.2, != 1.3.*)', { name: 'numpy', normalizedName: 'numpy', specifier: '>=1.2, != 1.3.*' }],
    ['torch==2.1.0+cpu', { name: 'torch', normalizedName: 'torch', specifier: '==2.1.0+cpu' }],
    ['requests @ https://example.org/r.zip#sha256=1 ; os_name == "nt"', { name: 'requests', normalizedName: 'requests', url: 'https://example.org/r.zip#sha256=1', marker: 'os_name == "nt"' }],
    ['foo@git+https://example.org/a/b@v1', { name: 'foo', normalizedName: 'foo', url: 'git+https://example.org/a/b@v1' }],
  ])('%s', (text, expected) => {
    const { span, ...line } = one(text);
    expect(line).toEqual({ ...plain, ...expected });
    expect(text.slice(span.start, span.end)).toBe(text.replace(/\s+#.*/u, ''));
  });

  it.each<[string, object]>([
    ['-r base.txt', { kind: 'include', path: 'base.txt' }],
    ['--requirement=base.txt', { kind: 'include', path: 'base.txt' }],
    ['-cconstraints.txt', { kind: 'constraint', path: 'constraints.txt' }],
    ['-e .[dev]', { kind: 'editable', target: '.[dev]' }],
    ['--index-url=https://${USER}:${TOKEN}@example.org/simple', { kind: 'option', name: '--index-url', value: 'https://${USER}:${TOKEN}@example.org/simple' }],
    ['-i https://example.org', { kind: 'option', name: '--index-url', value: 'https://example.org' }],
    ['--no-index', { kind: 'option', name: '--no-index', value: '' }],
    ['./local/pkg', { kind: 'location', target: './local/pkg' }],
    ['x-1.0-py3-none-any.whl', { kind: 'location', target: 'x-1.0-py3-none-any.whl' }],
    ['git+https://example.org/b.git@main#egg=x', { kind: 'location', target: 'git+https://example.org/b.git@main#egg=x' }],
    ['${WHEELS}/x.whl', { kind: 'location', target: '${WHEELS}/x.whl' }],
    ['  # indented', { kind: 'comment', text: '# indented' }],
  ])('%s', (text, expected) => {
    const { span, ...line } = one(text);
    expect(line).toEqual(expected);
    expect(text.slice(span.start, span.end)).toBe(text.trim());
  });

  it.each(['\n', '\r\n'])('join continuation lines, with %j', (newline) => {
    const text = `\uFEFF${['# made by a tool', `boto3==1.34.0 \\`, `    --hash=sha256:${hash} \\`, `    --hash=sha256:${hash}`, '    # via -r requirements.in', '', 'six==1 \\', '# ends it', 'a'].join(newline)}`;
    const lines = parse(text);
    expect(lines.map((line) => line.kind)).toEqual(['comment', 'requirement', 'comment', 'requirement', 'requirement']);
    expect(lines[1]).toMatchObject({ specifier: '==1.34.0', hashes: [`sha256:${hash}`, `sha256:${hash}`] });
    expect(lines[1] && text.slice(lines[1].span.start, lines[1].span.end)).toBe(['boto3==1.34.0 \\', `    --hash=sha256:${hash} \\`, `    --hash=sha256:${hash}`].join(newline));
    expect(lines[3]).toMatchObject({ name: 'six', comment: '# ends it' });
  });

  it('take several options from one line', () => {
    expect(parse('--index-url a --extra-index-url b').map((line) => (line.kind === 'option' ? [line.name, line.value] : []))).toEqual([['--index-url', 'a'], ['--extra-index-url', 'b']]);
  });

  it.each([
    ['a==1\nfoo bar\n', '2:1 this line is no requirement'],
    ['==1', '1:1 this line is no requirement'],
    ['<!DOCTYPE html>', '1:1 this line is no requirement'],
    ['a=1', '1:1 this line is no requirement'],
    ['a==1,,==2', '1:1 this line is no requirement'],
    ['a[', '1:1 this line is no requirement'],
    ['a;', '1:1 this line is no requirement'],
    ['-r', '1:1 --requirement has no value'],
    ['--indexurl x', '1:1 --indexurl is no option of a requirements file'],
    ['a==1 --hash=md5:0', '1:6 md5:0 is no hash that pip takes'],
    ['a==1 \\\n --hash=sha256:xyz', '2:2 sha256:xyz is no hash that pip takes'],
  ])('%j is a fault with its place', (text, expected) => {
    const result = parseRequirements({ path: 'requirements.txt', text });
    expect(result.ok ? [] : result.error.map(({ place, what }) => `${place?.line ?? 0}:${place?.column ?? 0} ${what}`)).toEqual([expected]);
  });

  it('never show credentials in an excerpt', () => {
    const result = parseRequirements({ path: 'r.txt', text: '--index https://me:secret@example.org/simple' });
    expect(result.ok ? '' : result.error[0]?.excerpt).toBe('--index https://*********@example.org/simple\n^^^^^^^');
    expect(result.ok ? '' : result.error[0]?.next).toBe('did you mean --no-index?');
  });

  it('never throw, and ranges lie in order within the file', () => {
    const piece = fc.constantFrom('a', 'b-c', '==', '1.0', '>=', ',', ' ', '[', ']', ';', ' # c', '\n', '\r\n', '\\\n', '-r ', '--hash=', '@ ', 'https://x', '"', "'", '${X}', '-', '\\', '\uFEFF', '\t');
    fc.assert(fc.property(fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')), (text) => {
      const result = parseRequirements({ path: 'r.txt', text });
      if (!result.ok) return;
      let end = 0;
      for (const { span } of result.value.lines) {
        expect(span.start).toBeGreaterThanOrEqual(end);
        expect(span.end).toBeGreaterThan(span.start);
        end = span.end;
      }
      expect(end).toBeLessThanOrEqual(text.length);
    }), { numRuns: 1_000 });
  });
});

it.each<[string, boolean]>([['==1.2.3', true], ['== 1.0+cpu', true], ['===1.0', true], ['==1.*', false], ['>=1', false], ['==1,<2', false], ['~=1.0', false], ['', false]])('isExactPin(%j) is %s', (specifier, expected) => {
  expect(isExactPin(specifier)).toBe(expected);
});

it('normalizedProjectName follows PEP 503', () => {
  expect(['Foo.Bar', 'a__b--c', 'x'].map(normalizedProjectName)).toEqual(['foo-bar', 'a-b-c', 'x']);
});
