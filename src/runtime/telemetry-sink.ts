import { request } from 'node:http';
import { connect, type Socket } from 'node:net';

/** Where a subscriber listens, and how much it wants at once. */
export interface SinkOptions {
  readonly protocol: 'HTTP' | 'TCP';
  readonly port: number;
  readonly path: string;
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** Takes events, JSON texts, and sends them on in batches. */
export interface TelemetrySink {
  readonly add: (event: string) => void;
  /** Sends what waits; resolves when it has arrived, or the subscriber did not take it. */
  readonly flush: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Milliseconds for one batch: a subscriber that takes longer loses it. */
const patience = 2000;

/**
 * Sends by HTTP (a JSON array as a POST) or by TCP (a JSON document a line) to a subscriber on 127.0.0.1, one batch after another. What
 * cannot be delivered is given up: a function does not fail for its observers.
 */
export function openTelemetrySink(options: SinkOptions): TelemetrySink {
  const { protocol, port, path, maxItems, maxBytes, timeoutMs } = options;
  let waiting: string[] = [];
  let bytes = 0;
  let timer: NodeJS.Timeout | undefined;
  let socket: Socket | undefined;
  let sending: Promise<void> = Promise.resolve();
  const send = async (events: readonly string[]): Promise<void> => {
    if (protocol === 'HTTP') return await post(port, path, `[${events.join(',')}]`);
    socket ??= connect(port, '127.0.0.1').on('error', () => undefined);
    socket.unref();
    await new Promise<void>((resolve) => void socket?.write(`${events.join('\n')}\n`, () => resolve()));
  };
  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const events = waiting;
    waiting = [];
    bytes = 0;
    if (events.length > 0) sending = sending.then(async () => await send(events)).catch(() => undefined);
    await sending;
  };
  return {
    add: (event) => {
      waiting.push(event);
      bytes += Buffer.byteLength(event);
      if (waiting.length >= maxItems || bytes >= maxBytes) void flush();
      else timer ??= setTimeout(() => void flush(), timeoutMs).unref();
    },
    flush,
    close: async () => {
      await flush();
      socket?.destroy();
    },
  };
}

function post(port: number, path: string, body: string): Promise<void> {
  return new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', port, path, method: 'POST', headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), 'Host': `sandbox.localdomain:${port}` }, timeout: patience }, (response) => {
      response.resume().on('close', () => resolve());
    });
    sent.on('timeout', () => sent.destroy()).on('error', () => resolve()).end(body);
  });
}
