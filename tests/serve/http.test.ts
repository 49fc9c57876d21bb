import { request as plainRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { doors, failing, type Behaviour } from './rig.ts';

const template = `
Resources:
  Rest:
    Type: AWS::Serverless::Api
    Properties: { StageName: v1, Cors: "'*'", BinaryMediaTypes: [image/png] }
  Http:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: { AllowOrigins: ['https://example.com'], AllowMethods: [GET, POST], AllowHeaders: [x-a], MaxAge: 10 }
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: app.handler
      Runtime: python3.12
      FunctionUrlConfig: { AuthType: NONE }
      Events:
        Item: { Type: Api, Properties: { Path: '/items/{id}', Method: get, RestApiId: !Ref Rest } }
        Post: { Type: Api, Properties: { Path: '/items/{id}', Method: post, RestApiId: !Ref Rest } }
        Mine: { Type: Api, Properties: { Path: '/items/mine', Method: get, RestApiId: !Ref Rest } }
        All: { Type: Api, Properties: { Path: '/all/{proxy+}', Method: any, RestApiId: !Ref Rest } }
        HttpItem: { Type: HttpApi, Properties: { Path: '/items/{id}', Method: get, ApiId: !Ref Http } }
        HttpAll: { Type: HttpApi, Properties: { Path: '/items/{proxy+}', Method: any, ApiId: !Ref Http } }
`;

/** Answers with the event itself. */
const echo: Behaviour = (event) => ({ statusCode: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(event) });

/** A request whose path and headers are sent as they are written. */
function raw(url: string, path: string, options: { readonly method?: string; readonly headers?: Record<string, string | string[]>; readonly body?: Buffer } = {}): Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }> {
  const { port, hostname } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = plainRequest({ host: hostname, port, path, method: options.method ?? 'GET', headers: { 'User-Agent': 'test/1', ...options.headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(options.body);
  });
}

const event = (answer: { readonly body: Buffer }): Record<string, unknown> => JSON.parse(answer.body.toString('utf8')) as Record<string, unknown>;

describe('a REST API', () => {
  it('hands on a request in payload format 1.0', async () => {
    const { url } = await doors(template, echo);
    const host = new URL(url('Rest')).host;
    const got = event(await raw(url('Rest'), '/v1/items/a%20b?x=1&x=%202&y=', { headers: { 'X-Mixed-Case': ['one', 'two'], 'Cookie': 'a=1; b=2' } }));
    expect(got).toMatchObject({
      resource: '/items/{id}', path: '/items/a%20b', httpMethod: 'GET', pathParameters: { id: 'a%20b' }, stageVariables: null,
      queryStringParameters: { x: ' 2', y: '' }, multiValueQueryStringParameters: { x: ['1', ' 2'], y: [''] },
      headers: { 'X-Mixed-Case': 'two', 'Cookie': 'a=1; b=2', 'User-Agent': 'test/1', 'Host': host, 'X-Forwarded-Proto': 'http' },
      multiValueHeaders: { 'X-Mixed-Case': ['one', 'two'] }, body: null, isBase64Encoded: false,
      requestContext: { stage: 'v1', path: '/v1/items/a%20b', resourcePath: '/items/{id}', httpMethod: 'GET', protocol: 'HTTP/1.1', accountId: '012345678912', identity: { sourceIp: '127.0.0.1', userAgent: 'test/1' } },
    });
    expect(got).not.toHaveProperty('version');
  });

  it('takes the most particular resource, and refuses methods that this one lacks as it refuses unknown paths', async () => {
    const { url } = await doors(template, echo);
    const resource = async (path: string, method = 'GET'): Promise<unknown> => {
      const answer = await raw(url('Rest'), path, { method });
      return answer.status === 200 ? event(answer)['resource'] : `${answer.status} ${answer.body.toString()}`;
    };
    expect(await resource('/items/7')).toBe('/items/{id}');
    expect(await resource('/items/7/')).toBe('/items/{id}');
    expect(await resource('/items/mine')).toBe('/items/mine');
    expect(await resource('/items/mine', 'POST')).toBe('403 {"message":"Missing Authentication Token"}');
    expect(await resource('/all/a/b', 'DELETE')).toBe('/all/{proxy+}');
    expect(await resource('/all')).toBe('403 {"message":"Missing Authentication Token"}');
    expect(await resource('/nothing')).toBe('403 {"message":"Missing Authentication Token"}');
  });

  it('sends binary types in base64, both ways, and tells when an answer stays encoded', async () => {
    const bytes = Buffer.from([0, 255, 1]);
    const { url, notices } = await doors(template, (given) => ({ statusCode: 201, headers: { 'Content-Type': 'image/png' }, isBase64Encoded: true, body: given['body'] ?? 'AP8B' }));
    const posted = await raw(url('Rest'), '/items/7', { method: 'POST', body: bytes, headers: { 'Content-Type': 'image/png', 'Accept': 'image/png' } });
    expect([posted.status, posted.headers['content-type'], posted.body]).toEqual([201, 'image/png', bytes]);
    const other = await raw(url('Rest'), '/items/7', { headers: { Accept: 'text/html' } });
    expect(other.body.toString()).toBe('AP8B');
    expect(notices.at(-1)?.text).toBe('GET /items/7: isBase64Encoded has no effect: BinaryMediaTypes of Rest lacks text/html, the type that the request accepts');
  });

  it.each<[string, unknown, string]>([
    ['text', '"hello"', 'the answer is no object with statusCode, headers and body'],
    ['no JSON', 'oops', 'the answer is no JSON'],
    ['no status', { body: 'x' }, 'statusCode is absent, not a number from 100 to 599'],
    ['an object for a body', { statusCode: 200, body: { a: 1 } }, 'body is of the type object, not text: use JSON.stringify or json.dumps'],
    ['an unknown key', { statusCode: 200, content: 'x' }, 'the answer has `content`, which API Gateway does not know'],
    ['a failure', failing, 'the function failed (ValueError)'],
  ])('answers 502 to %s, and says why', async (_what, answer, why) => {
    const { url, notices } = await doors(template, () => answer);
    const got = await raw(url('Rest'), '/items/7');
    expect([got.status, got.body.toString()]).toEqual([502, '{"message": "Internal server error"}']);
    expect(notices.map(({ text }) => text)).toEqual([`GET /items/7: ${why}`]);
  });

  it('joins both kinds of headers, and drops what is the connection\'s own', async () => {
    const { url } = await doors(template, () => ({ statusCode: '200', headers: { 'X-A': 1, 'Content-Length': 99 }, multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] }, body: 'ok' }));
    const got = await raw(url('Rest'), '/items/7');
    expect(got).toMatchObject({ status: 200, headers: { 'x-a': '1', 'set-cookie': ['a=1', 'b=2'], 'content-length': '2', 'content-type': 'application/json' } });
  });

  it('answers preflight requests as the OPTIONS methods that SAM makes, and leaves other answers to the function', async () => {
    const { url } = await doors(template, echo);
    const preflight = await raw(url('Rest'), '/items/7', { method: 'OPTIONS', headers: { Origin: 'https://a.example' } });
    expect(preflight).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'OPTIONS,GET,POST,ANY' } });
    expect((await raw(url('Rest'), '/items/7', { headers: { Origin: 'https://a.example' } })).headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('gives up on a function that takes too long', async () => {
    let end = (): void => undefined;
    const { url, notices } = await doors(template, () => new Promise((resolve) => { end = () => resolve({ statusCode: 200 }); }), { patience: 5 });
    const got = await raw(url('Rest'), '/items/7');
    expect([got.status, got.body.toString()]).toEqual([504, '{"message": "Endpoint request timed out"}']);
    expect(notices).toHaveLength(1);
    end();
  });
});

describe('an HTTP API', () => {
  it('hands on a request in payload format 2.0', async () => {
    const { url } = await doors(template, echo);
    const got = event(await raw(url('Http'), '/items/a%20b?x=1&x=2', { headers: { 'X-Mixed': ['one', 'two'], 'Cookie': 'a=1; b=2' } }));
    expect(got).toMatchObject({
      version: '2.0', routeKey: 'GET /items/{id}', rawPath: '/items/a b', rawQueryString: 'x=1&x=2', cookies: ['a=1', 'b=2'],
      headers: { 'x-mixed': 'one,two', 'user-agent': 'test/1' }, queryStringParameters: { x: '1,2' }, pathParameters: { id: 'a b' }, isBase64Encoded: false,
      requestContext: { stage: '$default', http: { method: 'GET', path: '/items/a b', sourceIp: '127.0.0.1' }, routeKey: 'GET /items/{id}' },
    });
    expect(got['headers']).not.toHaveProperty('cookie');
    expect(got).not.toHaveProperty('body');
  });

  it('encodes all bodies but texts', async () => {
    const { url } = await doors(template, echo);
    const post = async (type: string): Promise<unknown[]> => {
      const got = event(await raw(url('Http'), '/items/7', { method: 'POST', body: Buffer.from('a=ü'), headers: { 'Content-Type': type } }));
      return [got['isBase64Encoded'], got['body'], got['routeKey']];
    };
    expect(await post('application/json; charset=utf-8')).toEqual([false, 'a=ü', 'ANY /items/{proxy+}']);
    expect(await post('application/x-www-form-urlencoded')).toEqual([true, 'YT3DvA==', 'ANY /items/{proxy+}']);
  });

  it.each<[string, unknown, number, string, string]>([
    ['an object without statusCode', { a: 1 }, 200, '{"a":1}', 'application/json'],
    ['text', '"hello"', 200, 'hello', 'application/json'],
    ['a structured answer', { statusCode: 404, body: 'no' }, 404, 'no', 'text/plain;charset=UTF-8'],
    ['a failure', failing, 500, '{"message":"Internal Server Error"}', 'application/json'],
    ['no JSON', 'oops', 500, '{"message":"Internal Server Error"}', 'application/json'],
  ])('understands %s', async (_what, answer, status, body, type) => {
    const { url } = await doors(template, () => answer);
    const got = await raw(url('Http'), '/items/7');
    expect([got.status, got.body.toString(), got.headers['content-type']]).toEqual([status, body, type]);
  });

  it('answers 404 to what no route takes, and sets cookies', async () => {
    const { url } = await doors(template, () => ({ statusCode: 200, cookies: ['a=1; Secure', 'b=2'], body: '' }));
    const missing = await raw(url('Http'), '/other');
    expect([missing.status, missing.body.toString()]).toEqual([404, '{"message":"Not Found"}']);
    expect((await raw(url('Http'), '/items/7')).headers['set-cookie']).toEqual(['a=1; Secure', 'b=2']);
  });

  it('puts its own CORS in place of the function\'s', async () => {
    const { url } = await doors(template, () => ({ statusCode: 200, headers: { 'Access-Control-Allow-Origin': '*' }, body: '' }));
    const from = (origin: string, method = 'GET'): ReturnType<typeof raw> => raw(url('Http'), '/items/7', { method, headers: { Origin: origin, 'Access-Control-Request-Method': 'GET' } });
    expect((await from('https://example.com')).headers['access-control-allow-origin']).toBe('https://example.com');
    expect((await from('https://evil.example')).headers).not.toHaveProperty('access-control-allow-origin');
    expect(await from('https://example.com', 'OPTIONS')).toMatchObject({ status: 204, headers: { 'access-control-allow-methods': 'GET,POST', 'access-control-allow-headers': 'x-a', 'access-control-max-age': '10' } });
  });
});

describe('other doors', () => {
  it('a function URL keeps the path encoded and answers 502 to failures', async () => {
    const { url } = await doors(template, (given) => (given['rawPath'] === '/fail' ? failing : given));
    const got = event(await raw(url('Fn'), '/a%20b/c?q=1'));
    expect(got).toMatchObject({ version: '2.0', routeKey: '$default', rawPath: '/a%20b/c', requestContext: { accountId: 'anonymous', http: { path: '/a%20b/c' } } });
    expect((await raw(url('Fn'), '/fail')).status).toBe(502);
  });

  it('the main port serves APIs as well, but lets no other web page run functions', async () => {
    const { served } = await doors(template, echo);
    expect(event(await raw(served.url, '/v1/items/7'))).toMatchObject({ resource: '/items/{id}', path: '/items/7' });
    const missing = await raw(served.url, '/nothing');
    expect(missing.status).toBe(404);
    const invoke = (headers: Record<string, string>): ReturnType<typeof raw> => raw(served.url, '/2015-03-31/functions/Fn/invocations', { method: 'POST', headers, body: Buffer.from('{}') });
    expect((await invoke({})).status).toBe(200);
    expect((await invoke({ Origin: 'https://evil.example' })).status).toBe(403);
    expect((await invoke({ Host: 'evil.example' })).status).toBe(403);
  });

  it('routes change while others keep their ports', async () => {
    const { served, url } = await doors(template, echo);
    const before = url('Http');
    await served.update({ functions: new Map(), apis: [] });
    await expect(raw(before, '/items/7')).rejects.toThrow('ECONNREFUSED');
    expect(served.apis()).toEqual([]);
  });
});
