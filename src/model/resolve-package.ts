import { join, resolve } from 'node:path';
import type { Project } from '../project/project.ts';
import { codeLocation, imageLocation } from '../project/template/locations.ts';
import { member, textOf } from '../project/template/nodes.ts';
import type { YamlNode } from '../syntax/yaml.ts';
import type { Package } from './function.ts';
import { resolveImage } from './resolve-image.ts';
import { aText, plainOf, valueOf, type ResourceReader } from './resource-values.ts';
import { isBuildSkipped, unbuildable } from './unbuildable.ts';

/** What a function's code is. */
export function resolvePackage(reader: ResourceReader, project: Project): Package {
  const type = valueOf<string>(reader, ['PackageType'], 'Zip', aText);
  if (type.kind === 'unresolved') return { kind: 'unbuildable', why: `PackageType cannot be told: ${type.why}`, place: type.place };
  if (type.value === 'Image') return resolveImage(reader, project);
  if (type.value !== 'Zip') {
    return unbuildable(reader, `PackageType is ${type.value}; Lambda knows Zip and Image`, type.node);
  }
  if (member(reader.resource.metadata, 'Dockerfile') && !member(reader.resource.properties, 'Runtime')) {
    return unbuildable(reader, 'Metadata names a Dockerfile but PackageType is not Image: sam takes it for a zip function without a Runtime', member(reader.resource.metadata, 'Dockerfile'));
  }
  if (!member(reader.resource.properties, 'Runtime') && imageLocation(reader.resource, reader.template).kind !== 'absent') {
    return unbuildable(reader, 'ImageUri is set but PackageType is not Image', member(reader.resource.properties, 'ImageUri'));
  }
  return resolveZip(reader, project);
}

function resolveZip(reader: ResourceReader, project: Project): Package {
  const { resource, template } = reader;
  const location = codeLocation(resource, template);
  switch (location.kind) {
    case 'inline':
      return { kind: 'inline', text: location.text };
    case 'remote':
      return { kind: 'prebuilt', location: location.text };
    case 'unresolved':
      return unbuildable(reader, `where its code is cannot be told: ${location.why}`, location.node);
    case 'absent':
      return unbuildable(reader, 'it names no code', undefined);
    case 'local':
      break;
  }
  const folder = resolve(template.template.folder, location.path);
  if (/\.(?:zip|jar|war)$/iu.test(location.path) || isBuildSkipped(resource.metadata)) return { kind: 'prebuilt', location: folder };
  const kind = project.named.get(folder);
  if (kind !== 'folder') {
    const what = kind === 'file' ? 'is a file, not a folder' : 'is not there';
    const verdict = unbuildable(reader, `its code folder ${location.path} ${what}`, location.node);
    return verdict.kind === 'unbuildable' && kind === 'absent' ? { ...verdict, missingFolder: folder, missing: folder } : verdict;
  }
  return zipOf(reader, project, folder);
}

function zipOf(reader: ResourceReader, project: Project, folder: string): Package {
  const { metadata } = reader.resource;
  const runtime = valueOf(reader, ['Runtime'], '', aText);
  if (runtime.kind === 'unresolved') return { kind: 'unbuildable', why: `its Runtime cannot be told: ${runtime.why}`, place: runtime.place };
  if (runtime.value === '') return unbuildable(reader, 'it has no Runtime; a zip function needs one', undefined);
  const handler = valueOf(reader, ['Handler'], '', aText);
  const buildMethod = textOf(member(metadata, 'BuildMethod'));
  return {
    kind: 'zip',
    codeFolder: folder,
    runtime: runtime.value,
    handler: handler.kind === 'known' && handler.value !== '' ? handler.value : undefined,
    buildMethod: buildMethod === runtime.value ? undefined : buildMethod,
    buildProperties: buildPropertiesOf(metadata),
    requirements: project.requirements.find((file) => file.path === join(folder, 'requirements.txt')),
  };
}

/** BuildProperties, and beside it the keys that makefile builds read from Metadata itself. */
function buildPropertiesOf(metadata: YamlNode | undefined): Readonly<Record<string, unknown>> {
  const own = member(metadata, 'BuildProperties');
  const properties = own ? plainOf(own) : {};
  const beside = ['ContextPath', 'WorkingDirectory', 'ProjectRootDirectory'].flatMap((name) => {
    const node = member(metadata, name);
    return node ? [[name, plainOf(node)] as const] : [];
  });
  return { ...(typeof properties === 'object' ? properties : {}), ...Object.fromEntries(beside) };
}
