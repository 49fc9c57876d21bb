import { resolve } from 'node:path';
import { placeAt, type Place } from '../base/source.ts';
import type { YamlNode } from '../syntax/yaml.ts';
import type { EvaluatedResource, EvaluatedTemplate } from './template/evaluate.ts';
import { codeLocation, contentLocation, isFunction, isLayer, type Location } from './template/locations.ts';
import { member, membersOf, nameOf, textOf } from './template/nodes.ts';

/** The files and folders that templates name (absolute paths). */
export interface References {
  /** CodeUri of functions. */
  readonly codeFolders: readonly string[];
  /** ContentUri of Lambda layers. */
  readonly layerFolders: readonly string[];
  readonly dockerfiles: readonly { readonly path: string; readonly context: string }[];
  readonly includes: readonly { readonly path: string; readonly place: Place }[];
}

/** Collects what the evaluated templates name. */
export function referencesOf(templates: readonly EvaluatedTemplate[]): References {
  const codeFolders = new Set<string>();
  const layerFolders = new Set<string>();
  const dockerfiles = new Map<string, { readonly path: string; readonly context: string }>();
  for (const template of templates) {
    for (const resource of template.resources) {
      if (isLayer(resource)) addLocal(layerFolders, contentLocation(resource, template), template);
      if (!isFunction(resource)) continue;
      const named = namedDockerfile(resource, template);
      if (named) dockerfiles.set(`${named.path}\0${named.context}`, named);
      else addLocal(codeFolders, codeLocation(resource, template), template);
    }
  }
  return {
    codeFolders: [...codeFolders], layerFolders: [...layerFolders], dockerfiles: [...dockerfiles.values()],
    includes: templates.flatMap(includesOf),
  };
}

/** The Dockerfile and build context (absolute) that a function's Metadata names; undefined unless both are plain text. */
export function namedDockerfile(
  resource: EvaluatedResource,
  template: EvaluatedTemplate,
): { readonly path: string; readonly context: string } | undefined {
  const dockerfile = textOf(member(resource.metadata, 'Dockerfile'));
  const context = textOf(member(resource.metadata, 'DockerContext'));
  if (dockerfile === undefined || context === undefined) return undefined;
  const folder = resolve(template.template.folder, context);
  return { path: resolve(folder, dockerfile), context: folder };
}

function addLocal(folders: Set<string>, location: Location, template: EvaluatedTemplate): void {
  if (location.kind === 'local') folders.add(resolve(template.template.folder, location.path));
}

/** The local files of `Fn::Transform: {Name: AWS::Include, Parameters: {Location: …}}`, anywhere in the template. */
function includesOf(template: EvaluatedTemplate): readonly { readonly path: string; readonly place: Place }[] {
  const { source, folder, document } = template.template;
  const found: { path: string; place: Place }[] = [];
  const seen = new Set<YamlNode>();
  const waiting: YamlNode[] = [document.root];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.kind === 'list') waiting.push(...node.items);
    for (const entry of membersOf(node)) {
      waiting.push(entry.value);
      if (nameOf(entry) !== 'Fn::Transform' && nameOf(entry) !== 'Transform') continue;
      const location = member(member(entry.value, 'Parameters'), 'Location');
      const text = textOf(location);
      if (!location || text === undefined || textOf(member(entry.value, 'Name')) !== 'AWS::Include') continue;
      if (/^[a-z0-9]+:\/\//iu.test(text)) continue;
      found.push({ path: resolve(folder, text), place: placeAt(source, location.span.start) });
    }
  }
  return found.toSorted((a, b) => a.place.line - b.place.line);
}
