import type { Backend } from './backend.ts';
import type { Outcome } from './outcome.ts';

/** Lambda would have refused the invocation: as many as ReservedConcurrentExecutions allows are under way. */
export interface Throttled {
  readonly kind: 'throttled';
  readonly requestId: string;
  /** The function's ReservedConcurrentExecutions. */
  readonly limit: number;
}

/** What became of an invocation through a pool. */
export type InvokeOutcome = Outcome | Throttled;

/** One invocation's measurements, for display. */
export interface Timing {
  readonly requestId: string;
  readonly kind: Outcome['kind'];
  /** Milliseconds since the epoch at which the event was handed over. */
  readonly at: number;
  readonly durationMs: number;
  readonly billedMs: number;
  readonly initMs: number | undefined;
  /** Mebibytes. */
  readonly maxMemoryMb: number | undefined;
  readonly errorType: string | undefined;
}

/** A function's runners at this moment. */
export interface PoolState {
  /**
   * `cold`: no runner; `starting`: only such as are not ready yet; `warm`: one waits for events; `busy`: all that there are run one;
   * `failed`: none could be started.
   */
  readonly condition: 'cold' | 'starting' | 'warm' | 'busy' | 'failed';
  readonly starting: number;
  readonly idle: number;
  readonly busy: number;
  /** A process that waits for the next code. */
  readonly hasSpare: boolean;
  /** Invocations that wait for a runner. */
  readonly waiting: number;
  readonly invocations: number;
  /** Of these, those that did not end with a response. */
  readonly errors: number;
  readonly throttles: number;
  readonly last: Timing | undefined;
  /** Mebibytes, the highest seen since the code last changed. */
  readonly peakMemoryMb: number | undefined;
  /** Of the function's template: mebibytes. */
  readonly memory: number;
  readonly backend: Backend['kind'] | undefined;
  /** What differs from Lambda, in sentences. */
  readonly remarks: readonly string[];
  /** How often the code was replaced. */
  readonly generation: number;
  /** What was wrong with the last runner's initialisation, in Lambda's words; undefined where nothing was, or none has ended. */
  readonly initProblem: string | undefined;
  /** Milliseconds of the last runner's initialisation. */
  readonly initMs: number | undefined;
  /** Why no runner could be started, when the last try failed. */
  readonly failure: string | undefined;
}

/** What a pool tells its listeners, in the order in which it happens. */
export type PoolEvent =
  | { readonly kind: 'begun'; readonly requestId: string; readonly at: number; readonly event: Uint8Array }
  /** `requestId` is absent for what is written outside of invocations. */
  | { readonly kind: 'log'; readonly requestId: string | undefined; readonly chunk: Uint8Array }
  | { readonly kind: 'finished'; readonly at: number; readonly outcome: InvokeOutcome }
  /** Numbers or condition changed; `RunnerPool.state()` has them. */
  | { readonly kind: 'state' };
