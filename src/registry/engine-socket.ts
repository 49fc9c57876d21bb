import * as http from 'node:http';
import { homedir } from 'node:os';
import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';

/** Where a Docker engine listens. */
export type EngineAddress =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** A request to the Docker Engine API. */
export interface EngineRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: { readonly type: string; readonly open: () => AsyncIterable<Uint8Array> };
  /** Milliseconds without an answer; no limit when absent. */
  readonly timeout?: number;
}

/**
 * Where the user's engine is, by DOCKER_HOST (unix:// or tcp://), else the default socket.
 * Docker contexts are left alone. Undefined for addresses that need a program of their own (ssh://, npipe://).
 */
export function engineAddress(host: Host): EngineAddress | undefined {
  const value = host.env['DOCKER_HOST'];
  if (value === undefined || value === '') return { kind: 'socket', path: '/var/run/docker.sock' };
  if (value.startsWith('unix://')) return { kind: 'socket', path: value.slice('unix://'.length).replace(/^~/u, homedir()) };
  if (!value.startsWith('tcp://') && !value.startsWith('http://')) return undefined;
  try {
    const url = new URL(value.replace(/^tcp:/u, 'http:'));
    return { kind: 'tcp', host: url.hostname, port: Number(url.port || 2375) };
  } catch {
    return undefined;
  }
}

/** Printed for messages: `unix:///var/run/docker.sock`. */
export function printEngineAddress(address: EngineAddress): string {
  return address.kind === 'socket' ? `unix://${address.path}` : `tcp://${address.host}:${address.port}`;
}

/** Asks the engine; any status is an answer. Rejects with `engine/docker` when none comes. */
export function askEngine(host: Host, address: EngineAddress, request: EngineRequest): Promise<http.IncomingMessage> {
  const to = address.kind === 'socket' ? { socketPath: address.path } : { host: address.host, port: address.port };
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      reject(
        failure('engine/docker', `the Docker engine at ${printEngineAddress(address)} does not answer`, {
          why: cause instanceof Error ? cause.message : undefined,
          next: 'start Docker, or set DOCKER_HOST to where it listens',
          cause,
        }),
      );
    };
    const message = http.request({
      ...to,
      method: request.method,
      path: request.path,
      signal: host.signal,
      agent: false,
      headers: { host: 'docker', ...(request.body ? { 'content-type': request.body.type } : {}) },
      ...(request.timeout === undefined ? {} : { timeout: request.timeout }),
    });
    message.once('timeout', () => message.destroy(new Error(`no answer within ${request.timeout ?? 0} ms`)));
    message.on('error', fail);
    message.once('response', resolve);
    send(message, request).catch((error: unknown) => {
      message.destroy();
      reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
}

/** The whole of an answer as text, at most a mebibyte. */
export async function engineText(response: http.IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) {
    text += (chunk as Buffer).toString('utf8');
    if (text.length > 1024 * 1024) break;
  }
  return text;
}

async function send(message: http.ClientRequest, request: EngineRequest): Promise<void> {
  if (request.body) {
    for await (const chunk of request.body.open()) {
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
  }
  message.end();
}
