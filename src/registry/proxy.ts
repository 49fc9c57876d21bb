import { request as httpRequest } from 'node:http';
import { connect as tlsConnect, type SecureContext, type TLSSocket } from 'node:tls';
import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';

/** The proxy that the environment names for a URL (HTTPS_PROXY, HTTP_PROXY, NO_PROXY); undefined for a direct way. */
export function proxyFor(env: Host['env'], url: URL): URL | undefined {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = env[name] ?? env[name.toLowerCase()];
  if (value === undefined || value === '' || isExcepted(env['NO_PROXY'] ?? env['no_proxy'] ?? '', url)) return undefined;
  try {
    return new URL(value.includes('://') ? value : `http://${value}`);
  } catch {
    throw failure('usage', `${name} is not the address of a proxy`, { next: `write it like \`${name}=http://proxy.example:3128\`` });
  }
}

/** A TLS connection to a URL's host through an HTTP proxy's CONNECT (RFC 9110 9.3.6). */
export function tunnel(
  proxy: URL,
  url: URL,
  options: { readonly timeout: number; readonly secureContext?: SecureContext | undefined },
): Promise<TLSSocket> {
  const { timeout, secureContext } = options;
  const target = `${url.hostname}:${url.port === '' ? '443' : url.port}`;
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: proxy.hostname, port: proxy.port || 80, method: 'CONNECT', path: target, headers: { host: target, ...proxyHeaders(proxy) }, timeout });
    request.once('timeout', () => request.destroy(new Error('the proxy does not answer')));
    request.once('error', (error) => reject(unreachableProxy(error, proxy)));
    request.once('connect', (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        reject(new Error(`the proxy ${proxy.host} answered ${String(response.statusCode)}`));
        return;
      }
      const secure = tlsConnect({ socket, servername: url.hostname, ...(secureContext ? { secureContext } : {}) }, () => resolve(secure));
      secure.once('error', reject);
    });
    request.end();
  });
}

/** Says that it is the proxy which does not answer, and not what is behind it; with a code of its own, since no other attempt would help. */
function unreachableProxy(error: Error, proxy: URL): Error {
  const code = 'code' in error ? String(error.code) : '';
  if (code !== 'ECONNREFUSED' && code !== 'ENOTFOUND') return error;
  return Object.assign(new Error(`the proxy ${proxy.host} cannot be reached (${code})`, { cause: error }), { code: 'EPROXY' });
}

/** The headers that a proxy with a user in its URL wants. */
export function proxyHeaders(proxy: URL): Readonly<Record<string, string>> {
  if (proxy.username === '') return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

function isExcepted(list: string, url: URL): boolean {
  const local = /^(?:localhost|127\.|\[::1\])/u.test(url.hostname);
  return local || list.split(',').some((part) => {
    const [name = '', port] = part.trim().replace(/^\*?\./u, '').split(':');
    if (name === '') return false;
    if (port !== undefined && port !== url.port) return false;
    return name === '*' || url.hostname === name || url.hostname.endsWith(`.${name}`);
  });
}
