import { Failure, type Fault, type FaultCode } from '../../base/fault.ts';
import type { Wait } from '../../registry/transport.ts';

/** Brings what is wanted to where it goes, one at a time for each name, the newest only. */
export interface SendQueue<T> {
  /** The newest wins; what was wanted before and is not on its way is dropped. */
  readonly want: (name: string, item: T) => void;
  /** When nothing is on its way or waits to be tried again. */
  readonly settled: () => Promise<void>;
}

/** What a queue is made of. */
export interface QueueOptions<T> {
  readonly send: (name: string, item: T) => Promise<void>;
  readonly onWaiting: (name: string, fault: Fault, seconds: number) => void;
  readonly onFailed: (name: string, fault: Fault) => void;
  readonly wait: Wait;
  readonly isStopped: () => boolean;
  /** Names at the same time. */
  readonly parallel: number;
}

/** A minute of a registry that is down, keys that have ended until somebody signs in again: it goes on when it can. */
const passing: ReadonlySet<FaultCode> = new Set(['network/unreachable', 'registry/unavailable', 'registry/rate-limited', 'registry/unauthorized', 'aws/unavailable', 'aws/unauthorized']);
/** Seconds before the next attempt. */
const pauses = [1, 2, 4, 8, 10];

/** An empty queue. */
export function createSendQueue<T>(options: QueueOptions<T>): SendQueue<T> {
  const wanted = new Map<string, T>();
  const running = new Map<string, Promise<void>>();
  const waiting: (() => void)[] = [];
  const defects: unknown[] = [];
  let free = options.parallel;
  const enter = async (): Promise<void> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  const once = async (name: string, item: T): Promise<Failure | undefined> => {
    await enter();
    try {
      await options.send(name, item);
      return undefined;
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    } finally {
      leave();
    }
  };
  const drain = async (name: string): Promise<void> => {
    for (let failures = 0, item = take(name); item !== undefined;) {
      const error = await once(name, item.value);
      if (!error) failures = 0;
      else if (passing.has(error.fault.code)) {
        const seconds = pauses[Math.min(failures++, pauses.length - 1)] ?? 10;
        options.onWaiting(name, error.fault, seconds);
        await options.wait(seconds * 1000);
        // Meanwhile something newer may be wanted.
        item = take(name) ?? item;
        continue;
      } else options.onFailed(name, error.fault);
      item = take(name);
    }
  };
  const take = (name: string): { readonly value: T } | undefined => {
    const value = wanted.get(name);
    if (value === undefined) return undefined;
    wanted.delete(name);
    return { value };
  };
  return {
    want: (name, item) => {
      wanted.set(name, item);
      if (running.has(name)) return;
      // What is no expected failure is kept for whoever waits for the end; an interruption is none of both.
      running.set(name, drain(name).catch((error: unknown) => void (options.isStopped() || defects.push(error))).finally(() => running.delete(name)));
    },
    settled: async () => {
      while (running.size > 0) await Promise.all(running.values());
      if (defects.length > 0) throw defects[0];
    },
  };
}
