import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TreeEntry } from '../../src/base/tree.ts';
import { readContent } from '../../src/oci/content.ts';
import { writeZip, writeZipTo } from '../../src/zip/archive.ts';
import { centralHeader, endRecords, localHeader } from '../../src/zip/records.ts';
import { readZip } from '../../src/zip/read.ts';
import { handZip } from '../support/wheel.ts';

const folder = mkdtempSync(join(tmpdir(), 'shear-zip-'));

function bytesFile(path: string, text: string | Uint8Array, mode: number = 0o644): TreeEntry {
  const bytes = Buffer.from(text);
  return { kind: 'file', path, mode, size: bytes.length, content: { kind: 'bytes', bytes } };
}

const sample: readonly TreeEntry[] = [
  bytesFile('z.txt', 'last'),
  bytesFile('bin/run', '#!/bin/sh\necho run\n', 0o755),
  { kind: 'folder', path: 'bin', mode: 0o755 },
  { kind: 'link', path: 'bin/alias', target: 'run' },
  bytesFile('ä/雪.txt', 'x'.repeat(100_000)),
  bytesFile('empty', ''),
];

describe('writing a zip', () => {
  it('gives the same bytes whatever the order of the entries', async () => {
    const [one, other] = [join(folder, 'one.zip'), join(folder, 'other.zip')];
    const written = await writeZip(sample, one);
    expect(await writeZip(sample.toReversed(), other)).toEqual(written);
    expect(readFileSync(one).equals(readFileSync(other))).toBe(true);
    expect(written).toEqual({ size: 698, digest: 'sha256:51db225b7a6ca5e82262e6fa01e55fe0ccf33687f81458a9de46a8c63c9b3a99', entries: 6, unpackedSize: 100_023 });
  });

  it('leaves no temporary file', async () => {
    const own = join(folder, 'own');
    mkdirSync(own);
    await writeZip(sample, join(own, 'a.zip'));
    await expect(writeZip([{ kind: 'file', path: 'a', mode: 0o644, size: 5, content: { kind: 'disk', path: '/nonexistent/a' } }], join(own, 'b.zip'))).rejects.toThrow('/nonexistent/a cannot be read (ENOENT)');
    expect(readdirSync(own)).toEqual(['a.zip']);
  });

  it('is read by Python, with modes and links', async () => {
    const path = join(folder, 'python.zip');
    await writeZip(sample, path);
    const program = 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print([(i.filename, oct(i.external_attr >> 16), i.date_time[:3], i.flag_bits, len(i.extra)) for i in z.infolist()])';
    expect(execFileSync('python3', ['-c', program, path], { encoding: 'utf8' }).trim()).toBe(
      "[('bin/', '0o40755', (1980, 1, 1), 0, 0), ('bin/alias', '0o120777', (1980, 1, 1), 0, 0), ('bin/run', '0o100755', (1980, 1, 1), 0, 0), ('empty', '0o100644', (1980, 1, 1), 0, 0), ('z.txt', '0o100644', (1980, 1, 1), 0, 0), ('ä/雪.txt', '0o100644', (1980, 1, 1), 2048, 0)]",
    );
  });

  it.skipIf(spawnSync('unzip', ['-v']).error !== undefined)('is unpacked by unzip, with modes and links', async () => {
    const path = join(folder, 'unzip.zip');
    await writeZip(sample, path);
    const out = join(folder, 'unzipped');
    execFileSync('unzip', ['-q', path, '-d', out]);
    expect(statSync(join(out, 'bin/run')).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(out, 'bin/alias'), 'utf8')).toBe('#!/bin/sh\necho run\n');
    expect(readFileSync(join(out, 'ä/雪.txt')).length).toBe(100_000);
  });

  it('copies members of other zips as they are compressed there', async () => {
    const source = join(folder, 'source.zip');
    writeFileSync(source, handZip([{ name: 'deflated', text: 'd'.repeat(1000) }, { name: 'stored', text: 's'.repeat(1000), isStored: true }]));
    const entries = readZip(source).map(({ name, size, offset, compressedSize, method, crc32 }): TreeEntry => ({ kind: 'file', path: name, mode: 0o644, size, content: { kind: 'zip-member', archive: source, offset, compressedSize, method, crc32 } }));
    const path = join(folder, 'copied.zip');
    await writeZip(entries, path);
    expect(readZip(path).map(({ name, method, compressedSize, crc32 }) => ({ name, method, compressedSize, crc32 }))).toEqual(
      readZip(source).map(({ name, method, compressedSize, crc32 }) => ({ name, method, compressedSize, crc32 })),
    );
    await writeZip(entries, path, { members: 'deflate' });
    expect(readZip(path).map(({ method }) => method)).toEqual(['deflated', 'deflated']);
  });

  it('refuses a file that is not of the size its entry gives', async () => {
    const path = join(folder, 'grown.txt');
    writeFileSync(path, 'longer');
    const entry: TreeEntry = { kind: 'file', path: 'grown.txt', mode: 0o644, size: 3, content: { kind: 'disk', path } };
    await expect(writeZip([entry], join(folder, 'grown.zip'))).rejects.toThrow('changed while it was read: 6 bytes where 3 were expected');
  });

  it('writes zip64 records where a number needs them', () => {
    const record = { name: Buffer.from('a'), isUtf8: false, method: 'stored', crc32: 1, compressedSize: 2 ** 33, size: 2 ** 33, offset: 2 ** 34, mode: 0o100644 } as const;
    expect(localHeader(record).toString('hex')).toBe('504b03042d000000000000002100010000' + '00' + 'ffffffffffffffff' + '01001400' + '61' + '0100100000000000020000000000000002000000');
    expect(centralHeader(record).subarray(47).toString('hex')).toBe('01001800' + '0000000002000000'.repeat(2) + '0000000004000000');
    expect(endRecords(70_000, 100, 2 ** 33).length).toBe(56 + 20 + 22);
    expect(endRecords(65_534, 100, 200).length).toBe(22);
  });

  it('holds more members than a short record can count', async () => {
    const many = Array.from({ length: 65_600 }, (_, index) => bytesFile(`f${index}`, ''));
    const path = join(folder, 'many.zip');
    await writeZip(many, path);
    expect(readZip(path)).toHaveLength(65_600);
    expect(execFileSync('python3', ['-c', 'import sys, zipfile; print(len(zipfile.ZipFile(sys.argv[1]).infolist()))', path], { encoding: 'utf8' }).trim()).toBe('65600');
  });

  it('gives back what was put in', async () => {
    const name = fc.stringMatching(/^[a-zä雪0-9._-]{1,12}$/u).filter((text) => text !== '.' && text !== '..');
    const files = fc.dictionary(name, fc.uint8Array({ maxLength: 20_000 }), { maxKeys: 12 });
    const path = join(folder, 'round.zip');
    await fc.assert(
      fc.asyncProperty(files, fc.constantFrom(1, 6, 9), async (contents, level) => {
        const entries = Object.entries(contents).map(([file, bytes]) => bytesFile(file, bytes));
        const chunks: Buffer[] = [];
        await writeZipTo(entries, (parts) => void chunks.push(...parts.map((part) => Buffer.from(part))), { level });
        writeFileSync(path, Buffer.concat(chunks));
        const back = readZip(path).map(({ name: file, size, mode, offset, compressedSize, method, crc32 }) => {
          expect(mode).toBe(0o100644);
          const bytes = readContent({ kind: 'file', path: file, mode: 0o644, size, content: { kind: 'zip-member', archive: path, offset, compressedSize, method, crc32 } });
          return [file, Buffer.from(bytes).toString('hex')];
        });
        expect(Object.fromEntries(back)).toEqual(Object.fromEntries(Object.entries(contents).map(([file, bytes]) => [file, Buffer.from(bytes).toString('hex')])));
      }),
      { numRuns: 50 },
    );
  });
});
