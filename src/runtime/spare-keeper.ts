import { join } from 'node:path';
import { Failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { RunRequest } from './invoke.ts';
import { Parking } from './parking.ts';
import { startRunner, type PooledRunner, type RunnerLog } from './pooled-runner.ts';
import { unpackSplit } from './split-root.ts';

/** Bounds the spares of all pools together: each holds an interpreter with packages in memory. */
export interface SpareBudget {
  /** One more; the one that was claimed longest ago is dropped for it when there are too many. */
  readonly claim: (drop: () => void) => void;
}

/** With room for so many spares. */
export function createSpareBudget(most = 2): SpareBudget {
  const claimed: (() => void)[] = [];
  return {
    claim: (drop) => {
      const known = claimed.indexOf(drop);
      if (known >= 0) claimed.splice(known, 1);
      claimed.push(drop);
      if (claimed.length > most) claimed.shift()?.();
    },
  };
}

/** What a keeper needs of its pool. */
export interface SpareOptions {
  readonly budget: SpareBudget;
  readonly request: () => RunRequest;
  /** Nothing runs or waits to run: a spare may have the processor. */
  readonly isQuiet: () => boolean;
  readonly number: () => number;
  readonly onLog: RunnerLog;
  /** Gets what is ending, to be waited for. */
  readonly onEnding: (end: Promise<void>) => void;
  /** There is one now, or none any more. */
  readonly onChange: () => void;
}

interface Spare {
  readonly runner: PooledRunner;
  readonly parking: Parking;
  readonly key: string;
}

/** Milliseconds of quiet before a spare is made. */
const quietTime = 250;

/**
 * Keeps one process of a Python image ready that has started its interpreter and the packages that the handler's module begins with, and
 * waits before that module. The next code goes into it, when that is the same as starting anew; else it is thrown away.
 */
export class SpareKeeper {
  readonly #host: Host;
  readonly #options: SpareOptions;
  #spare: Spare | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isMaking = false;
  #isUnfit = false;
  #isClosed = false;

  constructor(host: Host, options: SpareOptions) {
    this.#host = host;
    this.#options = options;
  }

  get hasOne(): boolean {
    return this.#spare !== undefined;
  }

  /** A runner is ready or has become free. */
  consider(runner: PooledRunner): void {
    const { artefact, debug, limitsCpu } = this.#options.request();
    const isPossible = runner.backend === 'bubblewrap' && artefact.kind === 'image' && debug === undefined && limitsCpu !== true;
    if (!isPossible || this.#isUnfit || this.#isClosed || this.#spare || this.#isMaking) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#make(), quietTime);
  }

  /** The spare with this code in it, let go; undefined when there is none that can take it. */
  async take(request: RunRequest): Promise<PooledRunner | undefined> {
    clearTimeout(this.#timer);
    const spare = this.#spare;
    this.#spare = undefined;
    if (!spare) return undefined;
    if (spare.key === keyOf(request) && (await spare.parking.release(await this.#rootOf(request)))) {
      spare.runner.resume();
      return spare.runner;
    }
    this.#discard(spare);
    return undefined;
  }

  readonly drop = (): void => {
    if (this.#spare) this.#discard(this.#spare);
    this.#spare = undefined;
  };

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.drop();
  }

  async #make(): Promise<void> {
    const { isQuiet, budget, number, onLog } = this.#options;
    if (!isQuiet() || this.#isClosed || this.#spare || this.#isMaking) return;
    this.#isMaking = true;
    try {
      const request = this.#options.request();
      const at = number();
      const parking = new Parking(join(request.workFolder, `${request.function.name}-${at}-park`));
      const runner = await startRunner(this.#host, { ...request, parking }, at, onLog);
      const spare = { runner, parking, key: keyOf(request) };
      const isParked = await Promise.race([parking.parked.then(() => true), runner.initialised.then(() => false)]);
      if (isParked) runner.park();
      else this.#isUnfit = true;
      if (!isParked || this.#isClosed) return this.#discard(spare);
      this.#spare = spare;
      budget.claim(this.drop);
      this.#options.onChange();
      void runner.initialised.then(() => {
        // It has ended while it waited.
        if (this.#spare === spare) this.drop();
      });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#isUnfit = true;
    } finally {
      this.#isMaking = false;
    }
  }

  #discard({ runner }: Spare): void {
    runner.isRetired = true;
    this.#options.onEnding(runner.stop());
  }

  async #rootOf({ artefact, rootsFolder }: RunRequest): ReturnType<typeof unpackSplit> {
    if (artefact.kind !== 'image') throw new Error('unreachable: a spare of a zip function');
    return await unpackSplit({ layers: artefact.layers, stable: artefact.stable, folder: rootsFolder ?? join(this.#host.cacheFolder, 'runtime') });
  }
}

/** Equal as long as a process would see the same but for its code. */
function keyOf({ artefact, function: settings, backend }: RunRequest): string {
  return JSON.stringify([artefact.kind === 'image' ? artefact.config : '', settings, backend]);
}
