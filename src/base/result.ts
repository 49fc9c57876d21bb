import type { Fault } from './fault.ts';

/** The outcome of something a user's input can make fail. */
export type Result<T, E = Fault> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** A good outcome. */
export function ok<T>(value: T): Result<T, never> {
  return { ok: true, value };
}

/** An expected failure. */
export function err<E>(error: E): Result<never, E> {
  return { ok: false, error };
}
