import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { failure, type Failure } from '../base/fault.ts';
import { flags, greatestRatio, in64, in64Short, methods, recordSizes, signatures } from './records.ts';
import { decodeName, escapingName, unsafeName } from './member-name.ts';

/** A file or folder of a zip archive. */
export interface ZipMember {
  /** With forward slashes, checked to stay below the root; a folder's name has no slash at its end. */
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Unix `st_mode`, type and permission bits; undefined when the archive gives none. */
  readonly mode: number | undefined;
  readonly method: 'stored' | 'deflated';
  readonly crc32: number;
  readonly compressedSize: number;
  /** Uncompressed bytes, as declared. */
  readonly size: number;
  /** Byte offset of the data, past the local header. */
  readonly offset: number;
}

/** What an archive may declare at most. */
export interface ZipLimits {
  /** Uncompressed bytes of all members. */
  readonly bytes: number;
  readonly members: number;
  /** Takes names and ratios that no stranger's archive may have: an own file can be called `a\\b` on Linux, and be all zeros. */
  readonly isOwn?: boolean;
}

const windowSize = 32 * 1024;
const generous: ZipLimits = { bytes: 20 * 1024 ** 3, members: 500_000 };

/** For zips that shear itself wrote, of the user's own files. */
export const ownZip: ZipLimits = { ...generous, isOwn: true };

/**
 * Reads a zip's central directory and checks it against the local headers; no member's data is read. Synchronous: some
 * milliseconds for thousands of members. Throws `archive/corrupt` for what is no zip or contradicts itself, and
 * `archive/hostile` for names that leave the root, bombs, overlapping or encrypted members.
 * @param path absolute; `shown` is its name in messages.
 */
export function readZip(path: string, shown: string = path, limits: ZipLimits = generous): readonly ZipMember[] {
  const file = openSync(path, 'r');
  try {
    const archive: Archive = { file, size: fstatSync(file).size, shown, isOwn: limits.isOwn === true, window: { start: 0, bytes: Buffer.alloc(0) } };
    const directory = findDirectory(archive);
    if (directory.count > limits.members) throw hostile(archive, `lists ${directory.count} members, more than ${limits.members}`);
    const listed = readDirectory(archive, directory);
    const total = listed.reduce((sum, member) => sum + member.size, 0);
    if (total > limits.bytes) throw hostile(archive, `would unpack to ${total} bytes, more than ${limits.bytes}`);
    return placeData(archive, listed, directory.offset);
  } finally {
    closeSync(file);
  }
}

interface Archive {
  readonly file: number;
  readonly size: number;
  readonly shown: string;
  readonly isOwn: boolean;
  /** What was read last. */
  window: { readonly start: number; readonly bytes: Buffer };
}

interface Directory {
  readonly count: number;
  readonly offset: number;
  readonly size: number;
}

type Listed = Omit<ZipMember, 'offset'> & { readonly rawName: Buffer; readonly header: number };

function findDirectory(archive: Archive): Directory {
  const tail = readAt(archive, Math.max(0, archive.size - recordSizes.end - in64Short), Math.min(archive.size, recordSizes.end + in64Short));
  for (let at = tail.length - recordSizes.end; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== signatures.end || at + recordSizes.end + tail.readUInt16LE(at + 20) !== tail.length) continue;
    const end = archive.size - tail.length + at;
    const short = { count: tail.readUInt16LE(at + 10), size: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };
    if (tail.readUInt16LE(at + 4) !== tail.readUInt16LE(at + 6)) throw corrupt(archive, 'is one part of several');
    const isLong = short.count === in64Short || short.size === in64 || short.offset === in64;
    const long = isLong ? readEnd64(archive, end) : undefined;
    const directory = long?.directory ?? short;
    // Bytes before the archive or between its parts are how two readers are made to see two archives.
    if (directory.offset + directory.size !== (long?.start ?? end)) throw corrupt(archive, 'has a directory that does not end where its end record begins');
    return directory;
  }
  throw corrupt(archive, 'has no end of central directory: it is cut off, or no zip');
}

function readEnd64(archive: Archive, end: number): { readonly directory: Directory; readonly start: number } | undefined {
  if (end < recordSizes.locator64) return undefined;
  const locator = readAt(archive, end - recordSizes.locator64, recordSizes.locator64);
  // Without a locator, 65,535 members is just that number.
  if (locator.readUInt32LE(0) !== signatures.locator64) return undefined;
  const start = readLong(archive, locator, 8);
  const record = readAt(archive, start, recordSizes.end64);
  if (record.readUInt32LE(0) !== signatures.end64) throw corrupt(archive, 'names a zip64 end record that is not there');
  return { directory: { count: readLong(archive, record, 32), size: readLong(archive, record, 40), offset: readLong(archive, record, 48) }, start };
}

function readDirectory(archive: Archive, { count, offset, size }: Directory): readonly Listed[] {
  const bytes = readAt(archive, offset, size);
  const listed = new Map<string, Listed>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + recordSizes.central > size || bytes.readUInt32LE(at) !== signatures.central) throw corrupt(archive, `lists ${count} members and has ${i}`);
    const variable = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field));
    const length = recordSizes.central + variable.reduce((sum, part) => sum + part, 0);
    if (at + length > size) throw corrupt(archive, 'has a directory entry that is cut off');
    const member = readEntry(archive, bytes.subarray(at, at + length));
    const known = listed.get(member.name);
    if (known && (known.crc32 !== member.crc32 || known.size !== member.size || known.kind !== member.kind)) {
      throw hostile(archive, `lists ${JSON.stringify(member.name)} twice, with different contents`);
    }
    listed.set(member.name, member);
    at += length;
  }
  if (at !== size) throw corrupt(archive, `has more in its directory than the ${count} members it counts`);
  return [...listed.values()];
}

function readEntry(archive: Archive, entry: Buffer): Listed {
  const flag = entry.readUInt16LE(8);
  const nameEnd = recordSizes.central + entry.readUInt16LE(28);
  const rawName = entry.subarray(recordSizes.central, nameEnd);
  const text = decodeName(rawName, (flag & flags.utf8) !== 0);
  if (text === undefined) throw corrupt(archive, 'has a member whose name is not UTF-8, though it says so');
  if ((flag & (flags.encrypted | flags.strong | flags.masked)) !== 0) throw hostile(archive, `holds ${JSON.stringify(text)} encrypted`);
  const isFolder = text.endsWith('/');
  const name = isFolder ? text.slice(0, -1) : text;
  const reason = archive.isOwn ? escapingName(name) : unsafeName(name);
  if (reason !== undefined) throw hostile(archive, `names a member ${JSON.stringify(text)}, which ${reason}`);
  const method = methodOf(archive, entry.readUInt16LE(10), text);
  const sizes = readSizes(archive, entry, nameEnd);
  if (method === 'stored' && sizes.size !== sizes.compressedSize) throw corrupt(archive, `gives two sizes for ${JSON.stringify(text)}, which is stored uncompressed`);
  if (!archive.isOwn && sizes.size > sizes.compressedSize * greatestRatio + 1024) throw hostile(archive, `claims that ${JSON.stringify(text)} unpacks to ${sizes.size} bytes from ${sizes.compressedSize}`);
  const unixMode = entry.readUInt16LE(4) >> 8 === 3 ? entry.readUInt32LE(38) >>> 16 : undefined;
  const isLink = unixMode !== undefined && (unixMode & 0o170000) === 0o120000;
  return {
    name, kind: isFolder ? 'folder' : isLink ? 'link' : 'file', mode: unixMode === undefined || unixMode === 0 ? undefined : unixMode,
    method, crc32: entry.readUInt32LE(16), ...sizes, rawName,
  };
}

function methodOf(archive: Archive, code: number, name: string): ZipMember['method'] {
  if (code === methods.stored) return 'stored';
  if (code === methods.deflated) return 'deflated';
  throw corrupt(archive, `compresses ${JSON.stringify(name)} with method ${code}; only stored and deflated are known`);
}

function readSizes(archive: Archive, entry: Buffer, nameEnd: number): { readonly compressedSize: number; readonly size: number; readonly header: number } {
  const short = { compressedSize: entry.readUInt32LE(20), size: entry.readUInt32LE(24), header: entry.readUInt32LE(42) };
  if (short.compressedSize !== in64 && short.size !== in64 && short.header !== in64) return short;
  const extra = entry.subarray(nameEnd, nameEnd + entry.readUInt16LE(30));
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    let next = 0;
    // 4.5.3: only those values are there whose short field says so, in this order.
    const take = (value: number): number => {
      if (value !== in64) return value;
      if (next + 8 > field.length) throw corrupt(archive, 'has a zip64 field that is cut off');
      next += 8;
      return readLong(archive, field, next - 8);
    };
    const size = take(short.size);
    const compressedSize = take(short.compressedSize);
    return { size, compressedSize, header: take(short.header) };
  }
  throw corrupt(archive, 'lacks a zip64 field that a member needs');
}

/** Looks up where each member's data begins, and that no two members share bytes (data descriptors lie between). */
function placeData(archive: Archive, listed: readonly Listed[], directoryOffset: number): readonly ZipMember[] {
  let free = 0;
  const offsets = new Map<Listed, number>();
  for (const member of listed.toSorted((a, b) => a.header - b.header)) {
    const header = readAt(archive, member.header, recordSizes.local + member.rawName.length);
    const isSame = header.readUInt32LE(0) === signatures.local && header.readUInt16LE(26) === member.rawName.length && header.subarray(recordSizes.local).equals(member.rawName);
    if (!isSame) throw corrupt(archive, `has another header at ${JSON.stringify(member.name)} than its directory says`);
    const offset = member.header + header.length + header.readUInt16LE(28);
    const end = offset + member.compressedSize;
    if (member.header < free || end > directoryOffset) throw hostile(archive, `has members that share bytes (${JSON.stringify(member.name)})`);
    free = end;
    offsets.set(member, offset);
  }
  return listed.map((member) => {
    const { rawName: _name, header: _header, ...rest } = member;
    return { ...rest, offset: offsets.get(member) ?? 0 };
  });
}

/** Through a window, since most reads are of small things one after the other. */
function readAt(archive: Archive, offset: number, size: number): Buffer {
  if (offset < 0 || offset + size > archive.size) throw corrupt(archive, 'points outside of itself: it is cut off or damaged');
  const { window } = archive;
  if (offset >= window.start && offset + size <= window.start + window.bytes.length) return window.bytes.subarray(offset - window.start, offset - window.start + size);
  const bytes = Buffer.allocUnsafe(Math.min(Math.max(size, windowSize), archive.size - offset));
  for (let seen = 0; seen < bytes.length; ) {
    const read = readSync(archive.file, bytes, seen, bytes.length - seen, offset + seen);
    if (read === 0) throw corrupt(archive, 'became shorter while it was read');
    seen += read;
  }
  archive.window = { start: offset, bytes };
  return bytes.subarray(0, size);
}

function readLong(archive: Archive, bytes: Buffer, at: number): number {
  const value = Number(bytes.readBigUInt64LE(at));
  if (!Number.isSafeInteger(value)) throw corrupt(archive, 'gives a size or place beyond all bounds');
  return value;
}

function corrupt(archive: Archive, what: string): Failure {
  return failure('archive/corrupt', `the archive ${archive.shown} ${what}`, { next: 'remove it and run the same command again, so that it is fetched anew' });
}

function hostile(archive: Archive, what: string): Failure {
  return failure('archive/hostile', `the archive ${archive.shown} ${what}`, {
    why: 'unpacking it could write outside its folder, fill the disk, or give different files to different programs',
    next: 'check where the archive comes from',
  });
}
