import type { Span } from '../base/source.ts';
import type { TomlNode } from '../syntax/toml.ts';
import type { YamlNode } from '../syntax/yaml.ts';
import type { SamConfig } from './project.ts';
import { membersOf, nameOf } from './template/nodes.ts';
import { plain, type SamValue } from './samconfig.ts';

/** Anything with a name in samconfig, down to the options of a command. */
export interface SamEntry {
  /** `[version]`, `[env]`, `[env, command]`, `[env, command, 'parameters']`, or an option below these. */
  readonly path: readonly string[];
  readonly keySpan: Span;
  /** Of the value. */
  readonly span: Span;
  readonly kind: 'table' | 'list' | 'scalar';
  readonly value: SamValue;
  /** A scalar as written. */
  readonly text: string | undefined;
  /** Spans of a list's items. */
  readonly items: readonly Span[];
  /** Comes in through a YAML alias or merge key, or is there for one: other places have it as well. */
  readonly isShared: boolean;
}

type ConfigNode = TomlNode | YamlNode;

/** Everything that samconfig has, in its order; a value below an option is a part of it. */
export function samEntries(samconfig: SamConfig | undefined): readonly SamEntry[] {
  return samconfig ? entriesBelow(samconfig.document.root, [], false) : [];
}

const deepest = 4;

function entriesBelow(node: ConfigNode, path: readonly string[], isShared: boolean): readonly SamEntry[] {
  return childrenOf(node).flatMap((child): readonly SamEntry[] => {
    const own = [...path, child.name];
    const { value } = child;
    // A part of the file that may only be there to be taken over elsewhere.
    const isTemplate = own.length <= 2 && 'anchor' in value && value.anchor !== undefined;
    const shared = isShared || child.isShared || isTemplate;
    const isTable = value.kind === 'table' || value.kind === 'map';
    const entry: SamEntry = {
      path: own, keySpan: child.keySpan, span: value.span, isShared: shared,
      kind: isTable ? 'table' : value.kind === 'scalar' ? 'scalar' : 'list',
      value: plain(value), text: value.kind === 'scalar' ? value.text : undefined,
      items: value.kind === 'array' || value.kind === 'list' ? value.items.map(({ span }) => span) : [],
    };
    return [entry, ...(isTable && own.length < deepest ? entriesBelow(value, own, shared) : [])];
  });
}

interface Child {
  readonly name: string;
  readonly keySpan: Span;
  readonly value: ConfigNode;
  readonly isShared: boolean;
}

function childrenOf(node: ConfigNode): readonly Child[] {
  if (node.kind === 'table') return node.entries.map(({ key, keySpan, value }) => ({ name: key, keySpan, value, isShared: false }));
  return membersOf(node.kind === 'map' ? node : undefined).map((entry) => ({
    name: nameOf(entry), keySpan: entry.key.span, value: entry.value, isShared: entry.merged === true || entry.value.alias !== undefined,
  }));
}
