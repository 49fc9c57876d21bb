import type { Authorizer, ServedApi } from './api.ts';
import type { RouteMatch } from './match-route.ts';

/** A request as it came, with what it came to. */
export interface HttpRequest {
  readonly api: ServedApi;
  readonly match: RouteMatch;
  readonly method: string;
  /** Percent-encoded, as sent. */
  readonly path: string;
  /** Without the question mark, as sent. */
  readonly query: string;
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly account: string;
  readonly region: string;
}

/** All values of a header, by its lower-case name. */
export function headerValues(request: Pick<HttpRequest, 'rawHeaders'>, name: string): readonly string[] {
  return headerPairs(request).flatMap(([own, value]) => (own.toLowerCase() === name ? [value] : []));
}

/** The headers as sent. */
export function headerPairs({ rawHeaders }: Pick<HttpRequest, 'rawHeaders'>): readonly (readonly [string, string])[] {
  return Array.from({ length: Math.floor(rawHeaders.length / 2) }, (_, at) => [rawHeaders[2 * at] ?? '', rawHeaders[2 * at + 1] ?? ''] as const);
}

/** `25/Nov/2026:09:30:00 +0000`, as access logs write it. */
export function logTime(now: number): string {
  const date = new Date(now);
  const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][date.getUTCMonth()] ?? '';
  return `${date.toISOString().slice(8, 10)}/${month}/${date.getUTCFullYear()}:${date.toISOString().slice(11, 19)} +0000`;
}

/** The claims of a bearer token, unchecked; those of a made-up user where there is none. */
export function claimsOf(request: HttpRequest): Readonly<Record<string, unknown>> {
  const [token = ''] = headerValues(request, 'authorization');
  const [, payload] = token.replace(/^Bearer\s+/iu, '').split('.');
  try {
    const claims: unknown = payload === undefined ? undefined : JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (typeof claims === 'object' && claims !== null && !Array.isArray(claims)) return claims as Record<string, unknown>;
  } catch {
    // No token of this form: the made-up user serves.
  }
  return { sub: 'local-user', username: 'local-user', 'cognito:username': 'local-user', email: 'local-user@example.com' };
}

/** What is told of an authorizer that is not asked. */
export function authorizerRemark({ name, kind }: Authorizer): string {
  const stand: Readonly<Record<Authorizer['kind'], string>> = {
    lambda: 'its context is a made-up principal `local-user`',
    jwt: 'claims are those of the request\'s token, unchecked, or of a made-up user',
    cognito: 'claims are those of the request\'s token, unchecked, or of a made-up user',
    iam: 'signatures are not checked',
    key: 'any key will do',
  };
  return `the authorizer ${name} is not asked: every request passes, ${stand[kind]}`;
}
