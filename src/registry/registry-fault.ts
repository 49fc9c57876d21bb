import { failure, type Failure } from '../base/fault.ts';
import { readResponse, type HttpResponse } from './http.ts';
import type { Repository } from './mirrors.ts';
import { ecrRegion } from './credentials.ts';

/** What was asked for, in words for a message: `the manifest of library/python:3.12`. */
export interface Asked {
  readonly repository: Repository;
  readonly what: string;
  readonly action: 'pull' | 'push';
}

/** The most that is read of an error's body, bytes. */
const largestError = 16 * 1024;

/**
 * The failure that an answer of a registry stands for, by its status; the body is read for the
 * registry's own words (distribution-spec, "error codes").
 * @param lookedIn where credentials were looked for.
 */
export async function responseFailure(response: HttpResponse, asked: Asked, lookedIn: readonly string[]): Promise<Failure> {
  const { status } = response;
  const said = registryWords(await readResponse(response, largestError).catch(() => Buffer.alloc(0)));
  const { registry } = asked.repository;
  const why = said === '' ? undefined : `the registry says: ${said}`;
  const answered = `${registry} answered ${status} to ${asked.what}`;
  if (status === 401 || status === 403) return unauthorized(asked, answered, [why, lookedIn]);
  if (status === 404) return notFound(asked, why);
  if (status === 429) {
    return failure('registry/rate-limited', answered, { why: why ?? 'too many requests in a short time', next: `wait a few minutes, or log in (\`docker login ${registry}\`): that raises most registries' limits` });
  }
  if (status >= 500) return failure('registry/unavailable', answered, { why, next: 'try again later; the registry has a fault of its own' });
  return failure('registry/protocol', answered, { why, next: 'check that the address is that of an OCI registry' });
}

/** The failure of a request without an answer. */
export function unreachable(error: unknown, asked: Asked): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const { origin } = asked.repository;
  const reason = {
    ECONNREFUSED: 'nothing listens there',
    ENOTFOUND: 'the host name does not resolve',
    EAI_AGAIN: 'the host name does not resolve now: there may be no network',
    ETIMEDOUT: 'no answer came in time',
    ECONNRESET: 'the connection was cut',
    SELF_SIGNED_CERT_IN_CHAIN: 'its TLS certificate is not trusted; NODE_EXTRA_CA_CERTS can name a company\'s own',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'its TLS certificate is not trusted; NODE_EXTRA_CA_CERTS can name a company\'s own',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its TLS certificate is not trusted; NODE_EXTRA_CA_CERTS can name a company\'s own',
    CERT_HAS_EXPIRED: 'its TLS certificate has expired',
  }[code];
  const detail = reason ?? (error instanceof Error ? error.message : String(error));
  return failure('network/unreachable', `${origin} cannot be reached for ${asked.what}`, {
    why: code === '' || reason === undefined ? detail : `${detail} (${code})`,
    next: 'check the network, HTTPS_PROXY, or name a mirror with SHEAR_REGISTRY_MIRRORS="REGISTRY=ADDRESS"',
    cause: error,
  });
}

/** Something that arrived whole but is not what was asked for. */
export function corrupt(asked: Asked, why: string): Failure {
  return failure('registry/corrupt', `${asked.repository.registry} served something else for ${asked.what}`, {
    why,
    next: 'run the same command again; if it happens again, the registry or a proxy before it changes what it serves',
  });
}

function unauthorized(asked: Asked, answered: string, [why, lookedIn]: readonly [string | undefined, readonly string[]]): Failure {
  const { registry } = asked.repository;
  const region = ecrRegion(registry);
  const places = lookedIn.length === 0 ? '' : `credentials were looked for in ${lookedIn.join(', ')}`;
  const login = region === undefined ? `docker login ${registry}` : `aws ecr get-login-password --region ${region} | docker login --username AWS --password-stdin ${registry}`;
  return failure('registry/unauthorized', answered, {
    why: [why, places].filter((line) => line !== undefined && line !== '').join('\n') || undefined,
    next: `log in with an account that may ${asked.action}: \`${login}\``,
  });
}

function notFound(asked: Asked, why: string | undefined): Failure {
  const { registry, name } = asked.repository;
  if (why?.includes('BLOB_UPLOAD_UNKNOWN')) return failure('registry/unavailable', `${registry} has lost the upload of ${asked.what}`, { why, next: 'try again later; what has arrived is not sent again' });
  return failure('registry/not-found', `${registry} does not have ${asked.what}`, {
    why,
    next: asked.action === 'push' ? createRepository(registry, name) : 'check the spelling; a repository that you may not see also looks like this, then log in',
  });
}

/** ECR and some others take images only into repositories that somebody has made. */
function createRepository(registry: string, name: string): string {
  const region = ecrRegion(registry);
  if (region === undefined) return `create the repository ${name} in the registry, or check its name; one that you may not see also looks like this, then log in`;
  return `create the repository first: \`aws ecr create-repository --repository-name ${name} --region ${region}\``;
}

/** `NAME_UNKNOWN: repository not found`, from a body of any kind; at most a line. */
function registryWords(body: Buffer): string {
  try {
    const json = JSON.parse(body.toString('utf8')) as { readonly errors?: readonly { readonly code?: unknown; readonly message?: unknown }[] };
    const words = (json.errors ?? []).map((one) => [one.code, one.message].filter((part) => typeof part === 'string' && part !== '').join(': '));
    return words.join('; ').slice(0, 500);
  } catch {
    return '';
  }
}
