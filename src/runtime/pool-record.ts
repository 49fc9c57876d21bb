import { Failure } from '../base/fault.ts';
import { explained, initProblem } from './init-problem.ts';
import type { InitEnd } from './life.ts';
import type { Outcome } from './outcome.ts';
import type { InvokeOutcome, PoolEvent, PoolState, Throttled, Timing } from './pool-state.ts';
import type { PooledRunner } from './pooled-runner.ts';

type Summary = Omit<PoolState, 'condition' | 'starting' | 'idle' | 'busy' | 'hasSpare' | 'waiting' | 'memory' | 'generation'>;

/** What happened in a pool: counted, and told to its listeners. */
export class PoolRecord {
  readonly #listeners = new Set<(event: PoolEvent) => void>();
  #summary: Summary = {
    invocations: 0, errors: 0, throttles: 0, last: undefined, initProblem: undefined, initMs: undefined, peakMemoryMb: undefined, backend: undefined, remarks: [], failure: undefined,
  };

  subscribe(listener: (event: PoolEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  summary(): Summary {
    return this.#summary;
  }

  changed(): void {
    this.#tell({ kind: 'state' });
  }

  started({ backend, remarks }: PooledRunner): void {
    this.#summary = { ...this.#summary, backend, remarks, failure: undefined };
  }

  initialised(end: InitEnd | undefined): void {
    if (end) this.#summary = { ...this.#summary, initProblem: explained(initProblem(end), this.#summary.remarks), initMs: end.ms };
  }

  failed(error: unknown): void {
    const what = error instanceof Failure ? error.fault.what : String(error);
    this.#summary = { ...this.#summary, failure: what };
  }

  replaced(): void {
    this.#summary = { ...this.#summary, peakMemoryMb: undefined, failure: undefined, initProblem: undefined, initMs: undefined };
  }

  log(chunk: Uint8Array, requestId: string | undefined): void {
    this.#tell({ kind: 'log', requestId, chunk });
  }

  begun(requestId: string, event: Uint8Array, at: number): void {
    this.#tell({ kind: 'begun', requestId, at, event });
  }

  throttled(outcome: Throttled, at: number): Throttled {
    this.#summary = { ...this.#summary, throttles: this.#summary.throttles + 1 };
    this.#tell({ kind: 'finished', at, outcome });
    this.changed();
    return outcome;
  }

  finished(outcome: Outcome, at: number): void {
    const { requestId, kind, durationMs, billedMs, initMs, maxMemoryMb } = outcome;
    const errorType = outcome.kind === 'response' ? undefined : outcome.errorType;
    const last: Timing = { requestId, kind, at, durationMs, billedMs, initMs, maxMemoryMb, errorType };
    const { invocations, errors, peakMemoryMb = 0 } = this.#summary;
    const peak = Math.max(peakMemoryMb, maxMemoryMb ?? 0);
    this.#summary = {
      ...this.#summary, last, invocations: invocations + 1, errors: errors + (kind === 'response' ? 0 : 1),
      peakMemoryMb: peak === 0 ? undefined : peak,
    };
    this.#tell({ kind: 'finished', at, outcome: outcome satisfies InvokeOutcome });
  }

  #tell(event: PoolEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
