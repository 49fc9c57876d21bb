import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Failure, failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { dockerHub } from './reference.ts';

/** What proves to a registry who asks. */
export type Credentials =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** An OAuth refresh token, Docker's `identitytoken`. */
  | { readonly kind: 'identity-token'; readonly token: string };

/** What was found for a registry, and where it was looked for (for messages). */
export interface Lookup {
  readonly credentials: Credentials | undefined;
  readonly lookedIn: readonly string[];
}

/** ECR's private registries: account, region. */
const ecrHost = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)$/u;

/** The region of an ECR registry host; undefined for other hosts. */
export function ecrRegion(registry: string): string | undefined {
  return ecrHost.exec(registry)?.[2];
}

/**
 * Credentials for a registry, as Docker finds them: credHelpers, credsStore, then auths of Docker's
 * config.json (DOCKER_CONFIG, ~/.docker), then podman's auth.json; for ECR at last `aws ecr get-login-password`.
 */
export async function findCredentials(host: Host, registry: string): Promise<Lookup> {
  const lookedIn: string[] = [];
  for (const path of configPaths(host)) {
    const config = readConfig(path);
    lookedIn.push(config ? path : `${path} (not there)`);
    if (!config) continue;
    for (const name of helpersFor(config, registry)) {
      lookedIn.push(`docker-credential-${name}`);
      const credentials = await askHelper(host, name, keyOf(registry));
      if (credentials) return { credentials, lookedIn };
    }
    const credentials = authOf(config, registry);
    if (credentials) return { credentials, lookedIn };
  }
  const region = ecrRegion(registry);
  if (region === undefined) return { credentials: undefined, lookedIn };
  lookedIn.push(`aws ecr get-login-password --region ${region}`);
  return { credentials: await askAws(host, region), lookedIn };
}

type Json = Readonly<Record<string, unknown>>;

function configPaths(host: Host): readonly string[] {
  const { env } = host;
  const home = env['HOME'] ?? env['USERPROFILE'] ?? homedir();
  const docker = join(env['DOCKER_CONFIG'] ?? join(home, '.docker'), 'config.json');
  const podman = env['REGISTRY_AUTH_FILE'] ?? (env['XDG_RUNTIME_DIR'] === undefined ? undefined : join(env['XDG_RUNTIME_DIR'], 'containers', 'auth.json'));
  return podman === undefined ? [docker] : [docker, podman];
}

function readConfig(path: string): Json | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    const json = objectOf(JSON.parse(text));
    if (json) return json;
  } catch {
    // Reported below, like any other content that is not an object.
  }
  throw failure('usage', `${path} is not a JSON object`, { next: 'repair the file, or run `docker login` again' });
}

function helpersFor(config: Json, registry: string): readonly string[] {
  const own = objectOf(config['credHelpers'])?.[registry] ?? objectOf(config['credHelpers'])?.[keyOf(registry)];
  return [own, config['credsStore']].filter((name): name is string => typeof name === 'string' && /^[\w.-]+$/u.test(name));
}

/** Under which name Docker keeps a registry's credentials. */
function keyOf(registry: string): string {
  return registry === dockerHub ? 'https://index.docker.io/v1/' : registry;
}

async function askHelper(host: Host, name: string, server: string): Promise<Credentials | undefined> {
  try {
    const { code, stdout } = await host.run(`docker-credential-${name}`, ['get'], { input: server, timeout: 30_000 });
    if (code !== 0) return undefined;
    const json = objectOf(JSON.parse(stdout));
    const user = json?.['Username'];
    const secret = json?.['Secret'];
    if (typeof user !== 'string' || typeof secret !== 'string' || secret === '') return undefined;
    return user === '<token>' ? { kind: 'identity-token', token: secret } : { kind: 'password', user, password: secret };
  } catch (error) {
    if (error instanceof Failure || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function authOf(config: Json, registry: string): Credentials | undefined {
  const auths = objectOf(config['auths']) ?? {};
  const names = [keyOf(registry), registry, `https://${registry}`, `https://${registry}/`, `http://${registry}`, `https://${registry}/v1/`, `https://${registry}/v2/`];
  for (const name of names) {
    const auth = objectOf(auths[name]);
    const token = auth?.['identitytoken'];
    if (typeof token === 'string' && token !== '') return { kind: 'identity-token', token };
    const { username, password, auth: packed } = auth ?? {};
    if (typeof username === 'string' && typeof password === 'string') return { kind: 'password', user: username, password };
    const plain = typeof packed === 'string' ? Buffer.from(packed, 'base64').toString('utf8') : '';
    const colon = plain.indexOf(':');
    if (colon > 0) return { kind: 'password', user: plain.slice(0, colon), password: plain.slice(colon + 1).replace(/\0+$/u, '') };
  }
  return undefined;
}

async function askAws(host: Host, region: string): Promise<Credentials | undefined> {
  try {
    const { code, stdout } = await host.run('aws', ['ecr', 'get-login-password', '--region', region], { timeout: 60_000 });
    const password = stdout.trim();
    return code === 0 && password !== '' ? { kind: 'password', user: 'AWS', password } : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function objectOf(json: unknown): Json | undefined {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Json) : undefined;
}
