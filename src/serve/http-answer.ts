import { isFields, wordOf, type Fields } from './plain.ts';
import type { HttpRequest } from './http-request.ts';
import { headerValues } from './http-request.ts';
import { mediaTypeMatches } from './media-type.ts';
import type { Reply } from './reply.ts';

/** A function's answer as HTTP, and what there is to say about it. */
export interface HttpAnswer {
  readonly reply: Reply;
  /** Why it is not what the function may have meant. */
  readonly remark?: string | undefined;
}

/** The error of a function, or an answer that is none, in the words of the door it came through. */
export function badAnswer(kind: HttpRequest['api']['kind'], remark: string): HttpAnswer {
  const json = { 'Content-Type': 'application/json' };
  if (kind === 'rest') return { remark, reply: { status: 502, headers: { ...json, 'x-amzn-ErrorType': 'InternalServerErrorException' }, body: '{"message": "Internal server error"}' } };
  if (kind === 'http') return { remark, reply: { status: 500, headers: json, body: '{"message":"Internal Server Error"}' } };
  return { remark, reply: { status: 502, headers: { ...json, 'x-amzn-ErrorType': 'InternalServerErrorException' }, body: 'Internal Server Error' } };
}

/** Turns a function's answer into HTTP as its payload format has it. */
export function httpAnswer(request: HttpRequest, payload: Uint8Array): HttpAnswer {
  const { api, match } = request;
  const text = Buffer.from(payload).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return badAnswer(api.kind, 'the answer is no JSON');
  }
  return match.route.payload === '1.0' ? answerOne(request, value) : answerTwo(request, value, text);
}

const keysOfOne = new Set(['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded', 'cookies']);

/** Payload 1.0: an object with a statusCode, and of REST APIs nothing that is not known. */
function answerOne(request: HttpRequest, value: unknown): HttpAnswer {
  const { kind } = request.api;
  if (!isFields(value)) return badAnswer(kind, 'the answer is no object with statusCode, headers and body');
  const status = statusOf(value['statusCode']);
  if (status === undefined) return badAnswer(kind, `statusCode is ${JSON.stringify(value['statusCode']) ?? 'absent'}, not a number from 100 to 599`);
  const unknown = Object.keys(value).filter((key) => !keysOfOne.has(key));
  if (kind === 'rest' && unknown.length > 0) return badAnswer(kind, `the answer has ${unknown.map((key) => `\`${key}\``).join(', ')}, which API Gateway does not know`);
  const { body } = value;
  if (body !== undefined && body !== null && typeof body !== 'string') return badAnswer(kind, `body is ${Array.isArray(body) ? 'a list' : `of the type ${typeof body}`}, not text: use JSON.stringify or json.dumps`);
  const headers = headersOf(value);
  if (headers === undefined) return badAnswer(kind, 'headers and multiValueHeaders are to be maps of names to texts');
  const { bytes, remark } = bytesOf(request, value, body ?? '');
  return { remark, reply: { status, headers: { 'content-type': 'application/json', ...headers }, body: bytes } };
}

/** REST APIs decode a body only where the request accepts a type that the API calls binary. */
function bytesOf({ api, ...request }: HttpRequest, answer: Fields, body: string): { readonly bytes: Uint8Array | string; readonly remark?: string } {
  if (answer['isBase64Encoded'] !== true) return { bytes: body };
  const [accept = '*/*'] = headerValues(request, 'accept').flatMap((one) => one.split(','));
  const isKnown = api.kind !== 'rest' || api.binaryTypes.some((type) => type === '*/*' || mediaTypeMatches(type, accept));
  if (isKnown) return { bytes: Buffer.from(body, 'base64') };
  return { bytes: body, remark: `isBase64Encoded has no effect: BinaryMediaTypes of ${api.name} lacks ${accept.trim()}, the type that the request accepts` };
}

/** Payload 2.0: an object with a statusCode is taken apart, anything else is the body of a 200. */
function answerTwo(request: HttpRequest, value: unknown, text: string): HttpAnswer {
  const { kind } = request.api;
  const json = { 'content-type': 'application/json' };
  if (!isFields(value) || value['statusCode'] === undefined) {
    return { reply: { status: 200, headers: json, body: typeof value === 'string' ? value : text } };
  }
  const status = statusOf(value['statusCode']);
  if (status === undefined) return badAnswer(kind, `statusCode is ${JSON.stringify(value['statusCode'])}, not a number from 100 to 599`);
  const headers = headersOf({ headers: value['headers'] });
  if (headers === undefined) return badAnswer(kind, 'headers is to be a map of names to texts');
  const { body, cookies } = value;
  if (typeof body === 'object' && body !== null) return badAnswer(kind, 'body is no text: use JSON.stringify or json.dumps');
  const set = Array.isArray(cookies) && cookies.length > 0 ? { 'set-cookie': cookies.map(String) } : {};
  const type = kind === 'url' ? json : { 'content-type': 'text/plain;charset=UTF-8' };
  return { reply: { status, headers: { ...type, ...headers, ...set }, body: bytesOf(request, value, wordOf(body) ?? '').bytes } };
}

function statusOf(value: unknown): number | undefined {
  const status = Number(wordOf(value) ?? Number.NaN);
  return Number.isInteger(status) && status >= 100 && status <= 599 ? status : undefined;
}

/** What only the connection itself may say. */
const ofConnection = new Set(['connection', 'content-length', 'transfer-encoding', 'keep-alive', 'upgrade', 'trailer']);

/** Both kinds of headers, by lower-case names; undefined where they are none. */
function headersOf(answer: Fields): Readonly<Record<string, readonly string[]>> | undefined {
  const all: Record<string, string[]> = {};
  for (const key of ['headers', 'multiValueHeaders'] as const) {
    const given = answer[key] ?? {};
    if (!isFields(given)) return undefined;
    for (const [name, value] of Object.entries(given)) {
      const values: readonly unknown[] = Array.isArray(value) ? value : [value];
      const lower = name.toLowerCase();
      if (ofConnection.has(lower)) continue;
      if (values.some((one) => typeof one === 'object' && one !== null) || !/^[\w!#$%&'*+.^`|~-]+$/u.test(name)) return undefined;
      const words = values.map((one) => (wordOf(one) ?? '').replaceAll(/[\r\n]/gu, ' '));
      all[lower] = key === 'headers' ? words : [...(all[lower] ?? []).filter((one) => !words.includes(one)), ...words];
    }
  }
  return all;
}
