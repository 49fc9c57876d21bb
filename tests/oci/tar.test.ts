import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TreeEntry } from '../../src/base/tree.ts';
import { readTar } from '../../src/oci/read-tar.ts';
import { sortEntries, tarStream } from '../../src/oci/tar.ts';
import { tarHeader } from '../../src/oci/tar-header.ts';

async function tarOf(entries: readonly TreeEntry[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of tarStream(entries)) parts.push(part);
  return Buffer.concat(parts);
}

async function membersOf(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<readonly unknown[]> {
  const members = [];
  for await (const member of readTar(bytes, 'test.tar')) {
    const body: Buffer[] = [];
    for await (const chunk of member.body) body.push(chunk);
    members.push({ kind: member.kind, path: member.path, mode: member.mode, target: member.target, uid: member.uid, body: Buffer.concat(body).toString('latin1') });
  }
  return members;
}

function file(path: string, body: string, mode = 0o644): TreeEntry {
  const bytes = Buffer.from(body, 'latin1');
  return { kind: 'file', path, mode, size: bytes.length, content: { kind: 'bytes', bytes } };
}

describe('sortEntries', () => {
  it('puts folders before their content, in code units whatever the locale', () => {
    const paths = ['a/b', 'a-b', 'a', 'B', 'é', 'z', 'a/B'];
    expect(sortEntries(paths.map((path) => file(path, ''))).map((entry) => entry.path)).toEqual(['B', 'a', 'a-b', 'a/B', 'a/b', 'z', 'é']);
  });

  it('keeps the last of several entries with one path', () => {
    expect(sortEntries([file('a', 'old'), file('a', 'new!')])).toEqual([file('a', 'new!')]);
  });
});

describe('tarStream and readTar', () => {
  it('agree on every tree', async () => {
    const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 130 }).filter((text) => !/[/\0]/u.test(text) && text !== '.' && text !== '..' && Buffer.from(text).toString() === text);
    const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const owner = fc.option(fc.record({ uid: fc.nat(), gid: fc.nat() }), { nil: undefined });
    const entry = fc.oneof(
      fc.record({ path, body: fc.string({ unit: 'binary-ascii', maxLength: 2000 }), mode: fc.constantFrom(0o644, 0o755, 0o4755), owner }).map((it) => ({ ...file(it.path, it.body, it.mode), ...(it.owner ? { owner: it.owner } : {}) })),
      fc.record({ path, mode: fc.constantFrom(0o755, 0o1777) }).map((it): TreeEntry => ({ kind: 'folder', ...it })),
      fc.record({ path, target: path }).map((it): TreeEntry => ({ kind: 'link', ...it })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 8 }), async (entries) => {
        const members = await membersOf(await tarOf(entries));
        expect(members).toEqual(
          entries.map((it) => ({
            kind: it.kind,
            path: it.path,
            mode: it.kind === 'link' ? 0o777 : it.mode,
            target: it.kind === 'link' ? it.target : '',
            uid: it.owner?.uid ?? 0,
            body: it.kind === 'file' && it.content.kind === 'bytes' ? Buffer.from(it.content.bytes).toString('latin1') : '',
          })),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('reads the same from chunks of any size', async () => {
    const tar = await tarOf([file('a', 'x'.repeat(700)), file('n'.repeat(300), 'y')]);
    for (const size of [1, 511, 512, 513, 5000]) {
      const chunked = (async function* () {
        for (let at = 0; at < tar.length; at += size) yield tar.subarray(at, at + size);
      })();
      expect(await membersOf(chunked)).toHaveLength(2);
    }
  });

  it('calls every truncation corrupt', async () => {
    const tar = await tarOf([file('a', 'x'.repeat(700)), file('n'.repeat(300), 'y')]);
    for (let length = 0; length < tar.length - 1024; length += 100) {
      await expect(membersOf(tar.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({ fault: { code: 'archive/corrupt' } });
    }
  });

  it('finishes or names a fault on any damage, and never hangs', async () => {
    const tar = await tarOf([file('a', 'x'), { kind: 'link', path: 'b'.repeat(200), target: 'c' }]);
    await fc.assert(
      fc.asyncProperty(fc.nat(tar.length - 1), fc.nat(255), async (at, byte) => {
        const bad = Buffer.from(tar);
        bad[at] = byte;
        await membersOf(bad).catch((error: unknown) => expect(error).toHaveProperty('fault.code', expect.stringMatching(/^archive\//u)));
      }),
    );
  });

  it.each(['../etc/passwd', 'a/../../b', 'a/..'])('refuses the member %s', async (path) => {
    const bytes = Buffer.concat([tarHeader(file(path, '')), Buffer.alloc(1024)]);
    await expect(membersOf(bytes)).rejects.toMatchObject({ fault: { code: 'archive/hostile' } });
  });

  it('refuses a header that claims gigabytes of name', async () => {
    const block = tarHeader({ kind: 'file', path: 'x', mode: 0, size: 4_000_000_000, content: { kind: 'bytes', bytes: Buffer.alloc(0) } });
    block.write('x', 156);
    block.write('        ', 148);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    await expect(membersOf(block)).rejects.toMatchObject({ fault: { code: 'archive/hostile' } });
  });
});

describe('tarHeader', () => {
  it('gives sizes of 8 GiB and more, and large owners, in a pax header', () => {
    const entry = { kind: 'file', path: 'model.bin', mode: 0o644, size: 8_589_934_592, content: { kind: 'disk', path: '/x' }, owner: { uid: 3_000_000, gid: 0 } } as const;
    expect(tarHeader(entry).toString('latin1')).toContain('19 size=8589934592\n15 uid=3000000\n');
    expect(tarHeader({ ...entry, size: 8_589_934_591, owner: { uid: 2_097_151, gid: 0 } })).toHaveLength(512);
  });
});

describe('other readers of our archives', () => {
  const entries = [
    file('short', '1'),
    file(`${'d'.repeat(90)}/${'f'.repeat(90)}`, '2'),
    file(`${'long'.repeat(40)}`, '3', 0o755),
    file('Főtanúsítvány.crt', '4'),
    { kind: 'link', path: 'link', target: 't'.repeat(150) } as const,
    { kind: 'folder', path: 'var/task', mode: 0o755 } as const,
  ];
  const expected = ['short', `${'d'.repeat(90)}/${'f'.repeat(90)}`, 'long'.repeat(40), 'Főtanúsítvány.crt', 'link', 'var/task/'];

  it.each([
    ['tar', ['-tf']],
    ['bsdtar', ['-tf']],
    ['python3', ['-c', 'import sys,tarfile\nfor m in tarfile.open(sys.argv[1]): print(m.name + ("/" if m.isdir() else ""))']],
  ] as const)('%s lists what was written', async (program, args) => {
    if (spawnSync(program, ['--version']).status !== 0) {
      console.warn(`skipped: ${program} is not installed`);
      return;
    }
    const folder = mkdtempSync(join(tmpdir(), 'shear-tar-'));
    writeFileSync(join(folder, 'a.tar'), await tarOf(entries));
    const { stdout } = spawnSync(program, [...args, join(folder, 'a.tar')], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8', TAR_OPTIONS: program === 'tar' ? '--quoting-style=literal' : '' } });
    rmSync(folder, { recursive: true });
    expect(stdout.trim().split('\n')).toEqual(expected);
  });

  it('reads what GNU tar writes, long names and hardlinks included', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shear-tar-'));
    const script = `cd ${folder}; mkdir d; echo hi > d/${'n'.repeat(180)}; ln d/* d/hard; ln -s ${'t'.repeat(180)} d/soft; tar --format=gnu -cf a.tar ./d`;
    spawnSync('bash', ['-c', script]);
    const members = [];
    const { readFileSync } = await import('node:fs');
    for await (const member of readTar(readFileSync(join(folder, 'a.tar')), 'a.tar')) members.push([member.kind, member.path]);
    rmSync(folder, { recursive: true });
    expect(members.map(([kind]) => kind).toSorted()).toEqual(['file', 'folder', 'hardlink', 'link']);
    expect(members.map(([, path]) => path).toSorted()).toEqual(['d', 'd/hard', `d/${'n'.repeat(180)}`, 'd/soft']);
  });
});
