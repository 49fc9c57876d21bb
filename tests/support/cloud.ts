import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call that reached the stand-in. */
export interface CloudCall {
  /** `UpdateFunctionCode Fn`, `GetTemplate`, … */
  readonly name: string;
  /** Of its body. */
  readonly bytes: number;
  readonly accessKey: string;
  readonly body: string;
}

/** A fault that the next call of a name meets. */
export type CloudFault = { readonly kind: 'error'; readonly status: number; readonly code: string; readonly message?: string } | { readonly kind: 'cut' };

/** A stand-in for the few AWS APIs of the cloud session, which records what is asked and fails as it is told. */
export interface CloudStandIn extends AsyncDisposable {
  readonly url: string;
  readonly calls: readonly CloudCall[];
  /** Faults by the name of a call, taken one after the other. */
  readonly faults: Map<string, CloudFault[]>;
  /** Access keys that have ended. */
  readonly expired: Set<string>;
  /** The stack: undefined while there is none. */
  stack: { template: string; tags?: Readonly<Record<string, string>>; parameters?: Readonly<Record<string, string>>; isProtected?: boolean; resources: readonly (readonly [logicalId: string, physicalId: string, type: string])[] } | undefined;
  /** CodeSha256 or image by function. */
  readonly code: Map<string, { sha: string; image?: string; layers?: readonly string[] }>;
  readonly logs: { group: string; time: number; text: string }[];
  /** UpdateFunctionCode leaves the function `InProgress` for so many looks. */
  slowness: number;
  /** By bucket and key: `artefacts/shear/Fn.zip`. */
  readonly objects: Map<string, Buffer>;
}

/** Starts one on 127.0.0.1. */
export async function startCloud(): Promise<CloudStandIn> {
  const calls: CloudCall[] = [];
  const state: Omit<CloudStandIn, typeof Symbol.asyncDispose | 'url'> = { calls, faults: new Map(), expired: new Set(), stack: undefined, code: new Map(), logs: [], slowness: 0, objects: new Map() };
  const cloud = state as CloudStandIn & { url: string };
  const busy = new Map<string, number>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const name = nameOf(request, body.toString('latin1'));
      const accessKey = /Credential=([^/]+)\//u.exec(request.headers.authorization ?? '')?.[1] ?? '';
      calls.push({ name, bytes: body.length, accessKey, body: body.length < 100_000 ? body.toString('utf8') : '' });
      const object = /^PUT \/(.+)$/u.exec(name)?.[1];
      if (object !== undefined && !cloud.faults.has(name)) cloud.objects.set(object, body);
      answer({ cloud, busy, name, accessKey, body: body.toString('utf8') }, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(cloud, {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  });
}

function nameOf(request: IncomingMessage, body: string): string {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.')[1] ?? '';
  const action = /(?:^|&)Action=(\w+)/u.exec(body)?.[1];
  if (action !== undefined) return action;
  const [, fn = '', rest = ''] = /^\/2015-03-31\/functions\/([^/]+)(?:\/(.+))?$/u.exec(request.url ?? '') ?? [];
  if (fn !== '') return `${{ '': 'GetFunction', 'code': 'UpdateFunctionCode', 'configuration': request.method === 'GET' ? 'GetFunctionConfiguration' : 'UpdateFunctionConfiguration', 'versions': 'PublishVersion' }[rest] ?? 'UpdateAlias'} ${fn}`;
  const layer = /^\/2018-10-31\/layers\/([^/]+)\/versions$/u.exec(request.url ?? '')?.[1];
  return layer === undefined ? `${request.method} ${request.url}` : `PublishLayerVersion ${layer}`;
}

interface Asked {
  readonly cloud: CloudStandIn;
  readonly busy: Map<string, number>;
  readonly name: string;
  readonly accessKey: string;
  readonly body: string;
}

function answer(asked: Asked, response: ServerResponse): void {
  const { cloud, name, accessKey } = asked;
  const fault = cloud.faults.get(name)?.shift() ?? cloud.faults.get('*')?.shift();
  const isQuery = /^(?:Describe|List)Stack|^GetTemplate/u.test(name);
  if (fault?.kind === 'cut') return void response.socket?.destroy();
  const refused = fault ?? (cloud.expired.has(accessKey) ? { status: 403, code: 'ExpiredTokenException', message: 'The security token included in the request is expired' } : undefined);
  if (refused) {
    const { status, code, message = code } = refused;
    if (isQuery) response.writeHead(status, { 'content-type': 'text/xml' }).end(`<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`);
    else response.writeHead(status, { 'x-amzn-errortype': code }).end(JSON.stringify({ message }));
    return;
  }
  if (isQuery) xml(asked, response);
  else json(asked, response);
}

function xml({ cloud, name }: Asked, response: ServerResponse): void {
  const { stack } = cloud;
  if (!stack) return void response.writeHead(400).end('<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id x does not exist</Message></Error></ErrorResponse>');
  const pairs = (list: Readonly<Record<string, string>> = {}, key: string, value: string): string => Object.entries(list).map(([k, v]) => `<member><${key}>${k}</${key}><${value}>${v}</${value}></member>`).join('');
  const escaped = stack.template.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const results: Readonly<Record<string, string>> = {
    DescribeStacks: `<Stacks><member><StackId>arn:stack/1</StackId><StackStatus>UPDATE_COMPLETE</StackStatus><EnableTerminationProtection>${stack.isProtected === true}</EnableTerminationProtection><Tags>${pairs(stack.tags, 'Key', 'Value')}</Tags><Parameters>${pairs(stack.parameters, 'ParameterKey', 'ParameterValue')}</Parameters></member></Stacks>`,
    GetTemplate: `<TemplateBody>${escaped}</TemplateBody>`,
    ListStackResources: `<StackResourceSummaries>${stack.resources.map(([logical, physical, type]) => `<member><LogicalResourceId>${logical}</LogicalResourceId><PhysicalResourceId>${physical}</PhysicalResourceId><ResourceType>${type}</ResourceType></member>`).join('')}</StackResourceSummaries>`,
  };
  response.writeHead(200, { 'content-type': 'text/xml' }).end(`<?xml version="1.0"?>\n<${name}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><${name}Result>${results[name] ?? ''}</${name}Result></${name}Response>`);
}

function json({ cloud, busy, name, body }: Asked, response: ServerResponse): void {
  const [operation = '', fn = ''] = name.split(' ');
  const own = cloud.code.get(fn) ?? { sha: '' };
  const send = (value: object): void => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  if (operation === 'GetAuthorizationToken') return send({ authorizationData: [{ authorizationToken: Buffer.from('AWS:secret').toString('base64') }] });
  if (operation === 'FilterLogEvents') {
    const { logGroupName, startTime } = JSON.parse(body) as { logGroupName: string; startTime: number };
    return send({ events: cloud.logs.filter(({ group, time }) => group === logGroupName && time >= startTime).map(({ time, text }) => ({ timestamp: time, message: text, eventId: `${time}${text}`, logStreamName: 's' })) });
  }
  if (operation === 'GetFunction') return send({ Configuration: { CodeSha256: own.sha, Layers: (own.layers ?? []).map((Arn) => ({ Arn })) }, Code: own.image === undefined ? {} : { ResolvedImageUri: own.image } });
  if (operation === 'GetFunctionConfiguration') {
    const left = busy.get(fn) ?? 0;
    busy.set(fn, left - 1);
    return send({ LastUpdateStatus: left > 0 ? 'InProgress' : 'Successful', State: 'Active' });
  }
  if (operation === 'PublishLayerVersion') return send({ LayerVersionArn: `arn:aws:lambda:eu-west-1:1:layer:${fn}:8` });
  if (operation === 'UpdateFunctionConfiguration') {
    cloud.code.set(fn, { ...own, layers: (JSON.parse(body) as { Layers: readonly string[] }).Layers });
    return send({});
  }
  if (operation === 'UpdateFunctionCode') {
    const { ZipFile, ImageUri, S3Bucket, S3Key } = JSON.parse(body) as { ZipFile?: string; ImageUri?: string; S3Bucket?: string; S3Key?: string };
    const zip = ZipFile === undefined ? cloud.objects.get(`${S3Bucket}/${S3Key}`) : Buffer.from(ZipFile, 'base64');
    const sha = zip === undefined ? '' : createHash('sha256').update(zip).digest('base64');
    cloud.code.set(fn, ImageUri === undefined ? { ...own, sha } : { ...own, sha, image: ImageUri });
    busy.set(fn, cloud.slowness);
    return send({ CodeSha256: sha, LastUpdateStatus: 'InProgress' });
  }
  return send(operation === 'PublishVersion' ? { Version: '7' } : {});
}
