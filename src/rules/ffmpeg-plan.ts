import { sep } from 'node:path';
import { printPlace } from '../base/source.ts';
import type { FfmpegRecipe } from '../ffmpeg/configure-line.ts';
import type { FfmpegDoubt, FfmpegNeed, FfmpegProgram } from '../ffmpeg/profile.ts';
import { beyondEveryPart, beyondPrebuilt, everyPartOf } from '../ffmpeg/step-back.ts';
import { needBelow } from '../media/need-below.ts';
import { importsOf, topLevelNames } from '../model/python-imports.ts';
import { ffmpegUse, userThatMayRun, type FfmpegUse } from './ffmpeg-use.ts';
import type { ImageBuild } from './image-build.ts';
import type { RequirementsUse } from './requirements-use.ts';
import type { RuleContext } from './rule.ts';
import { withTraced } from './traced-need.ts';

/** The ffmpeg that code can do with. */
export type FfmpegPlan = { readonly use: FfmpegUse; readonly programs: readonly FfmpegProgram[]; readonly isLocal: boolean } & (
  /** Compiled with the parts that the code needs. */
  | { readonly kind: 'profile'; readonly recipe: FfmpegRecipe; readonly need: Extract<FfmpegNeed, { kind: 'profile' }> }
  /** Compiled with every part of its own, because the need cannot be told; `why`. */
  | { readonly kind: 'full'; readonly recipe: FfmpegRecipe; readonly why: string; readonly need: Extract<FfmpegNeed, { kind: 'unbounded' }> }
  /** The prebuilt one; `why` it is not compiled. */
  | { readonly kind: 'prebuilt'; readonly why: string | undefined }
  /** Neither will surely do. */
  | { readonly kind: 'none'; readonly doubt: string }
);

/** Libraries whose commands shear knows, by import name. */
const read: ReadonlySet<string> = new Set(['pydub', 'moviepy', 'ffmpeg', 'whisper', 'audioread']);

/** What the code of an image's context can do with. */
export function ffmpegPlan(build: ImageBuild, { project, model, knowledge }: RuleContext, uses: readonly RequirementsUse[]): FfmpegPlan {
  const use = ffmpegUse(build, project, uses, knowledge);
  const need = withTraced(needBelow(project, build.file.context, model.functions), build.functions, knowledge);
  const sources = project.pythonSources.filter(({ path }) => path.startsWith(build.file.context + sep));
  const imported = new Set(sources.flatMap(({ source }) => [...topLevelNames(importsOf(source))]));
  const others = userThatMayRun(uses, imported, knowledge, read) ?? startedByImage(build);
  if (need.kind === 'profile' && others === undefined) {
    return { kind: 'profile', use, need, recipe: need.profile, programs: need.profile.programs, isLocal: need.isLocal };
  }
  if (need.kind === 'unbounded' && others === undefined && use.special === undefined && (need.profile.network || !use.tellsOfAddresses) && !beyondEveryPart(need)) {
    const probe = use.callsProbe ? (['ffprobe'] as const) : [];
    const recipe = everyPartOf({ ...need.profile, programs: [...need.profile.programs, ...probe] });
    return { kind: 'full', use, need, recipe, why: whyUnbounded(need), programs: recipe.programs, isLocal: false };
  }
  const doubt = use.doubt ?? others ?? (need.kind === 'unbounded' ? told(beyondPrebuilt(need)) : undefined);
  const programs: readonly FfmpegProgram[] = ['ffmpeg'];
  if (doubt !== undefined) return { kind: 'none', doubt, use, programs, isLocal: false };
  return { kind: 'prebuilt', why: need.kind === 'unbounded' ? whyUnbounded(need) : undefined, use, programs, isLocal: use.inputs === 'local' };
}

function told(doubt: FfmpegDoubt | undefined): string | undefined {
  return doubt && `${doubt.why}${doubt.place ? ` (${printPlace(doubt.place)})` : ''}`;
}

/** What the image itself starts is not read. */
function startedByImage({ dockerfile }: ImageBuild): string | undefined {
  const isStarted = dockerfile.stages.some((stage) => stage.instructions.some(({ keyword, argument }) => ['CMD', 'ENTRYPOINT', 'HEALTHCHECK'].includes(keyword) && /ff(?:mpeg|probe)/u.test(argument)));
  return isStarted ? `${dockerfile.source.path} starts it itself` : undefined;
}

/** The first thing that keeps the need from being told. */
export function whyUnbounded({ doubts }: Extract<FfmpegNeed, { kind: 'unbounded' }>): string {
  const [first] = doubts;
  if (!first) return 'what it is started with cannot be told';
  const more = doubts.length > 1 ? `, and ${doubts.length - 1} more` : '';
  return `${first.why}${first.place ? ` (${printPlace(first.place)})` : ''}${more}`;
}
