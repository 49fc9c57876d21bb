import type { SourceFile, Span } from '../base/source.ts';

export { parseToml } from './parse-toml.ts';
export { tomlEntry } from './toml-scan.ts';
export { removeTomlKey, setTomlKey } from './toml-splice.ts';

/** A TOML value with its range. */
export type TomlNode =
  | { readonly kind: 'scalar'; readonly value: string | number | bigint | boolean | Date; readonly text: string; readonly span: Span }
  | { readonly kind: 'array'; readonly items: readonly TomlNode[]; readonly span: Span }
  | { readonly kind: 'table'; readonly entries: readonly TomlEntry[]; readonly span: Span; readonly inline: boolean };

/** `key = value` or `[header]`-made member of a table. */
export interface TomlEntry {
  readonly key: string;
  /** Of the key as written. */
  readonly keySpan: Span;
  readonly value: TomlNode;
}

/** A `[a.b.c]` or `[[a.b.c]]` header and the extent of its own lines: where a further `key = value` line belongs. */
export interface TomlHeader {
  readonly path: readonly string[];
  /** Of the header, brackets included. */
  readonly span: Span;
  /** `[[…]]`: one more item of an array of tables. */
  readonly isArray: boolean;
  /** Offset just past the last key line (or the header line when there is none), newline included. */
  readonly bodyEnd: number;
}

/** A parsed TOML file. */
export interface TomlDocument {
  readonly source: SourceFile;
  readonly root: TomlNode & { readonly kind: 'table' };
  readonly headers: readonly TomlHeader[];
  /** Offset just past the last key line above the first header, newline included. */
  readonly rootEnd: number;
  readonly newline: '\n' | '\r\n';
}
