import { chmodSync, closeSync, existsSync, lstatSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { attemptOnDisk } from '../base/fault.ts';
import { ownZip, readZip, type ZipMember } from '../zip/read.ts';

/** What stands in a folder that a zip was unpacked to: `mode crc32 size` by path. */
export type UnpackedState = Readonly<Record<string, string>>;

/** A zip unpacked beside the folder that it is meant for. */
export interface StagedZip {
  /** Puts everything into place; only renames and removes. */
  readonly commit: () => UnpackedState;
}

/**
 * Unpacks what a folder lacks of a zip's content, beside it: until `commit` the folder stays as it is, so that a full disk
 * costs nothing that was there. What is new or changed is replaced, what is gone removed, the rest left.
 * @param staging a folder of its own on the same file system; made here.
 * @param previous what an earlier call left, believed where the file is still there.
 */
export function stageZip(zip: string, folder: string, { staging, previous }: { readonly staging: string; readonly previous: UnpackedState | undefined }): StagedZip {
  return attemptOnDisk(folder, () => {
    const known = previous && lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ? previous : undefined;
    const members = readZip(zip, zip, ownZip).filter((member) => member.kind !== 'folder');
    const state: Record<string, string> = Object.fromEntries(members.map((member) => [member.name, stampOf(member)]));
    const isThere = (member: ZipMember): boolean => known?.[member.name] === state[member.name] && lstatSync(join(folder, member.name), { throwIfNoEntry: false }) !== undefined;
    const missing = members.filter((member) => !isThere(member));
    mkdirSync(staging, { recursive: true });
    unpackInto(zip, missing.map((member, at) => [member, join(staging, String(at))]));
    return {
      commit: () => attemptOnDisk(folder, () => {
        if (!known) rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder, { recursive: true });
        for (const name of Object.keys(known ?? {})) if (!(name in state)) removeFile(folder, name);
        const folders = new Set<string>();
        for (const [at, member] of missing.entries()) moveIn(join(staging, String(at)), folder, member.name, folders);
        return state;
      }),
    };
  });
}

function unpackInto(zip: string, wanted: readonly (readonly [ZipMember, string])[]): void {
  const file = openSync(zip, 'r');
  try {
    for (const [member, path] of wanted) writeMember(file, member, path);
  } finally {
    closeSync(file);
  }
}

function writeMember(file: number, member: ZipMember, path: string): void {
  const bytes = Buffer.alloc(member.compressedSize);
  for (let at = 0; at < bytes.length; ) at += readSync(file, bytes, at, bytes.length - at, member.offset + at);
  const content = member.method === 'deflated' ? inflateRawSync(bytes) : bytes;
  if (member.kind === 'link') {
    symlinkSync(content.toString('utf8'), path);
    return;
  }
  const mode = (member.mode ?? 0o644) & 0o777;
  writeFileSync(path, content, { mode });
  chmodSync(path, mode);
}

/** Renames a file to its place, where only real folders lead: a link among them would carry it somewhere else. */
function moveIn(from: string, folder: string, name: string, folders: Set<string>): void {
  const parent = dirname(name);
  if (parent !== '.') makeFolders(folder, parent, folders);
  const path = join(folder, name);
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) rmSync(path, { recursive: true });
  renameSync(from, path);
}

function makeFolders(folder: string, path: string, known: Set<string>): void {
  if (known.has(path)) return;
  if (dirname(path) !== '.') makeFolders(folder, dirname(path), known);
  const absolute = join(folder, path);
  const found = lstatSync(absolute, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) rmSync(absolute);
  if (!found?.isDirectory()) mkdirSync(absolute);
  known.add(path);
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
