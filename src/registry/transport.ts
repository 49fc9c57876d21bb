import { failure, Failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { parseChallenge, type Challenge } from './challenge.ts';
import { findCredentials, type Credentials, type Lookup } from './credentials.ts';
import { createSend, readResponse, type HttpRequest, type HttpResponse, type Send } from './http.ts';
import { responseFailure, unreachable, type Asked } from './registry-fault.ts';

/** Carries requests to registries: tokens, retries, redirects. Holds connections and tokens for one run. */
export interface Transport {
  /**
   * Sends a request and answers with any status of `accept`; other statuses become failures
   * (401/403 unauthorized, 404 not-found, 429 rate-limited, 5xx unavailable), no answer `network/unreachable`.
   * @param path below the origin, or a whole URL that the registry gave.
   */
  readonly request: (asked: Asked, path: string | URL, options?: RequestOptions) => Promise<HttpResponse>;
}

/** How a request differs from a plain GET. */
export interface RequestOptions extends Partial<Omit<HttpRequest, 'url'>> {
  /** Statuses that are answers; 200 when absent. */
  readonly accept?: readonly number[];
  /** Attempts in all; 5 when absent. */
  readonly attempts?: number;
}

/** Waits; a port, so that tests need not. */
export type Wait = (milliseconds: number) => Promise<void>;

const longestWait = 60_000;
const retryable = new Set([408, 429, 500, 502, 503, 504]);

/**
 * A transport with nothing known yet.
 * @param find gives the credentials of a registry; as Docker finds them when absent.
 */
export function createTransport(host: Host, wait: Wait = waitOn(host.signal), find: (registry: string) => Promise<Lookup> = (registry) => findCredentials(host, registry)): Transport {
  const send = createSend(host);
  const lookups = new Map<string, Promise<Lookup>>();
  const authorizations = new Map<string, string>();
  const lookUp = (registry: string): Promise<Lookup> => {
    const known = lookups.get(registry) ?? find(registry);
    lookups.set(registry, known);
    return known;
  };
  /** One attempt: with the token known for the repository, and again with a new one when that is refused. */
  const attempt = async (asked: Asked, url: URL, options: RequestOptions): Promise<HttpResponse> => {
    const { repository, action } = asked;
    const own = url.origin === repository.origin;
    const slot = `${repository.origin} ${repository.name} ${action}`;
    const known = own ? authorizations.get(slot) : undefined;
    const response = await followRedirects(send, requestOf(url, options, known), repository.origin);
    if (response.status !== 401 || !own) return response;
    const challenge = parseChallenge(response.headers['www-authenticate']);
    const { credentials } = await lookUp(repository.registry);
    const fresh = challenge && (await authorize(send, challenge, credentials, asked));
    if (fresh === undefined || fresh === known) return response;
    response.body.resume();
    authorizations.set(slot, fresh);
    return await followRedirects(send, requestOf(url, options, fresh), repository.origin);
  };
  return {
    request: async (asked, path, options = {}) => {
      const url = new URL(path, asked.repository.origin);
      const attempts = options.attempts ?? 5;
      for (let n = 1; ; n++) {
        const outcome = await attempt(asked, url, options).catch((error: unknown) => asFailure(error, asked, host));
        if (!(outcome instanceof Failure) && (options.accept ?? [200]).includes(outcome.status)) return outcome;
        const isLast = n >= attempts || (!(outcome instanceof Failure) && !retryable.has(outcome.status));
        const pause = outcome instanceof Failure ? backoff(n) : (retryAfter(outcome, host.now()) ?? backoff(n));
        if (isLast || pause > longestWait || isFinal(outcome)) {
          if (outcome instanceof Failure) throw outcome;
          const lookedIn = outcome.status === 401 || outcome.status === 403 ? (await lookUp(asked.repository.registry)).lookedIn : [];
          throw await responseFailure(outcome, asked, lookedIn);
        }
        if (!(outcome instanceof Failure)) outcome.body.resume();
        await wait(pause);
      }
    },
  };
}

/** The pause before attempt n + 1, milliseconds: doubled each time. */
export function backoff(n: number): number {
  return Math.min(250 * 2 ** (n - 1), 8000);
}

/** A wait that an interruption ends at once. */
export function waitOn(signal: AbortSignal): Wait {
  return (milliseconds) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop);
        resolve();
      }, milliseconds);
      signal.addEventListener('abort', stop, { once: true });
    });
}

function requestOf(url: URL, options: RequestOptions, authorization: string | undefined): HttpRequest {
  const headers = { ...options.headers, ...(authorization === undefined ? {} : { authorization }) };
  return { method: options.method ?? 'GET', url, headers, ...(options.body ? { body: options.body } : {}) };
}

/** Follows redirects of reads; another host never gets to see the registry's token. */
async function followRedirects(send: Send, request: HttpRequest, origin: string): Promise<HttpResponse> {
  let current = request;
  for (let n = 0; n < 5; n++) {
    const response = await send(current);
    const { location } = response.headers;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || location === undefined || ![301, 302, 303, 307, 308].includes(response.status)) return response;
    response.body.resume();
    const url = new URL(location, current.url);
    const { authorization: _, ...anonymous } = request.headers ?? {};
    current = { ...request, url, headers: url.origin === origin ? (request.headers ?? {}) : anonymous };
  }
  throw failure('registry/protocol', `${origin} redirects in circles`, { why: 'more than 5 redirects', next: 'check that the address is that of an OCI registry' });
}

/** The Authorization header that meets a challenge; undefined when nothing can. */
async function authorize(send: Send, challenge: Challenge, credentials: Credentials | undefined, asked: Asked): Promise<string | undefined> {
  const basic = credentials?.kind === 'password' ? `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}` : undefined;
  if (challenge.kind === 'basic') return basic;
  const realm = new URL(challenge.realm, asked.repository.origin);
  if (credentials && realm.protocol !== 'https:' && new URL(asked.repository.origin).protocol === 'https:') return undefined;
  const actions = asked.action === 'push' ? 'pull,push' : 'pull';
  const own = `repository:${asked.repository.name}`;
  // One token for the whole push: the first request of a push is a look, and its challenge asks for pull alone.
  const scope = (challenge.scope ?? `${own}:${actions}`).split(' ').map((one) => (one === `${own}:pull` ? `${own}:${actions}` : one)).join(' ');
  const service = challenge.service ?? '';
  const response = credentials?.kind === 'identity-token'
    ? await send(refresh(realm, { service, scope, token: credentials.token }))
    : await send(tokenRequest(realm, { service, scope, basic }));
  const body = await readResponse(response, 1024 * 1024);
  if (response.status !== 200) return undefined;
  try {
    const json = JSON.parse(body.toString('utf8')) as Readonly<Record<string, unknown>>;
    const token = json['token'] ?? json['access_token'];
    return typeof token === 'string' ? `Bearer ${token}` : undefined;
  } catch {
    return undefined;
  }
}

function tokenRequest(realm: URL, want: { readonly service: string; readonly scope: string; readonly basic: string | undefined }): HttpRequest {
  const url = new URL(realm);
  if (want.service !== '') url.searchParams.set('service', want.service);
  for (const scope of want.scope.split(' ')) url.searchParams.append('scope', scope);
  return { method: 'GET', url, ...(want.basic === undefined ? {} : { headers: { authorization: want.basic } }) };
}

function refresh(realm: URL, want: { readonly service: string; readonly scope: string; readonly token: string }): HttpRequest {
  const form = new URLSearchParams({ grant_type: 'refresh_token', service: want.service, scope: want.scope, refresh_token: want.token, client_id: 'shear' });
  const bytes = Buffer.from(form.toString());
  return { method: 'POST', url: realm, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: { size: bytes.length, open: () => [bytes] } };
}

/** An interruption stays what it is, as do failures of the disk; all else is the network. */
function asFailure(error: unknown, asked: Asked, host: Host): Failure {
  if (error instanceof Failure) return error;
  if (host.signal.aborted) throw error;
  return unreachable(error, asked);
}

/** What another attempt a moment later would not change. */
function isFinal(outcome: HttpResponse | Failure): boolean {
  if (!(outcome instanceof Failure)) return false;
  if (outcome.fault.code !== 'network/unreachable') return true;
  const { cause } = outcome;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return ['EPROXY', 'ENOTFOUND', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH'].includes(code) || /CERT|SSL|TLS|LEAF_SIGNATURE/u.test(code);
}

/** RFC 9110 10.2.3: seconds, or a date. */
function retryAfter(response: HttpResponse, now: number): number | undefined {
  const value = response.headers['retry-after'];
  if (value === undefined) return undefined;
  const milliseconds = /^\d+$/u.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}
