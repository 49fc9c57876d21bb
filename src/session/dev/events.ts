import type { Fault } from '../../base/fault.ts';
import type { PoolEvent, PoolState } from '../../runtime/pool-state.ts';
import type { LoopEvent } from './loop.ts';

/** Everything that a `shear dev` tells, for whatever shows it. */
export type DevEvent =
  | LoopEvent
  /** After each good build. */
  | {
      readonly kind: 'serving';
      readonly url: string;
      readonly apis: readonly { readonly name: string; readonly url: string }[];
      /** Full paths of those that run. */
      readonly functions: readonly string[];
      /** By full path. */
      readonly unrunnable: ReadonlyMap<string, Fault>;
      /** Of these, those of which an earlier build goes on running. */
      readonly stale: ReadonlySet<string>;
      /** Those that got new code or configuration with this build. */
      readonly replaced: readonly string[];
    }
  | { readonly kind: 'pool'; readonly name: string; readonly event: PoolEvent; readonly state: PoolState | undefined }
  | { readonly kind: 'notice'; readonly name: string | undefined; readonly text: string };
