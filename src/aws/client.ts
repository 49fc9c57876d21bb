import { AwsV4Signer } from 'aws4fetch';
import { failure, Failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { createSend, readResponse, type HttpResponse, type Send } from '../registry/http.ts';
import { backoff, waitOn, type Wait } from '../registry/transport.ts';
import { awsFailure, isExpired, isPassing, readAwsError, type AwsError } from './aws-error.ts';
import type { AwsCredentials } from './credentials.ts';

/** One request to an AWS API. */
export interface AwsRequest {
  /** As it is signed: `lambda`, `ecr`, `cloudformation`, `logs`, `s3`. */
  readonly service: string;
  /** What is tried, for messages: `UpdateFunctionCode of shop-Fn`. */
  readonly what: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'HEAD';
  /** With its query; encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Before the host's name, where an operation has an address of its own: `streaming-`. */
  readonly hostPrefix?: string;
  /** Errors that are answers, by code. */
  readonly accept?: (error: AwsError) => boolean;
}

/** An answer, read. */
export interface AwsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  /** Set when the error was one that `accept` takes. */
  readonly error: AwsError | undefined;
}

/** Speaks to AWS's APIs with kept connections and keys. */
export interface AwsClient {
  readonly region: string;
  readonly call: (request: AwsRequest) => Promise<AwsAnswer>;
  /** The answer with its body unread, for one that goes on. */
  readonly open: (request: AwsRequest) => Promise<HttpResponse>;
  /** Bytes of all bodies sent so far. */
  readonly sent: () => number;
}

/** Where a client gets what it needs. */
export interface AwsClientOptions {
  readonly region: string;
  /** For messages. */
  readonly profile: string | undefined;
  readonly credentials: AwsCredentials;
  readonly send?: Send;
  readonly wait?: Wait;
}

const mostAttempts = 6;
/** No answer that is read here is larger: a template has 1 MB at most. */
const largestAnswer = 16 * 1024 * 1024;

/**
 * A client that signs (Signature Version 4), tries again when throttled or cut off, and renews keys that have ended.
 * `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` lead elsewhere, as for the AWS CLI.
 */
export function createAwsClient(host: Host, options: AwsClientOptions): AwsClient {
  const send = options.send ?? createSend(host);
  const wait = options.wait ?? waitOn(host.signal);
  let sent = 0;
  const once = async (request: AwsRequest, isFresh: boolean): Promise<HttpResponse> => {
    const { body, method } = request;
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const signed = await sign(host, request, { ...options, isFresh });
    sent += bytes?.length ?? 0;
    return await send({ method, url: signed.url, headers: signed.headers, ...(bytes ? { body: { size: bytes.length, open: () => [bytes] } } : {}) });
  };
  const attempts = async (request: AwsRequest): Promise<HttpResponse | { readonly error: AwsError }> => {
    let isFresh = false;
    for (let n = 1; ; n++) {
      const response = await once(request, isFresh).catch((error: unknown) => unanswered(error, request, { host, n }));
      if (response === 'again') {
        await wait(backoff(n));
        continue;
      }
      if (response.status < 300) return response;
      const error = readAwsError(response.status, response.headers, (await readResponse(response, largestAnswer)).toString('utf8'));
      if (request.accept?.(error) === true) return { error };
      if (isExpired(error) && !isFresh) isFresh = true;
      else if (!isPassing(error) || n >= mostAttempts) throw awsFailure(request.what, error, options.profile);
      else await wait(backoff(n));
    }
  };
  return {
    region: options.region,
    sent: () => sent,
    open: async (request) => {
      const answer = await attempts(request);
      if ('error' in answer) throw awsFailure(request.what, answer.error, options.profile);
      return answer;
    },
    call: async (request) => {
      const answer = await attempts(request);
      if ('error' in answer) return { status: answer.error.status, headers: {}, text: '', error: answer.error };
      return { status: answer.status, headers: answer.headers, text: (await readResponse(answer, largestAnswer)).toString('utf8'), error: undefined };
    },
  };
}

/** No answer: worth another attempt a few times, then a failure that says who did not answer. */
function unanswered(error: unknown, request: AwsRequest, { host, n }: { readonly host: Host; readonly n: number }): 'again' {
  if (error instanceof Failure || host.signal.aborted) throw error;
  if (n < 4) return 'again';
  const why = error instanceof Error ? error.message || ('code' in error ? String(error.code) : error.name) : String(error);
  throw failure('network/unreachable', `${request.what} got no answer`, { cause: error, why, next: 'check the network, a VPN or a proxy' });
}

async function sign(host: Host, request: AwsRequest, { region, credentials, isFresh }: AwsClientOptions & { readonly isFresh: boolean }): Promise<{ readonly url: URL; readonly headers: Readonly<Record<string, string>> }> {
  const keys = isFresh ? await credentials.refresh() : await credentials.keys();
  const { service, method, path, headers = {}, body } = request;
  const signer = new AwsV4Signer({
    method, url: `${endpointOf(host.env, service, region, request.hostPrefix)}${path}`, headers: { ...headers }, service, region,
    accessKeyId: keys.accessKeyId, secretAccessKey: keys.secretAccessKey, ...(keys.sessionToken === undefined ? {} : { sessionToken: keys.sessionToken }),
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : Buffer.from(body) }), allHeaders: false,
  });
  const signed = await signer.sign();
  return { url: new URL(signed.url), headers: Object.fromEntries(signed.headers) };
}

/** Without a slash at the end. */
function endpointOf(env: Host['env'], service: string, region: string, prefix = ''): string {
  const own = env[`AWS_ENDPOINT_URL_${names[service] ?? service.toUpperCase()}`] ?? env['AWS_ENDPOINT_URL'];
  if (own !== undefined && own !== '') return own.replace(/\/+$/u, '');
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://${prefix}${service === 'ecr' ? 'api.ecr' : service}.${region}.${suffix}`;
}

/** Names of services in AWS_ENDPOINT_URL_… that are not those of their signatures. */
const names: Readonly<Record<string, string>> = { logs: 'CLOUDWATCH_LOGS' };
