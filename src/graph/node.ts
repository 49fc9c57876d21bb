import type { Canonical, Digest, DiffId, NodeKey } from '../base/digest.ts';

/**
 * Files that a step reads: everything under `folder` (absolute) that the patterns let through.
 * Data, so that a plan can be kept between runs.
 */
export interface FileSet {
  /** Absolute. */
  readonly folder: string;
  /** Relative path of the file or folder below `folder` to list; `''` for all of it. */
  readonly below: string;
  /** .dockerignore lines that apply (relative to `folder`); null for none. */
  readonly dockerignore: readonly string[] | null;
  /** Base names left out at any depth (exact), e.g. `__pycache__`. */
  readonly excludeNames: readonly string[];
}

/** What a step depends on. */
export type NodeInput =
  | { readonly kind: 'node'; readonly id: string }
  | { readonly kind: 'files'; readonly files: FileSet };

/** A step of the build: pure, so that its key names its output. */
export interface GraphNode {
  /** Unique in the plan, readable: `layer:TranscribeFunction/application`. */
  readonly id: string;
  /** Which step carries it out, by name in the step table. */
  readonly kind: string;
  /** For progress and `--explain`. */
  readonly label: string;
  /** All that the output depends on besides the inputs. */
  readonly params: Canonical;
  readonly inputs: readonly NodeInput[];
}

/** A blob of the store that an output refers to. */
export interface OutputBlob {
  readonly name: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly diffId?: DiffId;
}

/** What a step leaves: blobs in the store, and small facts. */
export interface Output {
  readonly blobs: readonly OutputBlob[];
  readonly data: Canonical;
}

/** The cache port of the graph: found is not yet applied; `get` checks that the blobs are there. */
export interface OutputCache {
  readonly get: (key: NodeKey) => Output | undefined;
  readonly put: (key: NodeKey, output: Output) => void;
  /** Looks farther away for what `get` lacks; what it finds is then there for `get` too. Never rejects but for an interruption. */
  readonly fetch?: (key: NodeKey, kind: string) => Promise<Output | undefined>;
  /** Told of every output that a run takes or makes. */
  readonly used?: (key: NodeKey, kind: string, output: Output) => void;
  /** Waits until all that steps have put anywhere is on the disk; rejects with what kept it away. Awaited once, after the last step. */
  readonly flushed: () => Promise<void>;
}
