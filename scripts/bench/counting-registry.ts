import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A registry on 127.0.0.1 that counts what is sent to it. Blobs lie in a folder: a naive image is larger than memory should hold. */
export interface CountingRegistry {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  /** Bytes of all request bodies so far. */
  readonly received: () => number;
  readonly stop: () => Promise<void>;
}

/** Starts one. Blobs are shared by all repositories, but each must have been sent to or mounted into its own (OCI distribution-spec, "Push"). */
export async function startCountingRegistry(folder: string): Promise<CountingRegistry> {
  mkdirSync(folder, { recursive: true });
  let bytes = 0;
  const known = new Set<string>();
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    serve({ folder, known, request, response }).catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, received: () => bytes, stop: () => stop(server) };
}

interface Exchange {
  readonly folder: string;
  /** `repository@digest` of blobs. */
  readonly known: Set<string>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function serve(exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const url = new URL(request.url ?? '/', 'http://localhost');
  const upload = /^\/v2\/(.+)\/blobs\/uploads\/(.*)$/u.exec(url.pathname);
  if (upload) return await receive(exchange, url, upload[1] ?? '', upload[2] ?? '');
  const blob = /^\/v2\/(.+)\/blobs\/(sha256:[0-9a-f]{64})$/u.exec(url.pathname);
  if (blob) return sendBlob(exchange, blob[1] ?? '', blob[2] ?? '');
  const manifest = /^\/v2\/(.+)\/manifests\/(.+)$/u.exec(url.pathname);
  if (manifest) return await manifestAt(exchange, manifest[1] ?? '', manifest[2] ?? '');
  response.writeHead(url.pathname === '/v2/' ? 200 : 404).end();
}

async function receive({ folder, known, request, response }: Exchange, url: URL, repository: string, id: string): Promise<void> {
  if (request.method === 'POST') {
    // Mounting from another repository is not offered: what one contestant pushed must not help the next.
    return void response.writeHead(202, { location: `/v2/${repository}/blobs/uploads/${randomUUID()}`, range: '0-0' }).end();
  }
  const part = join(folder, id);
  await pipeline(request, createWriteStream(part, { flags: 'a' }));
  if (request.method === 'PATCH') {
    return void response.writeHead(202, { location: url.pathname, range: `0-${Math.max(0, statSync(part).size - 1)}` }).end();
  }
  const digest = url.searchParams.get('digest') ?? '';
  renameSync(part, join(folder, digest.replace(':', '-')));
  known.add(`${repository}@${digest}`);
  response.writeHead(201, { 'location': `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest }).end();
}

function sendBlob({ folder, known, request, response }: Exchange, repository: string, digest: string): void {
  const path = join(folder, digest.replace(':', '-'));
  if (!known.has(`${repository}@${digest}`) || !existsSync(path)) return void response.writeHead(404).end();
  response.writeHead(200, { 'content-length': statSync(path).size, 'docker-content-digest': digest });
  if (request.method === 'HEAD') response.end();
  else createReadStream(path).pipe(response);
}

async function manifestAt({ folder, request, response }: Exchange, repository: string, reference: string): Promise<void> {
  const path = (name: string): string => join(folder, `${repository}@${name}`.replaceAll(/[/:]/gu, '-'));
  if (request.method === 'PUT') {
    const parts: Buffer[] = [];
    for await (const chunk of request) parts.push(chunk as Buffer);
    const bytes = Buffer.concat(parts);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    for (const name of [reference, digest]) writeFileSync(path(name), bytes);
    return void response.writeHead(201, { 'location': request.url ?? '', 'docker-content-digest': digest }).end();
  }
  if (!existsSync(path(reference))) return void response.writeHead(404).end();
  const bytes = readFileSync(path(reference));
  const { mediaType }: { mediaType: string } = JSON.parse(bytes.toString());
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  response.writeHead(200, { 'content-type': mediaType, 'content-length': bytes.length, 'docker-content-digest': digest });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
