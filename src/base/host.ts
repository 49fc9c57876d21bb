import type { Emit } from './event.ts';

/** A processor architecture, named as Lambda names it. */
export type Architecture = 'x86_64' | 'arm64';

/** What a finished program left. */
export interface ProcessResult {
  /** Exit code; 128 + signal number when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is started. */
export interface ProcessOptions {
  readonly cwd?: string;
  /** Added to (or, with `undefined`, taken from) the host's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Uint8Array;
  /** Milliseconds until it is killed. */
  readonly timeout?: number;
  /** Called for each chunk of stderr while it runs. */
  readonly onStderr?: (text: string) => void;
}

/**
 * The one door to the machine for everything that is not a file: environment, clock, other programs,
 * the stream of events. Built in `cli/`, passed explicitly; tests pass their own.
 * Files are read with `node:fs` by the folders that the architecture table allows to.
 */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  readonly os: 'linux' | 'darwin' | 'win32';
  readonly arch: Architecture;
  /** Absolute path of shear's cache folder (SHEAR_CACHE, else XDG_CACHE_HOME/shear, else ~/.cache/shear). */
  readonly cacheFolder: string;
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
  readonly emit: Emit;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /**
   * Runs a program to its end with an argument array, never through a shell.
   * Rejects with a `tool/missing` Failure when the program cannot be started.
   */
  readonly run: (program: string, args: readonly string[], options?: ProcessOptions) => Promise<ProcessResult>;
}
