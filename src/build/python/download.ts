import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { Failure, failure } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import { createSend, type HttpResponse, type Send } from '../../registry/http.ts';
import type { PackageIndexes } from './package-index.ts';

/** Connections and credentials for one run. */
export interface Downloader {
  readonly send: Send;
  readonly authorization: PackageIndexes['authorization'];
  /** Waits that many milliseconds; a port, so that tests need not. */
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** A file to bring. */
export interface RemoteFile {
  readonly url: URL;
  /** For messages. */
  readonly what: string;
  /** Bytes, when known. */
  readonly size: number | undefined;
}

/** Attempts in a row that bring nothing. */
const mostAttempts = 5;
const mostRedirects = 5;

/** A downloader with the user's indexes. */
export function createDownloader(host: Host, indexes: PackageIndexes): Downloader {
  return {
    send: createSend(host, () => trusted(host, indexes.certificates)),
    authorization: indexes.authorization,
    wait: async (milliseconds) => {
      await pause(milliseconds, undefined, { signal: host.signal });
    },
  };
}

/**
 * Streams a file to `write`. A transfer that is cut goes on where it stopped (RFC 9110 14.2, Range); where the server
 * does not offer that, the attempt starts anew and what came before is skipped. Never sends credentials to another origin.
 */
export async function download(
  host: Host,
  file: RemoteFile,
  to: { readonly downloader: Downloader; readonly write: (chunk: Uint8Array) => void; readonly onBytes: (bytes: number) => void },
): Promise<void> {
  let seen = 0;
  for (let failures = 0; ; ) {
    const before = seen;
    let reason: unknown;
    try {
      const response = await follow(file, seen, to.downloader);
      const skip = response.status === 206 ? 0 : seen;
      reason = await copy(response, skip, (chunk) => {
        to.write(chunk);
        to.onBytes(chunk.length);
        seen += chunk.length;
        // A body without end must not fill the disk.
        if (file.size !== undefined && seen > file.size + 1024 * 1024) throw tooLong(file);
      });
      if (reason === undefined) return;
    } catch (error) {
      if (error instanceof Failure && error.fault.code !== 'network/unreachable') throw error;
      if (host.signal.aborted) throw error;
      reason = error;
    }
    failures = seen > before ? 1 : failures + 1;
    if (failures >= mostAttempts || isFinal(reason)) throw unreachable(file, reason);
    await to.downloader.wait(100 * 2 ** failures);
  }
}

async function follow(file: RemoteFile, from: number, downloader: Downloader): Promise<HttpResponse> {
  let url = file.url;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const authorization = downloader.authorization(url);
    const plain = new URL(url);
    plain.username = '';
    plain.password = '';
    plain.hash = '';
    const response = await downloader.send({
      method: 'GET',
      url: plain,
      headers: { ...(authorization === undefined ? {} : { authorization }), ...(from > 0 ? { range: `bytes=${from}-` } : {}) },
    });
    const { status } = response;
    if (status === 200 || (status === 206 && (response.headers['content-range'] ?? '').startsWith(`bytes ${from}-`))) return response;
    response.body.resume();
    const { location } = response.headers;
    if (status < 300 || status >= 400 || location === undefined) throw refusal(file, url, status);
    url = new URL(location, url);
  }
  throw failure('network/unreachable', `${file.what} is behind more than ${mostRedirects} redirects`, { next: 'check the package index' });
}

/** Copies a body but for its first bytes; gives back the error that cut it. */
async function copy(response: HttpResponse, skip: number, write: (chunk: Uint8Array) => void): Promise<unknown> {
  let left = skip;
  const failures: unknown[] = [];
  try {
    for await (const chunk of response.body) {
      const bytes = chunk as Buffer;
      const rest = left > 0 ? bytes.subarray(Math.min(left, bytes.length)) : bytes;
      left -= bytes.length - rest.length;
      if (rest.length === 0) continue;
      try {
        write(rest);
      } catch (error) {
        failures.push(error);
        throw error;
      }
    }
    return undefined;
  } catch (error) {
    if (failures.length > 0) throw error;
    return error;
  }
}

function refusal(file: RemoteFile, url: URL, status: number): Failure {
  const where = `${url.host} answered ${status} for ${file.what}`;
  if (status === 401 || status === 403) {
    return failure('registry/unauthorized', where, { next: 'set the credentials that uv uses for this index (UV_INDEX_<NAME>_USERNAME and …_PASSWORD, netrc, or the index URL)' });
  }
  if (status === 404 || status === 410) {
    return failure('dependencies/not-in-index', where, { why: 'the index lists the file but does not have it', next: 'check the package index or its mirror; `shear lock --upgrade` takes another release' });
  }
  if (status >= 500 || status === 429 || status === 408) return failure('network/unreachable', where, { next: 'run the same command again later' });
  return failure('dependencies/not-in-index', where, { next: 'check the package index' });
}

function tooLong(file: RemoteFile): Failure {
  return failure('dependencies/hash-mismatch', `${file.what} is longer than the ${String(file.size)} bytes that were promised`, { next: 'check the package index: it or a proxy before it changes the file' });
}

function unreachable(file: RemoteFile, cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  const why = cause instanceof Error ? cause.message.replaceAll(file.url.href, file.url.host + file.url.pathname) : undefined;
  return failure('network/unreachable', `${file.what} could not be fetched from ${file.url.host}`, { why, next: 'check the network and the proxy, then run the same command again', cause });
}

function isFinal(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return ['EPROXY', 'ENOTFOUND', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH'].includes(code) || /CERT|SSL|TLS|LEAF_SIGNATURE/u.test(code);
}

/** Does beforehand what the first secure connection needs, 30 ms to 60 ms: to be called while something else runs. */
export function prepareDownloads(host: Host, { certificates }: Pick<PackageIndexes, 'certificates'>): void {
  try {
    if (trusted(host, certificates) === undefined) createSecureContext();
  } catch {
    // Certificates that cannot be read are told of by the download that needs them.
  }
}

const contexts = new WeakMap<Host, Map<string, SecureContext>>();

/** Node's certificates and the user's: giving any to Node replaces both its own and those of NODE_EXTRA_CA_CERTS. Made once. */
function trusted(host: Host, path: string | undefined): SecureContext | undefined {
  if (path === undefined || path === '' || path === host.env['NODE_EXTRA_CA_CERTS']) return undefined;
  const made = contexts.get(host) ?? new Map<string, SecureContext>();
  contexts.set(host, made);
  const context = made.get(path) ?? createSecureContext({ ca: [...rootCertificates, ...extraCertificates(host, path)] });
  made.set(path, context);
  return context;
}

function extraCertificates(host: Host, path: string): readonly string[] {
  return [path, host.env['NODE_EXTRA_CA_CERTS']].flatMap((file) => {
    try {
      return file === undefined ? [] : [readFileSync(file, 'utf8')];
    } catch {
      return [];
    }
  });
}
