import type { SourceFile, Span } from '../base/source.ts';

export { parseYaml } from './parse-yaml.ts';
export { entryOf, get, stringOf } from './yaml-navigate.ts';
export { quoteYaml } from './yaml-quote.ts';
export { addEntries, appendItem, insertEntry, removeEntry, setEntry } from './yaml-splice.ts';

/**
 * A node of a CloudFormation template (YAML or JSON), with the exact range it was written at.
 * Short tags are normalised: `!Ref X` is a map with the one entry `Ref: X` and `tag: '!Ref'`;
 * `!GetAtt A.B` is `Fn::GetAtt: [A, B]`; the map's span then covers tag and value, its key's span the tag. Aliases and merge keys are resolved to the anchored node
 * (whose span is at the anchor), marked by `alias`.
 */
export type YamlNode = YamlScalar | YamlMap | YamlList;

interface NodeBase {
  /** Range of the value itself, without its anchor, tag or trailing comment. */
  readonly span: Span;
  /** Range of the alias (`*x`) that led here; edits through an alias would change every other use. */
  readonly alias?: Span;
  readonly anchor?: string;
  /** The short tag as written, with the exclamation mark. */
  readonly tag?: string;
}

export interface YamlScalar extends NodeBase {
  readonly kind: 'scalar';
  /** By the YAML 1.1 core rules that CloudFormation follows. */
  readonly value: string | number | boolean | null;
  /** As written, quotes included. */
  readonly text: string;
}

export interface YamlMap extends NodeBase {
  readonly kind: 'map';
  readonly entries: readonly YamlEntry[];
  /** `{…}` rather than indented lines. */
  readonly flow: boolean;
}

export interface YamlEntry {
  readonly key: YamlScalar;
  readonly value: YamlNode;
  /** From the key to the end of the value. */
  readonly span: Span;
  /** True when the entry came in by a merge key (`<<`). */
  readonly merged?: boolean;
}

export interface YamlList extends NodeBase {
  readonly kind: 'list';
  readonly items: readonly YamlNode[];
  readonly flow: boolean;
}

/** A parsed template. */
export interface YamlDocument {
  readonly source: SourceFile;
  readonly root: YamlMap;
  /** Keys that stand twice in one map: the later silently wins. */
  readonly duplicates: readonly { readonly first: YamlScalar; readonly second: YamlScalar }[];
  /** `\r\n` or `\n`, whichever the file uses more. */
  readonly newline: '\n' | '\r\n';
}
