import { chmodSync, closeSync, existsSync, lstatSync, mkdirSync, openSync, readdirSync, readSync, rmSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { Failure, diskFault } from '../base/fault.ts';
import { readZip, type ZipMember } from '../zip/read.ts';

/** What stands in a folder that `unpackZip` made: `mode crc32 size` by path. */
export type UnpackedState = Readonly<Record<string, string>>;

/**
 * Makes a folder equal to a zip's content: writes what is new or changed, removes what is gone, leaves the rest.
 * @param previous what an earlier call left, believed where the file is still there.
 */
export function unpackZip(zip: string, folder: string, previous: UnpackedState | undefined): UnpackedState {
  try {
    const known = previous && existsSync(folder) ? previous : {};
    if (!previous) rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const members = readZip(zip).filter((member) => member.kind !== 'folder');
    const state: Record<string, string> = Object.fromEntries(members.map((member) => [member.name, stampOf(member)]));
    for (const name of Object.keys(known)) if (!(name in state)) removeFile(folder, name);
    const file = openSync(zip, 'r');
    try {
      for (const member of members) {
        const path = join(folder, member.name);
        if (known[member.name] === state[member.name] && lstatSync(path, { throwIfNoEntry: false })) continue;
        writeMember(file, member, path);
      }
    } finally {
      closeSync(file);
    }
    return state;
  } catch (error) {
    const reason = diskFault(error, folder);
    throw reason ? new Failure(reason, error) : error;
  }
}

function writeMember(file: number, member: ZipMember, path: string): void {
  const bytes = Buffer.alloc(member.compressedSize);
  for (let at = 0; at < bytes.length; ) at += readSync(file, bytes, at, bytes.length - at, member.offset + at);
  const content = member.method === 'deflated' ? inflateRawSync(bytes) : bytes;
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found) rmSync(path, { recursive: found.isDirectory() });
  else mkdirSync(dirname(path), { recursive: true });
  if (member.kind === 'link') {
    symlinkSync(content.toString('utf8'), path);
    return;
  }
  const mode = (member.mode ?? 0o644) & 0o777;
  writeFileSync(path, content, { mode });
  chmodSync(path, mode);
}

function removeFile(folder: string, name: string): void {
  rmSync(join(folder, name), { force: true });
  for (let at = dirname(name); at !== '.'; at = dirname(at)) {
    const path = join(folder, at);
    if (!existsSync(path) || readdirSync(path).length > 0) return;
    rmdirSync(path);
  }
}

function stampOf({ kind, mode, crc32, size }: ZipMember): string {
  return `${kind} ${(mode ?? 0).toString(8)} ${crc32} ${size}`;
}
