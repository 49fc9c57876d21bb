import { createReadStream } from 'node:fs';
import { Failure } from '../base/fault.ts';
import type { Digest } from '../base/digest.ts';
import type { HttpBody, HttpResponse } from './http.ts';
import type { Repository } from './mirrors.ts';
import { responseFailure, type Asked } from './registry-fault.ts';
import { backoff, type Transport, type Wait } from './transport.ts';

/** A blob to upload. */
export interface Upload {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Absolute path of its file. */
  readonly path: string;
  /** Another repository of the same registry that may have it. */
  readonly mountFrom?: string | undefined;
  /** Called before the file is read, when mounting did not do. */
  readonly prepare?: () => Promise<void>;
}

const mostAttempts = 4;
const chunkSize = 8 * 1024 * 1024;

/**
 * Uploads a blob (distribution-spec, "pushing blobs"): mounted from another repository when that has
 * it, else by POST and one PUT, else in chunks where the registry refuses so large a request.
 * @returns how it got there.
 */
export async function uploadBlob(
  repository: Repository,
  upload: Upload,
  tools: { readonly transport: Transport; readonly wait: Wait },
): Promise<'mounted' | 'uploaded'> {
  const { transport, wait } = tools;
  const asked: Asked = { repository, what: `the blob ${upload.digest} for ${repository.name}`, action: 'push' };
  for (let n = 1; ; n++) {
    const session = await begin(asked, upload, transport);
    if (session === 'mounted') return session;
    await upload.prepare?.();
    try {
      const done = await put(asked, session, upload, transport);
      if (done.status === 201 || done.status === 204 || done.status === 202) {
        done.body.resume();
        return 'uploaded';
      }
      if (done.status !== 413 && done.status !== 405) throw await responseFailure(done, asked, []);
      done.body.resume();
      await putChunks(asked, await restart(asked, transport), upload, transport);
      return 'uploaded';
    } catch (error) {
      // A session may be lost with its connection: the next attempt asks for a new one.
      const isPassing = error instanceof Failure && (error.fault.code === 'network/unreachable' || error.fault.code === 'registry/unavailable');
      if (!isPassing || n >= mostAttempts) throw error;
      await wait(backoff(n));
    }
  }
}

async function begin(asked: Asked, upload: Upload, transport: Transport): Promise<URL | 'mounted'> {
  const query = upload.mountFrom === undefined ? '' : `?${new URLSearchParams({ mount: upload.digest, from: upload.mountFrom }).toString()}`;
  const response = await transport.request(asked, `/v2/${asked.repository.name}/blobs/uploads/${query}`, { method: 'POST', accept: [201, 202] });
  response.body.resume();
  return response.status === 201 ? 'mounted' : await locationOf(response, asked);
}

async function restart(asked: Asked, transport: Transport): Promise<URL> {
  const response = await transport.request(asked, `/v2/${asked.repository.name}/blobs/uploads/`, { method: 'POST', accept: [202] });
  response.body.resume();
  return await locationOf(response, asked);
}

async function put(asked: Asked, session: URL, upload: Upload, transport: Transport): Promise<HttpResponse> {
  const body: HttpBody = { size: upload.size, open: () => createReadStream(upload.path, { highWaterMark: 256 * 1024 }) };
  return await transport.request(asked, finish(session, upload), {
    method: 'PUT',
    body,
    headers: { 'content-type': 'application/octet-stream' },
    accept: [201, 202, 204, 405, 413],
    attempts: 1,
  });
}

async function putChunks(asked: Asked, session: URL, upload: Upload, transport: Transport): Promise<void> {
  let location = session;
  for (let start = 0; start < upload.size; start += chunkSize) {
    const end = Math.min(start + chunkSize, upload.size);
    const response = await transport.request(asked, location, {
      method: 'PATCH',
      body: { size: end - start, open: () => createReadStream(upload.path, { start, end: end - 1 }) },
      headers: { 'content-type': 'application/octet-stream', 'content-range': `${start}-${end - 1}` },
      accept: [202],
      attempts: 1,
    });
    response.body.resume();
    location = await locationOf(response, asked);
  }
  const done = await transport.request(asked, finish(location, upload), { method: 'PUT', accept: [201, 204], body: { size: 0, open: () => [] } });
  done.body.resume();
}

function finish(session: URL, upload: Upload): URL {
  const url = new URL(session);
  url.searchParams.set('digest', upload.digest);
  return url;
}

async function locationOf(response: HttpResponse, asked: Asked): Promise<URL> {
  const { location } = response.headers;
  if (location === undefined) throw await responseFailure({ ...response, status: 0 }, asked, []);
  return new URL(location, asked.repository.origin);
}
