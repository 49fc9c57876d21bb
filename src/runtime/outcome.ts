/** What an invocation measured, whatever became of it. */
export interface Measured {
  readonly requestId: string;
  /** The function's answer, or Lambda's error document (JSON) as a caller of the Invoke API gets it. */
  readonly payload: Uint8Array;
  /** What the function wrote between START and REPORT, those lines included; the oldest part is cut off past the log's bound. */
  readonly logs: string;
  /** Bytes of log that `logs` no longer holds; all of them are in the environment's log file. */
  readonly logBytesDropped: number;
  /** Milliseconds from handing over the event to the end of the answer. */
  readonly durationMs: number;
  /** Milliseconds as billed: whole ones, initialisation included (billed since August 2025). */
  readonly billedMs: number;
  /** Milliseconds of the initialisation, for the first invocation of an environment only. */
  readonly initMs?: number;
  /** Of these, milliseconds that had passed before the code was there: an interpreter and its packages were kept ready. */
  readonly initAheadMs?: number;
  /** Mebibytes, the highest seen over all processes of the environment; absent where it cannot be measured. */
  readonly maxMemoryMb?: number;
}

/** How an invocation ended. */
export type Outcome = Measured &
  (
    | {
        readonly kind: 'response';
        /** As the function declared it. */
        readonly contentType: string;
        readonly streamed: boolean;
      }
    /** The handler raised, or its answer was refused. */
    | { readonly kind: 'error'; readonly errorType: string }
    /** Killed at the function's Timeout. */
    | { readonly kind: 'timeout'; readonly errorType: 'Sandbox.Timedout' }
    /** The runtime's process ended, or was killed at the function's memory limit. */
    | { readonly kind: 'crash'; readonly errorType: 'Runtime.ExitError' | 'Runtime.OutOfMemory' | 'Extension.Crash' }
    /** The handler could not be loaded. */
    | { readonly kind: 'init-error'; readonly errorType: string }
  );

/** Lambda's error document, as its Invoke API answers it. */
export function errorDocument(errorType: string, errorMessage: string): Uint8Array {
  return Buffer.from(JSON.stringify({ errorType, errorMessage }));
}
