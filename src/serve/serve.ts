import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Host } from '../base/host.ts';
import { functionArn, nameEnvironment } from '../runtime/environment.ts';
import type { ApiDoor } from './api-door.ts';
import { answerApi } from './api-door.ts';
import { openApiDoors, type ApiDoors } from './api-doors.ts';
import { createAsyncEvents } from './async-events.ts';
import { batchRemark } from './batch-answer.ts';
import { isOwnRequest, openDoor } from './door.ts';
import { History } from './history.ts';
import type { InvokeApi } from './invoke-api.ts';
import { answerInvoke, isInvokePath } from './invoke-api.ts';
import { hasPath, matchRoute } from './match-route.ts';
import { createPage, type Page } from './page.ts';
import { awsError, send } from './reply.ts';
import type { Notice, ServedFunction, Serving } from './served.ts';

/** What to serve, and where. */
export interface ServeOptions extends Serving {
  /** Of the Invoke API and the page; the APIs follow on the next ports. 0 for any free ones. */
  readonly port: number;
  /** Waited for before a request is looked at, so that it meets what was saved before it. */
  readonly ready?: (() => Promise<void>) | undefined;
  /** Told of what happens at the doors: retries, authorizers that are not asked, batches that failed in part. */
  readonly onNotice?: ((notice: Notice) => void) | undefined;
  /** Milliseconds before further tries of asynchronous invocations. */
  readonly retryDelays?: readonly number[] | undefined;
  /** Milliseconds for which APIs wait for a function; AWS's own limits by default. */
  readonly patience?: number | undefined;
}

/** Front doors that are open. */
export interface Served {
  /** `http://127.0.0.1:3001`: the Invoke API for `--endpoint-url`, and the page. */
  readonly url: string;
  /** Where each API and function URL is served. */
  readonly apis: () => readonly { readonly name: string; readonly kind: 'rest' | 'http' | 'url'; readonly url: string }[];
  /** Serves other functions and routes from now on; requests under way end as they began. */
  readonly update: (serving: Serving) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Opens the front doors on 127.0.0.1. Throws `usage` when the port is taken. The pools are the caller's to close.
 */
export async function serve(host: Host, options: ServeOptions): Promise<Served> {
  let serving: Serving = options;
  const history = new History();
  const tell = (notice: Notice): void => {
    history.notice(notice);
    options.onNotice?.(notice);
  };
  const name = nameEnvironment(host);
  const events = createAsyncEvents(tell, options.retryDelays);
  const invokeApi: InvokeApi = { serving: () => serving, events, arn: (functionName) => functionArn(name, functionName) };
  const apiDoor: ApiDoor = { serving: () => serving, ready: options.ready, tell: oncePerAuthorizer(tell), now: host.now, account: name.account, region: name.region, patience: options.patience };
  const doors = openApiDoors(apiDoor, options.port === 0 ? 0 : options.port + 1);
  const page = createPage({ serving: () => serving, history, apis: () => doors.list() });
  const follow = followFunctions(history, tell);
  const door = await openDoor(options.port, (request, response) => answer({ invokeApi, apiDoor, doors, page }, request, response));
  follow(serving.functions);
  try {
    await doors.update(options.apis);
  } catch (error) {
    await door.close();
    throw error;
  }
  return {
    url: door.url,
    apis: () => doors.list(),
    update: async (next) => {
      serving = next;
      follow(next.functions);
      await doors.update(next.apis);
      page.changed();
    },
    close: async () => {
      events.close();
      follow(new Map());
      page.close();
      await Promise.all([door.close(), doors.close()]);
    },
  };
}

interface Behind {
  readonly invokeApi: InvokeApi;
  readonly apiDoor: ApiDoor;
  readonly doors: ApiDoors;
  readonly page: Page;
}

/** The main port: the Invoke API, the page, and what no path of theirs takes, the APIs as well, for who knows but one port. */
async function answer({ invokeApi, apiDoor, page }: Behind, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').replace(/\?.*$/u, '');
  if (isInvokePath(path) || page.takes(path)) {
    if (!isOwnRequest(request)) return send(response, awsError(403, 'AccessDeniedException', 'web pages of other origins may not run functions here'));
    if (!isInvokePath(path)) return page.answer(request, response);
    await apiDoor.ready?.();
    return answerInvoke(invokeApi, request, response);
  }
  await apiDoor.ready?.();
  const method = request.method ?? 'GET';
  const api = apiDoor.serving().apis.find((one) => one.kind !== 'url' && (matchRoute(one, method, path) !== undefined || (method === 'OPTIONS' && hasPath(one, path))));
  if (api) return answerApi(apiDoor, api, request, response);
  send(response, awsError(404, 'UnknownOperationException', `nothing is served at ${method} ${path}`));
}

/** Each authorizer is told of once for each function, not with every request. */
function oncePerAuthorizer(tell: (notice: Notice) => void): (notice: Notice) => void {
  const told = new Set<string>();
  return (notice) => {
    if (notice.text.startsWith('the authorizer ')) {
      const key = `${notice.functionName ?? ''} ${notice.text}`;
      if (told.has(key)) return;
      told.add(key);
    }
    tell(notice);
  };
}

/** Keeps the history listening to the functions that are served now. */
function followFunctions(history: History, tell: (notice: Notice) => void): (functions: ReadonlyMap<string, ServedFunction>) => void {
  const followed = new Map<string, { readonly pool: ServedFunction['pool']; readonly end: () => void }>();
  return (functions) => {
    for (const [name, { pool, end }] of followed) {
      if (functions.get(name)?.pool === pool) continue;
      end();
      followed.delete(name);
    }
    for (const [name, fn] of functions) {
      if (followed.has(name)) continue;
      const ends = [history.follow(name, fn.pool), fn.pool.subscribe((event) => {
        if (event.kind !== 'finished' || event.outcome.kind !== 'response') return;
        const { event: given, payload } = history.find(event.outcome.requestId) ?? {};
        const text = given !== undefined && payload?.includes('batchItemFailures') ? batchRemark(given, payload, (fn.batchSources?.length ?? 0) > 0) : undefined;
        if (text !== undefined) tell({ functionName: name, text });
      })];
      followed.set(name, { pool: fn.pool, end: () => ends.forEach((one) => one()) });
    }
  };
}
