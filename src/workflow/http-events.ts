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
}

const headers = { 'accept': 'application/json', 'content-type': 'application/json', 'host': 'example.com', 'user-agent': 'example' };
const sourceIp = '127.0.0.1';
const epoch = Date.parse('2026-01-01T00:00:00.000Z');

/** A route in the words of its template. */
export function routeOf(properties: Properties): { readonly method: string; readonly path: string } {
  const method = typeof properties['Method'] === 'string' ? properties['Method'].toUpperCase() : 'ANY';
  return { method: method === 'X-AMAZON-APIGATEWAY-ANY-METHOD' ? 'ANY' : method, path: typeof properties['Path'] === 'string' ? properties['Path'] : '/' };
}

function requestFor(properties: Properties): Route {
  const { method: written, path: template } = routeOf(properties);
  const method = written === 'ANY' ? 'GET' : written;
  const names = Array.from(template.matchAll(/\{([^}+]+)\+?\}/gu), (match) => match[1] ?? '');
  const parameters = names.length > 0 ? Object.fromEntries(names.map((name) => [name, 'example'])) : null;
  const path = template === '$default' ? '/' : template.replace(/\{[^}]+\}/gu, 'example');
  return { method, template, path, parameters, body: /^(?:POST|PUT|PATCH)$/u.test(method) ? JSON.stringify({ message: 'hello' }) : null };
}

function restEvent(properties: Properties, naming: Naming): object {
  return payloadOne(requestFor(properties), naming);
}

function payloadOne({ method, template, path, parameters, body }: Route, naming: Naming): object {
  return {
    resource: template, path, httpMethod: method,
    headers, multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: null, multiValueQueryStringParameters: null, pathParameters: parameters, stageVariables: null,
    requestContext: {
      accountId: naming.account, apiId: 'example', resourceId: 'example', resourcePath: template, httpMethod: method, path: `/Prod${path}`, stage: 'Prod', protocol: 'HTTP/1.1',
      requestId: '00000000-0000-4000-8000-000000000001', requestTime: '01/Jan/2026:00:00:00 +0000', requestTimeEpoch: epoch, domainName: `example.execute-api.${naming.region}.amazonaws.com`,
      identity: { sourceIp, userAgent: headers['user-agent'] },
    },
    body, isBase64Encoded: false,
  };
}

function httpApiEvent(properties: Properties, naming: Naming): object {
  const route = requestFor(properties);
  if (String(properties['PayloadFormatVersion']) === '1.0') return { version: '1.0', ...payloadOne(route, naming) };
  const isDefault = properties['Path'] === undefined || route.template === '$default';
  const { method } = routeOf(properties);
  return payloadTwo({ ...route, template: isDefault ? '/' : route.template }, { routeKey: isDefault ? '$default' : `${method} ${route.template}`, domain: `example.execute-api.${naming.region}.amazonaws.com`, account: naming.account });
}

function urlEvent(_properties: Properties, naming: Naming): object {
  return payloadTwo({ method: 'GET', template: '/', path: '/', parameters: null, body: null }, { routeKey: '$default', domain: `example.lambda-url.${naming.region}.on.aws`, account: naming.account });
}

function payloadTwo({ method, path, parameters, body }: Route, api: { readonly routeKey: string; readonly domain: string; readonly account: string }): object {
  return {
    version: '2.0', routeKey: api.routeKey, rawPath: path, rawQueryString: '', headers: { ...headers, host: api.domain },
    requestContext: {
      accountId: api.account, apiId: 'example', domainName: api.domain, domainPrefix: 'example',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp, userAgent: headers['user-agent'] },
      requestId: '00000000-0000-4000-8000-000000000001', routeKey: api.routeKey, stage: '$default', time: '01/Jan/2026:00:00:00 +0000', timeEpoch: epoch,
    },
    ...(parameters ? { pathParameters: parameters } : {}), ...(body === null ? {} : { body }), isBase64Encoded: false,
  };
}

/** True for `{ Method, Path }` that a request event (of either payload) was made for. */
export function isForRoute(event: Readonly<Record<string, unknown>>, properties: Properties): boolean {
  const { method, path } = routeOf(properties);
  const context = isRecord(event['requestContext']) ? event['requestContext'] : {};
  const http = isRecord(context['http']) ? context['http'] : {};
  const methods = [event['httpMethod'], http['method']].filter((one) => typeof one === 'string');
  const paths = [event['resource'], event['path'], event['rawPath'], http['path']].filter((one): one is string => typeof one === 'string');
  const pattern = new RegExp(`^${path.replace(/[.*?^$()|[\]\\]/gu, String.raw`\$&`).replace(/\{[^}]*\+\}/gu, '.+').replace(/\{[^}]+\}/gu, '[^/]+')}/?$`, 'u');
  return (method === 'ANY' || methods.includes(method)) && (path === '$default' || paths.some((one) => one === path || pattern.test(one)));
}
