import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TreeEntry } from '../../../src/base/tree.ts';
import { bytecodeEntries, compileBytecode, type BytecodeOptions, type CompiledBytecode } from '../../../src/build/python/bytecode.ts';
import { targetLayout } from '../../../src/build/python/install-layout.ts';
import { wheelEntries } from '../../../src/build/python/wheel.ts';
import { readContent } from '../../../src/oci/content.ts';
import { openStore } from '../../../src/store/store.ts';
import { findPython } from '../../../src/tools/find-python.ts';
import { testHost } from '../../support/host.ts';
import { makeWheel } from '../../support/wheel.ts';

const folder = mkdtempSync(join(tmpdir(), 'shear-bytecode-'));
const host = testHost({ env: { PATH: process.env['PATH'], HOME: process.env['HOME'] } });
const version = { major: 3, minor: 12 };
const python = await findPython(host, version);
const store = openStore(join(folder, 'store'), () => 1_700_000_000_000);

const spec = {
  name: 'thing',
  version: '1',
  files: [
    { name: 'thing/__init__.py', text: 'NAMES = {"a", "b", "c"}\n' },
    { name: 'thing/latin.py', text: Buffer.from('# -*- coding: latin-1 -*-\nX = "\xe4"\n', 'latin1') },
    { name: 'thing/stored.py', text: 'Y = 1\n', isStored: true },
    { name: 'thing/broken.py', text: 'def (:\n' },
    { name: 'thing/nul.py', text: 'X = "\0"\n' },
    { name: 'thing/data.txt', text: 'no source' },
  ],
};

function entriesOf(name: string = 'thing'): readonly TreeEntry[] {
  const { fileName, bytes } = makeWheel({ ...spec, name });
  const path = join(folder, fileName);
  writeFileSync(path, bytes);
  const layout = targetLayout('', { interpreter: '/var/lang/bin/python3.12', python: version, installer: 'pip', hasBytecode: true });
  return wheelEntries(path, { name, fileName }, layout);
}

function compile(options: Partial<BytecodeOptions> = {}, owners: readonly string[] = ['thing']): Promise<readonly CompiledBytecode[]> {
  if (!python) throw new Error('no Python 3.12');
  const jobs = owners.map((owner) => ({ owner, entries: entriesOf(owner) }));
  return compileBytecode(host, jobs, { python, root: '/var/task', sink: store, workFolder: join(folder, 'work'), parallel: 2, isChecked: true, packing: 'stored', ...options });
}

function filesOf(compiled: CompiledBytecode | undefined): readonly Extract<TreeEntry, { readonly kind: 'file' }>[] {
  return compiled ? bytecodeEntries(store.pathOf(compiled.blob.digest)).filter((entry) => entry.kind === 'file') : [];
}

describe.skipIf(python === undefined)('compiling bytecode', () => {
  it('gives a .pyc for every source that compiles', async () => {
    const [compiled] = await compile();
    expect(compiled?.unstable).toEqual([]);
    expect(bytecodeEntries(store.pathOf(compiled!.blob.digest)).map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'folder thing/__pycache__',
      'file thing/__pycache__/__init__.cpython-312.pyc',
      'file thing/__pycache__/latin.cpython-312.pyc',
      'file thing/__pycache__/stored.cpython-312.pyc',
    ]);
    expect(readdirSync(join(folder, 'work'))).toEqual([]);
  });

  it('is the same in every way of compiling', async () => {
    const digests = new Set<string>();
    for (const options of [{}, { isChecked: false }, { parallel: 1, isChecked: false }, { parallel: 5 }]) {
      for (const owners of [['thing'], ['other', 'thing'], ['thing', 'zebra']]) {
        const all = await compile(options, owners);
        digests.add(all.find(({ owner }) => owner === 'thing')?.blob.digest ?? '');
      }
    }
    expect(digests.size).toBe(1);
  });

  it('has unchecked hashes and names of the artefact', async () => {
    const [compiled] = await compile();
    const [first] = filesOf(compiled);
    const bytes = Buffer.from(readContent(first!));
    expect(bytes.readUInt32LE(4)).toBe(1);
    expect(bytes.includes('/var/task/thing/__init__.py')).toBe(true);
    expect(bytes.includes(folder)).toBe(false);
  });

  it('is what the interpreter then runs, whatever the time stamp of the source', async () => {
    const [compiled] = await compile();
    const root = mkdtempSync(join(folder, 'run-'));
    for (const entry of [...entriesOf(), ...filesOf(compiled)]) {
      if (entry.kind !== 'file') continue;
      mkdirSync(dirname(join(root, entry.path)), { recursive: true });
      writeFileSync(join(root, entry.path), readContent(entry));
    }
    writeFileSync(join(root, 'thing/stored.py'), 'Y = 2\n');
    const program = 'import thing, thing.stored, thing.latin; print(sorted(thing.NAMES), thing.stored.Y, ascii(thing.latin.X))';
    expect(execFileSync(python!.path, ['-c', program], { cwd: root, encoding: 'utf8' })).toBe("['a', 'b', 'c'] 1 '\\xe4'\n");
  });

  it('packs deflated for zips', async () => {
    const [stored] = await compile();
    const [deflated] = await compile({ packing: 'deflated' });
    expect(deflated!.blob.size).toBeLessThan(stored!.blob.size);
    const texts = (compiled: CompiledBytecode | undefined): readonly string[] => filesOf(compiled).map((entry) => Buffer.from(readContent(entry)).toString('hex'));
    expect(texts(deflated)).toEqual(texts(stored));
  });

  it('leaves out what comes out differently the second time', async () => {
    // An interpreter that disturbs one file, depending on the hash seed, as a defect of CPython does.
    const wrapper = join(folder, 'python-unstable');
    writeFileSync(wrapper, `#!/bin/sh\nprogram=$(printf '%s' "$7" | sed 's/marshal.dumps(code)/marshal.dumps(code) + (__import__("os").environ["PYTHONHASHSEED"].encode() if "latin" in name else b"")/')\nexec ${python!.path} "$1" "$2" "$3" "$4" "$5" -c "$program"\n`, { mode: 0o755 });
    const [compiled] = await compile({ python: { path: wrapper, version: '3.12.1' } });
    expect(compiled?.unstable).toEqual(['thing/latin.py']);
    expect(filesOf(compiled).map(({ path }) => path)).toEqual(['thing/__pycache__/__init__.cpython-312.pyc', 'thing/__pycache__/stored.cpython-312.pyc']);
  });

  it('tells an interpreter that fails', async () => {
    await expect(compile({ python: { path: '/bin/false', version: '3.12.1' } })).rejects.toThrow('/bin/false could not compile Python sources');
  });
});
