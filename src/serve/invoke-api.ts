import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InvokeOutcome } from '../runtime/pool-state.ts';
import { readBody } from '../runtime/api-body.ts';
import type { AsyncEvents } from './async-events.ts';
import { findFunction } from './function-name.ts';
import { type InvokeCall, logTail, notStarted, throttled } from './invoke-call.ts';
import type { Reply } from './reply.ts';
import { awsError, send } from './reply.ts';
import { streamInvocation } from './response-stream.ts';
import type { Serving } from './served.ts';

/** Largest event of a synchronous invocation, bytes (Lambda quotas). */
const maxSync = 6 * 1024 * 1024;
/** Largest event of an asynchronous one: 1 MB since October 2025 (Lambda quotas). */
const maxAsync = 1024 * 1024;

/** What the Invoke API works on. */
export interface InvokeApi {
  readonly serving: () => Serving;
  readonly events: AsyncEvents;
  readonly arn: (name: string) => string;
}

/** True for the paths of Lambda's Invoke and InvokeWithResponseStream operations. */
export function isInvokePath(path: string): boolean {
  return invokePath.test(path);
}

const invokePath = /^\/(?:2015-03-31|2021-11-15|2014-11-13)\/functions\/([^/]+)\/(invocations|response-streaming-invocations|invoke-async)\/?$/u;

/**
 * Lambda's Invoke API (API reference, "Invoke"): RequestResponse, Event and DryRun, log tail, client context, and its errors as
 * SDKs know them. Whoever calls is let in, whatever the signature.
 */
export async function answerInvoke(api: InvokeApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, text = '', operation] = invokePath.exec(url.pathname) ?? [];
  const requestId = randomUUID();
  response.setHeader('x-amzn-RequestId', requestId);
  if (request.method !== 'POST') return send(response, awsError(405, 'MethodNotAllowedException', `${request.method} is not a method of this resource`));
  const found = findFunction(api.serving().functions, decoded(text), url.searchParams.get('Qualifier') ?? undefined, api.arn);
  const streams = operation === 'response-streaming-invocations';
  const type = operation === 'invoke-async' ? 'Event' : header(request, 'x-amz-invocation-type') ?? 'RequestResponse';
  const { body, isTooLarge } = await readBody(request, type === 'Event' ? maxAsync : maxSync);
  const operationName = streams ? 'InvokeWithResponseStream' : 'InvokeFunction';
  if (found.kind === 'invalid') return send(response, awsError(400, 'ValidationException', found.message));
  if (found.kind === 'missing') return send(response, awsError(404, 'ResourceNotFoundException', found.message));
  if (!['RequestResponse', 'Event', 'DryRun'].includes(type)) {
    return send(response, awsError(400, 'ValidationException', `1 validation error detected: Value '${type}' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]`));
  }
  if (isTooLarge) {
    const limit = type === 'Event' ? maxAsync : maxSync;
    return send(response, awsError(413, 'RequestTooLargeException', `Request must be smaller than ${limit} bytes for the ${operationName} operation`));
  }
  const refused = refusalOf(body, header(request, 'x-amz-client-context'));
  if (refused) return send(response, refused);
  if (type === 'DryRun') return send(response, { status: 204, headers: executed, body: '' });
  const call: InvokeCall = {
    key: found.key, fn: found.fn, payload: body.length === 0 ? Buffer.from('{}') : body, requestId,
    clientContext: contextOf(header(request, 'x-amz-client-context')),
    tail: header(request, 'x-amz-log-type') === 'Tail',
  };
  if (type === 'Event') {
    api.events.add(call);
    return send(response, { status: 202, headers: executed, body: operation === 'invoke-async' ? '{"Status":202}' : '' });
  }
  if (streams) return streamInvocation(call, response);
  return send(response, await invoked(call));
}

const executed = { 'X-Amz-Executed-Version': '$LATEST' };

async function invoked(call: InvokeCall): Promise<Reply> {
  const { fn, payload, requestId, clientContext, tail } = call;
  let outcome: InvokeOutcome;
  try {
    outcome = await fn.pool.invoke({ payload, requestId, clientContext });
  } catch (error) {
    return notStarted(error);
  }
  if (outcome.kind === 'throttled') return throttled();
  return {
    status: 200,
    headers: {
      'Content-Type': outcome.kind === 'response' ? outcome.contentType : 'application/json',
      ...executed,
      ...(outcome.kind === 'response' ? {} : { 'X-Amz-Function-Error': 'Unhandled' }),
      ...(tail ? { 'X-Amz-Log-Result': logTail(outcome.logs) } : {}),
    },
    body: outcome.payload,
  };
}

function refusalOf(body: Buffer, clientContext: string | undefined): Reply | undefined {
  try {
    if (body.length > 0) JSON.parse(body.toString('utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return awsError(400, 'InvalidRequestContentException', `Could not parse request body into json: ${why}`);
  }
  try {
    if (clientContext !== undefined) JSON.parse(Buffer.from(clientContext, 'base64').toString('utf8'));
  } catch {
    return awsError(400, 'InvalidRequestContentException', 'Client context must be a valid Base64-encoded JSON object.');
  }
  return undefined;
}

function contextOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString('utf8');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
