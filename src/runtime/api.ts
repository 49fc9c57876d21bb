import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Answer, InitError, Invocation, Reply } from './api-protocol.ts';
import { accepted, invocationHeaders, refusal, wrongState } from './api-protocol.ts';
import { Extensions } from './api-extensions.ts';
import { readAnswer, readBody } from './api-body.ts';
import { Telemetry } from './api-telemetry.ts';

/** What the API tells of the function to extensions. */
export interface ApiSettings {
  readonly functionName: string;
  readonly functionVersion: string;
  readonly handler: string;
  /** Names of extensions that run as processes of their own. */
  readonly extensions: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

/** How the initialisation ended. */
export type InitResult =
  | { readonly kind: 'ready' }
  | { readonly kind: 'init-error'; readonly error: InitError }
  | { readonly kind: 'extension-failed'; readonly name: string; readonly errorType: string };

type State =
  | { readonly kind: 'Initializing' }
  | { readonly kind: 'InitError' }
  | { readonly kind: 'Ready' }
  | { readonly kind: 'Running'; readonly invocation: Invocation; readonly answer: (answer: Answer) => void }
  | { readonly kind: 'ResponseSent' };

/**
 * The Lambda Runtime API (2018-06-01), Extensions API (2020-01-01), Telemetry and Logs APIs, served on 127.0.0.1 to one
 * execution environment.
 *
 *                    GET next                  invoke()
 *     Initializing ───────────▶ Ready ─────────────────────▶ Running
 *          │                      ▲                             │ POST response, error
 *          │ POST init/error      │          GET next           ▼
 *          ▼                      └─────────────────────── ResponseSent
 *       InitError
 *
 * A request that has no arrow gets 403, one that names another request ID gets 400. An event given while
 * the runtime has not yet asked for it waits for it.
 */
export class RuntimeApi {
  readonly #server: Server;
  readonly #settings: ApiSettings;
  readonly extensions: Extensions;
  readonly telemetry: Telemetry;
  #state: State = { kind: 'Initializing' };
  /** The invocation that waits for the runtime to ask. */
  #pending: { readonly invocation: Invocation; readonly answer: (answer: Answer) => void } | undefined;
  #delivered: string | undefined;
  #poll: ((reply: Reply) => void) | undefined;
  #settleInit: (result: InitResult) => void = () => undefined;
  #isInitialised = false;
  /** Resolves once: when runtime and extensions are ready, or one of them reports that it cannot be. */
  readonly initialised: Promise<InitResult>;
  address = '';

  private constructor(settings: ApiSettings) {
    this.#settings = settings;
    this.initialised = new Promise((resolve) => {
      this.#settleInit = (result) => {
        this.#isInitialised = true;
        this.telemetry.close();
        resolve(result);
      };
    });
    this.telemetry = new Telemetry(settings.now ?? Date.now);
    this.extensions = new Extensions(settings.extensions, () => this.#look(), ({ name, events }) => this.telemetry.emit('platform.extension', { name, state: 'Ready', events }));
    this.#server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 }, (request, response) => {
      void this.#serve(request, response);
    });
  }

  /** Listens on a free port of 127.0.0.1; `address` is then `127.0.0.1:port`. */
  static async start(settings: ApiSettings): Promise<RuntimeApi> {
    const api = new RuntimeApi(settings);
    await new Promise<void>((resolve, reject) => {
      api.#server.once('error', reject);
      api.#server.listen(0, '127.0.0.1', resolve);
    });
    const bound = api.#server.address();
    if (bound === null || typeof bound === 'string') throw new Error('unreachable: no port');
    api.address = `127.0.0.1:${bound.port}`;
    return api;
  }

  /** Hands an event to the runtime; resolves with its answer, and never if the runtime dies or hangs. */
  invoke(invocation: Invocation): Promise<Answer> {
    if (this.#state.kind === 'Running' || this.#pending) throw new Error('unreachable: one invocation at a time');
    return new Promise((answer) => {
      this.#pending = { invocation, answer };
      this.#deliver();
    });
  }

  /** True when the runtime has fetched this invocation's event. */
  hasDelivered(requestId: string): boolean {
    return this.#delivered === requestId;
  }

  /** Closes every connection, open polls included. */
  async close(): Promise<void> {
    await this.telemetry.end();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const reply = await this.#route(request, response);
      const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
      response.writeHead(reply.status, { 'Content-Type': 'application/json', ...reply.headers, 'Content-Length': body.length });
      response.end(body);
    } catch {
      // The other side went away in the middle of its request; the process watch tells what became of it.
      response.destroy();
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<Reply> {
    const path = (request.url ?? '').replace(/\?.*$/u, '');
    const runtime = '/2018-06-01/runtime';
    if (request.method === 'GET') {
      if (path === `${runtime}/invocation/next`) return this.#next(response);
      if (path === `${runtime}/restore/next`) return { status: 200, body: '' };
      if (path === '/2020-01-01/extension/event/next') return this.extensions.next(extensionCall(request));
      if (path === '/2018-06-01/ping') return { status: 200, body: 'pong' };
    }
    const invocation = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/u.exec(path);
    if (request.method === 'POST' && invocation?.[1] !== undefined) {
      return this.#answer(request, invocation[1], invocation[2] === 'error');
    }
    if (request.method === 'POST' && (path === `${runtime}/init/error` || path === `${runtime}/restore/error`)) {
      return this.#initError(request);
    }
    if (request.method === 'POST' && path === '/2020-01-01/extension/register') return this.#register(request);
    if (request.method === 'POST' && /^\/2020-01-01\/extension\/(?:init|exit)\/error$/u.test(path)) {
      await readBody(request);
      return this.extensions.fail(extensionCall(request));
    }
    if (request.method === 'PUT' && (path === '/2022-07-01/telemetry' || path === '/2020-08-15/logs')) {
      const { body } = await readBody(request);
      const extension = this.extensions.nameOf(extensionCall(request));
      return typeof extension === 'string' ? this.telemetry.subscribe(path.endsWith('logs') ? 'logs' : 'telemetry', extension, body) : extension;
    }
    return { status: 404, body: '404 page not found\n', headers: { 'Content-Type': 'text/plain' } };
  }

  #next(response: ServerResponse): Promise<Reply> | Reply {
    if (this.#state.kind === 'Running' || this.#state.kind === 'InitError') return wrongState(this.#state.kind, 'Ready');
    this.#state = { kind: 'Ready' };
    this.#look();
    return new Promise((resolve) => {
      // A second poll takes the place of the first, whose caller has gone.
      const poll = resolve;
      this.#poll = poll;
      response.once('close', () => {
        if (this.#poll === poll) this.#poll = undefined;
      });
      this.#deliver();
    });
  }

  #deliver(): void {
    const pending = this.#pending;
    const poll = this.#poll;
    if (this.#state.kind !== 'Ready' || pending === undefined || poll === undefined) return;
    this.#pending = undefined;
    this.#poll = undefined;
    this.#state = { kind: 'Running', ...pending };
    this.#delivered = pending.invocation.requestId;
    this.extensions.tellInvoke(pending.invocation);
    poll({ status: 200, headers: invocationHeaders(pending.invocation), body: pending.invocation.event });
  }

  async #answer(request: IncomingMessage, requestId: string, isError: boolean): Promise<Reply> {
    const state = this.#state;
    const wish = isError ? 'InvocationErrorResponse' : 'InvocationResponse';
    if (state.kind !== 'Running') return wrongState(state.kind, wish);
    if (state.invocation.requestId !== requestId) return refusal(400, 'InvalidRequestID', 'Invalid request ID');
    const read = await readAnswer(request, isError, state.invocation.onChunk);
    // The body took time to arrive; the invocation may have ended meanwhile.
    if (this.#state !== state) return wrongState(this.#state.kind, wish);
    if (read.answer !== undefined) {
      this.#state = { kind: 'ResponseSent' };
      state.answer(read.answer);
    }
    return read.reply;
  }

  async #initError(request: IncomingMessage): Promise<Reply> {
    const read = await readBody(request);
    if (this.#state.kind !== 'Initializing') return wrongState(this.#state.kind, 'InitError');
    this.#state = { kind: 'InitError' };
    const errorType = header(request, 'lambda-runtime-function-error-type') ?? 'Runtime.Unknown';
    this.#settleInit({ kind: 'init-error', error: { errorType, body: read.body } });
    return accepted;
  }

  async #register(request: IncomingMessage): Promise<Reply> {
    const { body } = await readBody(request);
    if (this.#isInitialised) {
      return refusal(403, 'Extension.RegistrationClosed', 'Extension registration closed already');
    }
    let events: unknown;
    try {
      events = body.length === 0 ? [] : (JSON.parse(body.toString('utf8')) as { events?: unknown }).events;
    } catch {
      return refusal(400, 'InvalidRequestFormat', 'Invalid request format');
    }
    const { functionName, functionVersion, handler } = this.#settings;
    const name = header(request, 'lambda-extension-name');
    const features = header(request, 'lambda-extension-accept-feature') ?? '';
    return this.extensions.register(name, events, features, { functionName, functionVersion, handler });
  }

  /** Tells the initialisation's end as soon as it is known. */
  #look(): void {
    const failed = this.extensions.failure;
    if (failed) this.#settleInit({ kind: 'extension-failed', ...failed });
    else if (this.#state.kind === 'Ready' && this.extensions.areReady) this.#settleInit({ kind: 'ready' });
  }
}

function extensionCall(request: IncomingMessage): { id: string | undefined; errorType: string | undefined } {
  return {
    id: header(request, 'lambda-extension-identifier'),
    errorType: header(request, 'lambda-extension-function-error-type'),
  };
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
