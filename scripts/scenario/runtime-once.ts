import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Lambda Runtime API that has one event to give, for containers started by others. */
export interface RuntimeOnce {
  /** For AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** What the function answered; rejects with what it reported instead. */
  readonly answer: Promise<unknown>;
  readonly stop: () => Promise<void>;
}

/** Starts one on 127.0.0.1 (Lambda developer guide, "Using the Lambda runtime API"). */
export async function serveOnce(event: string): Promise<RuntimeOnce> {
  let settle: { readonly resolve: (value: unknown) => void; readonly reject: (reason: Error) => void } | undefined;
  const answer = new Promise<unknown>((resolve, reject) => (settle = { resolve, reject }));
  let isGiven = false;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (chunk: Buffer) => parts.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      if (path.endsWith('/invocation/next')) {
        // A second question waits for ever, as on Lambda between events.
        if (!isGiven) response.writeHead(200, headers()).end(event);
        isGiven = true;
        return;
      }
      const body = Buffer.concat(parts).toString();
      if (path.endsWith('/response')) settle?.resolve(JSON.parse(body));
      else settle?.reject(new Error(`the function reported ${body}`));
      response.writeHead(202).end('{"status":"OK"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, answer, stop: () => stop(server) };
}

function headers(): Record<string, string> {
  return {
    'content-type': 'application/json',
    'lambda-runtime-aws-request-id': '00000000-0000-4000-8000-000000000001',
    'lambda-runtime-deadline-ms': String(Date.now() + 60_000),
    'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-central-1:123456789012:function:transcribe',
  };
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
