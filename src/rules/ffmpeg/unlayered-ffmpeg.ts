import type { Architecture } from '../../base/host.ts';
import type { Fix } from '../../edits/edit.ts';
import { findFfmpeg, type FfmpegInstall } from '../../model/ffmpeg-install.ts';
import { mentionsFfmpeg } from '../../model/ffmpeg-way.ts';
import type { LambdaFunction } from '../../model/function.ts';
import type { TemplateFile } from '../../project/project.ts';
import type { YamlNode } from '../../syntax/yaml.ts';
import { ffmpegLayerFix } from '../ffmpeg-layer-fix.ts';
import { carriedIn, layerNeed, sharedRecipe, type LayerNeed } from '../ffmpeg-layer-plan.ts';
import { foreignFfmpegLayer, type ForeignFfmpegLayer } from '../foreign-ffmpeg-layer.ts';
import { nameList } from '../name-list.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** ffmpeg inside zip functions' own packages, where a Lambda layer would be uploaded once and shared. */
export const unlayeredFfmpeg: RuleDefinition<'project'> = defineRule({
  id: 'ffmpeg/unlayered-ffmpeg',
  subject: 'project',
  title: 'ffmpeg inside a zip function, or in a layer of somebody else',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'unsafe',
  *check(_project, context) {
    const seen = context.model.functions.filter((subject) => subject.package.kind === 'zip').flatMap((subject) => carrierOf(subject, context));
    const fixes = fixesOf(seen, context);
    yield* carriedDrafts(seen, fixes, context);
    yield* foreignDrafts(seen, fixes);
  },
});

/** A zip function with ffmpeg, and what it needs of it. */
interface Carrier {
  readonly subject: LambdaFunction;
  readonly installs: readonly FfmpegInstall[];
  readonly foreign: ForeignFfmpegLayer | undefined;
  /** A layer of the project's own that has ffmpeg. */
  readonly layer: string | undefined;
  readonly need: LayerNeed;
}

/** None for a function without ffmpeg, before its code is read for what it needs of it. */
function carrierOf(subject: LambdaFunction, context: RuleContext): readonly Carrier[] {
  const installs = findFfmpeg(subject, context.project).filter(({ way }) => way === 'committed-binary' || way === 'python-package');
  const foreign = foreignFfmpegLayer(subject);
  if (installs.length === 0 && !foreign) return [];
  const own = subject.layers.find((one) => one.kind === 'own' && mentionsFfmpeg(one.logicalId));
  const carried = installs.flatMap(({ way, origin }) => (way === 'committed-binary' ? [carriedIn(subject, context.project, origin)] : []));
  return [{ subject, installs, foreign, layer: own?.kind === 'own' ? own.logicalId : undefined, need: layerNeed(subject, { carried, isForeign: foreign !== undefined }, context) }];
}

type Fixes = ReadonlyMap<LambdaFunction, Fix | string>;

/** One layer for the functions of a template that run on the same machines. */
function fixesOf(carriers: readonly Carrier[], { project }: RuleContext): Fixes {
  const groups = new Map<string, { readonly template: TemplateFile; readonly architecture: Architecture; readonly members: (Carrier & { readonly need: Extract<LayerNeed, { kind: 'profile' }> })[] }>();
  for (const carrier of carriers) {
    const { subject, need, foreign, installs } = carrier;
    const { architecture, template } = subject;
    if (need.kind !== 'profile' || carrier.layer !== undefined || foreign?.doubt !== undefined || architecture.kind !== 'known' || (!foreign && installs.every(({ way }) => way === 'python-package'))) continue;
    const key = `${template.source.path} ${architecture.value}`;
    const group = groups.get(key) ?? { template, architecture: architecture.value, members: [] };
    group.members.push({ ...carrier, need });
    groups.set(key, group);
  }
  return new Map([...groups.values()].flatMap(({ template, architecture, members }) => {
    const edits = new Map(members.flatMap(({ need }) => need.edits).map((edit) => [`${edit.path}:${edit.kind === 'splice' ? edit.start : ''}`, edit]));
    const fix = ffmpegLayerFix({
      template, architecture, ...sharedRecipe(members.map(({ need }) => need)), edits: [...edits.values()],
      functions: members.map(({ subject, foreign }) => ({ subject, replaced: foreign?.item })),
      applications: [...new Set(members.flatMap(({ foreign }) => (foreign?.kind === 'application' ? [foreign.name] : [])))],
    }, project);
    return members.map(({ subject }) => [subject, fix] as const);
  }));
}

function* carriedDrafts(carriers: readonly Carrier[], fixes: Fixes, { project }: RuleContext): Iterable<Draft> {
  const found = new Map<string, { readonly install: FfmpegInstall; readonly members: Carrier[] }>();
  for (const carrier of carriers) {
    for (const install of carrier.installs) {
      const key = install.way === 'python-package' ? install.origin.replace(/[=<>~!].*$/u, '') : install.origin;
      const known = found.get(key) ?? { install, members: [] };
      known.members.push(carrier);
      found.set(key, known);
    }
  }
  for (const { install, members } of found.values()) {
    const [first] = members;
    if (!first) continue;
    const names = nameList(members.map(({ subject }) => subject.logicalId), { most: 3, shown: 3 });
    const size = project.files.find((file) => file.path === install.origin)?.size;
    const isPackage = install.way === 'python-package';
    yield {
      message: messageOf(install, members, names),
      at: { file: first.subject.template.source, span: first.subject.span },
      cost: isPackage
        ? { kind: 'estimate', bytes: 29_500_000 * members.length, formula: "imageio-ffmpeg's wheel is 29.5 MB, for each function" }
        : size === undefined ? undefined : { kind: 'measured', bytes: size * members.length, formula: members.length === 1 ? 'size of the file' : 'size of the file, for each function' },
      ...outcomeOf(install, members, fixes),
    };
  }
}

function messageOf({ origin }: FfmpegInstall, members: readonly Carrier[], names: string): string {
  const layers = new Set(members.map(({ layer }) => layer));
  const [layer] = layers;
  if (layers.size === 1 && layer !== undefined) return `${origin} lies in the package of ${names}, which ${members.length === 1 ? 'has' : 'have'} ffmpeg from the Lambda layer ${layer}`;
  return `${names} ${members.length === 1 ? 'carries' : 'carry'} ffmpeg (${origin}) in ${members.length === 1 ? 'its own package' : 'packages of their own'}: it is uploaded with each change of the code`;
}

function outcomeOf(install: FfmpegInstall, members: readonly Carrier[], fixes: Fixes): Pick<Draft, 'fix' | 'advice'> {
  if (members.every(({ layer }) => layer !== undefined)) return { advice: install.way === 'python-package' ? 'take it out of the requirements, where nothing imports it' : `delete it: \`git rm ${install.origin}\`` };
  if (install.way === 'python-package') return { advice: 'put it into an AWS::Serverless::LayerVersion of its own' };
  const doubts = members.flatMap(({ need }) => (need.kind === 'none' ? [need.why] : []));
  const [first] = members;
  const fix = first && fixes.get(first.subject);
  // A program that some functions still take from the folder stays there for all.
  if (typeof fix === 'object' && doubts.length === 0 && members.every(({ subject }) => fixes.get(subject) === fix)) return { fix: { ...fix, title: `${fix.title}; then delete ${install.origin}` } };
  const how = 'put it at bin/ffmpeg of an AWS::Serverless::LayerVersion: /opt/bin is on the PATH, and functions share it';
  return { advice: doubts[0] === undefined ? (typeof fix === 'string' ? fix : how) : `${how}; shear does not write that, because ${doubts[0]}` };
}

function* foreignDrafts(carriers: readonly Carrier[], fixes: Fixes): Iterable<Draft> {
  const elsewhere = new Map<string, LambdaFunction[]>();
  for (const { subject, need, foreign } of carriers) {
    if (foreign?.item) yield foreignDraft({ subject, need, foreign, item: foreign.item }, fixes);
    else if (foreign) elsewhere.set(foreign.name, [...(elsewhere.get(foreign.name) ?? []), subject]);
  }
  for (const [name, subjects] of elsewhere) {
    const [first] = subjects;
    if (!first) continue;
    yield {
      message: `${nameList(subjects.map(({ logicalId }) => logicalId), { most: 3, shown: 3 })} ${subjects.length === 1 ? 'takes' : 'take'} ffmpeg from the Lambda layer ${name}, which is not part of the project, in the version that somebody else built`,
      at: { file: first.template.source, span: first.span },
      advice: 'a Lambda layer of the project\'s own would have just what the code needs; shear does not write that, because this one is named outside of the function\'s own Layers',
    };
  }
}

interface ForeignUse {
  readonly subject: LambdaFunction;
  readonly need: LayerNeed;
  readonly foreign: ForeignFfmpegLayer;
  readonly item: YamlNode;
}

function foreignDraft({ subject, need, foreign: { kind, name, doubt, parameter }, item }: ForeignUse, fixes: Fixes): Draft {
  const fix = fixes.get(subject);
  const what = kind === 'application' ? `the published application ${name}` : `the Lambda layer ${name}, which is not part of the project`;
  const why = doubt ?? (need.kind === 'none' ? need.why : 'the architecture cannot be told');
  return {
    message: `${subject.logicalId} takes ffmpeg from ${what}, in the version that somebody else built`,
    at: { file: subject.template.source, span: item.span },
    ...(typeof fix === 'object' ? { fix: parameter === undefined ? fix : { ...fix, title: `${fix.title}, in place of what the parameter ${parameter} names` } } : { advice: fix ?? `a Lambda layer of the project's own would have just what the code needs; shear does not write that, because ${why}` }),
  };
}
