import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';

/** A message of a debugging protocol. */
export type Message = Readonly<Record<string, unknown>>;

/** A debugger's end of a connection. */
export interface DebugClient {
  readonly send: (message: Message) => void;
  /** The next message that fits, also one that came before. */
  readonly find: (fits: (message: Message) => boolean) => Promise<Message>;
  readonly close: () => void;
}

/** Speaks the Debug Adapter Protocol: JSON with a Content-Length before it. */
export async function connectDap(port: number): Promise<DebugClient> {
  const socket = await open(port);
  return client(socket, {
    encode: (text) => Buffer.from(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`),
    decode: (bytes) => {
      const head = bytes.indexOf('\r\n\r\n');
      const size = Number(/Content-Length: (\d+)/u.exec(bytes.subarray(0, Math.max(head, 0)).toString())?.[1] ?? Number.NaN);
      const start = head + 4;
      return head < 0 || Number.isNaN(size) || bytes.length < start + size ? undefined : { text: bytes.subarray(start, start + size).toString(), rest: bytes.subarray(start + size) };
    },
  });
}

/** Speaks the DevTools protocol of Node's inspector, by a WebSocket (RFC 6455). */
export async function connectInspector(port: number): Promise<DebugClient> {
  const path = await inspectorPath(port);
  const socket = await open(port);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`);
  let isOpen = false;
  const inspector = client(socket, {
    encode: (text) => {
      const body = Buffer.from(text);
      const mask = Buffer.from([1, 2, 3, 4]);
      const head = body.length < 126 ? Buffer.from([0x81, 0x80 | body.length]) : Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 0xff]);
      return Buffer.concat([head, mask, body.map((byte, at) => byte ^ (mask[at % 4] ?? 0))]);
    },
    decode: (bytes) => {
      if (!isOpen) {
        const end = bytes.indexOf('\r\n\r\n');
        if (end < 0) return undefined;
        isOpen = true;
        return { text: '{}', rest: bytes.subarray(end + 4) };
      }
      if (bytes.length < 2) return undefined;
      const short = (bytes[1] ?? 0) & 0x7f;
      const [size, start] = short < 126 ? [short, 2] : short === 126 ? [bytes.length < 4 ? Infinity : bytes.readUInt16BE(2), 4] : [bytes.length < 10 ? Infinity : Number(bytes.readBigUInt64BE(2)), 10];
      return bytes.length < start + size ? undefined : { text: bytes.subarray(start, start + size).toString(), rest: bytes.subarray(start + size) };
    },
  });
  // The answer to the handshake: nothing may be sent before it.
  await inspector.find((message) => Object.keys(message).length === 0);
  return inspector;
}

function inspectorPath(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/json/list' }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const [first] = JSON.parse(text) as readonly { webSocketDebuggerUrl: string }[];
        resolve(new URL(first?.webSocketDebuggerUrl ?? '').pathname);
      });
    }).once('error', reject);
  });
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
}

interface Codec {
  readonly encode: (text: string) => Buffer;
  readonly decode: (bytes: Buffer) => { readonly text: string; readonly rest: Buffer } | undefined;
}

function client(socket: Socket, { encode, decode }: Codec): DebugClient {
  const messages: Message[] = [];
  let waiting: { readonly fits: (message: Message) => boolean; readonly resolve: (message: Message) => void }[] = [];
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let one = decode(rest); one; one = decode(rest)) {
      rest = one.rest;
      const message = JSON.parse(one.text) as Message;
      messages.push(message);
      waiting = waiting.filter(({ fits, resolve }) => !(fits(message) && (resolve(message), true)));
    }
  });
  return {
    send: (message) => void socket.write(encode(JSON.stringify(message))),
    find: (fits) => new Promise((resolve) => {
      const found = messages.find(fits);
      if (found) resolve(found);
      else waiting.push({ fits, resolve });
    }),
    close: () => void socket.destroy(),
  };
}
