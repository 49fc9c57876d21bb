import { readFileSync, statSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { Failure, failure } from '../base/fault.ts';
import type { SourceFile } from '../base/source.ts';
import type { PathKind } from './project.ts';

/** Reads a project's files, with unsaved texts standing in for (or adding to) those on disk. */
export interface ProjectReader {
  /** Absolute. */
  readonly folder: string;
  /** Absolute paths of the unsaved texts. */
  readonly unsaved: ReadonlyMap<string, string>;
  /** How a path (absolute) is shown to the user: relative to the project, forward slashes. */
  readonly shown: (path: string) => string;
  readonly kindOf: (path: string) => PathKind;
  /**
   * A file's text, undefined when there is no such file. Throws `project/not-utf8` with the byte that is wrong,
   * `project/unreadable` when the system refuses.
   */
  readonly text: (path: string) => Promise<SourceFile | undefined>;
}

/**
 * A reader for the project in `folder` (absolute); `overlay` maps project-relative paths to unsaved texts.
 * @param kept files of earlier readings, added to: one whose text is the same is the same object, so that what was worked out about it holds.
 */
export function createReader(folder: string, overlay: ReadonlyMap<string, string> = new Map(), kept: Map<string, SourceFile> = new Map()): ProjectReader {
  const unsaved = new Map([...overlay].map(([path, text]) => [resolve(folder, path), text]));
  const shown = (path: string): string => relative(folder, path).split(sep).join('/') || '.';
  const read = new Map<string, Promise<SourceFile | undefined>>();
  return {
    folder, unsaved, shown,
    kindOf: (path) => (unsaved.has(path) ? 'file' : kindOnDisk(path, unsaved)),
    text: (path) => {
      const before = read.get(path);
      if (before) return before;
      const text = unsaved.get(path);
      const reading = (text === undefined ? readSource(path, shown(path)) : Promise.resolve({ path: shown(path), text })).then((source) => source && sameAs(kept, source));
      read.set(path, reading);
      return reading;
    },
  };
}

function sameAs(kept: Map<string, SourceFile>, source: SourceFile): SourceFile {
  const before = kept.get(source.path);
  if (before?.text === source.text) return before;
  kept.set(source.path, source);
  return source;
}

function kindOnDisk(path: string, unsaved: ReadonlyMap<string, string>): PathKind {
  try {
    const found = statSync(path);
    if (found.isDirectory()) return 'folder';
    // A FIFO would be waited on for ever; sockets and devices are no text either.
    if (found.isFile()) return 'file';
  } catch {
    // Not there, a link to itself, or a name that no file can have.
  }
  const prefix = path + sep;
  return [...unsaved.keys()].some((file) => file.startsWith(prefix)) ? 'folder' : 'absent';
}

async function readSource(path: string, shown: string): Promise<SourceFile | undefined> {
  let bytes: Uint8Array;
  try {
    // Looked at before it is opened: opening a FIFO waits until somebody writes to it.
    const found = statSync(path);
    if (!found.isFile() && !found.isDirectory()) throw notRegular(shown);
    // Thousands of small files: a round trip through the thread pool costs more than each read.
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw failure('project/unreadable', `${shown} cannot be read${code === '' ? '' : ` (${code})`}`, {
      place: { file: shown, line: 1, column: 1 },
      why: code === 'EISDIR' ? 'it is a folder where a file is expected' : 'the system refuses to open it',
      next: code === 'EISDIR' ? 'name the file inside it' : 'check the permissions of the file and run the same command again',
      cause: error,
    });
  }
  return decodeSource(bytes, shown);
}

function notRegular(shown: string): Failure {
  return failure('project/unreadable', `${shown} is a FIFO, a socket or a device where a file is expected`, {
    place: { file: shown, line: 1, column: 1 }, next: 'put an ordinary file there',
  });
}

/** Decodes strict UTF-8; throws `project/not-utf8` naming the first byte that is not. A byte order mark stays in the text. */
export function decodeSource(bytes: Uint8Array, shown: string): SourceFile {
  try {
    return { path: shown, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (cause) {
    const at = firstInvalidByte(bytes);
    const before = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, at));
    const lines = before.split(/\r\n|\r|\n/u);
    const value = (bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0');
    throw failure('project/not-utf8', `${shown} is not UTF-8: byte ${at} (0x${value}) starts no character`, {
      place: { file: shown, line: lines.length, column: (lines.at(-1) ?? '').length + 1 },
      why: isUtf16(bytes) ? 'it starts with the byte order mark of UTF-16' : 'sam and CloudFormation read UTF-8 alone',
      next: 'save the file as UTF-8 in your editor and run the same command again',
      cause,
    });
  }
}

function isUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

/** Offset of the first byte that breaks UTF-8: the longest valid prefix, found by bisection over decodable prefixes. */
function firstInvalidByte(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length;
  while (valid < invalid) {
    const middle = Math.floor((valid + invalid + 1) / 2);
    if (isPrefixValid(bytes.subarray(0, middle))) valid = middle;
    else invalid = middle - 1;
  }
  // A truncated character at the end of the longest good prefix belongs to the fault.
  return valid - trailingPartial(bytes.subarray(0, valid));
}

function isPrefixValid(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function trailingPartial(bytes: Uint8Array): number {
  for (let length = 0; length < 4; length++) {
    try {
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, bytes.length - length));
      return length;
    } catch {
      continue;
    }
  }
  return 0;
}
