import { failure, type Failure } from '../base/fault.ts';
import { createByteReader, type ByteReader } from './byte-reader.ts';
import { blockSize, paddingOf } from './tar-header.ts';

/** What a member of an archive is; `other` are devices, pipes and what vendors invented. */
export type TarKind = 'file' | 'folder' | 'link' | 'hardlink' | 'other';

/** A member of a tar archive, as it is met. */
export interface TarMember {
  readonly kind: TarKind;
  /** Normalised: no leading slash or `./`, no trailing slash, no `..` part; `''` is the root. */
  readonly path: string;
  /** Of links as written; of hardlinks normalised like `path`; else `''`. */
  readonly target: string;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of `body`. */
  readonly size: number;
  /** Seconds since the epoch. */
  readonly modified: number;
  /** Extended attributes (`SCHILY.xattr.…` without the prefix), values as text. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The content, to be read before the next member is asked for; what is not read is skipped. */
  readonly body: AsyncIterable<Buffer>;
}

/** More than any sane name or attribute; a header that claims more is a trap. */
const largestExtension = 1024 * 1024;

/**
 * The members of a tar archive (ustar, pax, GNU long names), in order; whiteouts are left to the caller.
 * Rejects with `archive/corrupt` for damaged, truncated or sparse archives, `archive/hostile` for names
 * that lead out of the root and for oversized headers. Nothing is held but one header and one chunk.
 * @param name what to call the archive in messages.
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array> | Uint8Array,
  name: string,
): AsyncGenerator<TarMember, void, undefined> {
  const reader = createByteReader(source instanceof Uint8Array ? [source] : source);
  const global = new Map<string, string>();
  try {
    for (let header = await nextHeader(reader, name); header; header = await nextHeader(reader, name)) {
      const extended = await readExtensions(reader, header, global, name);
      if (!extended) return await drain(reader);
      const { raw, records } = extended;
      const member = describe(raw, records, name);
      let left = member.size;
      const pull = async (): Promise<Buffer | undefined> => {
        if (left === 0) return undefined;
        const chunk = await reader.some(left);
        if (chunk.length === 0) throw truncated(name);
        left -= chunk.length;
        return chunk;
      };
      yield { ...member, body: { [Symbol.asyncIterator]: () => bodyOf(pull) } };
      while (await pull());
      await skip(reader, paddingOf(member.size), name);
    }
    await drain(reader);
  } finally {
    await reader.close();
  }
}

/** A member's whole content; for small ones. `archive/hostile` above `limit` bytes. */
export async function readBody(member: TarMember, limit: number, name: string): Promise<Buffer> {
  if (member.size > limit) throw failure('archive/hostile', `${member.path} in ${name} has ${member.size} bytes, more than the ${limit} that such a file may have`, { next: 'check where the archive comes from' });
  const parts: Buffer[] = [];
  for await (const chunk of member.body) parts.push(chunk);
  return Buffer.concat(parts);
}

async function* bodyOf(pull: () => Promise<Buffer | undefined>): AsyncGenerator<Buffer, void, undefined> {
  for (let chunk = await pull(); chunk; chunk = await pull()) yield chunk;
}

/** A header block with the number of its bytes that follow. */
interface RawHeader {
  readonly block: Buffer;
  readonly type: string;
  readonly size: number;
}

/** The next header; undefined at the zero block that ends an archive. */
async function nextHeader(reader: ByteReader, name: string): Promise<RawHeader | undefined> {
  const block = await reader.read(blockSize);
  if (block.length < blockSize) throw truncated(name);
  if (block.every((byte) => byte === 0)) return undefined;
  if (!hasGoodSum(block)) throw corrupt(name, 'a header\'s checksum is wrong');
  return { block, type: String.fromCharCode(block[156] ?? 0), size: number(block, 124, 12, name) };
}

/** Reads pax and GNU headers up to the member that they describe; undefined when the archive ends in between. */
async function readExtensions(
  reader: ByteReader,
  first: RawHeader,
  global: Map<string, string>,
  name: string,
): Promise<{ readonly raw: RawHeader; readonly records: ReadonlyMap<string, string> } | undefined> {
  const records = new Map(global);
  let raw: RawHeader | undefined = first;
  while (raw && 'xgLK'.includes(raw.type)) {
    if (raw.size > largestExtension) throw failure('archive/hostile', `${name} has a header of ${raw.size} bytes`, { why: 'names and attributes are never that long', next: 'check where the archive comes from' });
    const bytes = await reader.read(raw.size);
    if (bytes.length < raw.size) throw truncated(name);
    await skip(reader, paddingOf(raw.size), name);
    if (raw.type === 'L' || raw.type === 'K') records.set(raw.type === 'L' ? 'path' : 'linkpath', text(bytes, 0, bytes.length));
    else for (const [key, value] of parsePax(bytes, name)) setRecord(raw.type === 'g' ? [global, records] : [records], key, value);
    raw = await nextHeader(reader, name);
  }
  return raw && { raw, records };
}

function describe(raw: RawHeader, records: ReadonlyMap<string, string>, name: string): Omit<TarMember, 'body'> {
  const { block, type } = raw;
  if (type === 'S' || [...records.keys()].some((key) => key.startsWith('GNU.sparse.'))) {
    throw corrupt(name, 'it holds sparse files, which image layers never do');
  }
  const isUstar = text(block, 257, 5) === 'ustar' && block[262] === 0;
  const prefix = isUstar ? text(block, 345, 155) : '';
  const short = text(block, 0, 100);
  const stored = records.get('path') ?? (prefix === '' ? short : `${prefix}/${short}`);
  const kind = kindOf(type, stored);
  const target = kind === 'link' || kind === 'hardlink' ? (records.get('linkpath') ?? text(block, 157, 100)) : '';
  const size = kind === 'file' || kind === 'other' ? decimal(records.get('size'), name) ?? raw.size : 0;
  return {
    kind,
    path: safePath(stored, name),
    target: kind === 'hardlink' ? safePath(target, name) : target,
    mode: number(block, 100, 8, name) & 0o7777,
    uid: decimal(records.get('uid'), name) ?? number(block, 108, 8, name),
    gid: decimal(records.get('gid'), name) ?? number(block, 116, 8, name),
    size,
    modified: Math.trunc(Number(records.get('mtime') ?? number(block, 136, 12, name))),
    attributes: Object.fromEntries([...records].filter(([key]) => key.startsWith(attributePrefix)).map(([key, value]) => [key.slice(attributePrefix.length), value])),
  };
}

const attributePrefix = 'SCHILY.xattr.';

function kindOf(type: string, path: string): TarKind {
  if (type === '0' || type === '\0' || type === '7') return path.endsWith('/') ? 'folder' : 'file';
  if (type === '5') return 'folder';
  if (type === '2') return 'link';
  return type === '1' ? 'hardlink' : 'other';
}

/** A member's path below the archive's root. */
function safePath(path: string, name: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || path.includes('\0')) {
    throw failure('archive/hostile', `${name} has a member named ${JSON.stringify(path)}`, { why: 'unpacked, it would be written outside of the folder it is meant for', next: 'check where the archive comes from' });
  }
  return parts.join('/');
}

/** `<length> <key>=<value>\n`, again and again; the length counts itself. */
function parsePax(bytes: Buffer, name: string): readonly (readonly [string, string])[] {
  const records: (readonly [string, string])[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(bytes.toString('latin1', at, space));
    const end = at + length;
    const equals = bytes.indexOf(0x3d, space);
    if (!Number.isSafeInteger(length) || end > bytes.length || equals < 0 || equals >= end || bytes[end - 1] !== 0x0a) {
      throw corrupt(name, 'a pax header is malformed');
    }
    records.push([bytes.toString('utf8', space + 1, equals), bytes.toString('utf8', equals + 1, end - 1)]);
    at = end;
  }
  return records;
}

function setRecord(maps: readonly Map<string, string>[], key: string, value: string): void {
  for (const map of maps) {
    if (value === '') map.delete(key);
    else map.set(key, value);
  }
}

function hasGoodSum(block: Buffer): boolean {
  let plain = 0;
  let signed = 0;
  for (let i = 0; i < blockSize; i++) {
    const byte = i >= 148 && i < 156 ? 0x20 : (block[i] ?? 0);
    plain += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const stored = Number.parseInt(text(block, 148, 8).trim(), 8);
  return stored === plain || stored === signed;
}

/** A number field: octal text, or GNU's base-256 when the first bit is set. */
function number(block: Buffer, at: number, length: number, name: string): number {
  const first = block[at] ?? 0;
  if (first === 0x80) {
    const value = block.subarray(at + 1, at + length).reduce((sum, byte) => sum * 256 + byte, 0);
    if (Number.isSafeInteger(value)) return value;
  }
  const digits = text(block, at, length).trim();
  if (digits === '') return 0;
  if (first >= 0x80 || !/^[0-7]+$/u.test(digits)) throw corrupt(name, 'a number in a header is malformed');
  return Number.parseInt(digits, 8);
}

function decimal(digits: string | undefined, name: string): number | undefined {
  if (digits === undefined) return undefined;
  const value = Number(digits);
  if (!/^\d+$/u.test(digits) || !Number.isSafeInteger(value)) throw corrupt(name, 'a number in a pax header is malformed');
  return value;
}

/** A text field, up to its NUL. */
function text(block: Buffer, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

async function skip(reader: ByteReader, size: number, name: string): Promise<void> {
  const bytes = await reader.read(size);
  if (bytes.length < size) throw truncated(name);
}

/** Whoever hashes or checks the stream outside sees all of it. */
async function drain(reader: ByteReader): Promise<void> {
  while ((await reader.some(1024 * 1024)).length > 0);
}

function truncated(name: string): Failure {
  return corrupt(name, 'it ends in the middle');
}

function corrupt(name: string, why: string): Failure {
  return failure('archive/corrupt', `${name} is not a good tar archive`, { why, next: 'fetch or make it again' });
}
