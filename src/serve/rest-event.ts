import { mediaTypeMatches } from './media-type.ts';
import { decoded } from './match-route.ts';
import type { HttpRequest } from './http-request.ts';
import { claimsOf, headerPairs, headerValues, logTime } from './http-request.ts';

type Values = Readonly<Record<string, string>>;
type Lists = Readonly<Record<string, readonly string[]>>;

/**
 * The event of payload format 1.0 (API Gateway developer guide, "Input format of a Lambda function for proxy integration"). REST APIs
 * keep header names as sent and the path percent-encoded; HTTP APIs with this format decode it.
 */
export function restEvent(request: HttpRequest): object {
  const { api, match, method, requestId, sourceIp, now, account, region } = request;
  const isRest = api.kind === 'rest';
  const headers = group(withForwarded(request));
  const query = group([...new URLSearchParams(request.query)]);
  const isBinary = isRest ? api.binaryTypes.some((type) => mediaTypeMatches(type, headerValues(request, 'content-type')[0] ?? 'application/json')) : isBinaryBody(request);
  const { body } = request;
  const parameters = Object.keys(match.parameters).length === 0 ? null : match.parameters;
  const path = isRest ? match.path : decoded(match.path);
  return {
    ...(isRest ? {} : { version: '1.0' }),
    resource: match.route.path, path, httpMethod: method,
    headers: lasts(headers), multiValueHeaders: headers,
    queryStringParameters: orNull(lasts(query)), multiValueQueryStringParameters: orNull(query),
    pathParameters: parameters, stageVariables: orNull(api.stageVariables),
    requestContext: {
      accountId: account, apiId: 'local', domainName: `local.execute-api.${region}.amazonaws.com`, domainPrefix: 'local',
      extendedRequestId: requestId, httpMethod: method, identity: identityOf(request),
      path: api.stage === '$default' ? path : `/${api.stage}${path}`, protocol: 'HTTP/1.1', requestId,
      requestTime: logTime(now), requestTimeEpoch: Math.round(now), resourceId: 'local', resourcePath: match.route.path, stage: api.stage,
      ...authorizerOf(request),
    },
    body: body.length === 0 ? null : body.toString(isBinary ? 'base64' : 'utf8'),
    isBase64Encoded: isBinary && body.length > 0,
  };

  function identityOf(of: HttpRequest): object {
    const key = headerValues(of, 'x-api-key')[0];
    return {
      accessKey: null, accountId: null, apiKey: key ?? null, apiKeyId: key === undefined ? null : 'local', caller: null,
      cognitoAuthenticationProvider: null, cognitoAuthenticationType: null, cognitoIdentityId: null, cognitoIdentityPoolId: null,
      principalOrgId: null, sourceIp, user: null, userAgent: headerValues(of, 'user-agent')[0] ?? null, userArn: null,
    };
  }
}

/** True for a body that HTTP APIs and function URLs hand on in base64: all but text, JSON, XML and JavaScript. */
export function isBinaryBody(request: HttpRequest): boolean {
  if (headerValues(request, 'content-encoding').length > 0) return true;
  const type = (headerValues(request, 'content-type')[0] ?? 'text/plain').split(';')[0]?.trim().toLowerCase() ?? '';
  return !/^(?:text\/.*|application\/(?:.+\+)?(?:json|xml)|application\/(?:x-)?(?:javascript|ecmascript))$/u.test(type);
}

/** The request's headers, and those that API Gateway adds. */
export function withForwarded(request: HttpRequest): readonly (readonly [string, string])[] {
  const port = /:(\d+)$/u.exec(headerValues(request, 'host')[0] ?? '')?.[1] ?? '80';
  const added = [['X-Forwarded-For', request.sourceIp], ['X-Forwarded-Port', port], ['X-Forwarded-Proto', 'http']] as const;
  const own = headerPairs(request).filter(([name]) => !/^(?:connection|transfer-encoding|keep-alive)$/iu.test(name));
  return [...own, ...added.filter(([name]) => headerValues(request, name.toLowerCase()).length === 0)];
}

function group(pairs: readonly (readonly [string, string])[]): Lists {
  const lists: Record<string, string[]> = {};
  for (const [name, value] of pairs) (lists[name] ??= []).push(value);
  return lists;
}

function lasts(lists: Lists): Values {
  return Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, values.at(-1) ?? '']));
}

function orNull<T extends object>(value: T): T | null {
  return Object.keys(value).length === 0 ? null : value;
}

function authorizerOf(request: HttpRequest): object {
  const { authorizer } = request.match.route;
  if (authorizer === undefined || authorizer.kind === 'iam' || authorizer.kind === 'key') return {};
  if (authorizer.kind === 'lambda') return { authorizer: { principalId: 'local-user', integrationLatency: 0 } };
  const claims = Object.fromEntries(Object.entries(claimsOf(request)).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]));
  return { authorizer: { claims } };
}
