import { failure } from '../base/fault.ts';

/** One member of a tar archive. */
export interface TarMember {
  /** As written, without interpretation. */
  readonly name: string;
  /** `other`: devices, FIFOs and what else has no place in a function's files. */
  readonly type: 'file' | 'folder' | 'symlink' | 'hardlink' | 'other';
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly linkname: string;
  /** Bytes of `body`. */
  readonly size: number;
  /** To be read before the next member is asked for; what is left of it is skipped. */
  readonly body: AsyncIterable<Buffer>;
}

const block = 512;

/** Longest pax header or GNU long name that is read, bytes. */
const longestHeader = 1024 * 1024;

/**
 * Reads a tar archive member by member: ustar, pax and GNU long names (POSIX.1-2024, pax; GNU tar manual,
 * "Basic Tar Format"). Reads the stream to its end, past the archive's own end, so that it can be hashed.
 * Fails with `archive/corrupt`.
 */
export async function* readTar(stream: AsyncIterable<Buffer>): AsyncGenerator<TarMember, void, undefined> {
  const source = new ByteSource(stream);
  let next: Map<string, string> = new Map();
  const global = new Map<string, string>();
  for (;;) {
    const header = await source.take(block);
    if (header.length === 0) return;
    if (header.length < block) throw corrupt('it ends in the middle of a header');
    if (header.every((byte) => byte === 0)) break;
    checkSum(header);
    const type = String.fromCharCode(header[156] ?? 0);
    const size = Number(next.get('size') ?? global.get('size') ?? numberAt(header, 124, 12));
    if (!Number.isSafeInteger(size) || size < 0) throw corrupt('a size in it is no number');
    if ('xgLK'.includes(type)) {
      const bytes = await extension(source, numberAt(header, 124, 12));
      if (type === 'x') next = new Map([...next, ...paxRecords(bytes)]);
      else if (type === 'g') for (const [name, value] of paxRecords(bytes)) global.set(name, value);
      else next.set(type === 'L' ? 'path' : 'linkpath', textOf(bytes));
      continue;
    }
    const member = memberOf(header, type, new Map([...global, ...next]));
    next = new Map();
    const carried = member.type === 'file' || member.type === 'other' ? size : 0;
    const body = new MemberBody(source, carried);
    yield { ...member, size: carried, body };
    await body.skip();
    await source.skip((block - (carried % block)) % block);
  }
  await source.drain();
}

function memberOf(header: Buffer, type: string, records: ReadonlyMap<string, string>): Omit<TarMember, 'size' | 'body'> {
  const short = textOf(header.subarray(0, 100));
  const prefix = header.subarray(257, 263).toString('latin1') === 'ustar\0' ? textOf(header.subarray(345, 500)) : '';
  const name = records.get('path') ?? (prefix === '' ? short : `${prefix}/${short}`);
  const types: Readonly<Record<string, TarMember['type']>> = {
    '0': 'file', '\0': 'file', '7': 'file', '5': 'folder', '1': 'hardlink', '2': 'symlink',
  };
  const kind = types[type] ?? 'other';
  return {
    name,
    type: kind === 'file' && name.endsWith('/') ? 'folder' : kind,
    mode: numberAt(header, 100, 8) & 0o7777,
    linkname: records.get('linkpath') ?? textOf(header.subarray(157, 257)),
  };
}

async function extension(source: ByteSource, size: number): Promise<Buffer> {
  if (size > longestHeader) throw corrupt(`a header in it has ${size} bytes`);
  const bytes = await source.take(size);
  if (bytes.length < size) throw corrupt('it ends in the middle of a header');
  await source.skip((block - (size % block)) % block);
  return bytes;
}

/** `<length> <name>=<value>\n`, the length in bytes and of the whole record. */
function paxRecords(bytes: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.subarray(at, space).toString('latin1'));
    if (space < 0 || !Number.isInteger(length) || length < 5 || at + length > bytes.length) throw corrupt('a pax header in it is damaged');
    const record = bytes.subarray(space + 1, at + length - 1).toString('utf8');
    const equals = record.indexOf('=');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

/** Octal digits, or GNU's base-256 for what does not fit them. */
function numberAt(header: Buffer, offset: number, length: number): number {
  const field = header.subarray(offset, offset + length);
  if (((field[0] ?? 0) & 0x80) !== 0) return field.subarray(1).reduce((value, byte) => value * 256 + byte, 0);
  const digits = textOf(field).trim();
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function checkSum(header: Buffer): void {
  let sum = 8 * 0x20;
  for (const [at, byte] of header.entries()) if (at < 148 || at >= 156) sum += byte;
  if (sum !== numberAt(header, 148, 8)) throw corrupt('the checksum of a header in it is wrong');
}

function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString('utf8');
}

function corrupt(why: string): Error {
  return failure('archive/corrupt', 'an image layer is not a readable tar archive', { why, next: 'build or pull the image again' });
}

/** The bytes of a stream in pieces of the reader's choosing. */
class ByteSource {
  readonly #iterator: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#iterator = stream[Symbol.asyncIterator]();
  }

  /** Between one and `most` bytes; undefined at the end. */
  async some(most: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#iterator.next();
      if (done) return undefined;
      this.#rest = value;
    }
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** So many bytes, fewer at the end. */
  async take(count: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let left = count;
    while (left > 0) {
      const chunk = await this.some(left);
      if (chunk === undefined) break;
      chunks.push(chunk);
      left -= chunk.length;
    }
    const [only] = chunks;
    return chunks.length === 1 && only ? only : Buffer.concat(chunks);
  }

  async skip(count: number): Promise<void> {
    let left = count;
    while (left > 0) {
      const chunk = await this.some(left);
      if (chunk === undefined) throw corrupt('it ends in the middle of a file');
      left -= chunk.length;
    }
  }

  async drain(): Promise<void> {
    while ((await this.some(Number.MAX_SAFE_INTEGER)) !== undefined);
  }
}

class MemberBody implements AsyncIterable<Buffer> {
  readonly #source: ByteSource;
  #left: number;

  constructor(source: ByteSource, size: number) {
    this.#source = source;
    this.#left = size;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    while (this.#left > 0) {
      const chunk = await this.#source.some(this.#left);
      if (chunk === undefined) throw corrupt('it ends in the middle of a file');
      this.#left -= chunk.length;
      yield chunk;
    }
  }

  async skip(): Promise<void> {
    await this.#source.skip(this.#left);
    this.#left = 0;
  }
}
