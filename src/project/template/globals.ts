import { entryOf, type YamlEntry, type YamlMap, type YamlNode } from '../../syntax/yaml.ts';
import { intrinsicOf, listAt, mapAt, member, membersOf, nameOf, textOf } from './nodes.ts';

/** What SAM refuses in Globals.Function. Source: samtranslator/plugins/globals/globals.py. */
const notGlobal: ReadonlySet<string> = new Set([
  'AutoPublishCodeSha256', 'Events', 'FunctionName', 'ImageConfig', 'ImageUri', 'InlineCode', 'PackageType', 'Policies', 'Role', 'VersionDescription',
]);

/** The names of Globals.Function that SAM refuses, with their keys. */
export function refusedGlobals(functionGlobals: YamlNode | undefined): readonly YamlEntry[] {
  return membersOf(functionGlobals).filter((entry) => notGlobal.has(nameOf(entry)));
}

/** The section of Globals that applies to a resource type: `Function` for AWS::Serverless::Function. */
export function globalsFor(globals: YamlNode | undefined, type: string): YamlMap | undefined {
  const name = /^AWS::Serverless::(\w+)$/u.exec(type)?.[1];
  const section = name === undefined ? undefined : member(globals, name);
  return section?.kind === 'map' ? section : undefined;
}

/**
 * Properties with Globals merged as SAM does: scalars and functions of the resource win, maps merge deeply, lists are
 * concatenated with the global items first; `IgnoreGlobals` (`'*'` or a list of names) of the resource is honoured.
 */
export function mergeGlobals(globals: YamlMap | undefined, resource: YamlMap): YamlMap | undefined {
  const own = member(resource, 'Properties');
  const local = own?.kind === 'map' ? own : undefined;
  const applicable = globals && withoutIgnored(globals, member(resource, 'IgnoreGlobals'));
  if (!applicable || applicable.entries.length === 0) return local;
  if (!local) return { ...mapAt(resource, applicable.entries) };
  return mergeMaps(applicable, local);
}

/** Where a property (a path of names) comes from; undefined when neither side has it. */
export function originOf(globals: YamlMap | undefined, resource: YamlMap, path: readonly string[]): 'resource' | 'globals' | undefined {
  if (reaches(member(resource, 'Properties'), path)) return 'resource';
  return reaches(globals, path) ? 'globals' : undefined;
}

function reaches(node: YamlNode | undefined, path: readonly string[]): boolean {
  const [name, ...rest] = path;
  if (node === undefined) return false;
  if (name === undefined) return true;
  // A function in the way decides on everything below it.
  if (intrinsicOf(node)) return true;
  return reaches(member(node, name), rest);
}

function withoutIgnored(globals: YamlMap, ignore: YamlNode | undefined): YamlMap {
  if (!ignore) return globals;
  if (textOf(ignore) === '*') return mapAt(globals, []);
  const names = new Set(ignore.kind === 'list' ? ignore.items.map(textOf) : []);
  return mapAt(globals, membersOf(globals).filter((entry) => !names.has(nameOf(entry))));
}

function mergeMaps(globals: YamlMap, local: YamlMap): YamlMap {
  const entries: YamlEntry[] = membersOf(globals).map((entry) => {
    const own = entryOf(local, nameOf(entry));
    return own ? { ...own, value: mergeNodes(entry.value, own.value) } : entry;
  });
  const shared = new Set(entries.map(nameOf));
  return mapAt(local, [...entries, ...membersOf(local).filter((entry) => !shared.has(nameOf(entry)))]);
}

function mergeNodes(globals: YamlNode, local: YamlNode): YamlNode {
  if (globals.kind === 'map' && local.kind === 'map' && !intrinsicOf(globals) && !intrinsicOf(local)) return mergeMaps(globals, local);
  if (globals.kind === 'list' && local.kind === 'list') return { ...listAt(local, [...globals.items, ...local.items]), flow: local.flow };
  return local;
}
