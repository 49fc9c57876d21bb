import type { Duplex } from 'node:stream';

/** A process to start: its arguments and its whole environment. */
export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly cwd: string;
  /** Written to its standard input, which is then closed. */
  readonly input: Uint8Array;
  /** True for a wrapper that ends with 128 + n where what it ran was ended by signal n. */
  readonly codesAreSignals: boolean;
  /** Set where the processes are an engine's: ending the program does not end them. */
  readonly container?: Container | undefined;
  readonly parking?: LaunchParking | undefined;
}

/** How a process is started that stops before its handler: see `Parking`. */
export interface LaunchParking {
  /** Over the process's variables. */
  readonly variables: (before: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
  /** Opens the folder that the process inherits, as descriptor 4. */
  readonly open: () => number;
  readonly close: (folder: number) => void;
  /** Gets the line to the process, its descriptor 3. */
  readonly onControl: (stream: Duplex) => void;
}

/** A container by its name. */
export interface Container {
  readonly program: string;
  readonly name: string;
}

/** How a started process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Set when the program could not be started at all. */
  readonly error?: string;
}
