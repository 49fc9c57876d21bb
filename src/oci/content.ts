import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { createInflateRaw, crc32, inflateRawSync } from 'node:zlib';
import { failure, type Failure } from '../base/fault.ts';
import type { Content, TreeEntry } from '../base/tree.ts';

/** An entry that has bytes. */
export type FileEntry = Extract<TreeEntry, { readonly kind: 'file' }>;

type ZipMember = Extract<Content, { readonly kind: 'zip-member' }>;

const chunkSize = 1024 * 1024;

/**
 * All bytes of a file entry, at once: for small files.
 * Throws a `build/failed` failure when a file is gone or its size is not the entry's (it is being
 * written), `archive/corrupt` when a zip member's checksum does not fit.
 */
export function readContent(entry: FileEntry): Uint8Array {
  const { content, size } = entry;
  switch (content.kind) {
    case 'bytes':
      if (content.bytes.length !== size) throw new Error(`unreachable: ${entry.path} has ${content.bytes.length} bytes, not ${size}`);
      return content.bytes;
    case 'disk':
      return readRange(content.path, 0, size, entry, true);
    case 'zip-member': {
      const raw = readRange(content.archive, content.offset, content.compressedSize, entry, false);
      const bytes = content.method === 'stored' ? raw : inflate(raw, entry, content);
      if (bytes.length !== size || crc32(bytes) !== content.crc32) throw corrupt(entry, content);
      return bytes;
    }
  }
}

/** The bytes of a file entry, in chunks; the same failures as `readContent`, while they are read. */
export async function* openContent(entry: FileEntry): AsyncGenerator<Buffer, void, undefined> {
  const { content } = entry;
  if (content.kind === 'bytes' || entry.size <= chunkSize) {
    const bytes = readContent(entry);
    yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } else if (content.kind === 'disk') {
    yield* streamFile(content.path, entry);
  } else {
    yield* streamMember(entry, content);
  }
}

async function* streamFile(path: string, entry: FileEntry): AsyncGenerator<Buffer, void, undefined> {
  let seen = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: chunkSize })) {
      const bytes: Buffer = chunk;
      seen += bytes.length;
      if (seen > entry.size) throw changed(path, entry, seen);
      yield bytes;
    }
  } catch (error) {
    throw unreadable(error, path);
  }
  if (seen !== entry.size) throw changed(path, entry, seen);
}

async function* streamMember(entry: FileEntry, member: ZipMember): AsyncGenerator<Buffer, void, undefined> {
  const { archive, offset, compressedSize } = member;
  const file = createReadStream(archive, { start: offset, end: offset + compressedSize - 1, highWaterMark: chunkSize });
  const inflater = member.method === 'deflated' ? createInflateRaw({ chunkSize: 256 * 1024 }) : undefined;
  if (inflater) file.once('error', (error) => inflater.destroy(error));
  const source = inflater ? file.pipe(inflater) : file;
  let seen = 0;
  let sum = 0;
  try {
    for await (const chunk of source) {
      const bytes: Buffer = chunk;
      seen += bytes.length;
      if (seen > entry.size) throw corrupt(entry, member);
      sum = crc32(bytes, sum);
      yield bytes;
    }
  } catch (error) {
    throw isInflateError(error) ? corrupt(entry, member) : unreadable(error, archive);
  } finally {
    file.destroy();
  }
  if (seen !== entry.size || sum !== member.crc32) throw corrupt(entry, member);
}

function readRange(path: string, offset: number, size: number, entry: FileEntry, isWhole: boolean): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let seen = 0;
  try {
    const file = openSync(path, 'r');
    try {
      while (seen < size) {
        const read = readSync(file, bytes, seen, size - seen, offset + seen);
        if (read === 0) break;
        seen += read;
      }
      if (isWhole) seen = Math.max(seen, fstatSync(file).size);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unreadable(error, path);
  }
  if (seen !== size) throw changed(path, entry, seen);
  return bytes;
}

function inflate(raw: Buffer, entry: FileEntry, member: ZipMember): Buffer {
  try {
    return inflateRawSync(raw, { maxOutputLength: Math.max(1, entry.size) });
  } catch {
    throw corrupt(entry, member);
  }
}

function isInflateError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

function changed(path: string, entry: FileEntry, seen: number): Failure {
  return failure('build/failed', `${path} changed while it was read: ${seen} bytes where ${entry.size} were expected`, {
    why: `its bytes were to become /${entry.path}; a half-written file must not end in an artefact`,
    next: 'run the same command again when nothing writes to the file',
  });
}

function unreadable(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === undefined || !/^E[A-Z]+$/u.test(code)) return error;
  return failure('build/failed', `${path} cannot be read (${code})`, {
    why: code === 'ENOENT' ? 'it was there when the build was planned' : undefined,
    next: 'check that the file exists and that you may read it, then run the same command again',
    cause: error,
  });
}

function corrupt(entry: FileEntry, member: ZipMember): Failure {
  return failure('archive/corrupt', `${member.archive} is damaged: the member that becomes /${entry.path} does not unpack to what the archive lists`, {
    next: 'remove that file and run the same command again, so that it is fetched anew',
  });
}
