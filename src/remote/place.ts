import type { NodeKey } from '../base/digest.ts';
import type { Output } from '../graph/node.ts';
import type { BlobSink, BlobSource, StoredBlob } from '../oci/blob-sink.ts';

/** Somewhere that keeps action records and their blobs. What it gives is not believed: callers check records, blobs are verified as they arrive. */
export interface RemotePlace {
  /** For messages: `registry.example/team/cache`, without credentials. */
  readonly name: string;
  /** The text of the record under a key; undefined when there is none. */
  readonly readRecord: (key: NodeKey) => Promise<string | undefined>;
  /** Fetches a blob. Rejects with `registry/corrupt` when it is another one. */
  readonly fetchBlob: (blob: StoredBlob, sink: BlobSink) => Promise<void>;
  /** Puts a record there, its blobs first. Leaves alone what is there under the key. @returns bytes sent; 0 when it was there. */
  readonly write: (key: NodeKey, entry: RemoteEntry) => Promise<number>;
}

/** What is written under a key. */
export interface RemoteEntry {
  readonly output: Output;
  /** The record's text, a blob of the source like the output's. */
  readonly record: StoredBlob;
  readonly source: BlobSource;
}
