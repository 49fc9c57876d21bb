import { randomBytes, randomUUID } from 'node:crypto';
import type { Host } from '../base/host.ts';
import type { CpuShare } from './cpu-share.ts';
import type { Invocation } from './api-protocol.ts';
import type { ShutdownReason } from './api-extensions.ts';
import type { EnvironmentName, FunctionSettings } from './environment.ts';
import { engineVariables, functionArn } from './environment.ts';
import type { InitEnd, Processes } from './life.ts';
import { Life, withinTime } from './life.ts';
import { LogBuffer } from './log-buffer.ts';
import type { Outcome } from './outcome.ts';
import { reportLine } from './report-lines.ts';
import { drainOutput } from './running-process.ts';
import type { End } from './verdict.ts';
import { judge } from './verdict.ts';
import { tellEnd, tracingOf } from './telemetry-events.ts';
import type { Watchdog } from './watchdog.ts';
import { startWatchdog } from './watchdog.ts';

/** Milliseconds that the initialisation of an on-demand function may take (Lambda's execution environment page). */
const initLimit = 10_000;

/** Milliseconds: the highest Timeout that a function can have (Lambda's quotas page). */
const longestTimeout = 900_000;

/** What an execution environment is made of. */
export interface EnvironmentOptions {
  readonly settings: FunctionSettings;
  readonly name: EnvironmentName;
  readonly handler: string;
  /** Names of the artefact's external extensions. */
  readonly extensionNames: readonly string[];
  /** The processes to start; called for each (re)start, with the Runtime API's `host:port`. */
  readonly prepare: (api: string) => Processes;
  /** Absolute path of the file that gets all of the function's log. */
  readonly logFile?: string | undefined;
  /** Gets the log as it is written. */
  readonly onLog?: ((chunk: Uint8Array) => void) | undefined;
  /** Milliseconds; 10,000 as Lambda has it. */
  readonly initLimit?: number | undefined;
  /** Gets the processes once they are initialised; removed at the stop. */
  readonly cpuShare?: CpuShare | undefined;
  /** While this is true no time counts: somebody looks at the function in a debugger. */
  readonly isPaused?: (() => boolean) | undefined;
  /** Its first processes stop before they load the handler, until `resume`. */
  readonly isParked?: boolean | undefined;
}

/** One invocation's wishes beside its event. */
export interface InvokeOptions {
  readonly requestId?: string | undefined;
  /** JSON text. */
  readonly clientContext?: string | undefined;
  readonly cognitoIdentity?: string | undefined;
  readonly traceId?: string | undefined;
  readonly onChunk?: ((chunk: Uint8Array, contentType: string) => void) | undefined;
}

/**
 * One execution environment: started once, takes many invocations, one at a time.
 *
 *     start() ──▶ initialising ──ready──▶ idle ──invoke()──▶ busy ──answer──▶ idle
 *                    │                     │                  │
 *                    │ error, exit, 10 s   │ exit             │ timeout, exit, over memory
 *                    └─────────────────────┴────────▶ down ◀──┘
 *                                          ▲           │ invoke(): starts anew, within that invocation's time
 *                                          └───────────┘
 *     stop() from anywhere ──▶ stopped, nothing left running
 *
 * Nothing is left running either when shear itself is killed: a watchdog sees its pipe close.
 */
export class ExecutionEnvironment {
  readonly #host: Host;
  readonly #options: EnvironmentOptions;
  readonly #logs: LogBuffer;
  readonly #watchdog: Watchdog;
  /** The life whose initialisation an invocation has waited for already. */
  #awaited: Life | undefined;
  #life: Life | undefined;
  #isBusy = false;
  #isStopped = false;
  /** What parked processes write; undefined when none is parked. */
  #held: Buffer[] | undefined;
  #parkedAt = 0;

  private constructor(host: Host, options: EnvironmentOptions) {
    this.#host = host;
    this.#options = options;
    if (options.isParked === true) this.#held = [];
    this.#logs = new LogBuffer(options.logFile, options.onLog);
    this.#watchdog = startWatchdog(options.name.logStream, engineVariables(host));
    if (options.cpuShare) this.#watchdog.addFolder(options.cpuShare.folder);
  }

  /** Starts the processes; does not wait for their initialisation. */
  static async start(host: Host, options: EnvironmentOptions): Promise<ExecutionEnvironment> {
    const environment = new ExecutionEnvironment(host, options);
    try {
      await environment.#begin();
    } catch (error) {
      await environment.stop();
      throw error;
    }
    return environment;
  }

  /** True while an invocation runs; another must wait or go to another environment. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** How the initialisation ended; undefined when the environment was stopped before. */
  async initialised(): Promise<InitEnd | undefined> {
    return await this.#life?.init;
  }

  /** Parked processes wait from now on: neither time nor memory is counted. */
  park(): void {
    this.#parkedAt = this.#host.now();
    this.#life?.memory.stop();
  }

  /** They have been let go: what they have written comes into the log, and their time goes on. */
  resume(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const chunk of held) this.#logs.add(chunk);
    this.#life?.hasWaited(this.#parkedAt);
    this.#life?.memory.start();
  }

  /** Runs one event (JSON bytes) through the function. Never rejects for what the function does. */
  async invoke(event: Uint8Array, options: InvokeOptions = {}): Promise<Outcome> {
    if (this.#isBusy || this.#isStopped) throw new Error('unreachable: invoked while busy or stopped');
    this.#isBusy = true;
    try {
      const requestId = options.requestId ?? randomUUID();
      const initMs = await this.#awaitFirstInit();
      this.#logs.addLine(`START RequestId: ${requestId} Version: $LATEST`);
      const startedAt = this.#host.now();
      const timeout = this.#options.settings.timeout * 1000;
      // What a function reads of its remaining time must not run out while somebody looks at it: it then has the most that Lambda gives.
      const deadline = startedAt + (this.#options.isPaused?.() === true ? longestTimeout : timeout);
      const invocation = this.#invocation(event, { ...options, requestId }, deadline);
      const end = (await withinTime(this.#run(invocation), timeout, this.#options.isPaused)) ?? ({ kind: 'timeout' } as const);
      const durationMs = this.#host.now() - startedAt;
      return await this.#finish(end, { invocation, durationMs, initMs });
    } finally {
      this.#isBusy = false;
    }
  }

  /** Shuts down as Lambda does with an environment it no longer needs, and waits until nothing is left. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    await this.#end('spindown');
    this.#options.cpuShare?.remove();
    this.#watchdog.done();
    this.#logs.close();
  }

  async #begin(): Promise<Life> {
    const { settings, name, handler, extensionNames, prepare } = this.#options;
    this.#life = await Life.begin({
      functionName: settings.name,
      handler,
      extensionNames,
      prepare,
      memoryLimit: settings.memory * 1024 * 1024,
      marker: name.logStream,
      now: this.#host.now,
      onOutput: (chunk) => (this.#held ? void this.#held.push(chunk) : this.#logs.add(chunk)),
      onStart: (group, container) => {
        this.#watchdog.add(group);
        if (container !== undefined) this.#watchdog.addContainer(container);
      },
    });
    const life = this.#life;
    const { cpuShare } = this.#options;
    // As on Lambda the initialisation has all of the processor.
    if (cpuShare) void life.init.then(() => cpuShare.add(life.pids()));
    return life;
  }

  async #end(reason: ShutdownReason): Promise<void> {
    const life = this.#life;
    this.#life = undefined;
    await life?.end(reason);
    await drainOutput();
  }

  /**
   * Waits for the initialisation that start() began; its milliseconds, for the first invocation only. One that
   * takes more than 10 s is ended, and begun again within the invocation's own time, as Lambda does.
   */
  async #awaitFirstInit(): Promise<number | undefined> {
    const life = this.#life;
    if (life === undefined || this.#awaited === life) return undefined;
    this.#awaited = life;
    const limit = this.#options.initLimit ?? initLimit;
    const init = await withinTime(life.init, Math.max(0, life.startedAt + limit - this.#host.now()), this.#options.isPaused);
    if (init !== undefined) return init.ms;
    await this.#end('timeout');
    this.#logs.addLine(`INIT_REPORT Init Duration: ${limit.toFixed(2)} ms\tPhase: init\tStatus: timeout`);
    return undefined;
  }

  #invocation(event: Uint8Array, options: InvokeOptions & { readonly requestId: string }, deadline: number): Invocation {
    const { name, settings } = this.#options;
    const root = `1-${Math.floor(this.#host.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;
    const traceId = options.traceId ?? `Root=${root};Parent=${randomBytes(8).toString('hex')};Sampled=0`;
    return { ...options, event, deadline, traceId, functionArn: functionArn(name, settings.name) };
  }

  async #run(invocation: Invocation): Promise<End> {
    let life = this.#life ?? (await this.#begin());
    for (let attempt = 1; ; attempt++) {
      // Stopped while it was started: what has begun ends as well, and that is this invocation's end.
      if (this.#isStopped) await this.#end('spindown');
      this.#awaited = life;
      const { result } = await life.init;
      if (result.kind !== 'ready') return { kind: 'init', result };
      life.memory.start();
      life.api.telemetry.emit('platform.start', { requestId: invocation.requestId, version: '$LATEST', tracing: tracingOf(invocation) });
      const answered = life.api.invoke(invocation).then((answer) => ({ kind: 'answer' as const, answer }));
      const end = await Promise.race([answered, life.ended.then((ended) => ({ kind: 'ended' as const, ended }))]);
      // A runtime that ended after its last answer has not seen this event: a new one gets it.
      if (end.kind === 'answer' || this.#isStopped || life.api.hasDelivered(invocation.requestId) || attempt > 1) return end;
      await this.#end('failure');
      life = await this.#begin();
    }
  }

  async #finish(end: End, facts: { readonly invocation: Invocation; readonly durationMs: number; readonly initMs: number | undefined }): Promise<Outcome> {
    const { invocation, durationMs, initMs } = facts;
    const { requestId } = invocation;
    const { settings } = this.#options;
    const life = this.#life;
    life?.memory.stop();
    if (end.kind === 'answer') life?.memory.sample();
    const verdict = judge(end, { requestId, settings, overMemory: life?.wasKilledForMemory ?? false });
    const peak = life?.memory.peak ?? 0;
    const maxMemoryMb = peak === 0 ? undefined : Math.min(settings.memory, Math.ceil(peak / 1024 / 1024));
    const billedMs = Math.ceil(durationMs + (initMs ?? 0));
    if (end.kind === 'answer') await drainOutput();
    if (life) tellEnd(life.api.telemetry, { invocation, verdict, durationMs, billedMs, memory: settings.memory, maxMemoryMb, initMs });
    if (end.kind !== 'answer') await this.#end(end.kind === 'timeout' ? 'timeout' : 'failure');
    for (const line of verdict.lines(new Date(this.#host.now()).toISOString())) this.#logs.addLine(line);
    this.#logs.addLine(`END RequestId: ${requestId}`);
    const { status, errorType } = verdict;
    this.#logs.addLine(reportLine({ requestId, durationMs, billedMs, memory: settings.memory, maxMemoryMb, initMs, status, errorType }));
    const log = this.#logs.take();
    const measured = {
      requestId, durationMs, billedMs, payload: verdict.payload, logs: log.text, logBytesDropped: log.dropped,
      ...(initMs === undefined ? {} : { initMs }),
      ...(initMs === undefined || life?.aheadMs === undefined ? {} : { initAheadMs: life.aheadMs }),
      ...(maxMemoryMb === undefined ? {} : { maxMemoryMb }),
    };
    return { ...measured, ...verdict.ending };
  }
}
