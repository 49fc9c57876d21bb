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
