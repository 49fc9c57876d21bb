import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { failure } from '../base/fault.ts';

/** One address for a debugger, whichever of a function's processes is the newest. */
export interface DebugPort {
  readonly port: number;
  /** A debugger is connected: time that passes is a person's, not the function's. */
  readonly isAttached: () => boolean;
  /** A free port for a process that starts; from now on debuggers are led there. */
  readonly next: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/** Milliseconds for which a process may take to listen after a debugger knocks. */
const patience = 60_000;

/**
 * Listens on 127.0.0.1 and passes connections on to the newest process: a debugger finds it under the same port after every save,
 * and the old process may still hold its own. Fails with `usage` when the port is taken.
 * @param port 0 takes any free one.
 */
export async function openDebugPort(port: number): Promise<DebugPort> {
  const sockets = new Set<Socket>();
  let target: number | undefined;
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined).once('close', () => sockets.delete(client));
    void join(client, () => target);
  });
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    isAttached: () => sockets.size > 0,
    next: async () => (target = await freePort()),
    close: () => new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    }),
  };
}

async function join(client: Socket, target: () => number | undefined): Promise<void> {
  const until = Date.now() + patience;
  while (!client.destroyed && Date.now() < until) {
    const port = target();
    const inner = port === undefined ? undefined : await reach(port);
    if (inner) {
      inner.on('error', () => client.destroy()).once('close', () => client.destroy());
      client.once('close', () => inner.destroy());
      client.pipe(inner).pipe(client);
      return;
    }
    await pause(50);
  }
  client.destroy();
}

function reach(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  return await new Promise((resolve) => server.close(() => resolve(port)));
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(failure('usage', `port ${port} is taken`, { cause, next: 'give another one, or end what listens there' })));
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
