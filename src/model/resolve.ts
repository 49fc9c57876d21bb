import { join, resolve } from 'node:path';
import { placeAt } from '../base/source.ts';
import type { Architecture } from '../base/host.ts';
import type { Project, Remark } from '../project/project.ts';
import type { EvaluatedResource, EvaluatedTemplate } from '../project/template/evaluate.ts';
import { evaluateProject, type GivenByUser } from '../project/template/evaluate-project.ts';
import { contentLocation, isFunction, isLayer } from '../project/template/locations.ts';
import { kindOf, member, textOf } from '../project/template/nodes.ts';
import type { YamlNode } from '../syntax/yaml.ts';
import type { LambdaFunction, LambdaLayer, Model, Value } from './function.ts';
import { resolveLayerReferences } from './resolve-layer-references.ts';
import { resolvePackage } from './resolve-package.ts';
import { aNumber, nodeValue, aText, readerFor, textMap, valueOf, type ResourceReader } from './resource-values.ts';

/**
 * What a project means: every function and Lambda layer with Globals merged and references resolved, for one samconfig
 * environment. Never throws: what is wrong becomes a remark with its place, what cannot be told stays `unresolved`.
 */
export function resolveModel(project: Project, given: GivenByUser = {}): Model {
  const templates = evaluateProject(project.templates, project.samconfig, given);
  const remarks: Remark[] = templates.flatMap((template) => template.remarks);
  const functions: LambdaFunction[] = [];
  const layers: LambdaLayer[] = [];
  for (const template of templates) {
    for (const resource of template.resources) {
      const reader = readerFor(resource, template, remarks);
      if (isFunction(resource)) functions.push(resolveFunction(reader, project, templates));
      if (isLayer(resource)) layers.push(resolveLayer(reader, project));
    }
  }
  return { functions, layers, templates, remarks };
}

function resolveFunction(reader: ResourceReader, project: Project, templates: readonly EvaluatedTemplate[]): LambdaFunction {
  const { resource, template } = reader;
  return {
    logicalId: resource.logicalId,
    fullPath: fullPathOf(resource, template),
    type: resource.type === 'AWS::Lambda::Function' ? 'AWS::Lambda::Function' : 'AWS::Serverless::Function',
    template: template.template,
    place: placeAt(template.template.source, resource.key.span.start),
    span: resource.key.span,
    resource: resource.node,
    properties: resource.ownProperties,
    package: resolvePackage(reader, project),
    architecture: architectureOf(reader),
    memory: valueOf(reader, ['MemorySize'], 128, aNumber),
    timeout: valueOf(reader, ['Timeout'], 3, aNumber),
    ephemeralStorage: valueOf(reader, ['EphemeralStorage', 'Size'], 512, aNumber),
    environment: textMap(reader, ['Environment', 'Variables']),
    tags: tagsOf(reader),
    layers: resolveLayerReferences(reader, templates),
    property: (name) => member(resource.properties, name),
  };
}

function resolveLayer(reader: ResourceReader, project: Project): LambdaLayer {
  const { resource, template } = reader;
  const location = contentLocation(resource, template);
  const folder = location.kind === 'local' ? resolve(template.template.folder, location.path) : undefined;
  const isFolder = folder !== undefined && project.named.get(folder) === 'folder';
  const isMissing = folder !== undefined && !isFolder && location.kind === 'local' && !/\.(?:zip|jar)$/iu.test(location.path);
  const at = isMissing ? (location.node ?? resource.key) : undefined;
  if (isMissing && at) reader.remark(`the content folder ${location.path} of ${resource.logicalId} is not there`, at);
  const built = textOf(member(resource.metadata, 'BuildArchitecture'));
  return {
    logicalId: resource.logicalId,
    fullPath: fullPathOf(resource, template),
    template: template.template,
    place: placeAt(template.template.source, resource.key.span.start),
    resource: resource.node,
    contentFolder: isFolder ? folder : undefined,
    ...(isMissing && at ? { missingContent: { folder, written: location.path, span: at.alias ?? at.span } } : {}),
    buildMethod: textOf(member(resource.metadata, 'BuildMethod')),
    architecture: built === 'arm64' ? 'arm64' : 'x86_64',
    requirements: isFolder ? project.requirements.find((file) => file.path === join(folder, 'requirements.txt')) : undefined,
  };
}

function fullPathOf(resource: EvaluatedResource, template: EvaluatedTemplate): string {
  return [...template.template.stackPath, resource.logicalId].join('/');
}

/** Lambda takes a list with one architecture. */
const anArchitecture = {
  expected: '[x86_64] or [arm64]',
  read: (node: YamlNode): Architecture | undefined => {
    const text = node.kind === 'list' && node.items.length === 1 ? textOf(node.items[0]) : undefined;
    return text === 'x86_64' || text === 'arm64' ? text : undefined;
  },
};

function architectureOf(reader: ResourceReader): Value<Architecture> {
  return valueOf<Architecture>(reader, ['Architectures'], 'x86_64', anArchitecture);
}

/** AWS::Serverless::Function has a map of tags, AWS::Lambda::Function a list of Key and Value. */
function tagsOf(reader: ResourceReader): LambdaFunction['tags'] {
  const node = member(reader.resource.properties, 'Tags');
  if (node?.kind !== 'list') {
    if (node && node.kind !== 'map') reader.remark(`Tags of ${reader.resource.logicalId} is ${kindOf(node)}, not a map`, node);
    return textMap(reader, ['Tags']);
  }
  return Object.fromEntries(node.items.flatMap((item) => {
    const name = textOf(member(item, 'Key'));
    const value = member(item, 'Value');
    return name !== undefined && value ? [[name, nodeValue(reader, value, ['Tags'], aText)] as const] : [];
  }));
}
