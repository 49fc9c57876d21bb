import type { Fault } from './fault.ts';

/** What happens in a cloud session, for whoever shows it. */
export type CloudEvent =
  /** Stack and template do not agree. */
  | { readonly kind: 'differs'; readonly stack: string; readonly differences: readonly string[] }
  | { readonly kind: 'deploying'; readonly stack: string; readonly why: string }
  | { readonly kind: 'deploy-line'; readonly text: string }
  | { readonly kind: 'deployed'; readonly stack: string; readonly ms: number }
  | { readonly kind: 'ready'; readonly stack: string; readonly region: string; readonly functions: number }
  /** UpdateFunctionCode is sent; `ms` from the build's end. */
  | { readonly kind: 'sent'; readonly name: string; readonly ms: number }
  /** The function runs the new code. */
  | { readonly kind: 'updated'; readonly name: string; readonly ms: number; readonly bytes: number; readonly version: string | undefined }
  /** Something is in the way that may pass; it is tried again. */
  | { readonly kind: 'waiting'; readonly name: string; readonly fault: Fault; readonly seconds: number }
  | { readonly kind: 'failed'; readonly name: string; readonly fault: Fault }
  /** Somebody else has changed the function's code since. */
  | { readonly kind: 'foreign'; readonly name: string };

/** A function that runs code which its stack's template does not know. */
export interface Drift {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
}
