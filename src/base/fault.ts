import type { Place } from './source.ts';

/** What a process ends with when a fault reaches the command line. */
export type FaultExit = 2 | 3;

/**
 * Every expected failure, with the exit code that it ends the process with:
 * 2 for usage and configuration, 3 for a build, push or run that failed.
 * A defect of shear's own is not a fault: it is a thrown Error.
 */
export const faultExits: Readonly<Record<FaultCode, FaultExit>> = {
  'usage': 2,
  'project/not-found': 2,
  'project/unreadable': 2,
  'project/not-utf8': 2,
  'project/missing-file': 2,
  'project/unsupported': 2,
  'syntax/yaml': 2,
  'syntax/toml': 2,
  'syntax/json': 2,
  'syntax/dockerfile': 2,
  'syntax/requirements': 2,
  'model/invalid': 2,
  'lock/invalid': 2,
  'lock/drift': 2,
  'edits/overlap': 2,
  'edits/stale': 2,
  'edits/dirty-tree': 2,
  'edits/nothing-to-undo': 2,
  'edits/unwritable': 3,
  'tool/missing': 3,
  'tool/failed': 3,
  'registry/unauthorized': 3,
  'registry/not-found': 3,
  'registry/rate-limited': 3,
  'registry/unavailable': 3,
  'registry/corrupt': 3,
  'registry/protocol': 3,
  'network/unreachable': 3,
  'store/corrupt': 3,
  'disk/full': 3,
  'disk/unwritable': 3,
  'archive/hostile': 3,
  'archive/corrupt': 3,
  'image/invalid': 3,
  'dependencies/unresolvable': 3,
  'dependencies/no-wheel': 3,
  'dependencies/hash-mismatch': 3,
  'dependencies/not-in-index': 3,
  'build/unsupported-instruction': 3,
  'build/missing-source': 3,
  'build/failed': 3,
  'build/not-reproducible': 3,
  'limit/exceeded': 3,
  'engine/docker': 3,
  'runtime/init-failed': 3,
  'runtime/timed-out': 3,
  'runtime/failed': 3,
  'publish/failed': 3,
  'aws/unauthorized': 3,
  'aws/not-found': 3,
  'aws/refused': 3,
  'aws/unavailable': 3,
};

/** The stable name of an expected failure. */
export type FaultCode =
  | 'usage'
  | 'project/not-found'
  | 'project/unreadable'
  | 'project/not-utf8'
  | 'project/missing-file'
  | 'project/unsupported'
  | 'syntax/yaml'
  | 'syntax/toml'
  | 'syntax/json'
  | 'syntax/dockerfile'
  | 'syntax/requirements'
  | 'model/invalid'
  | 'lock/invalid'
  | 'lock/drift'
  | 'edits/overlap'
  | 'edits/stale'
  | 'edits/dirty-tree'
  | 'edits/nothing-to-undo'
  | 'edits/unwritable'
  | 'tool/missing'
  | 'tool/failed'
  | 'registry/unauthorized'
  | 'registry/not-found'
  | 'registry/rate-limited'
  | 'registry/unavailable'
  | 'registry/corrupt'
  | 'registry/protocol'
  | 'network/unreachable'
  | 'store/corrupt'
  | 'disk/full'
  | 'disk/unwritable'
  | 'archive/hostile'
  | 'archive/corrupt'
  | 'image/invalid'
  | 'dependencies/unresolvable'
  | 'dependencies/no-wheel'
  | 'dependencies/hash-mismatch'
  | 'dependencies/not-in-index'
  | 'build/unsupported-instruction'
  | 'build/missing-source'
  | 'build/failed'
  | 'build/not-reproducible'
  | 'limit/exceeded'
  | 'engine/docker'
  | 'runtime/init-failed'
  | 'runtime/timed-out'
  | 'runtime/failed'
  | 'publish/failed'
  | 'aws/unauthorized'
  | 'aws/not-found'
  | 'aws/refused'
  | 'aws/unavailable';

/** An expected failure: data, worded where it is known best, printed by `report/`. */
export interface Fault {
  readonly kind: 'fault';
  readonly code: FaultCode;
  /** What happened, one sentence, no full stop at the end. */
  readonly what: string;
  /** Where in the user's files. */
  readonly place?: Place | undefined;
  /** The line with carets under it, from `squiggle`. */
  readonly excerpt?: string | undefined;
  /** Why, or what it leads to; may have several lines. */
  readonly why?: string | undefined;
  /** What to do next: a command that can be pasted, or an instruction. */
  readonly next?: string | undefined;
}

/** Makes a fault. `what` says what happened, to what, with numbers and units. */
export function fault(
  code: FaultCode,
  what: string,
  more: Partial<Pick<Fault, 'place' | 'excerpt' | 'why' | 'next'>> = {},
): Fault {
  return { kind: 'fault', code, what, ...more };
}

/** Carries a fault through code that waits (I/O). Pure code returns a `Result` instead. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly fault: Fault;
  constructor(reason: Fault, cause?: unknown) {
    super(reason.what, cause === undefined ? undefined : { cause });
    this.fault = reason;
  }
}

/** Shorthand for `new Failure(fault(…))`, to be thrown. */
export function failure(
  code: FaultCode,
  what: string,
  more: Partial<Pick<Fault, 'place' | 'excerpt' | 'why' | 'next'>> & { readonly cause?: unknown } = {},
): Failure {
  const { cause, ...rest } = more;
  return new Failure(fault(code, what, rest), cause);
}

/** A failure with a place, for code that knows where something was asked for when the code that failed did not; others stay. */
export function placed(error: unknown, place: Place, why?: string): unknown {
  if (!(error instanceof Failure) || error.fault.place) return error;
  const reasons = [error.fault.why, why].filter((line) => line !== undefined);
  return new Failure({ ...error.fault, place, ...(reasons.length > 0 ? { why: reasons.join('\n') } : {}) }, error.cause);
}

/** The fault of a failed system call on a file, or undefined when the error is something else. */
export function diskFault(error: unknown, path: string): Fault | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return fault('disk/full', `no space left on the disk while writing ${path}`, {
      next: 'free some space (`shear cache prune` empties the store) and run the same command again',
    });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return fault('disk/unwritable', `${path} cannot be written (${code})`, {
      next: 'check who owns the folder, or name another cache with SHEAR_CACHE',
    });
  }
  if (code === 'ENOTDIR' || code === 'EEXIST' || code === 'EISDIR') {
    return fault('disk/unwritable', `${path} cannot be written (${code})`, {
      why: code === 'EISDIR' ? 'a folder stands where a file goes' : 'a file stands where a folder goes',
      next: 'move it away and run the same command again',
    });
  }
  return undefined;
}

/** Does something on disk; a system call that fails for a reason of the disk's becomes a `disk/…` failure that names the path. */
export function attemptOnDisk<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Failure ? undefined : diskFault(error, path);
    throw reason ? new Failure(reason, error) : error;
  }
}
