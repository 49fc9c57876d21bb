import type { NodeKey } from '../base/digest.ts';
import type { Output } from '../graph/node.ts';

/** Outputs of steps that others made, by key. Nothing of it fails a build: what cannot be had is not there, and a warning says why. */
export interface RemoteOutputs {
  /**
   * Brings an output with its blobs, verified, into the store. Asks once for each key in a run.
   * @param refusal why an output is not to be taken although its record is whole; undefined takes it.
   */
  readonly fetch: (key: NodeKey, refusal?: (output: Output) => string | undefined) => Promise<Output | undefined>;
  /** Puts an output there for others, beside what goes on, where that is allowed and it is not there yet. */
  readonly offer: (key: NodeKey, output: Output) => void;
  /** Waits for what was offered. */
  readonly settled: () => Promise<void>;
}
