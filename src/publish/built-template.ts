import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { PlannedArtefact, PlannedTemplate } from '../build/plan.ts';
import type { Project, TemplateFile } from '../project/project.ts';
import type { YamlMap, YamlNode } from '../syntax/yaml.ts';

/** A value of a built template: what was written, with some strings replaced. */
type Built = string | { readonly raw: string } | readonly Built[] | ReadonlyMap<string, Built>;

/** Properties that hold local paths, which sam makes relative to the built template (samcli's `template.py`). */
const pathProperties = new Set(['CodeUri', 'ContentUri', 'DefinitionUri', 'SchemaUri', 'DefinitionSchemaPath', 'Location', 'TemplateURL', 'BodyS3Location', 'DefinitionS3Location', 'Code', 'Content', 'ImageUri']);

/** What a template is rendered with. */
export interface RenderRequest {
  readonly project: Project;
  readonly artefacts: readonly PlannedArtefact[];
  /** Absolute: `.aws-sam/build`. */
  readonly buildFolder: string;
  /** The ImageUri of an image function; a path is relative to the template's own place. */
  readonly imageUri: (artefact: PlannedArtefact, templateFolder: string) => string;
}

/**
 * The templates as `sam build` writes them: built code by path or image name, `Metadata.SamResourceId`, Docker
 * metadata kept with an absolute context, all other local paths made relative to the new place.
 */
export function renderTemplates(request: RenderRequest): readonly PlannedTemplate[] {
  return request.project.templates.map((template) => {
    const path = join(...template.stackPath, 'template.yaml');
    const folder = dirname(join(request.buildFolder, path));
    const root = new Map(mapOf(template.document.root));
    const resources = root.get('Resources');
    if (resources instanceof Map) root.set('Resources', renderResources(resources, { request, template, folder }));
    return { path, text: `${print(root, '')}\n` };
  });
}

interface Place {
  readonly request: RenderRequest;
  readonly template: TemplateFile;
  /** Absolute folder of the built template. */
  readonly folder: string;
}

function renderResources(resources: ReadonlyMap<string, Built>, place: Place): Built {
  return new Map([...resources].map(([id, resource]) => [id, resource instanceof Map ? renderResource(id, resource, place) : resource]));
}

function renderResource(id: string, resource: ReadonlyMap<string, Built>, place: Place): Built {
  const { request, template, folder } = place;
  const fullPath = [...template.stackPath, id].join('/');
  const artefact = request.artefacts.find((one) => one.fullPath === fullPath);
  const properties = new Map(resource.get('Properties') instanceof Map ? (resource.get('Properties') as ReadonlyMap<string, Built>) : []);
  const metadata = new Map(resource.get('Metadata') instanceof Map ? (resource.get('Metadata') as ReadonlyMap<string, Built>) : []);
  const type = resource.get('Type');
  const nested = request.project.templates.find((other) => other.stackPath.length > 0 && other.stackPath.join('/') === fullPath);
  for (const [name, value] of properties) {
    if (pathProperties.has(name) && typeof value === 'string') properties.set(name, relocate(value, place));
  }
  if (nested) properties.set(type === 'AWS::CloudFormation::Stack' ? 'TemplateURL' : 'Location', join(id, 'template.yaml'));
  if (artefact) setCode(artefact, type, properties, { request, folder, id });
  const context = metadata.get('DockerContext');
  if (artefact && typeof context === 'string') metadata.set('DockerContext', resolve(dirname(template.path), context));
  if (artefact || nested) metadata.set('SamResourceId', id);
  const result = new Map(resource);
  if (properties.size > 0) result.set('Properties', properties);
  if (metadata.size > 0) result.set('Metadata', metadata);
  return result;
}

function setCode(
  artefact: PlannedArtefact,
  type: Built | undefined,
  properties: Map<string, Built>,
  { request, folder, id }: { readonly request: RenderRequest; readonly folder: string; readonly id: string },
): void {
  const isRaw = type === 'AWS::Lambda::Function';
  if (artefact.kind === 'image' || artefact.kind === 'buildkit') {
    const uri = request.imageUri(artefact, folder);
    if (isRaw) properties.set('Code', new Map([['ImageUri', uri]]));
    else properties.set('ImageUri', uri);
  } else if (artefact.kind === 'layer') properties.set(type === 'AWS::Lambda::LayerVersion' ? 'Content' : 'ContentUri', id);
  else properties.set(isRaw ? 'Code' : 'CodeUri', id);
}

function relocate(path: string, { template, folder }: Place): string {
  if (isAbsolute(path) || /^[a-z][a-z0-9+.-]*:/iu.test(path)) return path;
  const absolute = resolve(dirname(template.path), path);
  return existsSync(absolute) ? relative(folder, absolute) : path;
}

function mapOf(node: YamlMap): ReadonlyMap<string, Built> {
  return new Map(node.entries.map((entry) => [String(entry.key.value), builtOf(entry.value)]));
}

function builtOf(node: YamlNode): Built {
  if (node.kind === 'map') return mapOf(node);
  if (node.kind === 'list') return node.items.map(builtOf);
  if (typeof node.value === 'string') return node.value;
  return { raw: node.value === null ? 'null' : node.text };
}

/** Block YAML; strings always quoted as in JSON, so that no reader takes them for something else. */
function print(value: Built, indent: string): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Map) {
    if (value.size === 0) return '{}';
    return [...(value as ReadonlyMap<string, Built>)].map(([key, member]) => `${indent}${printKey(key)}:${below(member, indent)}`).join('\n');
  }
  if (isList(value)) {
    if (value.length === 0) return '[]';
    return value.map((item) => `${indent}- ${print(item, `${indent}  `).trimStart()}`).join('\n');
  }
  return 'raw' in value ? value.raw : '';
}

function below(value: Built, indent: string): string {
  const isBlock = (value instanceof Map && value.size > 0) || (isList(value) && value.length > 0);
  return isBlock ? `\n${print(value, `${indent}  `)}` : ` ${print(value, indent)}`;
}

function printKey(key: string): string {
  return /^[A-Za-z][\w:.-]*$/u.test(key) && !/^(?:y|n|yes|no|on|off|true|false|null)$/iu.test(key) ? key : JSON.stringify(key);
}

function isList(value: Built): value is readonly Built[] {
  return Array.isArray(value);
}
