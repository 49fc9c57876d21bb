import { closeSync, openSync, writeSync } from 'node:fs';

/** Bytes of log that an outcome carries at most. */
const keptBytes = 1024 * 1024;

/**
 * What a function writes: every byte goes to the environment's log file and to the listener, the newest
 * megabyte of the current invocation is kept for its outcome. Writing is synchronous, so that a function
 * which logs faster than the disk takes it is held back by its full pipe, and memory stays bounded.
 */
export class LogBuffer {
  #file: number | undefined;
  readonly #listen: ((chunk: Uint8Array) => void) | undefined;
  #chunks: Buffer[] = [];
  #size = 0;
  #dropped = 0;
  #endsLine = true;

  /** `path`: the log file, created or appended to. */
  constructor(path: string | undefined, listen: ((chunk: Uint8Array) => void) | undefined) {
    this.#file = path === undefined ? undefined : openSync(path, 'a', 0o600);
    this.#listen = listen;
  }

  add(chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (this.#file !== undefined) writeSync(this.#file, chunk);
    this.#listen?.(chunk);
    this.#endsLine = chunk.at(-1) === 10;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size - (this.#chunks[0]?.length ?? 0) >= keptBytes) this.#drop(this.#chunks.shift()?.length ?? 0);
    const first = this.#chunks[0];
    const excess = this.#size - keptBytes;
    if (first === undefined || excess <= 0) return;
    this.#chunks[0] = first.subarray(excess);
    this.#drop(excess);
  }

  /** Adds a line of the platform's (START, REPORT, …), on a line of its own. */
  addLine(line: string): void {
    this.add(Buffer.from(`${this.#endsLine ? '' : '\n'}${line}\n`));
  }

  /** Takes what was kept since the last call. */
  take(): { readonly text: string; readonly dropped: number } {
    const all = Buffer.concat(this.#chunks);
    let start = 0;
    // Not in the middle of a character.
    while (this.#dropped > 0 && start < 4 && ((all[start] ?? 0) & 0xc0) === 0x80) start++;
    const taken = { text: all.subarray(start).toString('utf8'), dropped: this.#dropped + start };
    this.#chunks = [];
    this.#size = 0;
    this.#dropped = 0;
    return taken;
  }

  /** What is added later only reaches the listener. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #drop(bytes: number): void {
    this.#size -= bytes;
    this.#dropped += bytes;
  }
}
