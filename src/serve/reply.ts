import type { ServerResponse } from 'node:http';

/** An answer of a front door's own. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly body: Uint8Array | string;
}

/** An error as Lambda's API answers it (restJson1): `Type` is whose fault it is. */
export function awsError(status: number, type: string, message: string, more: Readonly<Record<string, string>> = {}): Reply {
  const side = status >= 500 ? 'Service' : 'User';
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'x-amzn-ErrorType': type },
    body: JSON.stringify({ ...more, Type: side, message, Message: message }),
  };
}

/** Sends an answer whole. */
export function send(response: ServerResponse, reply: Reply): void {
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  // Neither may have a body, nor say its length.
  const bare = reply.status === 204 || reply.status === 304;
  const headers = Object.entries(reply.headers ?? {}).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]] as const);
  response.writeHead(reply.status, { ...Object.fromEntries(headers), ...(bare ? {} : { 'Content-Length': body.length }) });
  response.end(bare ? undefined : body);
}
