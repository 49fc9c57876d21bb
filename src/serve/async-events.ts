import type { InvokeCall } from './invoke-call.ts';
import type { Notice } from './served.ts';

/** Asynchronous invocations that are under way or wait for another try. */
export interface AsyncEvents {
  readonly add: (call: InvokeCall) => void;
  /** Gives up what waits. */
  readonly close: () => void;
}

/** Milliseconds before each further try. Lambda waits one minute, then two; here one waits for seconds, and the log says so. */
export const retryDelays: readonly number[] = [1000, 2000];

/**
 * Runs events as Lambda's asynchronous invocation does: answered at once, tried again twice (or EventInvokeConfig's
 * MaximumRetryAttempts) when the function fails, and for longer when it is throttled.
 */
export function createAsyncEvents(tell: (notice: Notice) => void, delays: readonly number[] = retryDelays): AsyncEvents {
  const timers = new Set<NodeJS.Timeout>();
  let isClosed = false;
  const later = (ms: number, work: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, ms);
    timers.add(timer);
  };
  const attempt = async (call: InvokeCall, tries: number): Promise<void> => {
    if (isClosed) return;
    const { fn, key, payload, requestId, clientContext } = call;
    const outcome = await fn.pool.invoke({ payload, requestId, clientContext }).catch((error: unknown) => ({ kind: 'refused' as const, error }));
    if (isClosed || outcome.kind === 'response') return;
    if (outcome.kind === 'refused') return tell({ functionName: key, text: `event ${requestId} was not run: ${String(outcome.error)}` });
    const delay = delays[Math.min(tries, delays.length - 1)] ?? 1000;
    if (outcome.kind === 'throttled') {
      tell({ functionName: key, text: `event ${requestId} is throttled at ${outcome.limit} at once; next try in ${delay / 1000} s` });
      return later(delay, () => void attempt(call, tries));
    }
    const most = fn.retries ?? 2;
    if (tries >= most) {
      const destination = most === 0 ? 'no retries are configured' : `${most + 1} tries failed`;
      return tell({ functionName: key, text: `event ${requestId} is given up: ${destination}; Lambda would send it to the failure destination or dead-letter queue, where there is one` });
    }
    tell({ functionName: key, text: `event ${requestId} failed (${outcome.errorType}); try ${tries + 2} of ${most + 1} in ${delay / 1000} s, where Lambda waits ${tries + 1} min` });
    later(delay, () => void attempt(call, tries + 1));
  };
  return {
    add: (call) => void attempt(call, 0),
    close: () => {
      isClosed = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
