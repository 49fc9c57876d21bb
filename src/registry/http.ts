import * as http from 'node:http';
import * as https from 'node:https';
import type { SecureContext } from 'node:tls';
import type { Host } from '../base/host.ts';
import { proxyFor, proxyHeaders, tunnel } from './proxy.ts';

/** What to ask of a server. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
}

/** Bytes to send, made anew for each attempt. */
export interface HttpBody {
  readonly size: number;
  readonly open: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** An answer; its body must be read or destroyed. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: http.IncomingMessage;
}

/** Sends one request; rejects with the socket's error when no answer comes. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** Milliseconds without a byte after which a connection counts as dead. */
const idleTimeout = 60_000;

/**
 * A sender with kept-alive connections; node:http because `fetch` costs 95 ms to load.
 * @param trust whom to trust instead of Node's own authorities, asked when there is something to send. A context, because Node
 *   makes one of certificates anew for every connection: 30 ms to 60 ms each.
 */
export function createSend(host: Host, trust: () => SecureContext | undefined = () => undefined): Send {
  const agents = {
    http: new http.Agent({ keepAlive: true, maxSockets: 8 }),
    https: new https.Agent({ keepAlive: true, maxSockets: 8 }),
  };
  return async (request) => {
    host.signal.throwIfAborted();
    const { url } = request;
    const isSecure = url.protocol === 'https:';
    const proxy = proxyFor(host.env, url);
    const options: https.RequestOptions = {
      method: request.method,
      signal: host.signal,
      timeout: idleTimeout,
      headers: {
        'user-agent': 'shear',
        ...request.headers,
        ...(request.body || request.method === 'POST' ? { 'content-length': String(request.body?.size ?? 0) } : {}),
      },
    };
    const secureContext = isSecure ? trust() : undefined;
    if (proxy && isSecure) {
      const socket = await tunnel(proxy, url, { timeout: idleTimeout, secureContext });
      // No `agent` at all: with one, even `false`, Node would not use the connection but make its own.
      return await exchange(https.request(url, { ...options, createConnection: () => socket }), request.body);
    }
    if (proxy) {
      const forwarded = { ...options, host: proxy.hostname, port: proxy.port || 80, path: url.href, headers: { ...options.headers, host: url.host, ...proxyHeaders(proxy) } };
      return await exchange(http.request(forwarded), request.body);
    }
    return await exchange(isSecure ? https.request(url, { ...options, agent: agents.https, ...(secureContext ? { secureContext } : {}) }) : http.request(url, { ...options, agent: agents.http }), request.body);
  };
}

/** All of a small answer; what is over `limit` bytes is cut off. */
export async function readResponse(response: HttpResponse, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    parts.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > limit) break;
  }
  return Buffer.concat(parts).subarray(0, limit);
}

function exchange(message: http.ClientRequest, body: HttpBody | undefined): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    message.once('timeout', () => message.destroy(Object.assign(new Error('no answer within 60 seconds'), { code: 'ETIMEDOUT' })));
    message.on('error', reject);
    message.once('response', (response) => {
      // A reset while the body is read reaches whoever reads it; without this it could go unhandled before.
      response.on('error', () => undefined);
      const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]));
      resolve({ status: response.statusCode ?? 0, headers, body: response });
    });
    if (!body) {
      message.end();
      return;
    }
    sendBody(message, body).catch((error: unknown) => {
      reject(error);
      message.destroy(error instanceof Error ? error : undefined);
    });
  });
}

async function sendBody(message: http.ClientRequest, body: HttpBody): Promise<void> {
  for await (const chunk of body.open()) {
    if (message.destroyed) return;
    if (message.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        message.off('drain', done).off('close', done);
        resolve();
      };
      message.on('drain', done).on('close', done);
    });
  }
  message.end();
}
