import { Failure } from '../base/fault.ts';
import { awsError, type Reply } from './reply.ts';
import type { ServedFunction } from './served.ts';

/** Bytes of log in X-Amz-Log-Result. */
const tailBytes = 4096;

/** A function and its event, read from a request. */
export interface InvokeCall {
  readonly key: string;
  readonly fn: ServedFunction;
  readonly payload: Uint8Array;
  readonly requestId: string;
  /** JSON text. */
  readonly clientContext: string | undefined;
  readonly tail: boolean;
}

/** Lambda's answer when reserved concurrency is used up. */
export function throttled(): Reply {
  return awsError(429, 'TooManyRequestsException', 'Rate Exceeded.', { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' });
}

/** A function that this machine cannot run is the service's failure to a caller; anything but a Failure is a defect and thrown on. */
export function notStarted(error: unknown): Reply {
  if (!(error instanceof Failure)) throw error;
  const { what, why, next } = error.fault;
  return awsError(500, 'ServiceException', [what, why, next].filter((part) => part !== undefined).join('; '));
}

/** The last 4 KiB of a log, base64. */
export function logTail(logs: string): string {
  const bytes = Buffer.from(logs);
  return bytes.subarray(Math.max(0, bytes.length - tailBytes)).toString('base64');
}
