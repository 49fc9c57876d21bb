import type { Cors, ServedApi } from './api.ts';
import type { Reply } from './reply.ts';

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** The answer to a preflight request; undefined where the API has none of its own, so that a route answers. */
export function preflight(api: ServedApi, origin: string | undefined): Reply | undefined {
  const { cors, kind } = api;
  if (cors === undefined) return undefined;
  if (kind === 'rest') return { status: 200, headers: restHeaders(cors, api), body: '' };
  return { status: kind === 'url' ? 200 : 204, headers: allowed(cors, origin), body: '' };
}

/**
 * The headers of an answer, CORS of HTTP APIs and function URLs put in place of the function's own. For REST APIs the function
 * says them itself, as on AWS.
 */
export function withCors(api: ServedApi, origin: string | undefined, headers: Headers): Headers {
  const { cors, kind } = api;
  if (cors === undefined || kind === 'rest') return headers;
  const others = Object.entries(headers).filter(([name]) => !name.toLowerCase().startsWith('access-control-'));
  const { 'access-control-max-age': _age, 'access-control-allow-methods': _methods, 'access-control-allow-headers': _headers, ...own } = allowed(cors, origin);
  return { ...Object.fromEntries(others), ...own };
}

function allowed(cors: Cors, origin: string | undefined): Record<string, string> {
  if (origin === undefined || !cors.origins.some((pattern) => originMatches(pattern, origin))) return {};
  const isAny = cors.origins.includes('*') && !cors.credentials;
  return {
    'access-control-allow-origin': isAny ? '*' : origin,
    ...(cors.methods.length === 0 ? {} : { 'access-control-allow-methods': cors.methods.join(',') }),
    ...(cors.headers.length === 0 ? {} : { 'access-control-allow-headers': cors.headers.join(',') }),
    ...(cors.exposed.length === 0 ? {} : { 'access-control-expose-headers': cors.exposed.join(',') }),
    ...(cors.credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(cors.maxAge === undefined ? {} : { 'access-control-max-age': String(cors.maxAge) }),
  };
}

function originMatches(pattern: string, origin: string): boolean {
  return pattern === '*' || pattern === origin || (pattern.endsWith('://*') && origin.startsWith(pattern.slice(0, -1)));
}

/** What SAM writes into the OPTIONS methods that it makes for `Cors`. */
function restHeaders(cors: Cors, api: ServedApi): Headers {
  const methods = cors.methods.length > 0 ? cors.methods : [...new Set(['OPTIONS', ...api.routes.map((route) => route.method)])];
  const [origin = '*'] = cors.origins;
  return {
    'content-type': 'application/json', 'access-control-allow-origin': origin, 'access-control-allow-methods': methods.join(','),
    ...(cors.headers.length === 0 ? {} : { 'access-control-allow-headers': cors.headers.join(',') }),
    ...(cors.credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(cors.maxAge === undefined ? {} : { 'access-control-max-age': String(cors.maxAge) }),
  };
}
