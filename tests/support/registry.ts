import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with a request; the first fault whose `path` matches is used up `times` times. */
export interface RegistryFault {
  readonly method?: string;
  readonly path: RegExp;
  /** How often; always when absent. */
  times?: number;
  readonly kind:
    | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
    /** The connection is destroyed after this many bytes of the body; for what is sent to it, before it answers. */
    | { readonly cutAfter: number }
    | { readonly bytes: Buffer }
    | { readonly redirect: string }
    /** Ends cleanly after this many bytes, and lies about the length. */
    | { readonly truncateTo: number };
}

/** A request as the registry saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: number;
}

/** How the registry wants to be asked. */
export type RegistryAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly user?: string; readonly password?: string };

/** An OCI registry in memory, over real HTTP, that misbehaves on demand. */
export interface TestRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly host: string;
  /** By `repository/digest`. */
  readonly blobs: Map<string, Buffer>;
  /** By `repository:tag` and `repository@digest`. */
  readonly manifests: Map<string, { readonly mediaType: string; readonly bytes: Buffer }>;
  readonly faults: RegistryFault[];
  readonly requests: SeenRequest[];
  auth: RegistryAuth;
  /** Called for each request before it is answered. */
  onRequest: ((path: string) => void) | undefined;
  /** The largest body it takes in one PUT, bytes. */
  largestPut: number;
  /** ECR: nobody but the owner makes repositories. Null when any may be pushed to. */
  repositories: Set<string> | null;
}

/** Starts one on a port of its own; `await using` stops it. */
export async function startRegistry(): Promise<TestRegistry> {
  const uploads = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (chunk: Buffer) => parts.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      registry.requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, bytes: body.length });
      registry.onRequest?.(request.url ?? '');
      answer(registry, uploads, { request, response, body });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const registry: TestRegistry = {
    url: `http://${host}`,
    host,
    blobs: new Map(),
    manifests: new Map(),
    faults: [],
    requests: [],
    auth: { kind: 'none' },
    onRequest: undefined,
    largestPut: Infinity,
    repositories: null,
    [Symbol.asyncDispose]: () => stop(server),
  };
  return registry;
}

/** sha256 as the protocol writes it. */
export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function answer(registry: TestRegistry, uploads: Map<string, Buffer>, exchange: Exchange): void {
  const { request, response } = exchange;
  const url = new URL(request.url ?? '/', registry.url);
  if (url.pathname === '/token') return token(registry, exchange);
  if (!isAuthorized(registry, request)) return challenge(registry, url, response);
  const found = registry.faults.find((fault) => fault.path.test(url.pathname) && (fault.method ?? request.method) === request.method && fault.times !== 0);
  if (found) {
    if (found.times !== undefined) found.times--;
    if ('status' in found.kind) return send(exchange, found.kind.status, found.kind.headers ?? {}, Buffer.from(found.kind.body ?? ''));
    if ('redirect' in found.kind) return send(exchange, 307, { location: found.kind.redirect + url.pathname }, Buffer.alloc(0));
    if ('cutAfter' in found.kind && request.method !== 'GET') return void response.destroy();
    if ('bytes' in found.kind) return send(exchange, 200, {}, found.kind.bytes);
  }
  const blob = /^\/v2\/(.+)\/blobs\/(sha256:[0-9a-f]{64})$/u.exec(url.pathname);
  if (blob) return serveBlob(registry, exchange, `${blob[1]}/${blob[2]}`, found?.kind);
  const upload = /^\/v2\/(.+)\/blobs\/uploads\/(.*)$/u.exec(url.pathname);
  if (upload) return receive(registry, uploads, exchange, { url, name: upload[1] ?? '', id: upload[2] ?? '' });
  const manifest = /^\/v2\/(.+)\/manifests\/(.+)$/u.exec(url.pathname);
  if (manifest) return manifestOf(registry, exchange, manifest[1] ?? '', manifest[2] ?? '');
  const tags = /^\/v2\/(.+)\/tags\/list$/u.exec(url.pathname);
  if (tags) return listTags(registry, exchange, tags[1] ?? '');
  send(exchange, url.pathname === '/v2/' ? 200 : 404, {}, Buffer.alloc(0));
}

function serveBlob(registry: TestRegistry, exchange: Exchange, key: string, fault: RegistryFault['kind'] | undefined): void {
  const bytes = registry.blobs.get(key);
  if (!bytes) return unknown(exchange, 'BLOB_UNKNOWN');
  const from = Number(/^bytes=(\d+)-/u.exec(exchange.request.headers.range ?? '')?.[1] ?? 0);
  const part = bytes.subarray(from);
  const headers = { 'content-type': 'application/octet-stream', ...(from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}) };
  if (fault && 'cutAfter' in fault) {
    exchange.response.writeHead(from > 0 ? 206 : 200, { ...headers, 'content-length': part.length });
    exchange.response.write(part.subarray(0, fault.cutAfter), () => exchange.response.destroy());
    return;
  }
  const sent = fault && 'truncateTo' in fault ? part.subarray(0, fault.truncateTo) : part;
  send(exchange, from > 0 ? 206 : 200, headers, sent);
}

function receive(
  registry: TestRegistry,
  uploads: Map<string, Buffer>,
  exchange: Exchange,
  { url, name, id }: { readonly url: URL; readonly name: string; readonly id: string },
): void {
  const { request, body } = exchange;
  if (registry.repositories && !registry.repositories.has(name)) return unknown(exchange, 'NAME_UNKNOWN');
  if (request.method === 'POST') {
    const mount = url.searchParams.get('mount');
    const bytes = registry.blobs.get(`${url.searchParams.get('from')}/${mount}`);
    if (bytes) {
      registry.blobs.set(`${name}/${mount}`, bytes);
      return send(exchange, 201, {}, Buffer.alloc(0));
    }
    const session = String(uploads.size + 1);
    uploads.set(session, Buffer.alloc(0));
    return send(exchange, 202, { location: `/v2/${name}/blobs/uploads/${session}?_state=secret` }, Buffer.alloc(0));
  }
  const held = uploads.get(id);
  if (!held) return unknown(exchange, 'BLOB_UPLOAD_UNKNOWN');
  if (body.length > registry.largestPut) return send(exchange, 413, {}, Buffer.alloc(0));
  const all = Buffer.concat([held, body]);
  if (request.method === 'PATCH') {
    if (request.headers['content-range'] !== `${held.length}-${all.length - 1}`) return send(exchange, 416, {}, Buffer.alloc(0));
    uploads.set(id, all);
    return send(exchange, 202, { location: `/v2/${name}/blobs/uploads/${id}?_state=secret` }, Buffer.alloc(0));
  }
  const digest = url.searchParams.get('digest') ?? '';
  if (sha256(all) !== digest) return send(exchange, 400, {}, Buffer.from('{"errors":[{"code":"DIGEST_INVALID"}]}'));
  registry.blobs.set(`${name}/${digest}`, all);
  send(exchange, 201, {}, Buffer.alloc(0));
}

function manifestOf(registry: TestRegistry, exchange: Exchange, name: string, reference: string): void {
  const { request, body } = exchange;
  const key = reference.startsWith('sha256:') ? `${name}@${reference}` : `${name}:${reference}`;
  if (request.method === 'PUT') {
    const missing = referencedBy(body).filter((digest) => !registry.blobs.has(`${name}/${digest}`));
    if (missing.length > 0) return send(exchange, 400, {}, Buffer.from(`{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"${missing[0]}"}]}`));
    const stored = { mediaType: request.headers['content-type'] ?? '', bytes: body };
    registry.manifests.set(key, stored).set(`${name}@${sha256(body)}`, stored);
    return send(exchange, 201, {}, Buffer.alloc(0));
  }
  const found = registry.manifests.get(key);
  if (!found) return unknown(exchange, 'MANIFEST_UNKNOWN');
  send(exchange, 200, { 'content-type': found.mediaType, 'docker-content-digest': sha256(found.bytes) }, found.bytes);
}

function referencedBy(manifest: Buffer): readonly string[] {
  const json = JSON.parse(manifest.toString()) as { readonly config?: { readonly digest: string }; readonly layers?: readonly { readonly digest: string }[] };
  return [...(json.config ? [json.config] : []), ...(json.layers ?? [])].map((one) => one.digest);
}

function listTags(registry: TestRegistry, exchange: Exchange, name: string): void {
  const tags = [...registry.manifests.keys()].filter((key) => key.startsWith(`${name}:`)).map((key) => key.slice(name.length + 1));
  if (tags.length === 0) return unknown(exchange, 'NAME_UNKNOWN');
  send(exchange, 200, {}, Buffer.from(JSON.stringify({ name, tags })));
}

function unknown(exchange: Exchange, code: string): void {
  send(exchange, 404, { 'content-type': 'application/json' }, Buffer.from(JSON.stringify({ errors: [{ code, message: 'not known' }] })));
}

function send({ request, response }: Exchange, status: number, headers: Readonly<Record<string, string>>, body: Buffer): void {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function isAuthorized(registry: TestRegistry, request: IncomingMessage): boolean {
  const { auth } = registry;
  const { authorization } = request.headers;
  if (auth.kind === 'none') return true;
  if (auth.kind === 'basic') return authorization === basic(auth.user, auth.password);
  const isWrite = request.method !== 'GET' && request.method !== 'HEAD';
  return authorization === 'Bearer read-write' || (!isWrite && authorization === 'Bearer read');
}

function challenge(registry: TestRegistry, url: URL, response: ServerResponse): void {
  const name = /^\/v2\/(.+?)\/(?:blobs|manifests|tags)\//u.exec(url.pathname)?.[1] ?? '';
  const header = registry.auth.kind === 'basic' ? 'Basic realm="ecr"' : `Bearer realm="${registry.url}/token",service="test",scope="repository:${name}:pull"`;
  response.writeHead(401, { 'www-authenticate': header, 'content-length': 0 }).end();
}

function token(registry: TestRegistry, exchange: Exchange): void {
  const { auth } = registry;
  const { authorization } = exchange.request.headers;
  const wanted = auth.kind === 'token' && auth.user !== undefined ? basic(auth.user, auth.password ?? '') : undefined;
  if (wanted !== undefined && authorization !== wanted) return send(exchange, 401, {}, Buffer.alloc(0));
  const scope = new URL(exchange.request.url ?? '/', registry.url).searchParams.get('scope') ?? '';
  send(exchange, 200, {}, Buffer.from(JSON.stringify({ token: scope.endsWith('pull,push') ? 'read-write' : 'read' })));
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
