import { posix, relative, sep } from 'node:path';
import { placeAt, printPlace, type SourceFile } from '../base/source.ts';
import type { Edit } from '../edits/edit.ts';
import type { FfmpegRecipe } from '../ffmpeg/configure-line.ts';
import { mergeProfiles } from '../ffmpeg/merge-profiles.ts';
import type { FfmpegProfile } from '../ffmpeg/profile.ts';
import { beyondEveryPart, everyPartOf } from '../ffmpeg/step-back.ts';
import { isRun, needBelow } from '../media/need-below.ts';
import { importsOf, topLevelNames } from '../model/python-imports.ts';
import type { LambdaFunction } from '../model/function.ts';
import type { Project } from '../project/project.ts';
import { whyUnbounded } from './ffmpeg-plan.ts';
import { userThatMayRun } from './ffmpeg-use.ts';
import { requirementsUses } from './requirements-use.ts';
import type { RuleContext } from './rule.ts';
import { withTraced } from './traced-need.ts';

/** What a zip function's code needs of an ffmpeg in /opt/bin, or why that cannot be told. */
export type LayerNeed =
  | {
      readonly kind: 'profile';
      readonly profile: FfmpegProfile;
      /** Why it has to be every part of ffmpeg's own, not those of the profile alone. */
      readonly stepBack: string | undefined;
      readonly edits: readonly Edit[];
    }
  | { readonly kind: 'none'; readonly why: string };

/** Where the code starts programs now. */
export interface ProgramsBefore {
  /** In its code folder, relative to that. */
  readonly carried: readonly string[];
  /** In a Lambda layer of somebody else, which goes. */
  readonly isForeign: boolean;
}

/** Libraries whose commands shear reads, by import name. */
const read: ReadonlySet<string> = new Set(['pydub', 'moviepy', 'ffmpeg', 'whisper', 'audioread']);

/**
 * What a zip function needs, with the edits of its code that make it start /opt/bin instead of a program of its own folder.
 */
export function layerNeed(subject: LambdaFunction, before: ProgramsBefore, { project, model, knowledge }: RuleContext): LayerNeed {
  if (subject.package.kind !== 'zip') return { kind: 'none', why: 'it is no zip function' };
  const { codeFolder } = subject.package;
  const need = withTraced(needBelow(project, codeFolder, model.functions), [subject], knowledge);
  if (need.kind === 'none') return { kind: 'none', why: 'nothing is seen to call it' };
  const beyond = need.kind === 'unbounded' ? beyondEveryPart(need) : undefined;
  if (beyond) return { kind: 'none', why: `${beyond.why}${beyond.place ? ` (${printPlace(beyond.place)})` : ''}` };
  const sources = sourcesBelow(project, codeFolder);
  const uses = requirementsUses(project, model).filter((use) => use.installations.some((one) => one.kind === 'zip' && one.subject === subject));
  const other = userThatMayRun(uses, new Set(sources.flatMap((source) => [...topLevelNames(importsOf(source))])), knowledge, read);
  if (other !== undefined) return { kind: 'none', why: other };
  const set = Object.entries(subject.environment).find(([, value]) => value.kind === 'known' && /ff(?:mpeg|probe)$/u.test(value.value) && !value.value.startsWith('/opt/bin/'));
  if (set) return { kind: 'none', why: `the variable ${set[0]} of ${subject.logicalId} says where it is` };
  const edits: Edit[] = [];
  for (const source of sources) {
    const moved = movedPaths(source, before);
    if (typeof moved === 'string') return { kind: 'none', why: moved };
    edits.push(...moved);
  }
  const stepBack = need.kind === 'unbounded' ? whyUnbounded(need) : undefined;
  const mayProbe = stepBack !== undefined && sources.some(({ text }) => text.includes('ffprobe'));
  return { kind: 'profile', profile: mayProbe ? { ...need.profile, programs: [...new Set([...need.profile.programs, 'ffprobe' as const])] } : need.profile, stepBack, edits };
}

/** One build for several needs. */
export function sharedRecipe(needs: readonly Extract<LayerNeed, { kind: 'profile' }>[]): { readonly recipe: FfmpegRecipe; readonly stepBack: string | undefined } {
  const profile = mergeProfiles(needs.map((need) => need.profile));
  const stepBack = needs.find((need) => need.stepBack !== undefined)?.stepBack;
  return { recipe: stepBack === undefined ? profile : everyPartOf(profile), stepBack };
}

function sourcesBelow(project: Project, folder: string): readonly SourceFile[] {
  return [...project.pythonSources, ...project.scriptSources].filter(({ path, source }) => path.startsWith(folder + sep) && isRun(source.path)).map(({ source }) => source);
}

/** The edits that make a source start the programs of /opt/bin, or why that cannot be done by its text alone. */
function movedPaths(source: SourceFile, { carried, isForeign }: ProgramsBefore): readonly Edit[] | string {
  const { text, path } = source;
  const edits: Extract<Edit, { kind: 'splice' }>[] = [];
  for (const match of text.matchAll(/(?<=["'`])(?:\/var\/task\/|\.\/)?([\w.-]+(?:\/[\w.-]+)*\/ff(?:mpeg|probe)|(?<=\/)ff(?:mpeg|probe))(?=["'`\s])/gu)) {
    const program = match[1] ?? '';
    const start = match.index;
    const isJoined = /(?:join|resolve|Path)\([^)]*$|[+/]\s*["'`]$/u.test(text.slice(text.lastIndexOf('\n', start) + 1, start));
    if (!carried.includes(program) || (isJoined && !match[0].startsWith('/'))) continue;
    edits.push({ kind: 'splice', path, source, start, end: start + match[0].length, text: `/opt/bin/${posix.basename(program)}` });
  }
  // Layers of others have it anywhere below /opt.
  for (const match of isForeign ? text.matchAll(/(?<=["'`])\/opt\/(?!bin\/ff)(?:[\w.-]+\/)*(ff(?:mpeg|probe))(?=["'`\s])/gu) : []) {
    edits.push({ kind: 'splice', path, source, start: match.index, end: match.index + match[0].length, text: `/opt/bin/${match[1] ?? ''}` });
  }
  for (const match of text.matchAll(/(?<=[/"'`])ff(?:mpeg|probe)(?=["'`\s])/gu)) {
    const at = match.index;
    if (edits.some(({ start, end }) => at >= start && at < end)) continue;
    const before = text.slice(text.lastIndexOf('\n', at) + 1, at);
    const isPath = before.endsWith('/') ? !/\/opt\/bin\/$/u.test(before) : /(?:join|resolve|Path)\([^)]*["'`]$|\/\s*["'`]$/u.test(before);
    if (isPath && (carried.length > 0 || isForeign)) return `the code makes its path up (${printPlace(placeAt(source, at))})`;
  }
  const mode = carried.length > 0 ? /\bchmod(?:Sync)?\b/u.exec(text) : null;
  return mode ? `the code changes a file's mode, which /opt does not let it (${printPlace(placeAt(source, mode.index))})` : edits;
}

/** Paths of programs relative to a function's code folder. */
export function carriedIn(subject: LambdaFunction, project: Project, origin: string): string {
  if (subject.package.kind !== 'zip') return origin;
  const folder = relative(project.folder, subject.package.codeFolder).split(sep).join('/');
  return folder === '' ? origin : posix.relative(folder, origin);
}
