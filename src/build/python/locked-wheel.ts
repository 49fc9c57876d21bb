/** A wheel as the lock names it: no address, so that any mirror or private index serves. */
export interface LockedWheel {
  /** Normalised (PEP 503). */
  readonly name: string;
  readonly version: string;
  readonly fileName: string;
  /** Bytes. */
  readonly size: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

/** A wheel as resolved: some indexes give neither size nor hash, and only these know its address. */
export interface ResolvedWheel {
  readonly name: string;
  readonly version: string;
  readonly fileName: string;
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
  /** Where it is now: `https://…`, or `file://…` for one found in a local folder. Never written to the lock or a key. */
  readonly url?: string | undefined;
}
