import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MadeWheel } from './wheel.ts';

/** What goes wrong, by file name. */
export type IndexFault =
  | { readonly kind: 'status'; readonly status: number; /** How often; always when absent. */ readonly times?: number }
  /** The connection ends after that many bytes, once. */
  | { readonly kind: 'cut'; readonly after: number; readonly hasRanges: boolean }
  /** Other bytes of the same length. */
  | { readonly kind: 'other-bytes' }
  /** Complete for the protocol, and too short. */
  | { readonly kind: 'short' };

/** A package index on 127.0.0.1 that speaks the simple API (PEP 503, PEP 691). */
export interface PackageIndex extends AsyncDisposable {
  /** Of the simple API. */
  readonly url: string;
  /** Paths asked for, in order, with the Range header after a space. */
  readonly requests: readonly string[];
  /** Authorization headers that came, in order; empty texts for none. */
  readonly authorizations: readonly string[];
  readonly faults: Map<string, IndexFault>;
}

/** Starts an index. `user` is `name:password` that every request must carry. */
export async function startPackageIndex(wheels: readonly MadeWheel[], options: { readonly user?: string; readonly isHtml?: boolean } = {}): Promise<PackageIndex> {
  const requests: string[] = [];
  const authorizations: string[] = [];
  const faults = new Map<string, IndexFault>();
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '');
    requests.push(request.headers.range === undefined ? path : `${path} ${request.headers.range}`);
    authorizations.push(request.headers.authorization ?? '');
    if (options.user !== undefined && request.headers.authorization !== `Basic ${Buffer.from(options.user).toString('base64')}`) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="index"' }).end();
      return;
    }
    const wheel = wheels.find(({ fileName }) => path === `/files/${fileName}`);
    if (wheel) {
      const count = (counts.get(path) ?? 0) + 1;
      counts.set(path, count);
      sendFile(request, response, { wheel, fault: faults.get(wheel.fileName), count });
      return;
    }
    const name = /^\/simple\/([^/]+)\/$/u.exec(path)?.[1];
    sendPage(response, wheels.filter((each) => each.name.toLowerCase().replace(/[-_.]+/gu, '-') === name), options.isHtml === true);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/simple/`,
    requests,
    authorizations,
    faults,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function sendPage(response: ServerResponse, files: readonly MadeWheel[], isHtml: boolean): void {
  if (files.length === 0) {
    response.writeHead(404).end();
    return;
  }
  if (isHtml) {
    const links = files.map(({ fileName }) => `<a href="/files/${fileName}">${fileName}</a>`);
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<!DOCTYPE html><html><body>${links.join('<br>')}</body></html>`);
    return;
  }
  const listed = files.map(({ fileName, bytes, sha256 }) => ({ filename: fileName, url: `/files/${fileName}`, hashes: { sha256 }, size: bytes.length }));
  response.writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' });
  response.end(JSON.stringify({ meta: { 'api-version': '1.1' }, name: files[0]?.name, versions: [], files: listed }));
}

function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { wheel, fault, count }: { readonly wheel: MadeWheel; readonly fault: IndexFault | undefined; readonly count: number },
): void {
  const { bytes } = wheel;
  if (fault?.kind === 'status' && count <= (fault.times ?? Infinity)) {
    response.writeHead(fault.status).end();
    return;
  }
  if (fault?.kind === 'other-bytes') {
    response.writeHead(200, { 'content-length': bytes.length }).end(Buffer.alloc(bytes.length, 'x'));
    return;
  }
  if (fault?.kind === 'short') {
    response.writeHead(200, { 'content-length': bytes.length - 10 }).end(bytes.subarray(0, -10));
    return;
  }
  if (fault?.kind === 'cut' && count === 1) {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, fault.after), () => response.destroy());
    return;
  }
  const from = fault?.kind === 'cut' && !fault.hasRanges ? undefined : /^bytes=(\d+)-(\d*)$/u.exec(request.headers.range ?? '');
  if (from) {
    const start = Number(from[1]);
    const end = from[2] === '' ? bytes.length - 1 : Math.min(Number(from[2]), bytes.length - 1);
    response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${bytes.length}`, 'content-length': end - start + 1 }).end(bytes.subarray(start, end + 1));
    return;
  }
  response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
}
