import type { HttpRequest } from './http-request.ts';
import { claimsOf, headerValues, logTime } from './http-request.ts';
import { decoded } from './match-route.ts';
import { isBinaryBody, withForwarded } from './rest-event.ts';

/**
 * The event of payload format 2.0 (API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs"; Lambda, "function
 * URLs"): lower-case header names, several values joined by commas, cookies apart. HTTP APIs decode the path, function URLs do not.
 */
export function httpEvent(request: HttpRequest): object {
  const { api, match, method, body, requestId, now, account, region } = request;
  const isUrl = api.kind === 'url';
  const { route } = match;
  const routeKey = route.path === '$default' ? '$default' : `${route.method} ${route.path}`;
  const bare = isUrl ? match.path : decoded(match.path);
  const path = api.stage === '$default' ? bare : `/${api.stage}${bare}`;
  const cookies = headerValues(request, 'cookie').flatMap((value) => value.split(/;\s*/u)).filter((one) => one !== '');
  const query = joined([...new URLSearchParams(request.query)]);
  const domainName = isUrl ? `local.lambda-url.${region}.on.aws` : `local.execute-api.${region}.amazonaws.com`;
  const isBinary = isBinaryBody(request);
  return {
    version: '2.0', routeKey, rawPath: path, rawQueryString: request.query,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers: joined(withForwarded(request).flatMap(([name, value]) => (name.toLowerCase() === 'cookie' ? [] : [[name.toLowerCase(), value] as const]))),
    ...(Object.keys(query).length === 0 ? {} : { queryStringParameters: query }),
    requestContext: {
      accountId: isUrl && route.authorizer === undefined ? 'anonymous' : account, apiId: 'local', ...authorizerOf(request), domainName, domainPrefix: 'local',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: request.sourceIp, userAgent: headerValues(request, 'user-agent')[0] ?? '' },
      requestId, routeKey, stage: api.stage, time: logTime(now), timeEpoch: Math.round(now),
    },
    ...(Object.keys(match.parameters).length === 0 ? {} : { pathParameters: match.parameters }),
    ...(Object.keys(api.stageVariables).length === 0 ? {} : { stageVariables: api.stageVariables }),
    ...(body.length === 0 ? {} : { body: body.toString(isBinary ? 'base64' : 'utf8') }),
    isBase64Encoded: isBinary && body.length > 0,
  };
}

function joined(pairs: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const [name, value] of pairs) values[name] = values[name] === undefined ? value : `${values[name]},${value}`;
  return values;
}

function authorizerOf(request: HttpRequest): object {
  const { authorizer } = request.match.route;
  switch (authorizer?.kind) {
    case 'lambda':
      return { authorizer: { lambda: { principalId: 'local-user' } } };
    case 'jwt':
    case 'cognito': {
      const claims = claimsOf(request);
      const scopes = typeof claims['scope'] === 'string' ? claims['scope'].split(' ') : null;
      return { authorizer: { jwt: { claims, scopes } } };
    }
    case 'iam': {
      const user = { accessKey: 'local', accountId: request.account, callerId: 'local', userId: 'local', userArn: `arn:aws:iam::${request.account}:user/local` };
      return { authorizer: { iam: { ...user, cognitoIdentity: null, principalOrgId: null } } };
    }
    case 'key':
    case undefined:
      return {};
  }
}
