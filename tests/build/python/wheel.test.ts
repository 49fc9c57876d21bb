import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TreeEntry } from '../../../src/base/tree.ts';
import { prefixLayout, targetLayout, type InstallLayout, type LayoutOptions } from '../../../src/build/python/install-layout.ts';
import { installOrder, requirementsOf } from '../../../src/build/python/install-order.ts';
import { mergeEntries, printCollision } from '../../../src/build/python/merge-entries.ts';
import { wheelEntries } from '../../../src/build/python/wheel.ts';
import { readContent } from '../../../src/oci/content.ts';
import { handZip, makeWheel, type WheelSpec } from '../../support/wheel.ts';

const folder = mkdtempSync(join(tmpdir(), 'shear-wheels-'));
const options: LayoutOptions = { interpreter: '/var/lang/bin/python3.12', python: { major: 3, minor: 12 }, installer: 'pip', hasBytecode: false };
const task = targetLayout('var/task', options);

function install(spec: WheelSpec, layout: InstallLayout = task): readonly TreeEntry[] {
  const { fileName, bytes } = makeWheel(spec);
  const path = join(folder, fileName);
  writeFileSync(path, bytes);
  return wheelEntries(path, { name: spec.name, fileName }, layout);
}

/** `path mode` of each entry; a folder's ends with a slash. */
function shown(entries: readonly TreeEntry[]): readonly string[] {
  return entries.map((entry) => `${entry.path}${entry.kind === 'folder' ? '/' : ''} ${entry.kind === 'link' ? '' : entry.mode.toString(8)}`).toSorted();
}

function textAt(entries: readonly TreeEntry[], path: string): string {
  const entry = entries.find((each) => each.path === path);
  if (entry?.kind !== 'file') throw new Error(`no file at ${path}`);
  return Buffer.from(readContent(entry)).toString();
}

const rich: WheelSpec = {
  name: 'Rich.Thing',
  version: '1.0',
  entryPoints: '[console_scripts]\nrich = rich_thing.cli:app.main\nextra = rich_thing.cli:run [color]\n[gui_scripts]\nrich-gui=rich_thing.gui:main\n[other]\nx = y:z\n',
  files: [
    { name: 'rich_thing/__init__.py', text: 'A = 1\n' },
    { name: 'rich_thing/run.sh', text: '#!/bin/sh\n', mode: 0o100755 },
    { name: 'rich_thing/lib.so', text: 'ELF', mode: 0o755 },
    { name: 'Rich_Thing-1.0.data/purelib/pure.py', text: 'B = 2\n' },
    { name: 'Rich_Thing-1.0.data/platlib/plat.so', text: 'ELF', mode: 0o100775 },
    { name: 'Rich_Thing-1.0.data/scripts/tool', text: '#!python3 -E\nprint(1)\n' },
    { name: 'Rich_Thing-1.0.data/scripts/shell', text: '#!/bin/sh\n' },
    { name: 'Rich_Thing-1.0.data/scripts/rich', text: 'an old wrapper' },
    { name: 'Rich_Thing-1.0.data/data/share/man/rich.1', text: 'man' },
    { name: 'Rich_Thing-1.0.data/headers/rich.h', text: 'int x;' },
  ],
};

describe('installing a wheel', () => {
  it('puts every part in its place below a target', () => {
    expect(shown(install(rich))).toEqual([
      'var/task/Rich_Thing-1.0.dist-info/ 755',
      'var/task/Rich_Thing-1.0.dist-info/INSTALLER 644',
      'var/task/Rich_Thing-1.0.dist-info/METADATA 644',
      'var/task/Rich_Thing-1.0.dist-info/RECORD 644',
      'var/task/Rich_Thing-1.0.dist-info/WHEEL 644',
      'var/task/Rich_Thing-1.0.dist-info/entry_points.txt 644',
      'var/task/bin/ 755',
      'var/task/bin/extra 755',
      'var/task/bin/rich 755',
      'var/task/bin/rich-gui 755',
      'var/task/bin/shell 755',
      'var/task/bin/tool 755',
      'var/task/include/ 755',
      'var/task/include/python/ 755',
      'var/task/include/python/Rich.Thing/ 755',
      'var/task/include/python/Rich.Thing/rich.h 644',
      'var/task/plat.so 755',
      'var/task/pure.py 644',
      'var/task/rich_thing/ 755',
      'var/task/rich_thing/__init__.py 644',
      'var/task/rich_thing/lib.so 644',
      'var/task/rich_thing/run.sh 755',
      'var/task/share/ 755',
      'var/task/share/man/ 755',
      'var/task/share/man/rich.1 644',
    ]);
  });

  it('puts packages into site-packages below a prefix', () => {
    const entries = install({ name: 'thing', version: '1', entryPoints: '[console_scripts]\nthing=thing:main\n' }, prefixLayout('var/lang', options));
    expect(shown(entries)).toEqual([
      'var/lang/bin/ 755',
      'var/lang/bin/thing 755',
      'var/lang/lib/ 755',
      'var/lang/lib/python3.12/ 755',
      'var/lang/lib/python3.12/site-packages/ 755',
      'var/lang/lib/python3.12/site-packages/thing-1.dist-info/ 755',
      'var/lang/lib/python3.12/site-packages/thing-1.dist-info/INSTALLER 644',
      'var/lang/lib/python3.12/site-packages/thing-1.dist-info/METADATA 644',
      'var/lang/lib/python3.12/site-packages/thing-1.dist-info/RECORD 644',
      'var/lang/lib/python3.12/site-packages/thing-1.dist-info/WHEEL 644',
      'var/lang/lib/python3.12/site-packages/thing-1.dist-info/entry_points.txt 644',
      'var/lang/lib/python3.12/site-packages/thing/ 755',
      'var/lang/lib/python3.12/site-packages/thing/__init__.py 644',
    ]);
  });

  it('names the artefact\'s interpreter in scripts', () => {
    const entries = install(rich);
    expect(textAt(entries, 'var/task/bin/rich')).toBe('#!/var/lang/bin/python3.12\nimport sys\nfrom rich_thing.cli import app\n\nif __name__ == "__main__":\n    sys.exit(app.main())\n');
    expect(textAt(entries, 'var/task/bin/tool')).toBe('#!/var/lang/bin/python3.12\nprint(1)\n');
    expect(textAt(entries, 'var/task/bin/shell')).toBe('#!/bin/sh\n');
  });

  it('records what it installed, where it is', () => {
    const lines = textAt(install(rich, targetLayout('', { ...options, hasBytecode: true })), 'Rich_Thing-1.0.dist-info/RECORD').split('\r\n');
    expect(lines.filter((line) => !line.includes('.dist-info/'))).toEqual([
      '__pycache__/pure.cpython-312.pyc,,',
      expect.stringMatching(/^bin\/extra,sha256=[\w-]{43},117$/u),
      expect.stringMatching(/^bin\/rich,sha256=[\w-]{43},122$/u),
      expect.stringMatching(/^bin\/rich-gui,sha256=[\w-]{43},119$/u),
      'bin/shell,sha256=qAdtPSjSHgIBKyDq99v3VAmmJ3E0Q5Al8oLjaOMwWr8,10',
      'bin/tool,sha256=kq4EZIWEYUVBO2ACcIkCzDqtTOtTTGiFMkcIFkRe2O0,36',
      'include/python/Rich.Thing/rich.h,sha256=4T4zK9COE8viruCU4TDtI4eLO1VL5bmmZag-Y8qph64,6',
      expect.stringMatching(/^plat\.so,sha256=/u),
      expect.stringMatching(/^pure\.py,sha256=/u),
      expect.stringMatching(/^rich_thing\/__init__\.py,sha256=/u),
      'rich_thing/__pycache__/__init__.cpython-312.pyc,,',
      expect.stringMatching(/^rich_thing\/lib\.so,sha256=/u),
      expect.stringMatching(/^rich_thing\/run\.sh,sha256=/u),
      expect.stringMatching(/^share\/man\/rich\.1,sha256=/u),
      '',
    ]);
    expect(lines).toContain('Rich_Thing-1.0.dist-info/RECORD,,');
    expect(lines).toContain('Rich_Thing-1.0.dist-info/INSTALLER,sha256=zuuue4knoyJ-UwPPXg8fezS7VCrXJQrAP7zeNuwvFQg,4');
  });

  it('names pip\'s scripts after the artefact\'s Python', () => {
    const entries = install({ name: 'pip', version: '26', entryPoints: '[console_scripts]\npip = pip.main:main\npip3 = pip.main:main\npip3.9 = pip.main:main\n' });
    expect(shown(entries).filter((line) => line.startsWith('var/task/bin/'))).toEqual(['var/task/bin/ 755', 'var/task/bin/pip 755', 'var/task/bin/pip3 755', 'var/task/bin/pip3.12 755']);
  });

  it.each([
    ['no .dist-info folder', [{ name: 'a.py', text: '' }], 'has no .dist-info folder'],
    ['two of them', [{ name: 'a-1.dist-info/WHEEL', text: '' }, { name: 'b-1.dist-info/WHEEL', text: '' }], 'has more than one .dist-info folder'],
    ['another\'s', [{ name: 'b-1.dist-info/WHEEL', text: 'Wheel-Version: 1.0\n' }], 'is named a but holds b-1.dist-info'],
    ['a later version of the format', [{ name: 'a-1.dist-info/WHEEL', text: 'Wheel-Version: 2.0\n' }], 'has the wheel version 2, and only version 1 is known'],
    ['an unknown part', [{ name: 'a-1.dist-info/WHEEL', text: 'Wheel-Version: 1.0\n' }, { name: 'a-1.data/etc/passwd', text: '' }], 'has a file of an unknown kind: a-1.data/etc/passwd'],
  ])('refuses a wheel with %s', (_name, members, message) => {
    const path = join(folder, 'bad.whl');
    writeFileSync(path, handZip(members));
    expect(() => wheelEntries(path, { name: 'a', fileName: 'a-1-py3-none-any.whl' }, task)).toThrow(`the wheel a-1-py3-none-any.whl ${message}`);
  });
});

describe('merging wheels', () => {
  const shared = (text: string, name: string): { readonly owner: string; readonly entries: readonly TreeEntry[] } => ({
    owner: name,
    entries: install({ name, version: '1', files: [{ name: 'shared/__init__.py', text: '' }, { name: 'shared/part.py', text }] }, targetLayout('', options)),
  });

  it('keeps one of what is equal', () => {
    const { entries, collisions } = mergeEntries([shared('X = 1\n', 'a'), shared('X = 1\n', 'b')]);
    expect(collisions).toEqual([]);
    expect(entries.filter(({ path }) => path === 'shared/part.py')).toHaveLength(1);
  });

  it('keeps the later of what differs, and says so', () => {
    const { entries, collisions } = mergeEntries([shared('X = 1\n', 'a'), shared('X = 2\n', 'b')]);
    expect(collisions.map(printCollision)).toEqual(['a and b both install shared/part.py, with different bytes; that of b stays, as with pip']);
    expect(textAt(entries, 'shared/part.py')).toBe('X = 2\n');
  });

  it('drops bytecode of a replaced source', () => {
    const pyc = (owner: string, text: string): { readonly owner: string; readonly entries: readonly TreeEntry[] } => ({
      owner,
      entries: [{ kind: 'file', path: 'shared/__pycache__/part.cpython-312.pyc', mode: 0o644, size: text.length, content: { kind: 'bytes', bytes: Buffer.from(text) } }],
    });
    const without = mergeEntries([shared('X = 1\n', 'a'), shared('X = 2\n', 'b'), pyc('a', 'one')]);
    expect(without.entries.filter(({ path }) => path.endsWith('.pyc'))).toEqual([]);
    const own = mergeEntries([shared('X = 1\n', 'a'), pyc('a', 'one'), shared('X = 2\n', 'b'), pyc('b', 'two')]);
    expect(textAt(own.entries, 'shared/__pycache__/part.cpython-312.pyc')).toBe('two');
  });

  it('refuses a file where another has a folder', () => {
    const file: TreeEntry = { kind: 'file', path: 'shared', mode: 0o644, size: 0, content: { kind: 'bytes', bytes: new Uint8Array() } };
    expect(() => mergeEntries([shared('', 'a'), { owner: 'b', entries: [file] }])).toThrow('a and b install shared, one as a file and one as a folder');
  });
});

describe('the order of installing', () => {
  it('is dependencies first, then falling names, circles last', () => {
    const packages = [
      { name: 'app', requires: ['lib', 'other'] },
      { name: 'lib', requires: ['base'] },
      { name: 'base', requires: [] },
      { name: 'other', requires: ['absent'] },
      { name: 'ring-a', requires: ['ring-b'] },
      { name: 'ring-b', requires: ['ring-a'] },
    ];
    expect(installOrder(packages).map(({ name }) => name)).toEqual(['other', 'base', 'lib', 'app', 'ring-b', 'ring-a']);
  });

  it('reads what METADATA requires', () => {
    expect(requirementsOf('Name: a\nRequires-Dist: Foo.Bar>=1\nRequires-Dist: baz; extra == "x"\nRequires-Dist: qux ; python_version < "4"\n\nRequires-Dist: not-this\n')).toEqual(['foo-bar', 'qux']);
  });
});
