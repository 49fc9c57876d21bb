import type { IncomingMessage } from 'node:http';
import type { Answer, Reply } from './api-protocol.ts';
import { accepted, maxPayload, maxStreamedPayload, refusal } from './api-protocol.ts';
import { errorDocument } from './outcome.ts';

interface ReadBody {
  readonly body: Buffer;
  /** True when it was longer than the limit; `body` is then empty. */
  readonly isTooLarge: boolean;
}

/** Reads a body up to a limit (bytes); rejects when the sender goes away before its end. */
export async function readBody(
  request: IncomingMessage,
  limit: number = maxPayload,
  onChunk?: (chunk: Uint8Array) => void,
): Promise<ReadBody> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    // Past the limit it is read on and forgotten: a sender that cannot finish would never read the refusal.
    if (size > limit) chunks.length = 0;
    else {
      chunks.push(bytes);
      onChunk?.(bytes);
    }
  }
  return { body: Buffer.concat(chunks), isTooLarge: size > limit };
}

/** A runtime's answer, and what to reply to it; no answer when the request itself was malformed. */
export async function readAnswer(
  request: IncomingMessage,
  isError: boolean,
  onChunk: ((chunk: Uint8Array, contentType: string) => void) | undefined,
): Promise<{ readonly answer?: Answer; readonly reply: Reply }> {
  const mode = String(request.headers['lambda-runtime-function-response-mode'] ?? '').toLowerCase();
  if (mode !== '' && mode !== 'streaming') {
    return { reply: refusal(400, 'InvalidFunctionResponseMode', 'Invalid value for the response mode header') };
  }
  const isStreamed = mode === 'streaming' && !isError;
  const limit = isStreamed ? maxStreamedPayload : maxPayload;
  const contentType = request.headers['content-type'] ?? 'application/json';
  let read: ReadBody;
  try {
    read = await readBody(request, limit, isStreamed ? (chunk) => onChunk?.(chunk, contentType) : undefined);
  } catch {
    const errorType = 'Runtime.TruncatedResponse';
    return {
      answer: { kind: 'error', errorType, body: errorDocument(errorType, 'the runtime broke off while it sent its response') },
      reply: refusal(400, 'Runtime.TruncatedResponse', 'Truncated response'),
    };
  }
  if (read.isTooLarge) return tooLarge(limit);
  if (isError) {
    const errorType = String(request.headers['lambda-runtime-function-error-type'] ?? 'Function.Unknown');
    return { answer: { kind: 'error', errorType: errorTypeOf(read.body) ?? errorType, body: read.body }, reply: accepted };
  }
  const failed = request.trailers['lambda-runtime-function-error-type'];
  if (isStreamed && failed !== undefined) {
    const body = Buffer.from(request.trailers['lambda-runtime-function-error-body'] ?? '', 'base64');
    return { answer: { kind: 'error', errorType: failed, body }, reply: accepted };
  }
  return { answer: { kind: 'response', body: read.body, contentType, streamed: isStreamed }, reply: accepted };
}

function tooLarge(limit: number): { readonly answer: Answer; readonly reply: Reply } {
  const errorType = 'Function.ResponseSizeTooLarge';
  const body = errorDocument(errorType, `Response payload size exceeded maximum allowed payload size (${limit} bytes).`);
  return {
    answer: { kind: 'error', errorType, body },
    reply: refusal(413, 'RequestEntityTooLarge', `Exceeded maximum allowed payload size (${limit} bytes).`),
  };
}

function errorTypeOf(body: Buffer): string | undefined {
  try {
    const { errorType } = JSON.parse(body.toString('utf8')) as { errorType?: unknown };
    return typeof errorType === 'string' && errorType !== '' ? errorType : undefined;
  } catch {
    return undefined;
  }
}
