import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../runtime/api-body.ts';
import type { InvokeOutcome } from '../runtime/pool-state.ts';
import type { ServedApi } from './api.ts';
import { preflight, withCors } from './cors.ts';
import { badAnswer, httpAnswer, type HttpAnswer } from './http-answer.ts';
import { httpEvent } from './http-event.ts';
import { authorizerRemark, type HttpRequest } from './http-request.ts';
import { notStarted } from './invoke-call.ts';
import { hasPath, matchRoute } from './match-route.ts';
import { send, type Reply } from './reply.ts';
import { restEvent } from './rest-event.ts';
import type { Notice, ServedFunction, Serving } from './served.ts';
import { UrlStream } from './url-stream.ts';

/** What an API's door works with. */
export interface ApiDoor {
  readonly serving: () => Serving;
  /** Waited for before a request is looked at; absent where there is nothing to wait for. */
  readonly ready?: (() => Promise<void>) | undefined;
  readonly tell: (notice: Notice) => void;
  readonly now: () => number;
  readonly account: string;
  readonly region: string;
  /** Milliseconds after which an API gives up waiting, for tests; AWS's own by default. */
  readonly patience?: number | undefined;
}

/** Largest request that Lambda takes as an event, bytes; larger ones API Gateway refuses. */
const maxBody = 6 * 1024 * 1024;
/** Milliseconds that REST and HTTP APIs wait for a function (API Gateway quotas). */
const patience = { rest: 29_000, http: 30_000, url: Infinity } as const;
const json = { 'content-type': 'application/json' };

/** Answers a request to an API or a function URL through the function that its route names. */
export async function answerApi(door: ApiDoor, api: ServedApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path, query] = splitUrl(request.url ?? '/');
  const { origin } = request.headers;
  const reply = (answer: Reply): void => send(response, { ...answer, headers: withCors(api, origin, answer.headers ?? {}) });
  const method = request.method ?? 'GET';
  const requestId = randomUUID();
  response.setHeader(api.kind === 'http' ? 'apigw-requestid' : 'x-amzn-RequestId', requestId);
  if (method === 'OPTIONS' && (api.kind !== 'rest' || hasPath(api, stripped(api, path))) && !api.routes.some((route) => route.method === 'OPTIONS' && matchRoute(api, 'OPTIONS', path)?.route === route)) {
    const answer = preflight(api, origin);
    if (answer) return send(response, answer);
  }
  const match = matchRoute(api, method, path);
  if (match === undefined) return reply(notFound(api));
  const { route } = match;
  const fn = route.functionName === undefined ? undefined : door.serving().functions.get(route.functionName);
  if (fn === undefined || route.functionName === undefined) return reply({ status: 501, headers: json, body: JSON.stringify({ message: `${route.method} ${route.path} is no Lambda function that runs here` }) });
  const { body, isTooLarge } = await readBody(request, maxBody);
  if (isTooLarge) return reply({ status: 413, headers: json, body: JSON.stringify({ message: api.kind === 'rest' ? 'Request Too Long' : 'Request Entity Too Large' }) });
  if (route.authorizer) door.tell({ functionName: route.functionName, text: authorizerRemark(route.authorizer) });
  const { account, region } = door;
  const given: HttpRequest = {
    api, match, method, path, query, rawHeaders: request.rawHeaders, body, requestId, account, region,
    sourceIp: request.socket.remoteAddress ?? '127.0.0.1', now: door.now(),
  };
  const answer = await throughFunction(door, given, fn, response);
  if (answer === undefined) return;
  if (answer.remark !== undefined) door.tell({ functionName: route.functionName, text: `${method} ${path}: ${answer.remark}` });
  reply(answer.reply);
}

/** The function's answer; undefined when it was streamed to the response already. */
async function throughFunction(door: ApiDoor, request: HttpRequest, fn: ServedFunction, response: ServerResponse): Promise<HttpAnswer | undefined> {
  const { api, match, requestId } = request;
  const event = match.route.payload === '1.0' ? restEvent(request) : httpEvent(request);
  const stream = api.streams ? new UrlStream(response, (headers) => withCors(api, request.rawHeaders.find((_, at, all) => all[at - 1]?.toLowerCase() === 'origin'), headers)) : undefined;
  const payload = Buffer.from(JSON.stringify(event));
  const onChunk = stream && ((chunk: Uint8Array, contentType: string): void => stream.add(chunk, contentType));
  const running = fn.pool.invoke({ payload, requestId: randomUUID(), onChunk }).catch((error: unknown) => ({ kind: 'refused' as const, error }));
  const outcome = await within(running, door.patience ?? patience[api.kind]);
  if (outcome === undefined) return tooSlow(api, requestId);
  if (outcome.kind === 'refused') {
    const { body } = notStarted(outcome.error);
    return { ...badAnswer(api.kind, 'the function cannot be started'), reply: { status: 502, headers: json, body } };
  }
  return answerOf(request, outcome, stream);
}

function answerOf(request: HttpRequest, outcome: InvokeOutcome, stream: UrlStream | undefined): HttpAnswer | undefined {
  const { kind } = request.api;
  if (outcome.kind === 'throttled') {
    const status = kind === 'rest' ? 500 : kind === 'http' ? 503 : 429;
    return { reply: { status, headers: json, body: JSON.stringify({ message: kind === 'rest' ? 'Internal server error' : kind === 'http' ? 'Service Unavailable' : 'Too Many Requests' }) }, remark: `throttled at ${outcome.limit} at once` };
  }
  if (outcome.kind !== 'response') {
    if (stream?.hasBegun) return stream.breakOff();
    return badAnswer(kind, `the function failed (${outcome.errorType})`);
  }
  if (stream === undefined) return httpAnswer(request, outcome.payload);
  if (!outcome.streamed) stream.add(outcome.payload, outcome.contentType);
  stream.end(outcome.contentType);
  return undefined;
}

function notFound({ kind }: ServedApi): Reply {
  if (kind === 'rest') return { status: 403, headers: { ...json, 'x-amzn-errortype': 'MissingAuthenticationTokenException' }, body: '{"message":"Missing Authentication Token"}' };
  return { status: 404, headers: json, body: '{"message":"Not Found"}' };
}

function tooSlow({ kind }: ServedApi, requestId: string): HttpAnswer {
  const remark = `no answer within ${patience[kind] / 1000} s: the API gave up, the function goes on (request ${requestId})`;
  if (kind === 'rest') return { remark, reply: { status: 504, headers: json, body: '{"message": "Endpoint request timed out"}' } };
  return { remark, reply: { status: 503, headers: json, body: '{"message":"Service Unavailable"}' } };
}

function stripped(api: ServedApi, path: string): string {
  return path.startsWith(`/${api.stage}/`) ? path.slice(api.stage.length + 1) : path;
}

function splitUrl(url: string): readonly [string, string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  if (ms === Infinity) return promise;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
