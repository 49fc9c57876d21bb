import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'smol-toml';
import type { Host } from '../../base/host.ts';
import { readPipConfig, type PipConfig } from './pip-config.ts';

/** Where packages come from, as the user has set it up for uv or pip. */
export interface PackageIndexes {
  /** For uv: pip's settings under uv's names, where uv has none of its own. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The `Authorization` header for a file's address; undefined when no credentials are known for it. Never printed. */
  readonly authorization: (url: URL) => string | undefined;
  /** PEM certificates to trust besides the usual ones; absolute path. */
  readonly certificates: string | undefined;
}

/**
 * Gathers uv's environment variables, uv.toml and `[tool.uv]`, pip's environment variables and pip.conf, and netrc.
 * @param cwd absolute folder that uv runs in; uv.toml and pyproject.toml are looked for from there upwards.
 * @param ownIndex an index that the requirements name themselves (`--index-url`): as in pip, it beats pip's settings.
 */
export function readPackageIndexes(host: Host, cwd: string, ownIndex: boolean = false): PackageIndexes {
  const pip = readPipConfig(host);
  const uv = readUvIndexes(host, cwd);
  const env = uvEnvironment(host, pip, uv.length > 0 || ownIndex);
  const addresses = [...uv, ...indexesOfEnvironment(host), ...[pip.indexUrl, ...pip.extraIndexUrls].map((url) => ({ name: undefined, url: url ?? '' }))];
  const credentials = addresses.flatMap((index) => credentialsOf(host, index));
  return {
    env,
    authorization: (url) => {
      if (url.username !== '') return basic(decodeURIComponent(url.username), decodeURIComponent(url.password));
      const known = credentials.find(({ origin }) => origin === url.origin) ?? netrcOf(host, url);
      return known && basic(known.user, known.password);
    },
    certificates: host.env['SSL_CERT_FILE'] ?? pip.certificates,
  };
}

interface NamedIndex {
  readonly name: string | undefined;
  readonly url: string;
}

const uvIndexVariables = ['UV_DEFAULT_INDEX', 'UV_INDEX_URL', 'UV_INDEX', 'UV_EXTRA_INDEX_URL'] as const;

function uvEnvironment(host: Host, pip: PipConfig, hasOwnIndex: boolean): Readonly<Record<string, string | undefined>> {
  const isSet = (name: string): boolean => (host.env[name] ?? '') !== '';
  const hasUvIndex = hasOwnIndex || uvIndexVariables.some(isSet);
  return {
    ...(!hasUvIndex && pip.indexUrl !== undefined ? { UV_DEFAULT_INDEX: pip.indexUrl } : {}),
    ...(!hasUvIndex && pip.extraIndexUrls.length > 0 ? { UV_INDEX: pip.extraIndexUrls.join(' '), UV_INDEX_STRATEGY: host.env['UV_INDEX_STRATEGY'] ?? 'unsafe-best-match' } : {}),
    ...(!isSet('UV_FIND_LINKS') && pip.findLinks.length > 0 ? { UV_FIND_LINKS: pip.findLinks.join(',') } : {}),
    ...(!isSet('UV_NO_INDEX') && pip.noIndex ? { UV_NO_INDEX: '1' } : {}),
    ...(!isSet('UV_INSECURE_HOST') && pip.trustedHosts.length > 0 ? { UV_INSECURE_HOST: pip.trustedHosts.join(' ') } : {}),
    ...(!isSet('SSL_CERT_FILE') && pip.certificates !== undefined ? { SSL_CERT_FILE: pip.certificates } : {}),
  };
}

function indexesOfEnvironment(host: Host): readonly NamedIndex[] {
  return uvIndexVariables.flatMap((variable) => (host.env[variable] ?? '').split(/\s+/u).filter((part) => part !== '').map((part) => {
    const [, name, url = part] = /^([\w.-]+)=(.+)$/u.exec(part) ?? [];
    return { name, url };
  }));
}

/** Indexes of uv.toml or `[tool.uv]`, the nearest file upwards, then the user's own and the system's. */
function readUvIndexes(host: Host, cwd: string): readonly NamedIndex[] {
  const home = host.env['XDG_CONFIG_HOME'] ?? (host.env['HOME'] === undefined ? undefined : join(host.env['HOME'], '.config'));
  const files = [host.env['UV_CONFIG_FILE'], projectSettings(cwd), home && join(home, 'uv', 'uv.toml'), '/etc/uv/uv.toml'];
  return files.flatMap((path) => (path === undefined || path === '' ? [] : indexesOfFile(path)));
}

function projectSettings(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const own = join(folder, 'uv.toml');
    if (existsSync(own)) return own;
    const pyproject = join(folder, 'pyproject.toml');
    if (existsSync(pyproject) && /^\[{1,2}tool\.uv\b/mu.test(readFileSync(pyproject, 'utf8'))) return pyproject;
    if (dirname(folder) === folder) return undefined;
  }
}

function indexesOfFile(path: string): readonly NamedIndex[] {
  const root = readToml(path);
  const settings = path.endsWith('pyproject.toml') ? member(member(root, 'tool'), 'uv') : root;
  const pip = member(settings, 'pip');
  const plain = [settings, pip].flatMap((table) => [member(table, 'index-url'), ...asList(member(table, 'extra-index-url'))]);
  const named = asList(member(settings, 'index')).map((index) => ({ name: asText(member(index, 'name')), url: asText(member(index, 'url')) ?? '' }));
  return [...plain.map((url) => ({ name: undefined, url: asText(url) ?? '' })), ...named].filter(({ url }) => url !== '');
}

/** uv itself will complain about a file that is no TOML, with its place. */
function readToml(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

interface Credentials {
  readonly origin: string;
  readonly user: string;
  readonly password: string;
}

function credentialsOf(host: Host, index: NamedIndex): readonly Credentials[] {
  if (!URL.canParse(index.url)) return [];
  const url = new URL(index.url);
  if (url.username !== '') return [{ origin: url.origin, user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }];
  if (index.name === undefined) return [];
  const prefix = `UV_INDEX_${index.name.toUpperCase().replace(/[^A-Z0-9]/gu, '_')}`;
  const user = host.env[`${prefix}_USERNAME`];
  const password = host.env[`${prefix}_PASSWORD`];
  return user === undefined && password === undefined ? [] : [{ origin: url.origin, user: user ?? '', password: password ?? '' }];
}

/** The `machine` entry of a netrc file for a host. */
function netrcOf(host: Host, url: URL): Credentials | undefined {
  const home = host.env['HOME'] ?? host.env['USERPROFILE'];
  const path = host.env['NETRC'] ?? (home === undefined ? undefined : join(home, host.os === 'win32' ? '_netrc' : '.netrc'));
  if (path === undefined || !existsSync(path)) return undefined;
  const words = readFileSync(path, 'utf8').replace(/^\s*#.*$/gmu, '').split(/\s+/u);
  const at = words.findIndex((word, index) => word === 'machine' && words[index + 1] === url.hostname);
  if (at < 0) return undefined;
  const rest = words.slice(at + 2);
  const end = rest.findIndex((word) => word === 'machine' || word === 'default');
  const own = end < 0 ? rest : rest.slice(0, end);
  const value = (key: string): string => (own.includes(key) ? (own[own.indexOf(key) + 1] ?? '') : '');
  return { origin: url.origin, user: value('login'), password: value('password') };
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
