import { posix, relative, sep } from 'node:path';
import type { Edit, Fix } from '../../edits/edit.ts';
import { builtFfmpegMakefile } from '../../model/built-ffmpeg-makefile.ts';
import { programOf } from '../../model/ffmpeg-way.ts';
import { filesBelow } from '../../model/files-below.ts';
import type { LambdaFunction, LambdaLayer } from '../../model/function.ts';
import type { ProjectFile } from '../../project/project.ts';
import { get } from '../../syntax/yaml.ts';
import { programsText } from '../ffmpeg-layer-fix.ts';
import { layerNeed, sharedRecipe, type LayerNeed } from '../ffmpeg-layer-plan.ts';
import { nameList } from '../name-list.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';
import { editOf } from '../template-edit.ts';
import { valueText } from '../template-text.ts';
import { isOwnMap } from '../template-use.ts';

/** Bytes from which on a program is taken for a build with everything in it. */
const everything = 40_000_000;

/** A Lambda layer of the project with an ffmpeg that has every codec there is. */
export const oversizedFfmpegLayer: RuleDefinition<'project'> = defineRule({
  id: 'ffmpeg/oversized-ffmpeg-layer',
  subject: 'project',
  title: 'A Lambda layer with an ffmpeg bigger than the code needs',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'unsafe',
  *check(project, context) {
    for (const layer of context.model.layers) {
      if (layer.contentFolder === undefined) continue;
      const files = filesBelow(project, layer.contentFolder);
      const programs = files.filter(({ path, size }) => programOf(path) !== undefined && size >= 500_000);
      const bytes = programs.reduce((sum, { size }) => sum + size, 0);
      if (bytes >= everything) yield draftOf(layer, { files, programs, bytes }, context);
    }
  },
});

interface Contents {
  readonly files: readonly ProjectFile[];
  readonly programs: readonly ProjectFile[];
  readonly bytes: number;
}

function draftOf(layer: LambdaLayer, contents: Contents, context: RuleContext): Draft {
  const folder = relative(context.project.folder, layer.contentFolder ?? '').split(sep).join('/');
  const paths = contents.programs.map(({ path }) => posix.join(folder, path));
  const isOne = paths.length === 1;
  const fix = fixOf(layer, contents, context);
  return {
    message: `${nameList(paths, { most: 3, shown: 3 })} of the Lambda layer ${layer.logicalId} ${isOne ? 'is' : 'are'} ${Math.round(contents.bytes / 1e6)} MB: ${isOne ? 'a program' : 'programs'} with every codec there is`,
    at: { file: layer.template.source, span: (get(layer.resource, 'Properties', 'ContentUri') ?? get(layer.resource, 'Properties', 'Content') ?? layer.resource).span },
    cost: { kind: 'measured', bytes: contents.bytes, formula: 'size of the files; a build of all native codecs is 24 MB, one for speech 5 MB, one for thumbnails 9 MB. They count against the 250 MB of each function that takes the layer, and a zip of more than 50 MB has to go by S3' },
    ...(typeof fix === 'string' ? { advice: `an ffmpeg with just what the code needs would be 2 to 5 MB compressed; shear does not write that, because ${fix}` } : { fix: { ...fix, title: `${fix.title}; then delete ${nameList(paths, { most: 3, shown: 3 })}` } }),
  };
}

/** The edits that have the layer built by a Makefile, or why there are none. */
function fixOf(layer: LambdaLayer, contents: Contents, context: RuleContext): Fix | string {
  const { template, resource, logicalId, contentFolder = '' } = layer;
  const doubt = layerDoubt(layer, contents);
  if (doubt !== undefined) return doubt;
  const users = context.model.functions.filter(({ layers }) => layers.some((one) => one.kind === 'own' && one.fullPath === layer.fullPath));
  const needs = needsOf(users, contents, context);
  if (typeof needs === 'string') return needs;
  const [architecture, ...others] = new Set(users.map((one) => (one.architecture.kind === 'known' ? one.architecture.value : undefined)));
  if (architecture === undefined || others.length > 0) return 'the functions that take it do not surely run on one architecture';
  const { recipe, stepBack } = sharedRecipe(needs);
  const map = get(template.document.root, 'Resources', logicalId);
  if (!isOwnMap(map) || map !== resource) return 'the layer shares its lines with others';
  const metadata = { BuildMethod: 'makefile', ...(architecture === 'arm64' ? { BuildArchitecture: 'arm64' } : {}) };
  const path = posix.join(relative(context.project.folder, contentFolder).split(sep).join('/'), 'Makefile');
  const edits = new Map(needs.flatMap((need) => need.edits).map((edit): readonly [string, Edit] => [`${edit.path}:${edit.kind === 'splice' ? edit.start : ''}`, edit]));
  return {
    title: `have ${logicalId} built with ${programsText(recipe)}${stepBack === undefined ? '' : `, because ${stepBack}`}`,
    safety: 'unsafe',
    edits: [editOf(template, map, 'Metadata', valueText(template, map, metadata)), ...edits.values(), { kind: 'create', path, text: builtFfmpegMakefile(recipe, logicalId, architecture) }],
  };
}

/** Why the layer's content may not be replaced by programs alone. */
function layerDoubt({ template, resource, logicalId, buildMethod }: LambdaLayer, { files, programs }: Contents): string | undefined {
  if (buildMethod !== undefined) return `the layer is built by ${buildMethod}`;
  if (get(resource, 'Metadata') !== undefined) return 'the layer has Metadata already';
  const others = files.filter((file) => !programs.includes(file) && !/(?:^|\/)(?:readme|licen[cs]e|copying|\.git(?:keep|ignore)|\.ds_store)[^/]*$/iu.test(file.path));
  if (others.length > 0) return `the layer has more than that (${nameList(others.map(({ path }) => path), { most: 2, shown: 2 })})`;
  const { source } = template;
  const outputs = get(template.document.root, 'Outputs');
  const isGivenAway = outputs !== undefined && new RegExp(`(?<![\\w-])${logicalId}(?![\\w-])`, 'u').test(source.text.slice(outputs.span.start, outputs.span.end));
  return isGivenAway ? 'the template gives the layer to others by its Outputs' : undefined;
}

type KnownNeed = Extract<LayerNeed, { kind: 'profile' }>;

function needsOf(users: readonly LambdaFunction[], { programs }: Contents, context: RuleContext): readonly KnownNeed[] | string {
  if (users.length === 0) return 'no function of the project is seen to take the layer';
  // The code may start what lies anywhere below /opt; afterwards it is in /opt/bin.
  const needs = users.map((subject) => layerNeed(subject, { carried: [], isForeign: programs.some(({ path }) => posix.dirname(path) !== 'bin') }, context));
  const known: KnownNeed[] = [];
  for (const [at, need] of needs.entries()) {
    if (need.kind === 'none') return `${need.why}${users.length > 1 ? ` (${users[at]?.logicalId ?? ''})` : ''}`;
    known.push(need);
  }
  return known;
}
