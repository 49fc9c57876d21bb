import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../base/host.ts';
import { searchPath } from './search-path.ts';

/** A source package of one release of Debian. */
export interface DebianSource {
  readonly package: string;
  readonly suite: string;
}

/**
 * Has apt fetch the upstream archive of a source package from the mirrors that this machine is set up with, into a folder.
 * apt's own settings, lists and cache stay untouched: it gets others, in that folder, and needs no root.
 * @returns absolute paths of the archives that came; what went wrong when none did. Whoever asked checks the bytes.
 */
export async function fetchDebianSource(host: Host, source: DebianSource, folder: string): Promise<readonly string[] | string> {
  if (searchPath(host, 'apt-get').length === 0) return 'this machine has no apt';
  const mirrors = debianMirrors('/etc/apt');
  if (mirrors.length === 0) return 'apt has no Debian mirror on this machine';
  for (const part of ['lists/partial', 'cache/archives/partial', 'state', 'parts', 'got']) mkdirSync(join(folder, part), { recursive: true });
  const lines = mirrors.map(({ address, options }) => `deb-src ${options}${address} ${source.suite}${isSecurity(address) ? '-security' : ''} main`);
  writeFileSync(join(folder, 'sources.list'), `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'state', 'status'), '');
  const settings = {
    'Dir::Etc::sourcelist': join(folder, 'sources.list'), 'Dir::Etc::sourceparts': join(folder, 'parts'), 'Dir::State': join(folder, 'state'),
    'Dir::State::lists': join(folder, 'lists'), 'Dir::State::status': join(folder, 'state', 'status'), 'Dir::Cache': join(folder, 'cache'), 'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const env = { LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  const update = await host.run('apt-get', [...options, '--quiet=2', 'update'], { env, timeout: 300_000 });
  const got = await host.run('apt-get', [...options, '--quiet=2', 'source', '--download-only', source.package], { cwd: join(folder, 'got'), env, timeout: 600_000 });
  const archives = readdirSync(join(folder, 'got')).filter((name) => /\.orig\.tar\.(?:gz|xz|bz2)$/u.test(name)).map((name) => join(folder, 'got', name));
  if (archives.length > 0) return archives;
  const told = `${update.stderr}\n${got.stderr}`.split('\n').find((line) => /^[EW]:/u.test(line));
  return told === undefined ? `apt found no source package ${source.package}` : `apt: ${told.slice(3).trim()}`;
}

interface Mirror {
  readonly address: string;
  /** `[signed-by=…] `, or empty. */
  readonly options: string;
}

const isSecurity = (address: string): boolean => /security/u.test(address);

/** Debian's archives among apt's sources, in both of their formats. */
export function debianMirrors(folder: string): readonly Mirror[] {
  const parts = join(folder, 'sources.list.d');
  const files = [join(folder, 'sources.list'), ...(existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : [])].filter((path) => /\.(?:list|sources)$/u.test(path) && existsSync(path));
  const found = files.flatMap((path) => (path.endsWith('.sources') ? ofStanzas(readFileSync(path, 'utf8')) : ofLines(readFileSync(path, 'utf8'))));
  // Ubuntu's archives and those of single programs hold other versions or nothing of the kind.
  const debian = found.filter(({ address }) => /\/debian(?:-security)?\/?$/u.test(address));
  return [...new Map(debian.map((one) => [one.address.replace(/\/$/u, ''), one])).values()];
}

function ofStanzas(text: string): readonly Mirror[] {
  return text.split(/\n\s*\n/u).flatMap((stanza) => {
    const field = (name: string): string => new RegExp(`^${name}:[ \\t]*(.*)$`, 'imu').exec(stanza)?.[1]?.trim() ?? '';
    if (!/\bdeb\b/u.test(field('Types')) || /^no$/iu.test(field('Enabled'))) return [];
    const key = field('Signed-By');
    const options = key.startsWith('/') ? `[signed-by=${key}] ` : '';
    return field('URIs').split(/\s+/u).filter((address) => address !== '').map((address) => ({ address, options }));
  });
}

function ofLines(text: string): readonly Mirror[] {
  return text.split('\n').flatMap((line) => {
    const [, options = '', address] = /^\s*deb\s+(?:(\[[^\]]*\])\s+)?(\S+)\s+\S+/u.exec(line) ?? [];
    const key = /signed-by=\S+?(?=[\s\]])/u.exec(options)?.[0];
    return address === undefined ? [] : [{ address, options: key === undefined ? '' : `[${key}] ` }];
  });
}
