import type { YamlEntry, YamlMap, YamlNode } from './yaml.ts';

/** The node that a path of keys (strings) and positions (numbers, from 0) leads to; undefined where it ends early. */
export function get(node: YamlNode | undefined, ...path: readonly (string | number)[]): YamlNode | undefined {
  let at = node;
  for (const part of path) {
    if (at?.kind === 'map') at = entryOf(at, String(part))?.value;
    else at = at?.kind === 'list' && typeof part === 'number' ? at.items[part] : undefined;
  }
  return at;
}

/** The entry that counts for a key: the last one written, before any that a merge key brings in. */
export function entryOf(map: YamlNode | undefined, key: string): YamlEntry | undefined {
  if (map?.kind !== 'map') return undefined;
  return lastEntry(map, key, false) ?? lastEntry(map, key, true);
}

function lastEntry(map: YamlMap, key: string, isMerged: boolean): YamlEntry | undefined {
  return map.entries.findLast((entry) => (entry.merged === true) === isMerged && String(entry.key.value) === key);
}

/** A scalar's value when it is a string; undefined for everything else. */
export function stringOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}
