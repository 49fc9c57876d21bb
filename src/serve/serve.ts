import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Host } from '../base/host.ts';
import { failure } from '../base/fault.ts';
import { functionArn, nameEnvironment } from '../runtime/environment.ts';
import { createAsyncEvents } from './async-events.ts';
import type { InvokeApi } from './invoke-api.ts';
import { answerInvoke, isInvokePath } from './invoke-api.ts';
import { awsError, send } from './reply.ts';
import type { Notice, Serving } from './served.ts';

/** What to serve, and where. */
export interface ServeOptions extends Serving {
  /** Of the Invoke API and the page; 0 for any free one. */
  readonly port: number;
  /** Told of what happens at the doors: retries, authorizers that are not asked, batches that failed in part. */
  readonly onNotice?: ((notice: Notice) => void) | undefined;
  /** Milliseconds before further tries of asynchronous invocations. */
  readonly retryDelays?: readonly number[] | undefined;
}

/** Front doors that are open. */
export interface Served {
  /** `http://127.0.0.1:3001`: the Invoke API for `--endpoint-url`, and the page. */
  readonly url: string;
  /** Where each API and function URL is served. */
  readonly apis: () => readonly { readonly name: string; readonly url: string }[];
  /** Serves other functions and routes from now on; requests under way end as they began. */
  readonly update: (serving: Serving) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Opens the front doors on 127.0.0.1. Throws `usage` when the port is taken. The pools are the caller's to close.
 */
export async function serve(host: Host, options: ServeOptions): Promise<Served> {
  let serving: Serving = options;
  const tell = options.onNotice ?? ((): void => undefined);
  const name = nameEnvironment(host);
  const events = createAsyncEvents(tell, options.retryDelays);
  const api: InvokeApi = { serving: () => serving, events, arn: (functionName) => functionArn(name, functionName) };
  const door = await listen(options.port, (request, response) => answer(api, request, response));
  return {
    url: door.url,
    apis: () => [],
    update: async (next) => {
      serving = next;
    },
    close: async () => {
      events.close();
      await door.close();
    },
  };
}

async function answer(api: InvokeApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').replace(/\?.*$/u, '');
  if (isInvokePath(path)) return answerInvoke(api, request, response);
  send(response, awsError(404, 'UnknownOperationException', `nothing is served at ${path}`));
}

interface Door {
  readonly url: string;
  readonly close: () => Promise<void>;
}

async function listen(port: number, handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<Door> {
  const server: Server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      // The caller went away in the middle of its request, or a defect: neither may end what others are doing.
      if (response.headersSent) response.destroy();
      else send(response, awsError(500, 'ServiceException', String(error)));
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
