import { resolve } from 'node:path';
import type { Project } from '../project/project.ts';
import { namedDockerfile } from '../project/references.ts';
import { imageLocation } from '../project/template/locations.ts';
import { kindOf, member, membersOf, nameOf, textOf } from '../project/template/nodes.ts';
import type { YamlNode } from '../syntax/yaml.ts';
import type { ImagePackage, Package } from './function.ts';
import { aText, aTextList, valueOf, type ResourceReader } from './resource-values.ts';
import { isBuildSkipped, unbuildable } from './unbuildable.ts';

/** The code of an image function: built from a Dockerfile, or made elsewhere. */
export function resolveImage(reader: ResourceReader, project: Project): Package {
  const { metadata } = reader.resource;
  const dockerfile = member(metadata, 'Dockerfile');
  const context = member(metadata, 'DockerContext');
  const prebuilt = prebuiltImage(reader);
  if (isBuildSkipped(metadata)) return prebuilt ?? unbuildable(reader, 'SkipBuild is set and there is no ImageUri', undefined);
  if (!dockerfile || !context) {
    if (prebuilt) return prebuilt;
    const missing = dockerfile ? 'DockerContext' : context ? 'Dockerfile' : 'Dockerfile and no DockerContext';
    return unbuildable(reader, `its Metadata has no ${missing}, and there is no ImageUri`, dockerfile ?? context);
  }
  const named = namedDockerfile(reader.resource, reader.template);
  if (!named) return unbuildable(reader, unreadableName(reader, dockerfile, context), textOf(dockerfile) === undefined ? dockerfile : context);
  const found = project.dockerfiles.find((file) => file.path === named.path && file.context === named.context);
  if (found) return { ...imageOf(reader, found) };
  const broken = project.brokenDockerfiles?.find((file) => file.path === named.path && file.context === named.context);
  if (broken) return { kind: 'unbuildable', why: broken.fault.what, place: broken.fault.place ?? reader.placeOf(dockerfile), fault: broken.fault };
  if (project.named.get(named.context) !== 'folder') {
    return { ...unbuildable(reader, `its build context ${textOf(context) ?? ''} is not a folder: looked for ${named.context}`, context), missing: named.context };
  }
  const what = project.named.get(named.path) === 'folder' ? 'is a folder' : 'is not in the build context';
  return { ...unbuildable(reader, `Metadata.Dockerfile, ${textOf(dockerfile) ?? ''}, ${what}: looked for ${named.path}`, dockerfile), missing: named.path };
}

function unreadableName(reader: ResourceReader, dockerfile: YamlNode, context: YamlNode): string {
  const [name, node] = textOf(dockerfile) === undefined ? ['Dockerfile', dockerfile] : ['DockerContext', context];
  return `Metadata.${name} cannot be told: ${reader.template.whyUnresolved(node) ?? `it is ${kindOf(node)}`}`;
}

function prebuiltImage(reader: ResourceReader): Package | undefined {
  const location = imageLocation(reader.resource, reader.template);
  switch (location.kind) {
    case 'remote':
      return { kind: 'prebuilt', location: location.text };
    case 'local':
      return { kind: 'prebuilt', location: resolve(reader.template.template.folder, location.path) };
    case 'unresolved': {
      const { start, end } = location.node.span;
      return { kind: 'prebuilt', location: reader.template.template.source.text.slice(start, end) };
    }
    default:
      return undefined;
  }
}

function imageOf(reader: ResourceReader, dockerfile: ImagePackage['dockerfile']): ImagePackage {
  const { metadata } = reader.resource;
  const args = buildArgsOf(reader, member(metadata, 'DockerBuildArgs'));
  const extra = member(metadata, 'DockerBuildExtraParams');
  const extraParameters = extra && aTextList.read(extra);
  if (extra && !extraParameters) reader.remark(`DockerBuildExtraParams is ${kindOf(extra)}, not a list of texts; it is left out`, extra);
  return {
    kind: 'image',
    dockerfile,
    tag: textOf(member(metadata, 'DockerTag')) ?? 'latest',
    target: textOf(member(metadata, 'DockerBuildTarget')),
    buildArgs: args.known,
    ...(args.unresolved.length > 0 ? { unresolvedBuildArgs: args.unresolved } : {}),
    extraParameters: extraParameters ?? [],
    imageConfig: {
      command: listOption(reader, 'Command'),
      entryPoint: listOption(reader, 'EntryPoint'),
      workingDirectory: textOption(reader, 'WorkingDirectory'),
    },
  };
}

function buildArgsOf(reader: ResourceReader, node: YamlNode | undefined): { readonly known: Readonly<Record<string, string>>; readonly unresolved: readonly string[] } {
  const known: [string, string][] = [];
  const unresolved: string[] = [];
  if (node && node.kind !== 'map') reader.remark(`DockerBuildArgs is ${kindOf(node)}, not a map; it is left out`, node);
  for (const entry of membersOf(node)) {
    const text = textOf(entry.value);
    if (text !== undefined) {
      known.push([nameOf(entry), text]);
      continue;
    }
    unresolved.push(nameOf(entry));
    const why = reader.template.whyUnresolved(entry.value) ?? `it is ${kindOf(entry.value)}`;
    reader.remark(`the build argument ${nameOf(entry)} cannot be told: ${why}`, entry.value);
  }
  return { known: Object.fromEntries(known), unresolved };
}

function listOption(reader: ResourceReader, name: string): readonly string[] | undefined {
  const value = valueOf<readonly string[] | undefined>(reader, ['ImageConfig', name], undefined, aTextList);
  if (value.kind === 'known') return value.value;
  reader.remark(`ImageConfig.${name} cannot be told: ${value.why}`, value.node);
  return undefined;
}

function textOption(reader: ResourceReader, name: string): string | undefined {
  const value = valueOf<string | undefined>(reader, ['ImageConfig', name], undefined, aText);
  return value.kind === 'known' ? value.value : undefined;
}
