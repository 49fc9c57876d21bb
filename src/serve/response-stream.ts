import type { ServerResponse } from 'node:http';
import type { InvokeOutcome } from '../runtime/pool-state.ts';
import { eventStreamMessage } from './event-stream.ts';
import { type InvokeCall, logTail, notStarted, throttled } from './invoke-call.ts';
import { send } from './reply.ts';

/**
 * Lambda's InvokeWithResponseStream: the answer as it comes, in PayloadChunk events, and a last InvokeComplete event. The
 * answer of a function that does not stream is one chunk.
 */
export async function streamInvocation(call: InvokeCall, response: ServerResponse): Promise<void> {
  const { fn, payload, requestId, clientContext, tail } = call;
  const begin = (): void => {
    if (response.headersSent) return;
    response.writeHead(200, {
      'Content-Type': 'application/vnd.amazon.eventstream', 'X-Amz-Executed-Version': '$LATEST',
      'X-Amzn-Lambda-Invoked-Function-Response-Content-Type': 'application/octet-stream',
    });
  };
  const onChunk = (chunk: Uint8Array): void => {
    begin();
    response.write(eventStreamMessage({ ':event-type': 'PayloadChunk', ':content-type': 'application/octet-stream', ':message-type': 'event' }, chunk));
  };
  let outcome: InvokeOutcome;
  try {
    outcome = await fn.pool.invoke({ payload, requestId, clientContext, onChunk });
  } catch (error) {
    return send(response, notStarted(error));
  }
  if (outcome.kind === 'throttled') return send(response, throttled());
  if (outcome.kind === 'response' && !outcome.streamed) onChunk(outcome.payload);
  begin();
  const failed = outcome.kind === 'response' ? {} : { ErrorCode: 'Unhandled', ErrorDetails: Buffer.from(outcome.payload).toString('utf8') };
  const complete = JSON.stringify({ ...failed, ...(tail ? { LogResult: logTail(outcome.logs) } : {}) });
  response.end(eventStreamMessage({ ':event-type': 'InvokeComplete', ':content-type': 'application/json', ':message-type': 'event' }, Buffer.from(complete)));
}
