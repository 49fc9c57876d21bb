import type { ServerResponse } from 'node:http';
import { fieldsOf, wordOf, wordsOf } from './plain.ts';

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** What awslambda.HttpResponseStream declares: JSON with status and headers, eight zero bytes, then the body. */
const withPrelude = 'application/vnd.awslambda.http-integration-response';
const separator = Buffer.alloc(8);

/** The streamed answer of a function URL with `InvokeMode: RESPONSE_STREAM`, passed on as it comes. */
export class UrlStream {
  readonly #response: ServerResponse;
  readonly #finish: (headers: Headers) => Headers;
  /** What came of the prelude so far. */
  #head = Buffer.alloc(0);
  hasBegun = false;

  /** `finish` gives headers their last form. */
  constructor(response: ServerResponse, finish: (headers: Headers) => Headers) {
    this.#response = response;
    this.#finish = finish;
  }

  add(chunk: Uint8Array, contentType: string): void {
    if (this.hasBegun) {
      this.#response.write(chunk);
      return;
    }
    if (contentType !== withPrelude) {
      this.#begin(200, { 'content-type': contentType });
      this.#response.write(chunk);
      return;
    }
    this.#head = Buffer.concat([this.#head, chunk]);
    const at = this.#head.indexOf(separator);
    if (at < 0) return;
    const { statusCode, headers, cookies } = preludeOf(this.#head.subarray(0, at));
    const set = wordsOf(cookies ?? []);
    const own = Object.fromEntries(Object.entries(fieldsOf(headers)).map(([name, value]) => [name.toLowerCase(), wordOf(value) ?? '']));
    this.#begin(Number(statusCode ?? 200), { 'content-type': 'application/octet-stream', ...own, ...(set.length > 0 ? { 'set-cookie': set } : {}) });
    const rest = this.#head.subarray(at + separator.length);
    if (rest.length > 0) this.#response.write(rest);
  }

  end(contentType: string): void {
    if (!this.hasBegun) this.#begin(200, { 'content-type': contentType });
    this.#response.end();
  }

  /** Cuts the connection: what has been sent is not the whole answer. */
  breakOff(): undefined {
    this.#response.destroy();
    return undefined;
  }

  #begin(status: number, headers: Headers): void {
    this.hasBegun = true;
    const sent = Object.entries(this.#finish(headers)).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]] as const);
    this.#response.writeHead(status, Object.fromEntries(sent));
    this.#response.flushHeaders();
  }
}

function preludeOf(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(bytes.toString('utf8')));
  } catch {
    return {};
  }
}
