import { posix } from 'node:path';
import type { Architecture } from '../base/host.ts';
import type { Edit, Fix } from '../edits/edit.ts';
import type { FfmpegRecipe } from '../ffmpeg/configure-line.ts';
import { ffmpegSource } from '../ffmpeg/sources.ts';
import { builtFfmpegMakefile } from '../model/built-ffmpeg-makefile.ts';
import type { LambdaFunction } from '../model/function.ts';
import type { Project, TemplateFile } from '../project/project.ts';
import { appendItem, get, removeEntry, type YamlMap, type YamlNode } from '../syntax/yaml.ts';
import { isJson } from '../syntax/yaml-quote.ts';
import { editOf } from './template-edit.ts';
import { valueText } from './template-text.ts';
import { isOwnMap } from './template-use.ts';

/** Functions of one template that are to share a Lambda layer with ffmpeg. */
export interface LayerWish {
  readonly template: TemplateFile;
  readonly architecture: Architecture;
  readonly recipe: FfmpegRecipe;
  /** Why it is every part of ffmpeg's own. */
  readonly stepBack: string | undefined;
  /** `replaced`: an entry of the function's Layers that the new one stands in for. */
  readonly functions: readonly { readonly subject: LambdaFunction; readonly replaced: YamlNode | undefined }[];
  /** Of their code. */
  readonly edits: readonly Edit[];
  /** Logical IDs of serverless applications that nothing needs afterwards. */
  readonly applications: readonly string[];
}

/** Lambda's most for one function. */
const mostLayers = 5;

/** The edits that add the layer, or why there are none: a sentence without full stop. */
export function ffmpegLayerFix(wish: LayerWish, project: Project): Fix | string {
  const { template, architecture, recipe, functions } = wish;
  const resources = get(template.document.root, 'Resources');
  const logicalId = architecture === 'arm64' ? 'FfmpegArmLayer' : 'FfmpegLayer';
  const folder = architecture === 'arm64' ? 'layers/ffmpeg-arm64' : 'layers/ffmpeg';
  const path = posix.join(posix.dirname(template.source.path), folder);
  if (!isOwnMap(resources)) return 'the template has no resources of its own';
  if ((get(resources, logicalId) ?? get(get(template.document.root, 'Parameters'), logicalId)) !== undefined) return `add !Ref ${logicalId}, which the template has, to its Layers`;
  if (project.files.some((file) => file.path === path || file.path.startsWith(`${path}/`))) return `${path}, where shear would put its Makefile, is there already`;
  const references: Edit[] = [];
  for (const { subject, replaced } of functions) {
    const edit = referenceEdit(template, resources, subject, { logicalId, replaced });
    if (typeof edit === 'string') return edit;
    references.push(edit);
  }
  const layer = editOf(template, resources, logicalId, valueText(template, resources, {
    Type: 'AWS::Serverless::LayerVersion',
    Metadata: { BuildMethod: 'makefile', ...(architecture === 'arm64' ? { BuildArchitecture: 'arm64' } : {}) },
    Properties: { Description: `ffmpeg ${ffmpegSource.version} with ${recipe.components === 'all' ? 'all that it has of its own' : 'what the code needs'} (${recipe.licence})`, ContentUri: `${folder}/`, CompatibleArchitectures: [architecture] },
  }));
  const removed = wish.applications.flatMap((name) => removalOf(template, resources, name, functions));
  return {
    title: `put ${programsText(recipe)}, into the Lambda layer ${logicalId}${wish.stepBack === undefined ? '' : `, because ${wish.stepBack}`}`,
    safety: 'unsafe',
    edits: [...references, ...removed, layer, ...wish.edits, { kind: 'create', path: `${path}/Makefile`, text: builtFfmpegMakefile(recipe, logicalId, architecture) }],
  };
}

/** `ffmpeg and ffprobe 7.1.5 (LGPL), compiled with just what the code needs`. */
export function programsText({ programs, licence, components }: FfmpegRecipe): string {
  return `${programs.join(' and ')} ${ffmpegSource.version} (${licence}), compiled with ${components === 'all' ? 'every part of its own (11 MB compressed for each program)' : 'just what the code needs'}`;
}

function referenceEdit(template: TemplateFile, resources: YamlMap, subject: LambdaFunction, { logicalId, replaced }: { readonly logicalId: string; readonly replaced: YamlNode | undefined }): Edit | string {
  const { source, document } = template;
  const properties = get(subject.resource, 'Properties');
  if (get(resources, subject.logicalId) !== subject.resource || !isOwnMap(subject.resource) || !isOwnMap(properties)) return `the properties of ${subject.logicalId} are shared with others`;
  const text = isJson(document) ? `{"Ref": "${logicalId}"}` : `!Ref ${logicalId}`;
  if (replaced) return { kind: 'splice', path: source.path, source, start: replaced.span.start, end: replaced.span.end, text };
  if (subject.layers.length >= mostLayers) return `${subject.logicalId} has ${subject.layers.length} Lambda layers, and no more can be added`;
  const before = get(properties, 'Layers');
  if (!before) return editOf(template, properties, 'Layers', valueText(template, properties, [{ Ref: logicalId }]));
  if (before.kind !== 'list' || before.alias || before.anchor !== undefined) return `the Layers of ${subject.logicalId} are no list of its own`;
  return { kind: 'splice', path: source.path, source, ...appendItem(document, before, text) };
}

/** Takes an application out when nothing names it but the references that go. */
function removalOf(template: TemplateFile, resources: YamlMap, name: string, functions: LayerWish['functions']): readonly Edit[] {
  const { source, document } = template;
  const uses = source.text.match(new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'gu'))?.length ?? 0;
  const going = functions.filter(({ replaced }) => replaced !== undefined && source.text.slice(replaced.span.start, replaced.span.end).includes(name)).length;
  const removal = uses === going + 1 ? removeEntry(document, resources, name) : undefined;
  return removal ? [{ kind: 'splice', path: source.path, source, ...removal }] : [];
}
