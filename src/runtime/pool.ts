import { randomUUID } from 'node:crypto';
import type { Host } from '../base/host.ts';
import { failure } from '../base/fault.ts';
import type { RunRequest } from './invoke.ts';
import type { Outcome } from './outcome.ts';
import type { InvokeOutcome, PoolEvent, PoolState } from './pool-state.ts';
import { PoolRecord } from './pool-record.ts';
import type { PooledRunner } from './pooled-runner.ts';
import { startRunner } from './pooled-runner.ts';
import { SpareKeeper, type SpareBudget } from './spare-keeper.ts';
import type { InvokeOptions } from './worker.ts';

/** A function, and how its runners are made. */
export interface PoolSpec {
  /** `workFolder` is shared by the runners, which get folders of their own in it; `onLog` is told of the log of all. */
  readonly request: RunRequest;
  /** The function's ReservedConcurrentExecutions: invocations beyond it are throttled, as Lambda does. */
  readonly reserved?: number | undefined;
  /** Runners at once at most; invocations beyond it wait. 10 by default. */
  readonly most?: number | undefined;
  /** Where given, a process for the next code is kept ready, within it. */
  readonly spares?: SpareBudget | undefined;
}

/** One event for a function. */
export interface PoolInvocation extends InvokeOptions {
  /** JSON bytes. */
  readonly payload: Uint8Array;
  readonly onLog?: ((chunk: Uint8Array) => void) | undefined;
  /** Aborted: an invocation that waits is given up, one that runs is ended with its runner. */
  readonly signal?: AbortSignal | undefined;
}

/** The warm runners of one function. */
export interface RunnerPool {
  readonly name: string;
  /**
   * Runs one event. What the function does wrong is an outcome; rejects with `runtime/failed` when no runner can be
   * started on this machine, or the pool is closed.
   */
  readonly invoke: (invocation: PoolInvocation) => Promise<InvokeOutcome>;
  /**
   * Takes new code or configuration: idle runners end at once, busy ones after their invocation. Where a runner was
   * there before, a new one is started right away.
   */
  readonly replace: (spec: PoolSpec) => void;
  /** Starts a runner where there is none, without an event. */
  readonly warm: () => void;
  readonly state: () => PoolState;
  /** The function as it runs now. */
  readonly settings: () => RunRequest['function'];
  /** Calls `listener` for everything that happens; the answer ends that. */
  readonly subscribe: (listener: (event: PoolEvent) => void) => () => void;
  /** Ends everything and waits until nothing is left running. */
  readonly close: () => Promise<void>;
}

interface Waiter {
  readonly take: (runner: PooledRunner) => void;
  readonly refuse: (reason: unknown) => void;
}

const defaultMost = 10;

/** Makes a function's pool; nothing is started before the first invocation, or `warm`. */
export function createPool(host: Host, spec: PoolSpec): RunnerPool {
  return new Pool(host, spec);
}

/**
 * The runner that ended its invocation last is used first, as on Lambda, so that a quiet function keeps one. An
 * invocation that finds none free waits for one while another is started, up to the bound; whichever comes first takes it.
 */
class Pool implements RunnerPool {
  readonly #host: Host;
  readonly #record: PoolRecord;
  #spec: PoolSpec;
  #generation = 0;
  #starting = 0;
  #running = 0;
  #numbers = 0;
  readonly #idle: PooledRunner[] = [];
  readonly #busy = new Set<PooledRunner>();
  readonly #waiters: Waiter[] = [];
  readonly #ending = new Set<Promise<void>>();
  #isClosed = false;
  readonly #spares: SpareKeeper | undefined;

  constructor(host: Host, spec: PoolSpec) {
    this.#host = host;
    this.#spec = spec;
    this.#record = new PoolRecord();
    const { spares: budget } = spec;
    this.#spares = budget && new SpareKeeper(host, {
      budget,
      request: () => this.#spec.request,
      isQuiet: () => this.#busy.size + this.#starting + this.#waiters.length === 0 && this.#idle.length > 0,
      number: () => this.#numbers++,
      onLog: (chunk, requestId) => this.#log(chunk, requestId),
      onEnding: (end) => this.#await(end),
      onChange: () => this.#record.changed(),
    });
  }

  get name(): string {
    return this.#spec.request.function.name;
  }

  readonly settings = (): RunRequest['function'] => this.#spec.request.function;

  readonly subscribe = (listener: (event: PoolEvent) => void): (() => void) => this.#record.subscribe(listener);

  readonly invoke = async (invocation: PoolInvocation): Promise<InvokeOutcome> => {
    const requestId = invocation.requestId ?? randomUUID();
    const { reserved } = this.#spec;
    if (reserved !== undefined && this.#running >= reserved) {
      return this.#record.throttled({ kind: 'throttled', requestId, limit: reserved }, this.#host.now());
    }
    this.#running++;
    try {
      const runner = await this.#acquire(invocation.signal);
      return await this.#run(runner, { ...invocation, requestId });
    } finally {
      this.#running--;
    }
  };

  readonly replace = (spec: PoolSpec): void => {
    const wasThere = this.#idle.length + this.#busy.size + this.#starting > 0;
    this.#spec = spec;
    this.#generation++;
    this.#record.replaced();
    for (const runner of this.#idle.splice(0)) this.#retire(runner);
    // Those that are starting are of the old code: what waits for them gets new ones.
    if (wasThere) this.#startFor(Math.max(1, this.#waiters.length));
    this.#record.changed();
  };

  readonly warm = (): void => {
    if (this.#idle.length + this.#busy.size + this.#starting === 0) this.#startFor(1);
  };

  readonly state = (): PoolState => ({
    ...this.#record.summary(),
    ...this.#counts(),
    memory: this.#spec.request.function.memory,
    generation: this.#generation,
  });

  readonly close = async (): Promise<void> => {
    this.#isClosed = true;
    this.#spares?.close();
    for (const waiter of this.#waiters.splice(0)) waiter.refuse(closed(this.name));
    for (const runner of [...this.#idle.splice(0), ...this.#busy]) this.#retire(runner);
    while (this.#ending.size > 0) await Promise.all(this.#ending);
  };

  #counts(): Pick<PoolState, 'condition' | 'starting' | 'idle' | 'busy' | 'hasSpare' | 'waiting'> {
    const ready = this.#idle.filter((runner) => runner.isReady()).length;
    const starting = this.#starting + this.#idle.length - ready;
    const busy = this.#busy.size;
    const none = this.#record.summary().failure === undefined ? 'cold' : 'failed';
    const condition = ready > 0 ? 'warm' : busy > 0 ? 'busy' : starting > 0 ? 'starting' : none;
    return { condition, starting, idle: ready, busy, hasSpare: this.#spares?.hasOne ?? false, waiting: this.#waiters.length };
  }

  #acquire(signal: AbortSignal | undefined): Promise<PooledRunner> {
    if (this.#isClosed) return Promise.reject(closed(this.name));
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    const free = this.#idle.pop();
    if (free !== undefined) {
      this.#busy.add(free);
      return Promise.resolve(free);
    }
    return new Promise((take, refuse) => {
      const waiter: Waiter = { take, refuse };
      this.#waiters.push(waiter);
      signal?.addEventListener('abort', () => {
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
        refuse(signal.reason);
      }, { once: true });
      this.#startFor(this.#waiters.length);
      this.#record.changed();
    });
  }

  /** Starts runners until as many are starting as are wanted, within the bound. */
  #startFor(wanted: number): void {
    const most = Math.max(1, Math.min(this.#spec.most ?? defaultMost, this.#spec.reserved ?? Infinity));
    const generation = this.#generation;
    while (!this.#isClosed && this.#starting < wanted && this.#idle.length + this.#busy.size + this.#starting < most) {
      this.#starting++;
      this.#await(this.#start(generation));
    }
  }

  async #start(generation: number): Promise<void> {
    let runner: PooledRunner;
    try {
      const { request } = this.#spec;
      runner = (await this.#spares?.take(request)) ?? (await startRunner(this.#host, request, this.#numbers++, (chunk, requestId) => this.#log(chunk, requestId)));
    } catch (error) {
      this.#starting--;
      this.#failed(error);
      return;
    }
    this.#starting--;
    if (this.#isClosed || generation !== this.#generation) {
      this.#retire(runner);
      this.#startFor(this.#waiters.length);
      return;
    }
    runner.generation = generation;
    this.#record.started(runner);
    void runner.initialised.then((end) => {
      if (generation === this.#generation) this.#record.initialised(end);
      if (this.#idle.includes(runner)) this.#spares?.consider(runner);
      this.#record.changed();
    });
    this.#release(runner);
  }

  /** A runner that cannot be started concerns every invocation that waits for one, unless others run. */
  #failed(error: unknown): void {
    this.#record.failed(error);
    if (this.#busy.size + this.#starting > 0) this.#waiters.shift()?.refuse(error);
    else for (const waiter of this.#waiters.splice(0)) waiter.refuse(error);
    this.#record.changed();
  }

  async #run(runner: PooledRunner, invocation: PoolInvocation & { readonly requestId: string }): Promise<Outcome> {
    if (invocation.signal?.aborted === true) {
      // Given up in the moment in which it got its runner: nobody would end it any more.
      this.#release(runner);
      throw invocation.signal.reason;
    }
    const at = this.#host.now();
    this.#record.begun(invocation.requestId, invocation.payload, at);
    const abort = (): void => this.#retire(runner);
    invocation.signal?.addEventListener('abort', abort, { once: true });
    try {
      const outcome = await runner.invoke(invocation);
      this.#record.finished(outcome, at);
      return outcome;
    } finally {
      invocation.signal?.removeEventListener('abort', abort);
      this.#release(runner);
    }
  }

  /** Gives a runner to who waits longest; one of old code ends. */
  #release(runner: PooledRunner): void {
    this.#busy.delete(runner);
    if (this.#isClosed || runner.isRetired || runner.generation !== this.#generation) {
      this.#retire(runner);
      this.#startFor(this.#waiters.length);
    } else {
      const waiter = this.#waiters.shift();
      if (waiter === undefined) {
        this.#idle.push(runner);
        if (runner.isReady()) this.#spares?.consider(runner);
      } else {
        this.#busy.add(runner);
        waiter.take(runner);
      }
    }
    this.#record.changed();
  }

  #retire(runner: PooledRunner): void {
    if (runner.isRetired) return;
    runner.isRetired = true;
    this.#await(runner.stop());
  }

  #await(end: Promise<void>): void {
    this.#ending.add(end);
    void end.finally(() => this.#ending.delete(end));
  }

  #log(chunk: Uint8Array, requestId: string | undefined): void {
    this.#spec.request.onLog?.(chunk);
    this.#record.log(chunk, requestId);
  }
}

function closed(name: string): Error {
  return failure('runtime/failed', `${name} is not run any more: shear is shutting down`);
}
