import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { join } from 'node:path';
import { digest, hexOf } from '../base/digest.ts';
import type { FunctionReport } from '../build/report.ts';
import { readTar, type TarMember } from '../oci/read-tar.ts';
import { readZip, type ZipMember } from '../zip/read.ts';

/** What a build left. */
export interface BuiltFolder {
  /** Absolute project folder. */
  readonly folder: string;
  /** Absolute cache folder: zips are kept whole in its store alone. */
  readonly cache: string;
  readonly report: FunctionReport;
}

/** Where two builds of a function first differ, in words: which layer, which file, what of it. */
export async function firstDifference(first: BuiltFolder, second: BuiltFolder): Promise<string> {
  if (first.report.image && second.report.image) return await imageDifference(first, second);
  const [one, other] = [zipPath(first), zipPath(second)];
  return one !== undefined && other !== undefined ? zipDifference(one, other) : 'it is an image in one build and a zip in the other';
}

async function imageDifference(first: BuiltFolder, second: BuiltFolder): Promise<string> {
  const [ours, theirs] = [first.report.image?.layers ?? [], second.report.image?.layers ?? []];
  const at = ours.findIndex((layer, index) => layer.digest !== theirs[index]?.digest);
  if (at < 0) return ours.length === theirs.length ? 'its configuration differs, and no layer' : `it has ${theirs.length} layers instead of ${ours.length}`;
  const [layer, other] = [ours[at], theirs[at]];
  if (!layer || !other) return `it has ${theirs.length} layers instead of ${ours.length}`;
  const lead = `layer ${at + 1} of ${ours.length} (${layer.role})`;
  return `${lead}: ${await tarDifference(blobPath(first, layer.digest), blobPath(second, other.digest))}`;
}

async function tarDifference(one: string, other: string): Promise<string> {
  const [left, right] = [members(one), members(other)];
  for (;;) {
    const [a, b] = [await left.next(), await right.next()];
    if (a.done === true && b.done === true) return 'the same files, compressed differently';
    if (a.done === true || b.done === true) return `${(a.done === true ? b.value?.path : a.value?.path) ?? ''} is only in the ${a.done === true ? 'second' : 'first'} build`;
    const found = memberDifference(a.value, b.value) ?? (await bytesDifference(a.value, b.value));
    if (found !== undefined) return found;
  }
}

function members(path: string): AsyncGenerator<TarMember, void, undefined> {
  return readTar(createReadStream(path).pipe(createGunzip()), path);
}

function memberDifference(a: TarMember, b: TarMember): string | undefined {
  if (a.path !== b.path) return `${a.path} stands where the second build has ${b.path}`;
  for (const name of ['kind', 'target', 'mode', 'uid', 'gid', 'modified', 'size'] as const) {
    if (a[name] !== b[name]) return `${a.path}: ${name} is ${shown(name, a[name])}, then ${shown(name, b[name])}`;
  }
  return undefined;
}

async function bytesDifference(a: TarMember, b: TarMember): Promise<string | undefined> {
  const [left, right] = [await bytesOf(a), await bytesOf(b)];
  if (left.equals(right)) return undefined;
  const at = left.findIndex((byte, index) => byte !== right[index]);
  return `${a.path}: byte ${at} is ${hex(left[at])}, then ${hex(right[at])}`;
}

async function bytesOf({ body }: TarMember): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function zipDifference(one: string, other: string): string {
  const [left, right] = [readZip(one), readZip(other)];
  for (const [index, a] of left.entries()) {
    const b = right[index];
    if (!b) return `${a.name} is only in the first build`;
    const found = zipMemberDifference(a, b);
    if (found !== undefined) return found;
  }
  const extra = right[left.length];
  return extra ? `${extra.name} is only in the second build` : 'the same files, compressed differently';
}

function zipMemberDifference(a: ZipMember, b: ZipMember): string | undefined {
  if (a.name !== b.name) return `${a.name} stands where the second build has ${b.name}`;
  for (const name of ['kind', 'mode', 'size', 'crc32', 'method'] as const) {
    if (a[name] !== b[name]) return `${a.name}: ${name === 'crc32' ? 'its bytes differ (crc32' : `${name} (`} ${shown(name, a[name])}, then ${shown(name, b[name])})`.replace('( ', '(');
  }
  return undefined;
}

function shown(name: string, value: string | number | undefined): string {
  if (typeof value !== 'number') return value ?? 'none';
  if (name === 'mode') return `0${(value & 0o7777).toString(8)}`;
  return name === 'crc32' ? hex(value) : String(value);
}

function hex(value: number | undefined): string {
  return value === undefined ? 'absent' : `0x${value.toString(16).padStart(2, '0')}`;
}

function blobPath({ folder, report }: BuiltFolder, layer: string): string {
  return join(folder, report.image?.layout ?? '', 'blobs', 'sha256', hexOf(digest(layer)));
}

function zipPath({ cache, report }: BuiltFolder): string | undefined {
  return report.zip && join(cache, 'store', 'blobs', 'sha256', report.zip.sha256.replace(/^sha256:/u, ''));
}
