import type { SourceFile } from '../../base/source.ts';
import type { YamlMap, YamlNode } from '../../syntax/yaml.ts';

/** What an expression comes to: a value, nothing at all (AWS::NoValue), or something only a deployment can tell. */
export type Evaluated =
  | { readonly kind: 'known'; readonly node: YamlNode }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unresolved'; readonly why: string };

/** A condition's outcome. */
export type Truth = boolean | { readonly why: string };

/** A value given to a template's parameter from outside. */
export type GivenValue =
  | { readonly kind: 'text'; readonly text: string }
  /** What the parent stack passes, already evaluated there. */
  | { readonly kind: 'node'; readonly node: YamlNode }
  /** `node`: the expression in the parent's template. */
  | { readonly kind: 'unresolved'; readonly why: string; readonly node: YamlNode };

/** What intrinsic functions may ask of the template around them. */
export interface Surroundings {
  readonly source: SourceFile;
  /** Evaluates everything in a node; undefined for AWS::NoValue. What cannot be told stays as written. */
  readonly tree: (node: YamlNode) => YamlNode | undefined;
  /** Why a node of an evaluated tree is still an unevaluated function; undefined when it is not one. */
  readonly whyUnresolved: (node: YamlNode) => string | undefined;
  readonly refer: (name: string, at: YamlNode) => Evaluated;
  readonly condition: (name: string) => Truth;
  readonly mappings: YamlMap | undefined;
}

/** A known value. */
export function known(node: YamlNode): Evaluated {
  return { kind: 'known', node };
}

/** A value only a deployment can tell. */
export function unresolved(why: string): Evaluated {
  return { kind: 'unresolved', why };
}
