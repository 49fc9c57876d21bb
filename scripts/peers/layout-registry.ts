import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { openLayout, refName } from '../../src/oci/layout.ts';

/** A read-only registry in front of an OCI image layout. */
export interface LayoutRegistry {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/**
 * Serves a layout's images, which are named `REGISTRY/REPOSITORY:TAG` in it, as REPOSITORY by tag and by digest
 * (OCI distribution-spec, "Pull").
 * @param at a loopback address and port; port 0 for any.
 */
export async function serveLayout(folder: string, at: { readonly host: string; readonly port: number }): Promise<LayoutRegistry> {
  const server = createServer((request, response) => answer(folder, new URL(request.url ?? '/', 'http://localhost').pathname, request.method === 'HEAD', response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { address: `${at.host}:${port}`, stop: () => stop(server) };
}

function answer(folder: string, path: string, isHead: boolean, response: ServerResponse): void {
  if (path === '/v2/') return void response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  const blob = /^\/v2\/.+\/blobs\/sha256:([0-9a-f]{64})$/u.exec(path);
  if (blob?.[1] !== undefined) return sendFile(join(folder, 'blobs', 'sha256', blob[1]), 'application/octet-stream', isHead, response);
  const manifest = /^\/v2\/(.+)\/manifests\/(.+)$/u.exec(path);
  const [, name = '', reference = ''] = manifest ?? [];
  const found = openLayout(folder).manifests.find((one) => one.digest === reference || (one.annotations?.[refName] ?? '').endsWith(`/${name}:${reference}`));
  if (!found) return void response.writeHead(404, { 'content-type': 'application/json' }).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
  response.setHeader('docker-content-digest', found.digest);
  sendFile(join(folder, 'blobs', 'sha256', found.digest.slice(7)), found.mediaType || mediaTypeOf(folder, found.digest), isHead, response);
}

function mediaTypeOf(folder: string, digest: string): string {
  const manifest: { mediaType?: string } = JSON.parse(readFileSync(join(folder, 'blobs', 'sha256', digest.slice(7)), 'utf8'));
  return manifest.mediaType ?? 'application/vnd.oci.image.manifest.v1+json';
}

function sendFile(path: string, type: string, isHead: boolean, response: ServerResponse): void {
  if (!existsSync(path)) return void response.writeHead(404).end();
  response.writeHead(200, { 'content-type': type, 'content-length': statSync(path).size });
  if (isHead) response.end();
  else createReadStream(path).pipe(response);
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
