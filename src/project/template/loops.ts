import type { YamlEntry, YamlMap, YamlNode } from '../../syntax/yaml.ts';
import { membersOf, nameOf, scalarAt, textOf } from './nodes.ts';

/** What loop expansion needs from its surroundings. */
export interface LoopSurroundings {
  readonly tree: (node: YamlNode) => YamlNode | undefined;
  readonly whyUnresolved: (node: YamlNode) => string | undefined;
  readonly remark: (text: string, node: YamlNode) => void;
}

const prefix = 'Fn::ForEach::';

/** More entries than this come from nested loops gone wrong, not from a template that anyone wrote. */
const mostEntries = 20_000;

/** True for a map with an `Fn::ForEach::Name` key. */
export function hasLoops(node: YamlMap): boolean {
  return node.entries.some((entry) => nameOf(entry).startsWith(prefix));
}

/**
 * The entries of a map with every `Fn::ForEach` of AWS::LanguageExtensions written out. A loop over something that
 * only a deployment can tell stays as it is, with a remark.
 */
export function expandLoops(map: YamlMap, around: LoopSurroundings): readonly YamlEntry[] {
  if (!hasLoops(map)) return membersOf(map);
  const budget = { left: mostEntries };
  return membersOf(map).flatMap((entry) => expandEntry(entry, around, budget));
}

function expandEntry(entry: YamlEntry, around: LoopSurroundings, budget: { left: number }): readonly YamlEntry[] {
  if (!nameOf(entry).startsWith(prefix)) return [entry];
  const loop = loopOf(entry, around);
  if (typeof loop === 'string') {
    around.remark(`${nameOf(entry)} is not expanded: ${loop}`, entry.key);
    return [entry];
  }
  const written: YamlEntry[] = [];
  for (const item of loop.items) {
    const body = replaceIn(loop.body, loop.identifier, item, new Map());
    if (body.kind !== 'map') continue;
    for (const made of membersOf(body)) {
      if (--budget.left < 0) {
        around.remark(`${nameOf(entry)} makes more than ${mostEntries} entries; the rest is left out`, entry.key);
        return written;
      }
      written.push(...expandEntry(made, around, budget));
    }
  }
  return written;
}

interface Loop {
  readonly identifier: string;
  readonly items: readonly string[];
  readonly body: YamlMap;
}

function loopOf(entry: YamlEntry, around: LoopSurroundings): Loop | string {
  const [identifier, collection, body] = entry.value.kind === 'list' ? entry.value.items : [];
  const name = textOf(identifier);
  if (name === undefined || !collection || body?.kind !== 'map') return 'it needs an identifier, a collection and a map';
  const list = around.tree(collection);
  if (!list) return 'its collection has no value';
  const why = around.whyUnresolved(list);
  if (why !== undefined) return why;
  if (list.kind !== 'list') return 'its collection is not a list';
  const items: string[] = [];
  for (const item of list.items) {
    const reason = around.whyUnresolved(item);
    if (reason !== undefined) return reason;
    const text = textOf(item);
    if (text === undefined) return 'its collection holds something other than text';
    items.push(text);
  }
  return { identifier: name, items, body };
}

/** A node with `${Identifier}`, `&{Identifier}` (letters and digits only) and `Ref: Identifier` replaced. */
function replaceIn(node: YamlNode, identifier: string, item: string, seen: Map<YamlNode, YamlNode>): YamlNode {
  const before = seen.get(node);
  if (before) return before;
  const after = replaced(node, identifier, item, seen);
  seen.set(node, after);
  return after;
}

function replaced(node: YamlNode, identifier: string, item: string, seen: Map<YamlNode, YamlNode>): YamlNode {
  switch (node.kind) {
    case 'scalar': {
      if (typeof node.value !== 'string') return node;
      const value = replaceText(node.value, identifier, item);
      return value === node.value ? node : { ...node, value };
    }
    case 'list':
      return { ...node, items: node.items.map((child) => replaceIn(child, identifier, item, seen)) };
    case 'map': {
      const [only] = node.entries;
      if (node.entries.length === 1 && only && nameOf(only) === 'Ref' && textOf(only.value) === identifier) {
        return scalarAt(node, item);
      }
      return {
        ...node,
        entries: node.entries.map((entry) => ({
          ...entry,
          key: { ...entry.key, value: typeof entry.key.value === 'string' ? replaceText(entry.key.value, identifier, item) : entry.key.value },
          value: replaceIn(entry.value, identifier, item, seen),
        })),
      };
    }
  }
}

function replaceText(text: string, identifier: string, item: string): string {
  if (!text.includes('{')) return text;
  return text
    .replaceAll(`\${${identifier}}`, () => item)
    .replaceAll(`&{${identifier}}`, () => item.replace(/[^A-Za-z0-9]/gu, ''));
}
