/**
 * Largest body of a buffered response, and of an event: 6 MiB and 100 bytes, what Lambda's own emulator
 * (aws-lambda-runtime-interface-emulator, internal/lambda/interop) enforces.
 */
export const maxPayload: number = 6 * 1024 * 1024 + 100;

/** Largest streamed response, bytes (200 MB since July 2025; Lambda's quotas page). */
export const maxStreamedPayload: number = 200 * 1024 * 1024;

/** An invocation as the runtime gets it. */
export interface Invocation {
  readonly requestId: string;
  readonly event: Uint8Array;
  /** Milliseconds since the epoch at which the function's Timeout is up. */
  readonly deadline: number;
  readonly functionArn: string;
  /** The X-Ray header, `Root=…;Parent=…;Sampled=0`. */
  readonly traceId: string;
  /** JSON text, as given to the Invoke API (decoded). */
  readonly clientContext?: string | undefined;
  readonly cognitoIdentity?: string | undefined;
  readonly tenantId?: string | undefined;
  /** Gets the pieces of a streamed response as they come. */
  readonly onChunk?: ((chunk: Uint8Array, contentType: string) => void) | undefined;
}

/** What the runtime answered to an invocation. */
export type Answer =
  | { readonly kind: 'response'; readonly body: Uint8Array; readonly contentType: string; readonly streamed: boolean }
  | { readonly kind: 'error'; readonly body: Uint8Array; readonly errorType: string };

/** What the runtime reported instead of becoming ready. */
export interface InitError {
  readonly errorType: string;
  readonly body: Uint8Array;
}

/** A reply to a request of the runtime's or an extension's. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** 202, what Lambda answers when it took something. */
export const accepted: Reply = { status: 202, body: '{"status":"OK"}\n' };

/** A refusal in the form of the Runtime API's ErrorResponse. */
export function refusal(status: number, errorType: string, errorMessage: string): Reply {
  return { status, body: `${JSON.stringify({ errorMessage, errorType })}\n` };
}

/** 403: the request does not fit the state. */
export function wrongState(state: string, wish: string): Reply {
  return refusal(
    403,
    'InvalidStateTransition',
    `State transition from ${state} to ${wish} failed for runtime. Error: State transition is not allowed`,
  );
}

/** Headers of the event's delivery (Runtime API reference, "Next invocation"). */
export function invocationHeaders(invocation: Invocation): Record<string, string> {
  const optional = {
    'Lambda-Runtime-Client-Context': invocation.clientContext,
    'Lambda-Runtime-Cognito-Identity': invocation.cognitoIdentity,
    'Lambda-Runtime-Aws-Tenant-Id': invocation.tenantId,
  };
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'Lambda-Runtime-Aws-Request-Id': invocation.requestId,
    'Lambda-Runtime-Deadline-Ms': String(Math.floor(invocation.deadline)),
    'Lambda-Runtime-Invoked-Function-Arn': invocation.functionArn,
    'Lambda-Runtime-Trace-Id': invocation.traceId,
  };
  for (const [name, value] of Object.entries(optional)) {
    if (value !== undefined) headers[name] = asciiJson(value);
  }
  return headers;
}

/** HTTP headers carry no characters past Latin-1; JSON can spell them as escapes. */
function asciiJson(text: string): string {
  return text.replace(/[\u{80}-\u{10ffff}]/gu, (c) =>
    Array.from({ length: c.length }, (_, i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}
