import { Failure, type Fault } from '../../base/fault.ts';
import type { LambdaFunction } from '../../model/function.ts';
import type { RunnerPool } from '../../runtime/pool.ts';
import type { PoolState } from '../../runtime/pool-state.ts';

/** Stands at the doors for a function that has nothing to run: invocations reject with the reason. */
export function refusingPool(fn: LambdaFunction, why: Fault): RunnerPool {
  const memory = fn.memory.kind === 'known' ? fn.memory.value : 128;
  const place = why.place ? ` (${why.place.file}:${why.place.line})` : '';
  const what = `${why.what}${place}`;
  const state: PoolState = {
    condition: 'failed', starting: 0, idle: 0, busy: 0, hasSpare: false, waiting: 0, invocations: 0, errors: 0, throttles: 0, last: undefined, peakMemoryMb: undefined,
    memory, backend: undefined, remarks: [], generation: 0, initProblem: undefined, initMs: undefined, failure: what,
  };
  return {
    name: fn.logicalId,
    invoke: () => Promise.reject(new Failure({ ...why, what })),
    replace: () => undefined,
    warm: () => undefined,
    state: () => state,
    settings: () => ({ name: fn.logicalId, memory, timeout: 3, ephemeralStorage: 512, architecture: 'x86_64', environment: {} }),
    subscribe: () => () => undefined,
    close: () => Promise.resolve(),
  };
}
