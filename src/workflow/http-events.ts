import { hasAny, uuid, type Given } from './given.ts';
import { isRecord, type EventMaker, type Naming, type Plain } from './names.ts';

type Properties = Readonly<Record<string, Plain>>;

/** Requests as API Gateway and function URLs hand them on (API Gateway developer guide, "payload format version"; Lambda, "function URLs"). */
export const httpEvents: Readonly<Record<'Api' | 'HttpApi' | 'Url', EventMaker>> = { Api: restEvent, HttpApi: httpApiEvent, Url: urlEvent };

interface Route {
  /** Upper case; a real one where the template says ANY. */
  readonly method: string;
  /** As the template has it: `/items/{id}`. */
  readonly template: string;
  /** With parameters filled in. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>> | null;
  readonly body: string | null;
  readonly query: Readonly<Record<string, string>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly stage: string | undefined;
}

const headers = { 'accept': 'application/json', 'content-type': 'application/json', 'host': 'example.com', 'user-agent': 'example' };
const sourceIp = '127.0.0.1';
const epoch = Date.parse('2026-01-01T00:00:00.000Z');

/** A route in the words of its template. */
export function routeOf(properties: Properties): { readonly method: string; readonly path: string } {
  const method = typeof properties['Method'] === 'string' ? properties['Method'].toUpperCase() : 'ANY';
  return { method: method === 'X-AMAZON-APIGATEWAY-ANY-METHOD' ? 'ANY' : method, path: typeof properties['Path'] === 'string' ? properties['Path'] : '/' };
}

function requestFor(properties: Properties, given: Given): Route {
  const { method: written, path: template } = routeOf(properties);
  const method = given.method?.toUpperCase() ?? (written === 'ANY' ? 'GET' : written);
  const path = given.path ?? (template === '$default' ? '/' : template.replace(/\{[^}]+\}/gu, 'example'));
  return {
    method, template, path, parameters: parametersOf(template, path), stage: given.stage, query: hasAny(given.query) ? given.query : undefined, headers: { ...headers, ...given.headers },
    body: given.body ?? (/^(?:POST|PUT|PATCH)$/u.test(method) ? JSON.stringify({ message: 'hello' }) : null),
  };
}

/** What a path has in the places of a template's parameters. */
function parametersOf(template: string, path: string): Readonly<Record<string, string>> | null {
  const names = Array.from(template.matchAll(/\{([^}+]+)\+?\}/gu), (match) => match[1] ?? '');
  const found = patternOf(template).exec(path);
  return names.length > 0 ? Object.fromEntries(names.map((name, at) => [name, found?.[at + 1] ?? 'example'])) : null;
}

function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replace(/[.*?^$()|[\]\\]/gu, String.raw`\$&`).replace(/\{[^}]*\+\}/gu, '(.+)').replace(/\{[^}]+\}/gu, '([^/]+)')}/?$`, 'u');
}

function restEvent(properties: Properties, naming: Naming, given: Given = {}): object {
  return payloadOne(requestFor(properties, given), naming);
}

/** What API Gateway tells of who calls; null for what nobody proved (REST and HTTP APIs, payload 1.0). */
const identity = {
  accessKey: null, accountId: null, caller: null, cognitoAuthenticationProvider: null, cognitoAuthenticationType: null, cognitoIdentityId: null, cognitoIdentityPoolId: null,
  sourceIp, user: null, userAgent: headers['user-agent'], userArn: null,
};

function payloadOne({ method, template, path, parameters, body, query, headers: sent, stage = 'Prod' }: Route, naming: Naming): object {
  return {
    resource: template, path, httpMethod: method,
    headers: sent, multiValueHeaders: lists(sent),
    queryStringParameters: query ?? null, multiValueQueryStringParameters: query ? lists(query) : null, pathParameters: parameters, stageVariables: null,
    requestContext: {
      accountId: naming.account, apiId: 'example', resourceId: 'example', resourcePath: template, httpMethod: method, path: `/${stage}${path}`, stage, protocol: 'HTTP/1.1',
      requestId: uuid(1), requestTime: '01/Jan/2026:00:00:00 +0000', requestTimeEpoch: epoch, domainName: `example.execute-api.${naming.region}.amazonaws.com`, identity,
    },
    body, isBase64Encoded: false,
  };
}

function lists(values: Readonly<Record<string, string>>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]));
}

function httpApiEvent(properties: Properties, naming: Naming, given: Given = {}): object {
  const route = requestFor(properties, given);
  if (String(properties['PayloadFormatVersion']) === '1.0') return { version: '1.0', ...payloadOne(route, naming) };
  const isDefault = properties['Path'] === undefined || route.template === '$default';
  const { method } = routeOf(properties);
  return payloadTwo({ ...route, template: isDefault ? '/' : route.template }, { routeKey: isDefault ? '$default' : `${method} ${route.template}`, domain: `example.execute-api.${naming.region}.amazonaws.com`, account: naming.account });
}

function urlEvent(_properties: Properties, naming: Naming, given: Given = {}): object {
  return payloadTwo(requestFor({ Method: 'GET', Path: '/' }, given), { routeKey: '$default', domain: `example.lambda-url.${naming.region}.on.aws`, account: naming.account });
}

/** What is not there is left out, not null (payload 2.0). A cookie header becomes `cookies`. */
function payloadTwo({ method, path, parameters, body, query, headers: sent, stage = '$default' }: Route, api: { readonly routeKey: string; readonly domain: string; readonly account: string }): object {
  const { cookie, ...others } = sent;
  return {
    version: '2.0', routeKey: api.routeKey, rawPath: path, rawQueryString: query ? new URLSearchParams(query).toString() : '',
    ...(cookie === undefined ? {} : { cookies: cookie.split(/;\s*/u) }), headers: { ...others, host: api.domain }, ...(query ? { queryStringParameters: query } : {}),
    requestContext: {
      accountId: api.account, apiId: 'example', domainName: api.domain, domainPrefix: 'example',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp, userAgent: headers['user-agent'] },
      requestId: uuid(1), routeKey: api.routeKey, stage, time: '01/Jan/2026:00:00:00 +0000', timeEpoch: epoch,
    },
    ...(parameters ? { pathParameters: parameters } : {}), ...(body === null ? {} : { body }), isBase64Encoded: false,
  };
}

/** Whether a route takes a request for this path and method, as far as they are said. */
export function takesRequest(properties: Properties, { path, method }: Given): boolean {
  const route = routeOf(properties);
  const isForMethod = route.method === 'ANY' || method === undefined || route.method === method.toUpperCase();
  return isForMethod && (path === undefined || properties['Path'] === undefined || route.path === '$default' || patternOf(route.path).test(path));
}

/** True for `{ Method, Path }` that a request event (of either payload) was made for. */
export function isForRoute(event: Readonly<Record<string, unknown>>, properties: Properties): boolean {
  const { path } = routeOf(properties);
  const paths = [event['resource'], event['path'], event['rawPath'], httpOf(event)['path']].filter((one): one is string => typeof one === 'string');
  const pattern = patternOf(path);
  return isForMethod(event, properties) && (path === '$default' || paths.some((one) => one === path || pattern.test(one)));
}

/** True for a route that takes the method of a request event, wherever the event says to go: those written by hand often name no path. */
export function isForMethod(event: Readonly<Record<string, unknown>>, properties: Properties): boolean {
  const { method } = routeOf(properties);
  return method === 'ANY' || [event['httpMethod'], httpOf(event)['method']].includes(method);
}

function httpOf(event: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const context = isRecord(event['requestContext']) ? event['requestContext'] : {};
  return isRecord(context['http']) ? context['http'] : {};
}
