import type { TreeEntry } from '../base/tree.ts';

/** Tar counts in blocks of 512 bytes (POSIX.1-2024, pax, "ustar Interchange Format"). */
export const blockSize = 512;

/** Seconds since the epoch that every entry carries, so that the clock is not in the bytes. */
const modified = 0;

const largestOctal7 = 0o7777777;
const largestOctal11 = 0o77777777777;

/**
 * The header blocks of an entry: one ustar block, after a pax extended header when a name, a link's
 * target, a size or an owner does not fit (POSIX.1-2024, pax, "pax Interchange Format").
 */
export function tarHeader(entry: TreeEntry): Buffer {
  const name = entry.kind === 'folder' ? `${entry.path}/` : entry.path;
  const target = entry.kind === 'link' ? entry.target : '';
  if (`${name}${target}`.includes('\0')) throw new Error(`unreachable: a NUL in the name ${JSON.stringify(name)}`);
  const size = entry.kind === 'file' ? entry.size : 0;
  const { uid, gid } = entry.owner ?? { uid: 0, gid: 0 };
  const split = splitName(name);
  const records = new Map<string, string>();
  if (!split) records.set('path', name);
  if (!isPlain(target, 100)) records.set('linkpath', target);
  if (size > largestOctal11) records.set('size', String(size));
  if (uid > largestOctal7) records.set('uid', String(uid));
  if (gid > largestOctal7) records.set('gid', String(gid));
  const header = block({
    name: split?.name ?? shortened(name),
    prefix: split?.prefix ?? '',
    mode: entry.kind === 'link' ? 0o777 : entry.mode & 0o7777,
    uid: records.has('uid') ? 0 : uid,
    gid: records.has('gid') ? 0 : gid,
    size: records.has('size') ? 0 : size,
    type: { file: '0', folder: '5', link: '2' }[entry.kind],
    target: records.has('linkpath') ? shortened(target) : target,
  });
  return records.size === 0 ? header : Buffer.concat([paxHeader(records), header]);
}

/** The zero bytes after a file's content, up to the next block. */
export function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}

/** The two zero blocks that end an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * blockSize);
}

function paxHeader(records: ReadonlyMap<string, string>): Buffer {
  const names = [...records.keys()].toSorted();
  const body = Buffer.from(names.map((name) => paxRecord(name, records.get(name) ?? '')).join(''));
  const header = block({
    name: 'PaxHeaders/entry',
    prefix: '',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.length,
    type: 'x',
    target: '',
  });
  return Buffer.concat([header, body, Buffer.alloc(paddingOf(body.length))]);
}

/** `<length> <name>=<value>\n`, where the length counts its own digits too. */
function paxRecord(name: string, value: string): string {
  const rest = Buffer.byteLength(` ${name}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length !== String(rest).length) length = rest + String(length).length;
  return `${length} ${name}=${value}\n`;
}

interface Fields {
  readonly name: string;
  readonly prefix: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly type: string;
  readonly target: string;
}

function block(fields: Fields): Buffer {
  const bytes = Buffer.alloc(blockSize);
  bytes.write(fields.name, 0, 100, 'latin1');
  bytes.write(octal(fields.mode, 7), 100, 'latin1');
  bytes.write(octal(fields.uid, 7), 108, 'latin1');
  bytes.write(octal(fields.gid, 7), 116, 'latin1');
  bytes.write(octal(fields.size, 11), 124, 'latin1');
  bytes.write(octal(modified, 11), 136, 'latin1');
  bytes.write('        ', 148, 'latin1');
  bytes.write(fields.type, 156, 'latin1');
  bytes.write(fields.target, 157, 100, 'latin1');
  bytes.write('ustar\u000000', 257, 'latin1');
  bytes.write(octal(0, 7), 329, 'latin1');
  bytes.write(octal(0, 7), 337, 'latin1');
  bytes.write(fields.prefix, 345, 155, 'latin1');
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return bytes;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

/** ustar's way for names of up to 255 bytes: cut at a slash into prefix and name. */
function splitName(name: string): { readonly prefix: string; readonly name: string } | undefined {
  if (isPlain(name, 100)) return { prefix: '', name };
  if (!isPlain(name, 256)) return undefined;
  const at = name.lastIndexOf('/', Math.min(155, name.length - 2));
  const rest = name.slice(at + 1);
  return at > 0 && rest.length <= 100 ? { prefix: name.slice(0, at), name: rest } : undefined;
}

function isPlain(text: string, length: number): boolean {
  return text.length <= length && /^[\x20-\x7e]*$/u.test(text);
}

/** What a reader without pax would see; only there so that the field is not empty. */
function shortened(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, '_').slice(0, 100);
}
