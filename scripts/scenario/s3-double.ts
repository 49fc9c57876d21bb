import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Just enough of S3 for a function that reads an object and writes another: GET, HEAD and PUT of objects, by path. */
export interface S3Double {
  /** For AWS_ENDPOINT_URL_S3. */
  readonly url: string;
  /** By `bucket/key`. */
  readonly objects: Map<string, Buffer>;
  readonly stop: () => Promise<void>;
}

/** Starts one on 127.0.0.1 (or another address of this machine) at a port of its own. */
export async function startS3Double(host = '127.0.0.1'): Promise<S3Double> {
  const objects = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (chunk: Buffer) => parts.push(chunk));
    request.on('end', () => answer(objects, request, Buffer.concat(parts), response));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://${host}:${port}`, objects, stop: () => stop(server) };
}

function answer(objects: Map<string, Buffer>, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const name = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname.slice(1));
  if (request.method === 'PUT') {
    objects.set(name, request.headers['x-amz-decoded-content-length'] === undefined ? body : unchunked(body));
    return void response.writeHead(200, { etag: etagOf(body) }).end();
  }
  const object = objects.get(name);
  if (!object) {
    const text = '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>';
    return void response.writeHead(404, { 'content-type': 'application/xml' }).end(request.method === 'HEAD' ? undefined : text);
  }
  const headers = { 'content-length': object.length, 'etag': etagOf(object), 'last-modified': new Date(0).toUTCString(), 'accept-ranges': 'bytes' };
  response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : object);
}

/** Takes the framing of `aws-chunked` bodies away (S3 API reference, "Signature calculations … multiple chunks"): `HEX[;…]\r\nBYTES\r\n`. */
function unchunked(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, end).split(';')[0] ?? '', 16);
    if (end < 0 || !(size > 0)) break;
    parts.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts);
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
