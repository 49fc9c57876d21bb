import type { Digest } from '../base/digest.ts';

/** A blob as it was stored. */
export interface StoredBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** A blob on its way into a sink. Ends with `commit` or `abort`, one of them, once. */
export interface BlobWriter {
  /** Throws a `disk/full` or `disk/unwritable` failure; the writer is then already aborted. */
  readonly write: (chunk: Uint8Array) => void;
  /**
   * Makes the blob visible under its digest.
   * @param expected what it must be; a difference aborts and rejects with `registry/corrupt`.
   */
  readonly commit: (expected?: StoredBlob) => Promise<StoredBlob>;
  /** Leaves nothing behind; harmless after `commit`. */
  readonly abort: () => void;
}

/** Where blobs go, by content: the store, or a folder being written. */
export interface BlobSink {
  readonly begin: () => BlobWriter;
  /** For small blobs: synchronous, on disk when it returns. */
  readonly putBytes: (bytes: Uint8Array) => StoredBlob;
  /** As `putBytes`, but flushed to the disk beside what follows: there for good when `flushed` resolves, to be awaited before anything lasting names the blob. */
  readonly putSoon: (bytes: Uint8Array) => StoredBlob;
  /** Waits for what `putSoon` took. Rejects with `disk/…`; the blobs that failed are gone then. */
  readonly flushed: () => Promise<void>;
}

/** Where blobs can be read from. */
export interface BlobSource {
  /** Absolute path of the blob's file, whether it is there or not. */
  readonly pathOf: (digest: Digest) => string;
  /** Whether it is there, with that size when one is given; looks, does not read. */
  readonly has: (digest: Digest, size?: number) => boolean;
}
