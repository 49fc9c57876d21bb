import { Failure, failure } from '../base/fault.ts';
import { lockDrift, toolsAgree } from '../lock/drift.ts';
import { readLock, writeLock } from '../lock/file.ts';
import { emptyLock, type Lock } from '../lock/lock.ts';

/** What a build wants the lock to say. */
export interface LockWish {
  /** Absolute project folder. */
  readonly folder: string;
  readonly wanted: Lock;
  /** Some functions only: what the lock says of the others stays. */
  readonly isPart: boolean;
}

/** Fails with `lock/drift` when shear.lock does not already say what a build needs. */
export function refuseDrift({ folder, wanted, isPart }: LockWish): void {
  const before = lockOf(folder);
  const drift = lockDrift(before, isPart ? merged(before, wanted) : wanted);
  if (drift.length === 0) return;
  throw failure('lock/drift', 'shear.lock does not say what this build needs', {
    why: drift.map(({ subject, what }) => `${subject} ${what}`).slice(0, 5).join('\n'),
    next: 'run `shear lock`, look at the difference and commit shear.lock',
  });
}

/**
 * Writes shear.lock when it changes. Where nothing differs but this machine's tools, and with them what the tools make, the
 * lock stays as it is: else it would change with everyone who builds.
 */
export function keepLock({ folder, wanted, isPart }: LockWish): void {
  const before = lockOf(folder);
  const after = isPart ? merged(before, wanted) : wanted;
  const isOnlyTools = !toolsAgree(before, after) && lockDrift(before, after).length === 0 && Object.entries(after.functions).every(([name, one]) => one.foundation === undefined || before.functions[name]?.foundation !== undefined);
  if (!isOnlyTools) writeLock(folder, after);
}

function lockOf(folder: string): Lock {
  const read = readLock(folder);
  if (!read.ok) throw new Failure(read.error);
  return read.value ?? emptyLock;
}

function merged(before: Lock, lock: Lock): Lock {
  return {
    ...before,
    tools: { ...before.tools, ...lock.tools },
    bases: { ...before.bases, ...lock.bases },
    wheels: { ...before.wheels, ...lock.wheels },
    ffmpeg: { ...before.ffmpeg, ...lock.ffmpeg },
    functions: { ...before.functions, ...lock.functions },
    layers: { ...before.layers, ...lock.layers },
  };
}
