import type { RunnerPool } from '../runtime/pool.ts';
import type { PoolEvent } from '../runtime/pool-state.ts';
import type { Notice } from './served.ts';

/** One invocation, for the page. */
export interface HistoryEntry {
  readonly requestId: string;
  readonly functionName: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `running` until it ended. */
  readonly kind: string;
  readonly errorType: string | undefined;
  readonly durationMs: number | undefined;
  readonly billedMs: number | undefined;
  readonly initMs: number | undefined;
  readonly maxMemoryMb: number | undefined;
}

/** What is kept of an invocation besides. */
export interface HistoryDetail {
  /** JSON; undefined when it was too long to be kept. */
  readonly event: string | undefined;
  readonly payload: string | undefined;
  readonly log: string;
}

/** Something new, for those who watch. */
export type HistoryEvent =
  | { readonly kind: 'invocation'; readonly entry: HistoryEntry }
  | { readonly kind: 'log'; readonly requestId: string | undefined; readonly functionName: string; readonly text: string }
  | { readonly kind: 'state'; readonly functionName: string }
  | { readonly kind: 'notice'; readonly notice: Notice };

const mostEntries = 200;
/** Characters kept of an event, of an answer and of a log. */
const keptEvent = 256 * 1024;
const keptText = 64 * 1024;

/** The latest invocations of all functions, and who wants to know of them. */
export class History {
  readonly #entries = new Map<string, { entry: HistoryEntry; detail: HistoryDetail }>();
  readonly #listeners = new Set<(event: HistoryEvent) => void>();

  /** Newest first. */
  list(): readonly HistoryEntry[] {
    return [...this.#entries.values()].map(({ entry }) => entry).toReversed();
  }

  find(requestId: string): (HistoryEntry & HistoryDetail) | undefined {
    const found = this.#entries.get(requestId);
    return found && { ...found.entry, ...found.detail };
  }

  subscribe(listener: (event: HistoryEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  notice(notice: Notice): void {
    this.#tell({ kind: 'notice', notice });
  }

  /** Follows a function until the answer is called. */
  follow(functionName: string, pool: RunnerPool): () => void {
    return pool.subscribe((event) => this.#take(functionName, event));
  }

  #take(functionName: string, event: PoolEvent): void {
    switch (event.kind) {
      case 'begun':
        return this.#begin(functionName, event);
      case 'log': {
        const text = Buffer.from(event.chunk).toString('utf8');
        return this.#tell({ kind: 'log', requestId: event.requestId, functionName, text: text.slice(-keptText) });
      }
      case 'finished':
        return this.#finish(functionName, event);
      case 'state':
        return this.#tell({ kind: 'state', functionName });
    }
  }

  #begin(functionName: string, { requestId, at, event }: Extract<PoolEvent, { kind: 'begun' }>): void {
    const entry = {
      requestId, functionName, at, kind: 'running', errorType: undefined, durationMs: undefined, billedMs: undefined, initMs: undefined, maxMemoryMb: undefined,
    };
    const text = event.length > keptEvent ? undefined : Buffer.from(event).toString('utf8');
    this.#put(entry, { event: text, payload: undefined, log: '' });
  }

  #finish(functionName: string, { outcome, at }: Extract<PoolEvent, { kind: 'finished' }>): void {
    const { requestId, kind } = outcome;
    const event = this.#entries.get(requestId)?.detail.event;
    if (outcome.kind === 'throttled') {
      const none = { durationMs: undefined, billedMs: undefined, initMs: undefined, maxMemoryMb: undefined };
      return this.#put({ requestId, functionName, at, kind, errorType: 'TooManyRequestsException', ...none }, { event, payload: undefined, log: '' });
    }
    const { durationMs, billedMs, initMs, maxMemoryMb, logs, payload } = outcome;
    const errorType = outcome.kind === 'response' ? undefined : outcome.errorType;
    const detail = { event, payload: Buffer.from(payload.subarray(0, keptText)).toString('utf8'), log: logs.slice(-keptText) };
    this.#put({ requestId, functionName, at, kind, errorType, durationMs, billedMs, initMs, maxMemoryMb }, detail);
  }

  #put(entry: HistoryEntry, detail: HistoryDetail): void {
    this.#entries.set(entry.requestId, { entry, detail });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > mostEntries && oldest !== undefined) this.#entries.delete(oldest);
    this.#tell({ kind: 'invocation', entry });
  }

  #tell(event: HistoryEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
