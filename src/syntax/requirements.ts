import type { SourceFile, Span } from '../base/source.ts';

export { isExactPin, normalizedProjectName, parseRequirements } from './parse-requirements.ts';

/** One logical line of a requirements file (continuations joined). */
export type RequirementsLine =
  | {
      readonly kind: 'requirement';
      /** As written. */
      readonly name: string;
      /** PEP 503: lower case, runs of `-_.` as one `-`. */
      readonly normalizedName: string;
      readonly extras: readonly string[];
      /** `==1.2`, `>=1,<2`, or empty. */
      readonly specifier: string;
      /** `name @ url`. */
      readonly url: string | undefined;
      /** After `;`. */
      readonly marker: string | undefined;
      /** `sha256:…`, as after `--hash=`. */
      readonly hashes: readonly string[];
      /** Behind it on the line, with its `#`. */
      readonly comment: string | undefined;
      /** Continuation lines and hashes included, the comment not. */
      readonly span: Span;
    }
  /** `-r file` / `--requirement file`. */
  | { readonly kind: 'include'; readonly path: string; readonly span: Span }
  /** `-c file`. */
  | { readonly kind: 'constraint'; readonly path: string; readonly span: Span }
  /** `-e …`. */
  | { readonly kind: 'editable'; readonly target: string; readonly span: Span }
  /** A bare path or URL. */
  | { readonly kind: 'location'; readonly target: string; readonly span: Span }
  /** `--index-url …` and other options; short forms by their long name. */
  | { readonly kind: 'option'; readonly name: string; readonly value: string; readonly span: Span }
  /** A comment on a line of its own, with its `#`. */
  | { readonly kind: 'comment'; readonly text: string; readonly span: Span };

/** A parsed requirements file. */
export interface RequirementsFile {
  readonly source: SourceFile;
  readonly lines: readonly RequirementsLine[];
  readonly newline: '\n' | '\r\n';
}
