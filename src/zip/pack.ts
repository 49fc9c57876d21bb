import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, deflateRaw, deflateRawSync } from 'node:zlib';
import { failure } from '../base/fault.ts';
import type { Content, TreeEntry } from '../base/tree.ts';

/** A member's data as it stands in the archive. */
export interface PackedMember {
  readonly method: 'stored' | 'deflated';
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly data: Uint8Array;
}

/** Gives members' data in order, with the big ones that follow already being compressed. */
export interface Packer {
  readonly pack: (index: number) => Promise<PackedMember> | PackedMember;
  /** Closes the archives that were copied from. */
  readonly close: () => void;
}

/** From this size on, compressing on the thread pool pays for the hand-over. */
const bigFile = 8 * 1024;

/** How far to look ahead: as many files, and as many of their bytes in memory. */
const mostAhead = { files: 16, bytes: 64 * 1024 * 1024 } as const;

const compress = promisify<Uint8Array, { level: number }, Buffer>(deflateRaw);
const nothing: PackedMember = { method: 'stored', crc32: 0, compressedSize: 0, size: 0, data: new Uint8Array(0) };

/** How members are packed. */
export interface PackOptions {
  /** deflate's level, 1 to 9. */
  readonly level: number;
  /** True to deflate members that other zips hold uncompressed. */
  readonly isDeflating: boolean;
}

/** A packer of the entries. */
export function createPacker(entries: readonly TreeEntry[], { level, isDeflating }: PackOptions): Packer {
  const archives = new Map<string, number>();
  const started = new Map<number, Promise<PackedMember>>();
  let next = 0;
  let ahead = 0;
  const lookAhead = (from: number): void => {
    next = Math.max(next, from);
    for (; next < entries.length && started.size < mostAhead.files && ahead < mostAhead.bytes; next++) {
      const entry = entries[next];
      if (entry?.kind !== 'file' || entry.size < bigFile) continue;
      const work = startPacking(entry);
      if (!work) continue;
      // Awaited in its turn; until then a failure must not count as unhandled.
      work.catch(() => undefined);
      started.set(next, work);
      ahead += entry.size;
    }
  };
  const startPacking = (entry: FileEntry): Promise<PackedMember> | undefined => {
    if (entry.content.kind !== 'zip-member') return packBig(entry, entry.content, level);
    if (!isDeflating || entry.content.method === 'deflated') return undefined;
    return deflateBig(copyMember(archives, entry, entry.content), level);
  };
  return {
    pack: (index) => {
      lookAhead(index);
      const entry = entries[index];
      if (!entry || entry.kind === 'folder') return nothing;
      if (entry.kind === 'link') return stored(Buffer.from(entry.target));
      const work = started.get(index);
      if (work) {
        started.delete(index);
        ahead -= entry.size;
        return work;
      }
      if (entry.content.kind !== 'zip-member') return packSmall(entry, entry.content, level);
      const member = copyMember(archives, entry, entry.content);
      return isDeflating && member.method === 'stored' && member.size > 0 ? smaller(member.data, deflateRawSync(member.data, { level })) : member;
    },
    close: () => {
      for (const file of archives.values()) closeSync(file);
      archives.clear();
    },
  };
}

type FileEntry = Extract<TreeEntry, { readonly kind: 'file' }>;
type OwnContent = Exclude<Content, { readonly kind: 'zip-member' }>;
type ZipContent = Extract<Content, { readonly kind: 'zip-member' }>;

function stored(bytes: Uint8Array): PackedMember {
  return { method: 'stored', crc32: crc32(bytes), compressedSize: bytes.length, size: bytes.length, data: bytes };
}

function smaller(bytes: Uint8Array, deflated: Uint8Array): PackedMember {
  if (deflated.length >= bytes.length) return stored(bytes);
  return { method: 'deflated', crc32: crc32(bytes), compressedSize: deflated.length, size: bytes.length, data: deflated };
}

function packSmall(entry: FileEntry, content: OwnContent, level: number): PackedMember {
  const bytes = content.kind === 'bytes' ? content.bytes : readSmall(entry, content.path);
  if (bytes.length === 0) return nothing;
  return smaller(bytes, deflateRawSync(bytes, { level }));
}

async function packBig(entry: FileEntry, content: OwnContent, level: number): Promise<PackedMember> {
  const bytes = content.kind === 'bytes' ? content.bytes : await readBig(entry, content.path);
  return smaller(bytes, await compress(bytes, { level }));
}

async function deflateBig(member: PackedMember, level: number): Promise<PackedMember> {
  return smaller(member.data, await compress(member.data, { level }));
}

function copyMember(archives: Map<string, number>, entry: FileEntry, content: ZipContent): PackedMember {
  const { archive, offset, compressedSize, method } = content;
  const file = archives.get(archive) ?? openSync(archive, 'r');
  archives.set(archive, file);
  const data = Buffer.allocUnsafe(compressedSize);
  if (readFully(file, data, offset) !== compressedSize) {
    throw failure('archive/corrupt', `the archive ${archive} is cut off in the member that becomes /${entry.path}`, {
      next: 'remove that file and run the same command again, so that it is fetched anew',
    });
  }
  return { method, crc32: content.crc32, compressedSize, size: entry.size, data };
}

function readSmall(entry: FileEntry, path: string): Uint8Array {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.allocUnsafe(entry.size);
      const seen = Math.max(readFully(file, bytes, 0), fstatSync(file).size);
      return checked(entry, path, bytes, seen);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unreadable(error, path);
  }
}

async function readBig(entry: FileEntry, path: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(path);
    return checked(entry, path, bytes, bytes.length);
  } catch (error) {
    throw unreadable(error, path);
  }
}

function readFully(file: number, bytes: Buffer, offset: number): number {
  let seen = 0;
  while (seen < bytes.length) {
    const read = readSync(file, bytes, seen, bytes.length - seen, offset + seen);
    if (read === 0) break;
    seen += read;
  }
  return seen;
}

function checked(entry: FileEntry, path: string, bytes: Uint8Array, seen: number): Uint8Array {
  if (seen === entry.size) return bytes;
  throw failure('build/failed', `${path} changed while it was read: ${seen} bytes where ${entry.size} were expected`, {
    why: `its bytes were to become /${entry.path}; a half-written file must not end in an artefact`,
    next: 'run the same command again when nothing writes to the file',
  });
}

function unreadable(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === undefined || !/^E[A-Z]+$/u.test(code)) return error;
  return failure('build/failed', `${path} cannot be read (${code})`, { next: 'check that the file exists and that you may read it, then run the same command again', cause: error });
}
