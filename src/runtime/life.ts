import { RuntimeApi } from './api.ts';
import type { InitResult } from './api.ts';
import type { ShutdownReason } from './api-extensions.ts';
import type { Container, Exit, Launch } from './launch.ts';
import { MemoryWatch } from './memory-watch.ts';
import { processesOf, sendSignal } from './process-tree.ts';
import type { RunningProcess } from './running-process.ts';
import { killTree, startProcess } from './running-process.ts';

/** The processes of an environment, once the address of their Runtime API is known. */
export interface Processes {
  readonly runtime: Launch;
  readonly extensions: readonly { readonly name: string; readonly launch: Launch }[];
}

/** What a life needs of its environment. */
export interface LifeOptions {
  readonly functionName: string;
  readonly handler: string;
  readonly extensionNames: readonly string[];
  readonly prepare: (api: string) => Processes;
  readonly memoryLimit: number;
  /** Text that every process of the environment carries among its variables, and no other does. */
  readonly marker: string;
  readonly now: () => number;
  readonly onOutput: (chunk: Buffer) => void;
  /** Told of each started process group, for the watchdog. */
  readonly onStart: (group: number, container: Container | undefined) => void;
}

/** Which process of a life ended by itself. */
export interface Ended {
  readonly exit: Exit;
  /** The extension's name; undefined for the runtime. */
  readonly extension: string | undefined;
}

/** How the initialisation ended, and when. */
export interface InitEnd {
  readonly result: InitResult | { readonly kind: 'ended'; readonly ended: Ended };
  /** Milliseconds since the start. */
  readonly ms: number;
}

/** The runtime and extensions of an environment from one start to their end, with their Runtime API. */
export class Life {
  readonly #options: LifeOptions;
  readonly api: RuntimeApi;
  readonly memory: MemoryWatch;
  readonly #runtime: RunningProcess;
  readonly #extensions: readonly RunningProcess[];
  /** Resolves when the first of the processes ends. */
  readonly ended: Promise<Ended>;
  /** Resolves with the initialisation's end, in whichever way it comes first. */
  readonly init: Promise<InitEnd>;
  #startedAt: number;
  /** Milliseconds that it had run before it waited. */
  aheadMs: number | undefined;
  hasEnded = false;
  wasKilledForMemory = false;

  private constructor(api: RuntimeApi, options: LifeOptions) {
    this.#options = options;
    this.api = api;
    this.#startedAt = options.now();
    const processes = options.prepare(api.address);
    api.telemetry.emit('platform.initStart', { ...initPhase, functionName: options.functionName, functionVersion: '$LATEST', instanceId: options.marker, instanceMaxMemory: options.memoryLimit });
    const start = (launch: Launch, kind: 'function' | 'extension'): RunningProcess => {
      const running = startProcess(launch, (chunk) => {
        options.onOutput(chunk);
        api.telemetry.write(kind, chunk);
      });
      if (running.pid !== undefined) options.onStart(running.pid, launch.container);
      return running;
    };
    this.#extensions = processes.extensions.map(({ launch }) => start(launch, 'extension'));
    this.#runtime = start(processes.runtime, 'function');
    const ends = this.#all().map((running, at) =>
      running.exited.then((exit): Ended => ({ exit, extension: processes.extensions[at - 1]?.name })),
    );
    this.ended = Promise.race(ends).then((ended) => {
      this.hasEnded = true;
      this.memory.stop();
      return ended;
    });
    const either = Promise.race([api.initialised, this.ended.then((ended) => ({ kind: 'ended' as const, ended }))]);
    this.init = either.then((result) => ({ result, ms: options.now() - this.#startedAt }));
    this.memory = new MemoryWatch({
      roots: () => this.#pids(),
      limit: options.memoryLimit,
      now: options.now,
      onExceeded: () => this.#exceeded(),
    });
    this.memory.start();
    // Until its first event it may wait for long, and nothing happens in it.
    void this.init.then(({ result, ms }) => {
      this.memory.stop();
      const status = result.kind === 'ready' ? 'success' : 'failure';
      api.telemetry.emit('platform.initRuntimeDone', { ...initPhase, status });
      api.telemetry.emit('platform.initReport', { ...initPhase, status, metrics: { durationMs: ms } });
    });
  }

  /** Milliseconds since the epoch. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** It has waited from then (milliseconds since the epoch) until now: that time is not its own. */
  hasWaited(since: number): void {
    this.aheadMs = since - this.#startedAt;
    this.#startedAt += this.#options.now() - since;
  }

  static async begin(options: LifeOptions): Promise<Life> {
    const { functionName, handler, extensionNames } = options;
    const api = await RuntimeApi.start({ functionName, functionVersion: '$LATEST', handler, extensions: extensionNames, now: options.now });
    try {
      return new Life(api, options);
    } catch (error) {
      await api.close();
      throw error;
    }
  }

  /**
   * Ends it. Extensions learn the reason and get their time (0, 500 or 2,000 ms); at a spin-down the runtime
   * then gets SIGTERM as well. Afterwards nothing of it is left.
   */
  async end(reason: ShutdownReason): Promise<void> {
    this.memory.stop();
    const grace = this.api.extensions.shutdownMs;
    if (grace > 0 && !(this.hasEnded && this.#extensions.length === 0)) {
      if (reason !== 'spindown') await killTree([this.#runtime], noMarker);
      await this.api.telemetry.flush();
      this.api.extensions.tellShutdown(reason, this.#options.now() + grace);
      this.#terminate();
      await withinTime(Promise.all(this.#all().map((running) => running.exited)), grace);
    }
    await killTree(this.#all(), this.#options.marker);
    await this.api.close();
  }

  /** All processes that run now. */
  pids(): readonly number[] {
    return processesOf(this.#pids(), this.#options.marker).map(({ pid }) => pid);
  }

  #terminate(): void {
    if (this.#runtime.pid === undefined || this.#runtime.hasExited()) return;
    // Not to the wrapper, which would take all down at once.
    for (const entry of processesOf([this.#runtime.pid])) {
      if (entry.name !== 'bwrap') sendSignal(entry.pid, 'SIGTERM');
    }
  }

  #exceeded(): void {
    this.wasKilledForMemory = true;
    void killTree([this.#runtime], noMarker);
  }

  #all(): readonly RunningProcess[] {
    return [this.#runtime, ...this.#extensions];
  }

  #pids(): readonly number[] {
    return this.#all().flatMap((running) => (running.pid === undefined || running.hasExited() ? [] : [running.pid]));
  }
}

/** What every event of the initialisation says. */
const initPhase = { initializationType: 'on-demand', phase: 'init' } as const;

const noMarker = '\0none';

/** Longest time that a timer can be set to, milliseconds. */
const longestTimer = 2 ** 31 - 1;
/** How often is looked whether time counts, milliseconds. */
const slice = 50;

/**
 * The promise's value, or undefined when it has none after so many milliseconds.
 * @param isPaused while it says true no time counts.
 */
export async function withinTime<T>(promise: Promise<T>, ms: number, isPaused?: () => boolean): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    if (!isPaused) {
      timer = setTimeout(() => resolve(undefined), Math.min(ms, longestTimer));
      return;
    }
    let left = ms;
    timer = setInterval(() => {
      if (!isPaused()) left -= slice;
      if (left <= 0) resolve(undefined);
    }, slice);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
