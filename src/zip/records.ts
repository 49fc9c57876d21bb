/** The fixed parts of zip records. Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16. */
export const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
} as const;

/** Bytes of each record before its variable parts. */
export const recordSizes = { local: 30, central: 46, end: 22, end64: 56, locator64: 20 } as const;

/** In a 32-bit (16-bit) field: the value stands in a zip64 record. */
export const in64 = 0xffffffff;
export const in64Short = 0xffff;

/** General purpose flags (4.4.4). */
export const flags = { encrypted: 0x0001, strong: 0x0040, utf8: 0x0800, masked: 0x2000 } as const;

/** Compression methods (4.4.5) that wheels and Lambda's zips use. */
export const methods = { stored: 0, deflated: 8 } as const;

/** The largest factor by which deflate shrinks anything (RFC 1951: 258 bytes in 2 bits), with its framing rounded up. */
export const greatestRatio = 1040;

/** What a central directory says of one file; also what its local header repeats. */
export interface ZipRecord {
  readonly name: Buffer;
  readonly isUtf8: boolean;
  readonly method: 'stored' | 'deflated';
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Of the local header in the archive. */
  readonly offset: number;
  /** Unix `st_mode`, type and permissions. */
  readonly mode: number;
}

/** 1980-01-01 00:00, the earliest time that a zip can hold (DOS date: year − 1980, month, day). */
const epoch = { time: 0, date: (1 << 5) | 1 } as const;

const unix = 3;
const plainVersion = 20;
const zip64Version = 45;
const zip64Extra = 0x0001;

/** A local file header with sizes in it (no data descriptor) and no extra field unless a size needs zip64. */
export function localHeader(record: ZipRecord): Buffer {
  const isLong = record.size >= in64 || record.compressedSize >= in64;
  const extra = isLong ? zip64Field([record.size, record.compressedSize]) : Buffer.alloc(0);
  const header = Buffer.alloc(recordSizes.local);
  header.writeUInt32LE(signatures.local, 0);
  writeCommon(header, 4, record, isLong);
  header.writeUInt16LE(record.name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, record.name, extra]);
}

/** The file's header in the central directory. */
export function centralHeader(record: ZipRecord): Buffer {
  const isLong = record.size >= in64 || record.compressedSize >= in64;
  const long = [...(isLong ? [record.size, record.compressedSize] : []), ...(record.offset >= in64 ? [record.offset] : [])];
  const extra = long.length > 0 ? zip64Field(long) : Buffer.alloc(0);
  const header = Buffer.alloc(recordSizes.central);
  header.writeUInt32LE(signatures.central, 0);
  header.writeUInt16LE((unix << 8) | (long.length > 0 ? zip64Version : plainVersion), 4);
  writeCommon(header, 6, record, isLong, long.length > 0);
  header.writeUInt16LE(record.name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  const isFolder = (record.mode & 0o170000) === 0o040000;
  header.writeUInt32LE(((record.mode << 16) | (isFolder ? 0x10 : 0)) >>> 0, 38);
  header.writeUInt32LE(Math.min(record.offset, in64), 42);
  return Buffer.concat([header, record.name, extra]);
}

/** All that follows the central directory. */
export function endRecords(count: number, size: number, offset: number): Buffer {
  const isLong = count >= in64Short || size >= in64 || offset >= in64;
  const end = Buffer.alloc(recordSizes.end);
  end.writeUInt32LE(signatures.end, 0);
  end.writeUInt16LE(Math.min(count, in64Short), 8);
  end.writeUInt16LE(Math.min(count, in64Short), 10);
  end.writeUInt32LE(Math.min(size, in64), 12);
  end.writeUInt32LE(Math.min(offset, in64), 16);
  if (!isLong) return end;
  const end64 = Buffer.alloc(recordSizes.end64);
  end64.writeUInt32LE(signatures.end64, 0);
  end64.writeBigUInt64LE(BigInt(recordSizes.end64 - 12), 4);
  end64.writeUInt16LE((unix << 8) | zip64Version, 12);
  end64.writeUInt16LE(zip64Version, 14);
  end64.writeBigUInt64LE(BigInt(count), 24);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(size), 40);
  end64.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(recordSizes.locator64);
  locator.writeUInt32LE(signatures.locator64, 0);
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, end]);
}

/** From "version needed to extract" to the sizes: the same in both headers. */
function writeCommon(header: Buffer, at: number, record: ZipRecord, isLong: boolean, needs64: boolean = isLong): void {
  header.writeUInt16LE(needs64 ? zip64Version : plainVersion, at);
  header.writeUInt16LE(record.isUtf8 ? flags.utf8 : 0, at + 2);
  header.writeUInt16LE(methods[record.method], at + 4);
  header.writeUInt16LE(epoch.time, at + 6);
  header.writeUInt16LE(epoch.date, at + 8);
  header.writeUInt32LE(record.crc32, at + 10);
  header.writeUInt32LE(isLong ? in64 : record.compressedSize, at + 14);
  header.writeUInt32LE(isLong ? in64 : record.size, at + 18);
}

function zip64Field(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(zip64Extra, 0);
  field.writeUInt16LE(8 * values.length, 2);
  values.forEach((value, index) => field.writeBigUInt64LE(BigInt(value), 4 + 8 * index));
  return field;
}
