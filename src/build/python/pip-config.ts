import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../base/host.ts';

/** pip's settings that say where packages come from. Source: pip's documentation, "Configuration". */
export interface PipConfig {
  readonly indexUrl: string | undefined;
  readonly extraIndexUrls: readonly string[];
  readonly findLinks: readonly string[];
  readonly trustedHosts: readonly string[];
  readonly noIndex: boolean;
  /** Absolute path of a PEM file. */
  readonly certificates: string | undefined;
}

/** Reads pip's environment variables over pip's files: the user's over the site's. */
export function readPipConfig(host: Host): PipConfig {
  const settings = new Map<string, string>();
  for (const path of configFiles(host)) {
    for (const [key, value] of readIni(path)) settings.set(key, value);
  }
  const get = (key: string): string | undefined => {
    const value = host.env[`PIP_${key.toUpperCase().replaceAll('-', '_')}`] ?? settings.get(key);
    return value === undefined || value === '' ? undefined : value;
  };
  const list = (key: string): readonly string[] => (get(key) ?? '').split(/\s+/u).filter((part) => part !== '');
  return {
    indexUrl: get('index-url'),
    extraIndexUrls: list('extra-index-url'),
    findLinks: list('find-links'),
    trustedHosts: list('trusted-host'),
    noIndex: /^(?:1|true|yes|on)$/iu.test(get('no-index') ?? ''),
    certificates: get('cert'),
  };
}

/** Later files win. */
function configFiles(host: Host): readonly string[] {
  const { env, os } = host;
  if (env['PIP_CONFIG_FILE'] === '/dev/null' || env['PIP_CONFIG_FILE'] === 'nul') return [];
  const home = env['HOME'] ?? env['USERPROFILE'];
  const own = env['PIP_CONFIG_FILE'];
  const environment = env['VIRTUAL_ENV'];
  const name = os === 'win32' ? 'pip.ini' : 'pip.conf';
  const user = home === undefined ? [] : os === 'win32'
    ? [join(home, 'pip', name), join(env['APPDATA'] ?? home, 'pip', name)]
    : [join(home, '.pip', name), ...(os === 'darwin' ? [join(home, 'Library', 'Application Support', 'pip', name)] : []), join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'pip', name)];
  const site = os === 'win32' ? [] : ['/etc/xdg/pip/pip.conf', '/etc/pip.conf'];
  return [...site, ...user, ...(environment === undefined ? [] : [join(environment, name)]), ...(own === undefined ? [] : [own])];
}

/** `[global]`, then `[install]`; a value may go on in indented lines. */
function readIni(path: string): ReadonlyMap<string, string> {
  const sections = new Map<string, Map<string, string>>();
  let section = '';
  let key = '';
  for (const line of readLines(path)) {
    if (/^\s*(?:[#;].*)?$/u.test(line)) continue;
    const header = /^\[([^\]]+)\]/u.exec(line);
    const own = sections.get(section) ?? new Map<string, string>();
    sections.set(section, own);
    const pair = /^([\w.-]+)\s*[=:]\s*(.*)$/u.exec(line);
    if (header) section = header[1] ?? '';
    else if (/^\s/u.test(line) && key !== '') own.set(key, `${own.get(key) ?? ''} ${line.trim()}`);
    else if (pair) own.set((key = (pair[1] ?? '').toLowerCase().replaceAll('_', '-')), (pair[2] ?? '').trim());
  }
  return new Map([...(sections.get('global') ?? []), ...(sections.get('install') ?? [])]);
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/u);
  } catch {
    return [];
  }
}
