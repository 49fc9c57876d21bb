import type { ProcessEntry } from './process-tree.ts';
import { descendantsOf, listProcesses, peakResident, processesOf, proportionalSize } from './process-tree.ts';

/** Milliseconds between two looks, at least; a look takes at most a twentieth of the time. */
const interval = 50;
const share = 20;
/** Milliseconds between two looks at every process of the machine, which finds those that left their parents. */
const fullInterval = 1000;

/**
 * The memory of an environment's processes: sampled, since cgroups that others made are theirs.
 * What lives between two samples is missed only in processes that also end between them: of the living ones
 * the kernel's own high-water mark counts.
 */
export class MemoryWatch {
  readonly #roots: () => readonly number[];
  readonly #limit: number;
  readonly #onExceeded: () => void;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #peak = 0;
  #lastFull = 0;

  /** `limit` in bytes; `onExceeded` is called once per start. */
  constructor(options: {
    readonly roots: () => readonly number[];
    readonly limit: number;
    readonly now: () => number;
    readonly onExceeded: () => void;
  }) {
    this.#roots = options.roots;
    this.#limit = options.limit;
    this.#now = options.now;
    this.#onExceeded = options.onExceeded;
  }

  /** Highest sum so far, bytes; 0 where nothing can be measured. */
  get peak(): number {
    return this.#peak;
  }

  start(): void {
    this.stop();
    const look = (): void => {
      const began = this.#now();
      if (this.sample()) {
        this.stop();
        this.#onExceeded();
        return;
      }
      this.#timer = setTimeout(look, Math.max(interval, share * (this.#now() - began)));
    };
    // Most invocations end before the first look; one sample is taken at their end.
    this.#timer = setTimeout(look, interval / 2);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Takes one sample; true when the limit is exceeded. */
  sample(): boolean {
    const processes = this.#processes().filter((entry) => entry.name !== 'bwrap');
    const resident = processes.reduce((sum, entry) => sum + entry.resident, 0);
    const highest = processes.reduce((most, entry) => Math.max(most, peakResident(entry.pid)), 0);
    // Forked processes share pages that `resident` counts for each: the kernel's proportional count decides.
    const sum = processes.length > 1 && resident > this.#limit ? proportional(processes) ?? resident : resident;
    this.#peak = Math.max(this.#peak, highest, sum);
    return sum > this.#limit;
  }

  #processes(): readonly ProcessEntry[] {
    const roots = this.#roots();
    const now = this.#now();
    const near = now - this.#lastFull < fullInterval ? descendantsOf(roots) : undefined;
    if (near !== undefined) return near;
    this.#lastFull = now;
    return processesOf(roots);
  }
}

/** True where `MemoryWatch` can measure. */
export function canMeasureMemory(): boolean {
  return listProcesses().length > 0;
}

function proportional(processes: readonly { readonly pid: number }[]): number | undefined {
  let sum = 0;
  for (const { pid } of processes) {
    const size = proportionalSize(pid);
    if (size === undefined) return undefined;
    sum += size;
  }
  return sum;
}
