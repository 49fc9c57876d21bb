import type { SourceFile } from '../base/source.ts';

/**
 * A change to the user's files, as data. Nothing outside a splice's range changes.
 * `path` is relative to the project folder, with forward slashes.
 */
export type Edit =
  | {
      readonly kind: 'splice';
      readonly path: string;
      /** The text the offsets count in; applying refuses when the file on disk differs from it. */
      readonly source: SourceFile;
      /** UTF-16 offsets into `source.text`, end exclusive. */
      readonly start: number;
      readonly end: number;
      readonly text: string;
    }
  /** Never overwrites: applying refuses when the path exists. */
  | { readonly kind: 'create'; readonly path: string; readonly text: string; readonly mode?: number };

/**
 * How sure a fix is. `safe`: behaviour and deployed resources stay. `unsafe`: deployed resources,
 * permissions, cost or size limits may change. `manual`: advice, no edits are applied.
 */
export type Safety = 'safe' | 'unsafe' | 'manual';

/** Edits that are applied all together or not at all. */
export interface Fix {
  readonly title: string;
  readonly safety: Safety;
  readonly edits: readonly Edit[];
}
