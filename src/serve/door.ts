import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { failure } from '../base/fault.ts';
import { awsError, send } from './reply.ts';

/** A listening port of 127.0.0.1. */
export interface Door {
  readonly url: string;
  readonly port: number;
  /** Cuts every connection. */
  readonly close: () => Promise<void>;
}

/** Answers one request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Listens on a port of 127.0.0.1, on any free one for 0. Throws `usage` when it is taken. */
export async function openDoor(port: number, handle: Handler): Promise<Door> {
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      // The caller went away in the middle of its request, or a defect: neither may end what others are doing.
      if (response.headersSent || response.destroyed) response.destroy();
      else send(response, awsError(500, 'ServiceException', `shear could not answer: ${String(error)}`));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(portFailure(error, port)));
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('unreachable: no port');
  return {
    url: `http://127.0.0.1:${bound.port}`,
    port: bound.port,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

function portFailure(error: Error, port: number): Error {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'EADDRINUSE') return failure('usage', `port ${port} of 127.0.0.1 is in use by another program`, { next: 'end that one, or choose another with `--port N`; 0 takes any free one', cause: error });
  if (code === 'EACCES') return failure('usage', `port ${port} may not be used by this user`, { next: 'choose one above 1023 with `--port N`', cause: error });
  return error;
}

/**
 * True for a request that this machine's programs and the page itself may make. A web page elsewhere must not run functions: its requests
 * carry its own origin, or, through a name that it points here, its own host.
 */
export function isOwnRequest({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const host = headers.host ?? '';
  const name = host.replace(/:\d+$/u, '').toLowerCase();
  const isLocal = ['127.0.0.1', 'localhost', '[::1]', 'host.docker.internal'].includes(name) || name.endsWith('.localhost');
  const { origin } = headers;
  return isLocal && (origin === undefined || origin === `http://${host}`) && headers['sec-fetch-site'] !== 'cross-site';
}
