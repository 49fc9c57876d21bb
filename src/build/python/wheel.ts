import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { failure, type Failure } from '../../base/fault.ts';
import type { TreeEntry } from '../../base/tree.ts';
import { readContent, type FileEntry } from '../../oci/content.ts';
import { readZip, type ZipMember } from '../../zip/read.ts';
import { consoleScript, readEntryPoints, scriptsOf } from './entry-points.ts';
import { joined, type InstallLayout } from './install-layout.ts';
import type { LockedWheel } from './locked-wheel.ts';
import { isCompiled, pycPath } from './pyc-path.ts';
import { parseRecord, printRecord, type RecordRow } from './record.ts';
import { normalizeName } from './wheel-name.ts';

/**
 * What installing a wheel leaves, as pip would (Binary distribution format, "Installing a wheel"): nothing is unpacked,
 * the entries point into the archive. Depends on the wheel's bytes and the layout alone.
 * Differences from pip, all on purpose: RECORD names scripts by where they are (pip's --target names where they were
 * made), script wrappers have no Windows part, and there is no REQUESTED or direct_url.json.
 * @param archive absolute path of the wheel.
 * @returns files and the folders they need, in no particular order. Throws `archive/corrupt`, `archive/hostile`.
 */
export function wheelEntries(archive: string, wheel: Pick<LockedWheel, 'name' | 'fileName'>, layout: InstallLayout): readonly TreeEntry[] {
  const members = readZip(archive, wheel.fileName).filter(({ kind }) => kind !== 'folder');
  const opened: OpenWheel = { archive, wheel, layout, members, info: findInfo(members, wheel) };
  checkVersion(opened);
  const entryPoints = readEntryPoints(textOf(opened, 'entry_points.txt') ?? '');
  const scripts = scriptsOf(entryPoints, layout.python);
  const installed = members
    .filter(({ name }) => !isReplaced(name, opened, scripts))
    .map((member) => install(member, opened));
  const generated = [...scripts].map(([name, target]) => generate(joined(layout.scripts, name), consoleScript(layout.interpreter, target), 0o755));
  generated.push(generate(joined(layout.sitePackages, `${opened.info}/INSTALLER`), layout.installer === 'pip' ? 'pip\n' : 'uv', 0o644));
  const record = generate(joined(layout.sitePackages, `${opened.info}/RECORD`), recordOf(opened, installed, generated), 0o644);
  const files = new Map([...installed.map(({ entry }) => entry), ...generated, record].map((entry) => [entry.path, entry]));
  return [...foldersOf([...files.keys()], layout.root), ...files.values()];
}

interface OpenWheel {
  readonly archive: string;
  readonly wheel: Pick<LockedWheel, 'name' | 'fileName'>;
  readonly layout: InstallLayout;
  readonly members: readonly ZipMember[];
  /** Name of the .dist-info folder. */
  readonly info: string;
}

interface Installed {
  /** In the archive. */
  readonly name: string;
  readonly entry: FileEntry;
  readonly isChanged: boolean;
}

/** Text of a member of the wheel's .dist-info folder; undefined when there is none. */
export function metadataText(archive: string, wheel: Pick<LockedWheel, 'name' | 'fileName'>, name: string): string | undefined {
  const members = readZip(archive, wheel.fileName);
  const path = `${findInfo(members, wheel)}/${name}`;
  return memberText(archive, members.find((member) => member.name === path));
}

function findInfo(members: readonly ZipMember[], wheel: Pick<LockedWheel, 'name' | 'fileName'>): string {
  const folders = new Set(members.map(({ name }) => name.split('/')[0] ?? '').filter((name) => name.endsWith('.dist-info')));
  const [info] = folders;
  if (info === undefined || folders.size > 1) throw corrupt(wheel, `has ${folders.size === 0 ? 'no' : 'more than one'} .dist-info folder`);
  const name = normalizeName(info.slice(0, -'.dist-info'.length).replace(/-[^-]*$/u, ''));
  if (name !== normalizeName(wheel.name)) throw corrupt(wheel, `is named ${wheel.name} but holds ${info}`);
  return info;
}

function checkVersion(opened: OpenWheel): void {
  const text = textOf(opened, 'WHEEL');
  if (text === undefined) throw corrupt(opened.wheel, 'has no WHEEL file');
  const version = /^Wheel-Version:\s*(\d+)/mu.exec(text)?.[1];
  if (version !== '1') throw corrupt(opened.wheel, `has the wheel version ${version ?? 'none'}, and only version 1 is known`);
}

/** What is written anew, or must not be there: RECORD and its signatures, INSTALLER, wrappers that wheels once carried. */
function isReplaced(name: string, { info }: OpenWheel, scripts: ReadonlyMap<string, unknown>): boolean {
  if (['RECORD', 'RECORD.jws', 'RECORD.p7s', 'INSTALLER'].some((own) => name === `${info}/${own}`)) return true;
  const script = /^[^/]+\.data\/scripts\/([^/]+)$/u.exec(name)?.[1];
  return script !== undefined && scripts.has(script.replace(/(?:\.exe|-script\.pyw?|\.pya)$/iu, ''));
}

function install(member: ZipMember, opened: OpenWheel): Installed {
  const path = pathOf(member.name, opened);
  // pip looks at the executable bits of regular files only; all else gets the default mode.
  const isExecutable = member.mode !== undefined && (member.mode & 0o170000) === 0o100000 && (member.mode & 0o111) !== 0;
  const isScript = /^[^/]+\.data\/scripts\//u.test(member.name);
  const { offset, compressedSize, method, crc32, size } = member;
  const entry: FileEntry = { kind: 'file', path, mode: isExecutable || isScript ? 0o755 : 0o644, size, content: { kind: 'zip-member', archive: opened.archive, offset, compressedSize, method, crc32 } };
  const rewritten = isScript ? withInterpreter(entry, opened.layout.interpreter) : undefined;
  return { name: member.name, entry: rewritten ?? entry, isChanged: rewritten !== undefined };
}

function pathOf(name: string, { layout, wheel, info }: OpenWheel): string {
  const [, folder = '', kind = '', rest = ''] = /^([^/]+\.data)\/([^/]+)\/(.+)$/su.exec(name) ?? [];
  if (folder !== `${info.slice(0, -'.dist-info'.length)}.data`) return joined(layout.sitePackages, name);
  switch (kind) {
    case 'purelib':
    case 'platlib':
      return joined(layout.sitePackages, rest);
    case 'scripts':
      return joined(layout.scripts, rest);
    case 'data':
      return joined(layout.data, rest);
    case 'headers':
      return joined(layout.headers, `${wheel.name}/${rest}`);
    default:
      throw corrupt(wheel, `has a file of an unknown kind: ${name}`);
  }
}

/** A script that starts with `#!python` gets the artefact's interpreter; undefined for any other. */
function withInterpreter(entry: FileEntry, interpreter: string): FileEntry | undefined {
  const bytes = Buffer.from(readContent(entry));
  if (bytes.subarray(0, 8).toString('latin1') !== '#!python') return undefined;
  const end = bytes.indexOf(10);
  const changed = Buffer.concat([Buffer.from(`#!${interpreter}\n`), end < 0 ? Buffer.alloc(0) : bytes.subarray(end + 1)]);
  return { ...entry, size: changed.length, content: { kind: 'bytes', bytes: changed } };
}

function generate(path: string, text: string, mode: number): FileEntry {
  const bytes = Buffer.from(text);
  return { kind: 'file', path, mode, size: bytes.length, content: { kind: 'bytes', bytes } };
}

function recordOf(opened: OpenWheel, installed: readonly Installed[], generated: readonly FileEntry[]): string {
  const { layout, info } = opened;
  const given = new Map(parseRecord(textOf(opened, 'RECORD') ?? '').map((row) => [row.path, row]));
  const shown = (path: string): string => posix.relative(`/${layout.sitePackages}`, `/${path}`);
  const rows: RecordRow[] = installed.map(({ name, entry, isChanged }) => {
    const row = given.get(name);
    return isChanged ? rehashed(entry, shown) : { path: shown(entry.path), hash: row?.hash ?? '', size: row?.size ?? '' };
  });
  const bytecode = installed.filter(({ entry }) => layout.hasBytecode && isCompiled(entry.path)).map(({ entry }) => ({ path: shown(pycPath(entry.path, layout.python)), hash: '', size: '' }));
  return printRecord([...rows, ...bytecode, ...generated.map((entry) => rehashed(entry, shown)), { path: `${info}/RECORD`, hash: '', size: '' }]);
}

function rehashed(entry: FileEntry, shown: (path: string) => string): RecordRow {
  const hash = createHash('sha256').update(readContent(entry)).digest('base64url');
  return { path: shown(entry.path), hash: `sha256=${hash}`, size: String(entry.size) };
}

function textOf({ archive, members, info }: OpenWheel, name: string): string | undefined {
  return memberText(archive, members.find((member) => member.name === `${info}/${name}`));
}

function memberText(archive: string, member: ZipMember | undefined): string | undefined {
  if (!member) return undefined;
  const { name, size, offset, compressedSize, method, crc32 } = member;
  return Buffer.from(readContent({ kind: 'file', path: name, mode: 0o644, size, content: { kind: 'zip-member', archive, offset, compressedSize, method, crc32 } })).toString('utf8');
}

/** Every folder strictly below `root` that a path needs. */
function foldersOf(paths: readonly string[], root: string): readonly TreeEntry[] {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let folder = posix.dirname(path); folder !== '.' && folder !== root && !folders.has(folder); folder = posix.dirname(folder)) {
      if (root === '' || folder.startsWith(`${root}/`)) folders.add(folder);
    }
  }
  return [...folders].map((path) => ({ kind: 'folder', path, mode: 0o755 }));
}

function corrupt(wheel: Pick<LockedWheel, 'fileName'>, what: string): Failure {
  return failure('archive/corrupt', `the wheel ${wheel.fileName} ${what}`, { next: 'check the package index that it comes from, or take another release' });
}
