import { member, textOf } from '../project/template/nodes.ts';
import type { YamlNode } from '../syntax/yaml.ts';
import type { Package } from './function.ts';
import type { ResourceReader } from './resource-values.ts';

/** `Metadata.SkipBuild: true`, as a boolean or as text. */
export function isBuildSkipped(metadata: YamlNode | undefined): boolean {
  return textOf(member(metadata, 'SkipBuild'))?.toLowerCase() === 'true';
}

/** The verdict that something cannot be built, at a node or at the logical ID. */
export function unbuildable(reader: ResourceReader, why: string, node: YamlNode | undefined): Extract<Package, { kind: 'unbuildable' }> {
  const at = node ?? reader.resource.key;
  return { kind: 'unbuildable', why, place: reader.placeOf(at), span: at.alias ?? at.span };
}
