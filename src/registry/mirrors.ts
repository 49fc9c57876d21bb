import { isAbsolute, resolve } from 'node:path';
import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { dockerHub, type Reference } from './reference.ts';

/** One repository at one address that speaks the OCI distribution protocol. */
export interface Repository {
  /** What the user calls the registry: for credentials and messages. */
  readonly registry: string;
  /** `http://127.0.0.1:5000`, without a path. */
  readonly origin: string;
  /** As the address knows it. */
  readonly name: string;
}

/** Somewhere that stands in for a registry. */
export type Mirror =
  | { readonly kind: 'registry'; readonly origin: string; readonly prefix: string }
  /** An OCI image layout; absolute. */
  | { readonly kind: 'layout'; readonly path: string };

/**
 * The mirrors of a registry, in the order in which SHEAR_REGISTRY_MIRRORS names them:
 * `public.ecr.aws=http://127.0.0.1:5000,docker.io=https://mirror.example/hub,docker.io=oci:/images`.
 * Throws `usage` when the variable is malformed.
 */
export function mirrorsOf(host: Host, registry: string): readonly Mirror[] {
  const text = host.env['SHEAR_REGISTRY_MIRRORS'] ?? '';
  const pairs = text.split(',').map((pair) => pair.trim()).filter((pair) => pair !== '');
  return pairs.flatMap((pair) => {
    const at = pair.indexOf('=');
    if (at <= 0) throw malformed(redacted(pair));
    return pair.slice(0, at).trim() === registry ? [parseMirror(pair.slice(at + 1).trim(), host.cwd)] : [];
  });
}

/** Where a reference's own registry is. */
export function originRepository(reference: Reference): Repository {
  const { registry, repository } = reference;
  const address = registry === dockerHub ? 'registry-1.docker.io' : registry;
  return { registry, origin: `${isLocal(address) ? 'http' : 'https'}://${address}`, name: repository };
}

/** Where a mirror has a reference's repository. */
export function mirrorRepository(mirror: Extract<Mirror, { kind: 'registry' }>, reference: Reference): Repository {
  const registry = new URL(mirror.origin).host;
  return { registry, origin: mirror.origin, name: `${mirror.prefix}${reference.repository}` };
}

function parseMirror(value: string, cwd: string): Mirror {
  if (value.startsWith('oci:')) {
    const path = value.slice('oci:'.length);
    return { kind: 'layout', path: isAbsolute(path) ? path : resolve(cwd, path) };
  }
  const scheme = /^https?:\/\//u.test(value) ? '' : `${isLocal(value) ? 'http' : 'https'}://`;
  try {
    const url = new URL(scheme + value);
    const prefix = url.pathname.replace(/^\/(?:v2\/?)?|\/+$/gu, '');
    return { kind: 'registry', origin: url.origin, prefix: prefix === '' ? '' : `${prefix}/` };
  } catch {
    throw malformed(redacted(value));
  }
}

/** The distribution protocol runs without TLS only on the machine itself, or where the user writes http://. */
function isLocal(address: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?(?:\/|$)/u.test(address);
}

function malformed(pair: string): Error {
  return failure('usage', `SHEAR_REGISTRY_MIRRORS has the part ${JSON.stringify(pair)}, which is not REGISTRY=ADDRESS`, {
    next: 'write it like `SHEAR_REGISTRY_MIRRORS="public.ecr.aws=http://127.0.0.1:5000"`',
  });
}

function redacted(text: string): string {
  return text.replace(/\/\/[^/@]*@/u, '//***@');
}
