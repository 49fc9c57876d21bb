/** Where a file's bytes come from; nothing is read until an artefact is written. */
export type Content =
  /** A file on this machine. */
  | { readonly kind: 'disk'; readonly path: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** A member of a zip archive (a wheel): the compressed bytes can be copied without inflating them. */
  | {
      readonly kind: 'zip-member';
      /** Absolute path of the archive. */
      readonly archive: string;
      /** Byte offset of the member's data (past its local header). */
      readonly offset: number;
      readonly compressedSize: number;
      readonly method: 'stored' | 'deflated';
      readonly crc32: number;
    };

/**
 * One entry of a file tree that becomes an image layer, a zip or a folder.
 * `path` is relative to the artefact's root, with forward slashes, no leading slash, no `.` or `..` part.
 */
export type TreeEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Permission bits, 0o644 or 0o755 unless the user said otherwise. */
      readonly mode: number;
      /** Uncompressed bytes. */
      readonly size: number;
      readonly content: Content;
      /** Absent means 0:0. */
      readonly owner?: Owner;
    }
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number; readonly owner?: Owner }
  | { readonly kind: 'link'; readonly path: string; readonly target: string; readonly owner?: Owner };

/** Numeric owner of a tree entry. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}
