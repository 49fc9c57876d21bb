import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/fault.ts';
import { readZip } from '../../src/zip/read.ts';
import { handZip, type HandMember } from '../support/wheel.ts';

const folder = mkdtempSync(join(tmpdir(), 'shear-zip-'));
let count = 0;

function file(bytes: Uint8Array): string {
  const path = join(folder, `${count++}.zip`);
  writeFileSync(path, bytes);
  return path;
}

function refusal(bytes: Uint8Array): string {
  try {
    readZip(file(bytes), 'a.zip');
  } catch (error) {
    if (error instanceof Failure) return `${error.fault.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

const plain: readonly HandMember[] = [{ name: 'a.txt', text: 'hello' }];

describe('reading a zip', () => {
  it('lists members with their places, modes and sums', () => {
    const path = file(handZip([
      { name: 'bin/run', text: 'x'.repeat(100), mode: 0o100755 },
      { name: 'ä/雪.txt', text: 'y', isStored: true, hasDescriptor: true },
      { name: 'empty/', text: '', mode: 0o040755, isStored: true },
      { name: 'link', text: 'bin/run', mode: 0o120777, isStored: true },
    ]));
    expect(readZip(path)).toEqual([
      { name: 'bin/run', kind: 'file', mode: 0o100755, method: 'deflated', crc32: 1_577_999_759, compressedSize: 6, size: 100, offset: 37 },
      { name: 'ä/雪.txt', kind: 'file', mode: 0o100644, method: 'stored', crc32: 4_225_443_349, compressedSize: 1, size: 1, offset: 83 },
      { name: 'empty', kind: 'folder', mode: 0o040755, method: 'stored', crc32: 0, compressedSize: 0, size: 0, offset: 136 },
      { name: 'link', kind: 'link', mode: 0o120777, method: 'stored', crc32: 3_755_661_238, compressedSize: 7, size: 7, offset: 170 },
    ]);
  });

  it.each(['../evil', 'a/../../evil', '/etc/passwd', 'C:/windows', 'a\\b', 'a//b', './a', 'a/.', 'nul\0l', 'tab\tname', ''])('refuses the name %j', (name) => {
    expect(refusal(handZip([{ name, text: 'x' }]))).toMatch(/^archive\/hostile: the archive a\.zip names a member/u);
  });

  it('refuses a bomb by what it declares', () => {
    const bomb = handZip(plain, (record) => record.writeUInt32LE(900_000_000, 24));
    expect(refusal(bomb)).toBe('archive/hostile: the archive a.zip claims that "a.txt" unpacks to 900000000 bytes from 7');
  });

  it('refuses more than the limits', () => {
    const path = file(handZip([{ name: 'a', text: 'x'.repeat(1000) }, { name: 'b', text: 'y'.repeat(1000) }]));
    expect(() => readZip(path, 'a.zip', { bytes: 1999, members: 10 })).toThrow('would unpack to 2000 bytes, more than 1999');
    expect(() => readZip(path, 'a.zip', { bytes: 2000, members: 1 })).toThrow('lists 2 members, more than 1');
    expect(readZip(path, 'a.zip', { bytes: 2000, members: 2 })).toHaveLength(2);
  });

  it('refuses members that share bytes', () => {
    const members = [{ name: 'a', text: 'x'.repeat(50), isStored: true }, { name: 'b', text: 'z'.repeat(50), isStored: true }];
    const longer = (record: Buffer, name: string): void => {
      if (name !== 'a') return;
      record.writeUInt32LE(60, 20);
      record.writeUInt32LE(60, 24);
    };
    expect(refusal(handZip(members))).toBe('accepted');
    expect(refusal(handZip(members, longer))).toBe('archive/hostile: the archive a.zip has members that share bytes ("b")');
  });

  it('refuses one name with two contents, and takes it once with one', () => {
    expect(refusal(handZip([{ name: 'a', text: 'x' }, { name: 'a', text: 'y' }]))).toMatch(/lists "a" twice/u);
    expect(readZip(file(handZip([{ name: 'a', text: 'x' }, { name: 'a', text: 'x' }])))).toHaveLength(1);
  });

  it('refuses what is encrypted', () => {
    expect(refusal(handZip(plain, (record) => record.writeUInt16LE(1, 8)))).toBe('archive/hostile: the archive a.zip holds "a.txt" encrypted');
  });

  it('refuses other compressions', () => {
    expect(refusal(handZip(plain, (record) => record.writeUInt16LE(93, 10)))).toMatch(/^archive\/corrupt: .* with method 93/u);
  });

  it('refuses a header that names another member than the directory', () => {
    const bytes = handZip(plain);
    bytes.write('b.txt', 30);
    expect(refusal(bytes)).toMatch(/^archive\/corrupt: .* another header at "a.txt"/u);
  });

  it('refuses bytes before the archive', () => {
    expect(refusal(Buffer.concat([Buffer.from('#!/bin/sh\n'), handZip(plain)]))).toMatch(/^archive\/corrupt/u);
  });

  it.each([0, 1, 21, 60, 100])('refuses an archive cut to %i bytes', (size) => {
    expect(refusal(handZip(plain).subarray(0, size))).toMatch(/^archive\/corrupt/u);
  });

  it('finds its end before a comment', () => {
    const bytes = handZip(plain);
    bytes.writeUInt16LE(5, bytes.length - 2);
    expect(readZip(file(Buffer.concat([bytes, Buffer.from('PK\x05\x06!', 'latin1')])))).toHaveLength(1);
  });

  it('reads names without the UTF-8 flag as code page 437', () => {
    const bytes = handZip([{ name: 'aa', text: 'x', isStored: true }]);
    bytes[31] = 0x81;
    bytes[bytes.lastIndexOf('aa') + 1] = 0x81;
    expect(readZip(file(bytes))[0]?.name).toBe('aü');
  });
});
