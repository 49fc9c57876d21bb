import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../runtime/api-body.ts';
import type { History } from './history.ts';
import { pageDocument } from './page-document.ts';
import { pageScript } from './page-script.ts';
import { send, type Reply } from './reply.ts';
import type { Serving } from './served.ts';
import { createLiveFeed } from './live-feed.ts';

/** What the page shows. */
export interface PageSubject {
  readonly serving: () => Serving;
  readonly history: History;
  readonly apis: () => readonly { readonly name: string; readonly kind: string; readonly url: string }[];
}

/** The page and what it asks for. */
export interface Page {
  readonly takes: (path: string) => boolean;
  readonly answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Functions or routes are other ones now. */
  readonly changed: () => void;
  readonly close: () => void;
}

const json = { 'content-type': 'application/json', 'cache-control': 'no-store' };
const policy = { 'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:", 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** The page at `/`, with its data under `/_shear/`. */
export function createPage(subject: PageSubject): Page {
  const feed = createLiveFeed(subject.history, (isFirst) => overview(subject, isFirst));
  return {
    takes: (path) => path === '/' || path === '/favicon.ico' || path.startsWith('/_shear/'),
    changed: feed.changed,
    close: feed.close,
    answer: async (request, response) => {
      const path = (request.url ?? '/').replace(/\?.*$/u, '');
      if (path === '/_shear/live') return feed.open(response);
      send(response, request.method === 'POST' ? await act(subject, path, request) : shown(subject, path));
    },
  };
}

function shown(subject: PageSubject, path: string): Reply {
  if (path === '/') return { status: 200, headers: { ...policy, 'content-type': 'text/html; charset=utf-8' }, body: pageDocument };
  if (path === '/_shear/page.js') return { status: 200, headers: { ...policy, 'content-type': 'text/javascript; charset=utf-8' }, body: pageScript };
  if (path === '/_shear/overview') return { status: 200, headers: json, body: JSON.stringify(overview(subject, true)) };
  const id = /^\/_shear\/invocations\/([\w-]+)$/u.exec(path)?.[1];
  const found = id === undefined ? undefined : subject.history.find(id);
  return found ? { status: 200, headers: json, body: JSON.stringify(found) } : { status: 404, headers: json, body: '{"message":"not found"}' };
}

/** POST …/functions/NAME/invoke with an event, …/invocations/ID/again. The outcome comes through the feed. */
async function act({ serving, history }: PageSubject, path: string, request: IncomingMessage): Promise<Reply> {
  const { body, isTooLarge } = await readBody(request);
  const again = /^\/_shear\/invocations\/([\w-]+)\/again$/u.exec(path)?.[1];
  const before = again === undefined ? undefined : history.find(again);
  const name = before?.functionName ?? decodeURIComponent(/^\/_shear\/functions\/([^/]+)\/invoke$/u.exec(path)?.[1] ?? '');
  const fn = serving().functions.get(name);
  if (fn === undefined) return { status: 404, headers: json, body: JSON.stringify({ message: again === undefined ? `no function ${name}` : 'this invocation is not kept any more' }) };
  const payload = again === undefined ? body : Buffer.from(before?.event ?? '');
  if (isTooLarge || (before && before.event === undefined)) return { status: 413, headers: json, body: '{"message":"the event is too long"}' };
  try {
    JSON.parse(payload.toString('utf8'));
  } catch (error) {
    return { status: 400, headers: json, body: JSON.stringify({ message: `the event is no JSON: ${error instanceof Error ? error.message : ''}` }) };
  }
  const requestId = randomUUID();
  fn.pool.invoke({ payload, requestId }).catch((error: unknown) => history.notice({ functionName: name, text: `was not run: ${String(error)}` }));
  return { status: 202, headers: json, body: JSON.stringify({ requestId }) };
}

function overview({ serving, history, apis }: PageSubject, withInvocations: boolean): object {
  const addresses = new Map(apis().map((api) => [`${api.kind} ${api.name}`, api.url]));
  return {
    functions: [...serving().functions].map(([name, { pool }]) => ({ name, timeout: pool.settings().timeout, ...pool.state() })),
    apis: serving().apis.map(({ name, kind, stage, routes, remarks }) => ({
      name, kind, stage, remarks, url: addresses.get(`${kind} ${name}`),
      routes: routes.map(({ method, path, functionName, authorizer }) => ({ method, path, functionName, authorizer: authorizer?.name })),
    })),
    invocations: withInvocations ? history.list() : [],
  };
}
