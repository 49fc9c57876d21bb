import { spawn, type ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provideEngine, type Engine, type NoEngine } from '../../scripts/peers/engine.ts';
import { freePort } from '../../scripts/peers/free-port.ts';
import { provideSam } from '../../scripts/peers/sam.ts';
import { cacheFolder } from '../../scripts/script-host.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import { openProject } from '../../src/project/open.ts';
import { createPool, type RunnerPool } from '../../src/runtime/pool.ts';
import { serve, type Served } from '../../src/serve/serve.ts';
import { apisOfTemplate } from '../../src/serve/template-apis.ts';
import { installClient, pythonImage } from '../runtime/python-image.ts';
import { backends, python, testHost } from '../runtime/rig.ts';
import { layerOf, tarOf } from '../runtime/tar.ts';
import { host as scriptHost } from './built-project.ts';

const source = `import json, os, time
class Mine(Exception):
    pass
def handler(event, context):
    if isinstance(event, dict) and "requestContext" in event:
        return over_http(event)
    do = event.get("do") if isinstance(event, dict) else None
    if do == "raise":
        raise Mine("not today")
    if do == "exit":
        os._exit(7)
    if do == "sleep":
        time.sleep(30)
    if do == "unhandled":
        return {"set": {1, 2}}
    return {"event": event, "name": context.function_name, "memory": context.memory_limit_in_mb}
def over_http(event):
    do = (event.get("queryStringParameters") or {}).get("do")
    if do == "raise":
        raise Mine("no")
    return {
        "text": {"statusCode": 201, "headers": {"Content-Type": "text/plain", "X-Own": "1"}, "body": "said"},
        "binary": {"statusCode": 200, "headers": {"Content-Type": "image/png"}, "isBase64Encoded": True, "body": "AAEC/w=="},
        "many": {"statusCode": 200, "multiValueHeaders": {"X-Many": ["a", "b"]}, "body": "{}"},
        "cookies": {"statusCode": 200, "cookies": ["a=1", "b=2; Secure"], "body": "{}"},
        "nostatus": {"hello": 1}, "list": [1, 2], "badstatus": {"statusCode": "never", "body": ""}, "objectbody": {"statusCode": 200, "body": {"a": 1}},
        "string": "just text", "nobody": {"statusCode": 204}, "redirect": {"statusCode": 302, "headers": {"Location": "https://example.org/"}, "body": ""},
    }.get(do) or {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(event, sort_keys=True)}
`;
const template = `Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      PackageType: Image
      ImageUri: shear-doors:latest
      Timeout: 3
      MemorySize: 256
      Events:
        Rest: { Type: Api, Properties: { Path: '/rest/{proxy+}', Method: any } }
        Http: { Type: HttpApi, Properties: { Path: '/http/{id}', Method: any } }
`;

interface Doors {
  readonly lambda: string;
  readonly rest: string;
  readonly http: string;
}

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly more: Readonly<Record<string, string>>;
  readonly body: string;
}

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'shear-doors-')));
const client = process.platform === 'linux' ? installClient(folder) : undefined;
const config = { env: ['PATH=/var/lang/bin:/usr/bin:/bin', 'LD_LIBRARY_PATH=/var/lang/lib', 'LAMBDA_TASK_ROOT=/var/task'], entrypoint: [`/var/lang/bin/python${python.version}`, '-m', 'awslambdaric'], cmd: ['app.handler'], workingDir: '/var/task' };

describe('the doors of sam local, in Docker, and those of shear', () => {
  let engine: Engine | NoEngine = { kind: 'none', reason: 'awslambdaric is missing' };
  let missing: string | undefined;
  let pool: RunnerPool | undefined;
  let served: Served | undefined;
  let theirs: Doors | undefined;
  let ours: Doors | undefined;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    const sam = await provideSam(scriptHost, cacheFolder);
    if (client !== undefined) engine = await provideEngine(scriptHost, { cache: cacheFolder });
    missing = 'reason' in sam ? sam.reason : engine.kind === 'none' ? engine.reason : undefined;
    if (client === undefined || engine.kind === 'none' || 'reason' in sam) {
      console.warn(`SKIPPED: the comparison with sam local, because ${missing ?? 'awslambdaric is missing'}`);
      return;
    }
    const project = join(folder, 'project');
    mkdirSync(project);
    writeFileSync(join(project, 'template.yaml'), template);
    const app = [{ name: 'var/task/app.py', content: source }];
    const base = pythonImage(folder, client);
    const host = testHost();
    pool = createPool(host, { request: { artefact: { kind: 'image', layers: [...base, layerOf(folder, app)], config }, function: { name: 'Fn', memory: 256, timeout: 3, ephemeralStorage: 512, environment: {}, architecture: host.arch }, workFolder: join(folder, 'work'), backend: backends[0] } });
    const model = resolveModel(await openProject(host, { folder: project }), {});
    served = await serve(host, { port: 0, functions: new Map([['Fn', { pool }]]), apis: apisOfTemplate(model) });
    const address = (name: string): string => served?.apis().find((api) => api.name === name)?.url ?? '';
    ours = { lambda: served.url, rest: address('ServerlessRestApi'), http: address('ServerlessHttpApi') };
    await importImage(engine, app);
    const start = async (command: string): Promise<string> => {
      const port = await freePort();
      const child = spawn(sam.path, ['local', command, '--port', String(port), '--skip-pull-image', '--warm-containers', 'EAGER'], { cwd: project, env: { ...process.env, ...(engine.kind === 'engine' ? engine.env : {}), SAM_CLI_TELEMETRY: '0', AWS_DEFAULT_REGION: 'us-east-1' }, stdio: ['ignore', 'ignore', 'pipe'] });
      children.push(child);
      await new Promise<void>((resolve, reject) => {
        let said = '';
        child.stderr?.on('data', (chunk: Buffer) => {
          said += chunk.toString();
          if (/Running on http/u.test(said)) resolve();
        });
        child.once('close', () => reject(new Error(said)));
      });
      return `http://127.0.0.1:${port}`;
    };
    const lambda = await start('start-lambda');
    const api = await start('start-api');
    theirs = { lambda, rest: api, http: api };
  }, 600_000);
  afterAll(async () => {
    for (const child of children) child.kill('SIGINT');
    await Promise.all(children.map(async (child) => await Promise.race([new Promise((resolve) => child.once('close', resolve)), pause(20_000)])));
    await served?.close();
    await pool?.close();
    if (engine.kind === 'engine') await engine.stop();
    await rm(folder, { recursive: true, force: true });
  }, 120_000);

  async function importImage({ env }: Engine, app: Parameters<typeof tarOf>[0]): Promise<void> {
    const archive = join(folder, 'whole.tar');
    const stage = join(folder, 'stage');
    execFileSync('tar', ['-C', stage, '-xf', '-', 'var/task/app.py'], { input: tarOf(app) });
    addTools(stage);
    execFileSync('tar', ['-C', stage, '--owner=0', '--group=0', '-cf', archive, '.']);
    const changes = [...config.env.map((one) => `ENV ${one}`), `ENTRYPOINT ${JSON.stringify(config.entrypoint)}`, `CMD ${JSON.stringify(config.cmd)}`, `WORKDIR ${config.workingDir}`];
    const { code, stderr } = await scriptHost.run('docker', ['import', ...changes.flatMap((one) => ['--change', one]), archive, 'shear-doors:latest'], { env });
    if (code !== 0) throw new Error(stderr);
  }

  const asked = async (door: keyof Doors, path: string, init: RequestInit): Promise<readonly [Answer, Answer]> => [await ask(`${theirs?.[door] ?? ''}${path}`, init), await ask(`${ours?.[door] ?? ''}${path}`, init)];

  it('give the same answers to invocations', async (context) => {
    if (!theirs || !ours) return context.skip(missing);
    for (const body of ['{"a":1}', 'null', '"text"', '{"do":"raise"}', '{"do":"unhandled"}', '{"do":"exit"}', '{"after":1}', '']) {
      const [sam, own] = await asked('lambda', invocations, { method: 'POST', body });
      expect({ status: own.status, type: own.type, body: parsed(own.body) }, body).toEqual({ status: sam.status, type: sam.type, body: parsed(sam.body) });
      // sam tells of a function's error by a header only when its process has ended.
      if (sam.more['x-amz-function-error'] !== undefined) expect(own.more['x-amz-function-error'], body).toBe(sam.more['x-amz-function-error']);
    }
  }, 120_000);

  it.each<readonly [string, RequestInit, string, object, object]>([
    ['a timeout: sam answers with the bare sentence', { body: '{"do":"sleep"}' }, invocations, { status: 200, body: 'Task timed out after 3.00 seconds' }, { status: 200, more: { 'x-amz-function-error': 'Unhandled' }, body: '{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: ID Error: Task timed out after 3.00 seconds"}' }],
    ['what is no JSON: the error has another name', { body: '{' }, invocations, { status: 400, more: { 'x-amzn-errortype': 'InvalidRequestContent' } }, { status: 400, more: { 'x-amzn-errortype': 'InvalidRequestContentException' } }],
    ['an unknown function: the error has another name', { body: '{}' }, '/2015-03-31/functions/Nobody/invocations', { status: 404, more: { 'x-amzn-errortype': 'ResourceNotFound' } }, { status: 404, more: { 'x-amzn-errortype': 'ResourceNotFoundException' } }],
    ['the tail of the log: sam has none', { body: '{}', headers: { 'x-amz-log-type': 'Tail' } }, invocations, { status: 501 }, { status: 200, more: { 'x-amz-log-result': expect.any(String) as unknown } }],
    ['a dry run: sam has none', { body: '{}', headers: { 'x-amz-invocation-type': 'DryRun' } }, invocations, { status: 501 }, { status: 204, body: '' }],
    ['an event: both take it', { body: '{}', headers: { 'x-amz-invocation-type': 'Event' } }, invocations, { status: 202, body: '' }, { status: 202, body: '' }],
    ['another way of invoking: sam says that it is not there', { body: '{}', headers: { 'x-amz-invocation-type': 'Other' } }, invocations, { status: 501 }, { status: 400, more: { 'x-amzn-errortype': 'ValidationException' } }],
    ['another path', { body: '{}' }, '/nothing', { status: 404 }, { status: 404 }],
  ])('%s; shear answers as Lambda does', async (_, init, path, sam, own) => {
    if (!theirs || !ours) return expect(missing).toBeDefined();
    expect(await asked('lambda', path, { method: 'POST', ...init })).toMatchObject([sam, own]);
  }, 60_000);

  it.each(['rest', 'http'] as const)('give the same answers over HTTP: %s', async (door) => {
    if (!theirs || !ours) return expect(missing).toBeDefined();
    const others = door === 'rest' ? ['raise', 'nostatus', 'list', 'badstatus', 'string', 'many'] : ['nostatus', 'list', 'string'];
    for (const one of ['text', 'binary', 'cookies', 'nobody', 'redirect', ...others]) {
      const [sam, own] = await asked(door, `/${door}/one?do=${one}`, { redirect: 'manual' });
      const { 'x-amzn-errortype': _, ...more } = own.more;
      expect({ status: own.status, more, body: parsed(own.body) }, one).toEqual({ status: sam.status, more: sam.more, body: parsed(sam.body) });
      // With a statusCode and no type an HTTP API says text/plain (API Gateway developer guide, payload format 2.0); sam says application/json.
      const isUntyped = door === 'http' && ['cookies', 'nobody', 'redirect'].includes(one);
      expect(own.type, one).toBe(isUntyped ? 'text/plain;charset=UTF-8' : sam.type);
    }
  }, 120_000);

  it.each<readonly [string, 'rest' | 'http', string, object, object]>([
    ['an object for a body: sam writes it as Python does', 'rest', '/rest/one?do=objectbody', { status: 200, body: "{'a': 1}" }, { status: 502, more: { 'x-amzn-errortype': 'InternalServerErrorException' } }],
    ['an object for a body', 'http', '/http/one?do=objectbody', { status: 200, body: "{'a': 1}" }, { status: 500, body: '{"message":"Internal Server Error"}' }],
    ['an exception: sam answers with it', 'http', '/http/one?do=raise', { status: 200 }, { status: 500, body: '{"message":"Internal Server Error"}' }],
    ['a statusCode that is none', 'http', '/http/one?do=badstatus', { status: 502 }, { status: 500 }],
    ['a path without a route: sam takes it for a REST API', 'http', '/none', { status: 403 }, { status: 404, body: '{"message":"Not Found"}' }],
    ['a path without a route', 'rest', '/none', { status: 403 }, { status: 403, body: '{"message":"Missing Authentication Token"}' }],
    ['multiValueHeaders in format 2.0: neither has them', 'http', '/http/one?do=many', { status: 200, more: {} }, { status: 200, more: {} }],
  ])('%s (%s); shear answers as API Gateway does', async (_, door, path, sam, own) => {
    if (!theirs || !ours) return expect(missing).toBeDefined();
    expect(await asked(door, path, { redirect: 'manual' })).toMatchObject([sam, own]);
  }, 60_000);

  it.each(['rest', 'http'] as const)('give functions the same events over HTTP: %s', async (door) => {
    if (!theirs || !ours) return expect(missing).toBeDefined();
    for (const init of [{}, { method: 'POST', body: '{"x":"\u00fc"}', headers: { 'content-type': 'application/json', 'x-own': 'one', 'cookie': 'k=v; l=w' } }]) {
      const [sam, own] = await asked(door, `/${door}/one?a=1&a=2&b=%20c`, init);
      expect(comparable(own.body)).toEqual(comparable(sam.body));
    }
  }, 60_000);
});

const invocations = '/2015-03-31/functions/Fn/invocations';

/** JSON without regard to its spelling, and without the newline at its end. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/** What an event has of the request; the rest is each server's own. sam's routeKey has the request's method, where AWS names the route: `ANY /http/{id}`. */
function comparable(body: string): unknown {
  const { requestContext = {}, headers = {}, ...event } = JSON.parse(body) as Readonly<Record<string, unknown>> & { readonly requestContext?: { readonly http?: Readonly<Record<string, unknown>> }; readonly headers?: Readonly<Record<string, string>> };
  const kept = ['httpMethod', 'path', 'resource', 'pathParameters', 'queryStringParameters', 'multiValueQueryStringParameters', 'isBase64Encoded', 'stageVariables', 'version', 'rawPath', 'rawQueryString'];
  return {
    ...Object.fromEntries(kept.map((name) => [name, event[name] ?? null])),
    // sam has an empty body and no cookies where AWS leaves both out.
    body: event['body'] ?? '', cookies: event['cookies'] ?? [], http: [requestContext.http?.['method'], requestContext.http?.['path'], requestContext.http?.['protocol']],
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]).filter(([name]) => name === 'x-own' || name === 'content-type')),
  };
}

/** sam adds its emulator with a shell's help. */
function addTools(stage: string): void {
  const add = (from: string, to: string): void => {
    if (existsSync(join(stage, to))) return;
    mkdirSync(dirname(join(stage, to)), { recursive: true });
    copyFileSync(realpathSync(from), join(stage, to));
  };
  for (const path of ['/bin/sh', '/bin/mv', '/bin/chmod', '/bin/mkdir']) {
    add(path, path);
    for (const [, library = ''] of execFileSync('ldd', [realpathSync(path)], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/gu)) add(library, library);
  }
}

async function ask(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const more = Object.fromEntries([...response.headers].filter(([name]) => /^(?:x-|location|set-cookie)/u.test(name) && !/^x-amzn-requestid$/u.test(name)));
  return { status: response.status, type: response.headers.get('content-type'), more, body: (await response.text()).replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu, 'ID') };
}
