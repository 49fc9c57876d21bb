import { posix } from 'node:path';
import type { Place, SourceFile } from '../../base/source.ts';
import type { FfmpegRecipe } from '../../ffmpeg/configure-line.ts';
import { isVersion3 } from '../../ffmpeg/licence.ts';
import type { FfmpegCommandSeen, FfmpegExternal, FfmpegProgram } from '../../ffmpeg/profile.ts';
import { ffmpegSource } from '../../ffmpeg/sources.ts';
import { builtFfmpegRoot, builtFfmpegStage } from '../../model/built-ffmpeg-stage.ts';
import { findFfmpegInDockerfile, type FfmpegInstall, type FfmpegInstruction } from '../../model/ffmpeg-install.ts';
import { shearFfmpegStage, ffmpegPin } from '../../model/shear-ffmpeg.ts';
import type { Splice } from '../../syntax/splice.ts';
import { baseAsWritten, dockerfileFix, firstActing, freeStageName, insertBefore, insertStage, removeCommands, removeInstruction, removePackages, restructuringDoubt } from '../dockerfile-edit.ts';
import { ffmpegPlan, type FfmpegPlan } from '../ffmpeg-plan.ts';
import { libraryDoubt, type FfmpegUse } from '../ffmpeg-use.ts';
import { contextFiles } from '../layer-files.ts';
import { finalSteps, type ImageBuild, type StageSteps } from '../image-build.ts';
import { familyOf, requirementsUses } from '../requirements-use.ts';
import { leftoverStages } from '../leftover-stages.ts';
import { defineRule, evidence, type Cost, type Draft, type Evidence, type RuleContext, type RuleDefinition } from '../rule.ts';

/** ffmpeg from a distribution's packages or an unpinned download, where one pinned program would do. */
export const oversizedFfmpeg: RuleDefinition<'dockerfile'> = defineRule({
  id: 'ffmpeg/oversized-ffmpeg',
  subject: 'dockerfile',
  title: 'ffmpeg bigger or less certain than it need be',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  after: ['dockerfile/unpinned-base-image'],
  *check(build, context) {
    const args = build.functions[0]?.package.buildArgs ?? {};
    for (const install of findFfmpegInDockerfile(build.file, args)) {
      if (install.way === 'committed-binary') {
        const large = committed(build, install, context);
        if (large) yield large;
        continue;
      }
      // An image without a digest is unpinned-base-image's own finding.
      if (install.way === 'os-package' || install.way === 'download') yield draftOf(build, install, context);
      else if (install.way === 'other-image') {
        const draft = draftOf(build, install, context);
        if (draft.fix && isCompiled(draft)) yield draft;
      } else if (!install.isPinned && install.instructions.length > 0) yield unpinned(build, install);
    }
  },
});

function isCompiled({ fix }: Draft): boolean {
  return fix?.title.startsWith('compile') === true;
}

const costs: Readonly<Record<'os-package' | 'download' | 'other-image', Cost>> = {
  'os-package': { kind: 'estimate', bytes: 458_000_000, seconds: 28, formula: "Debian's ffmpeg with its 227 packages is about 488 MB compressed and takes 28 s, one static program 29.5 MB" },
  'other-image': { kind: 'estimate', bytes: 28_000_000, formula: 'a static build with everything is about 30 MB compressed, one with what the code needs 2 to 5' },
  'download': { kind: 'estimate', bytes: 30_000_000, seconds: 10, formula: 'the archive also has ffprobe, as big as ffmpeg itself (29.5 MB compressed), and is fetched again whenever a line before it changes' },
};

function draftOf(build: ImageBuild, install: FfmpegInstall, context: RuleContext): Draft {
  const { source } = build.dockerfile;
  const [first] = install.instructions;
  const uses = requirementsUses(context.project, context.model).filter((use) => use.installations.some((one) => one.kind === 'image' && one.build.file === build.file));
  const plan = ffmpegPlan(build, context, uses);
  const { use } = plan;
  const isPackage = install.way === 'os-package';
  const draft: Draft = {
    message: messageOf(install, use),
    at: { file: source, span: first?.commands[0] ?? first?.instruction.span ?? { start: 0, end: 0 } },
    cost: isPackage ? costs['os-package'] : install.way === 'download' ? costs.download : costs['other-image'],
    evidence: use.calls.slice(0, 3).map((call) => evidence(call.file, call.span, 'calls ffmpeg')),
  };
  const doubt = (plan.kind === 'none' ? plan.doubt : undefined) ?? (isPackage ? libraryDoubt(build, context.project, uses, context.knowledge) : undefined) ?? versionDoubt(install) ?? restructuringDoubt(build);
  const advise = (why: string): Draft => ({ ...draft, advice: 'recipe' in plan ? `${why}; compiled with ${plan.kind === 'full' ? 'every part of its own' : 'what the code needs'} it would be ${sizeOf(plan.recipe)}` : `${why}; a pinned static build (imageio-ffmpeg ${ffmpegPin.version}) is 29.5 MB` });
  if (doubt !== undefined) return advise(doubt);
  const splices = splicesOf(build, install, plan);
  if (typeof splices === 'string') return advise(splices);
  // Of an image or a file nobody knows what else is taken from its ffmpeg.
  const safety = plan.isLocal && (isPackage || install.way === 'download') ? 'safe' : 'unsafe';
  if (!('recipe' in plan)) {
    const why = plan.kind === 'none' || plan.why === undefined ? '' : `: ${plan.why}`;
    // Its static C library loads a converter for the names of stations, and dies of it: what users upload may be such a recording.
    return { ...draft, fix: dockerfileFix(build, `take ffmpeg ${ffmpegPin.ffmpegVersion} (GPL, version 3) from a pinned static build with everything in it, though it crashes on MPEG transport streams (.ts)${why}`, splices, 'unsafe') };
  }
  return { ...draft, evidence: plan.need.commands.slice(0, 5).map((command) => evidenceOf(command, context)), fix: dockerfileFix(build, titleOf(plan), splices, safety) };
}

function messageOf(install: FfmpegInstall, use: FfmpegUse): string {
  if (install.way === 'os-package') return `ffmpeg comes with all of its distribution's packages, in whatever version is current`;
  if (install.way === 'other-image') return `ffmpeg comes from ${install.origin}, with every codec there is`;
  return `ffmpeg is downloaded${install.isPinned ? '' : ' without a version or checksum'}${use.callsProbe ? '' : ', with ffprobe, which nothing is seen to call'}`;
}

/** A command as the code has it. */
function evidenceOf({ text, place }: FfmpegCommandSeen, { project }: RuleContext): Evidence {
  const file = [...project.pythonSources.map(({ source }) => source), ...project.scriptSources.map(({ source }) => source)].find(({ path }) => path === place.file) ?? { path: place.file, text: '' };
  const start = offsetAt(file, place);
  return evidence(file, { start, end: start + 1 }, text.length > 100 ? `${text.slice(0, 97)}...` : text);
}

function offsetAt({ text }: SourceFile, { line, column }: Place): number {
  let at = 0;
  for (let i = 1; i < line; i++) at = text.indexOf('\n', at) + 1;
  return at + column - 1;
}

function titleOf(plan: Extract<FfmpegPlan, { recipe: FfmpegRecipe }>): string {
  const { recipe } = plan;
  const programs = recipe.programs.join(' and ');
  const licence = `${recipe.licence}${isVersion3(recipe.externals) ? ', version 3' : ''}`;
  const network = recipe.network ? ', HTTP and TLS (mbedTLS) with it' : '';
  if (plan.kind === 'full') return `compile ${programs} ${ffmpegSource.version} (${licence}) with every part of its own${network}, ${sizeOf(recipe)}, once, then kept: ${plan.why}`;
  return `compile ${programs} ${ffmpegSource.version} (${licence}) with just what the code needs${network}, ${sizeOf(recipe)}: once, then kept`;
}

/** What libraries add, MB compressed, as measured. */
const librarySizes: Readonly<Partial<Record<FfmpegExternal, number>>> = { x264: 1, openh264: 0.4, lame: 0.2, opus: 0.3, theora: 0.2, vorbis: 0.4, vpx: 0.9, webp: 0.2, mbedtls: 0.5 };

/** Compressed, as measured of builds like it. */
function sizeOf({ components, externals, programs }: FfmpegRecipe): string {
  const names = new Set(components === 'all' ? [] : components.map(({ kind, name }) => `${kind}:${name}`));
  const base = components === 'all' ? 10.7 : names.has('decoder:h264') ? 3.4 : 1.6;
  const added = externals.reduce((sum, name) => sum + (librarySizes[name] ?? 0), 0);
  return `about ${((base + added) * (programs.length === 2 ? 2 : 1)).toFixed(0)} MB compressed`;
}

/** Bytes from which on a program is taken for a build with everything in it. */
const everything = 40_000_000;

/** A committed program that has far more in it than calls need. */
function committed(build: ImageBuild, install: FfmpegInstall, context: RuleContext): Draft | undefined {
  const { project } = context;
  const origin = posix.normalize(install.origin).replace(/^\/+|\/+$/gu, '');
  const files = contextFiles(build, project).filter(({ path }) => path === origin || (path.startsWith(`${origin}/`) && /(?:^|\/)ff(?:mpeg|probe)$/u.test(path)));
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const [first] = install.instructions;
  if (bytes < everything || !first) return undefined;
  const draft = draftOf(build, install, context);
  // A folder may hold more than the program.
  const isFile = files.length === 1 && files[0]?.path === origin;
  const compiled = isFile && (!draft.fix || isCompiled(draft)) ? draft : undefined;
  return {
    message: `${files.map(({ path }) => path).join(' and ')} ${files.length === 1 ? 'is' : 'are'} ${Math.round(bytes / 1e6)} MB: ${files.length === 1 ? 'a program' : 'programs'} with every codec there is`,
    severity: 'advice', at: { file: build.dockerfile.source, span: first.instruction.span },
    cost: { kind: 'measured', bytes, formula: 'size of the file; a build of all native codecs is 24 MB, one for speech 5 MB, one for thumbnails 9 MB' },
    ...(compiled?.fix ? { severity: 'warning' as const, evidence: compiled.evidence ?? [], fix: compiled.fix } : { advice: compiled?.advice ?? 'build ffmpeg with --disable-everything and what the code uses, once, and keep the outcome by its sha256' }),
  };
}

function unpinned(build: ImageBuild, install: FfmpegInstall): Draft {
  const [first] = install.instructions;
  return {
    message: `ffmpeg comes from ${install.origin}, which can change`,
    at: { file: build.dockerfile.source, span: first?.commands[0] ?? first?.instruction.span ?? { start: 0, end: 0 } },
    severity: 'advice',
    advice: 'name the package by its version',
  };
}

/** An older or newer release may differ in what it does; what only says `release` has no version to keep. */
function versionDoubt(install: FfmpegInstall): string | undefined {
  if (install.way !== 'download') return undefined;
  if (/-git-|master|nightly/u.test(install.origin)) return 'it takes a build of the development branch, which can do more';
  const version = /ffmpeg[-_]?n?(\d+)\.\d/u.exec(posix.basename(install.origin))?.[1];
  return version === undefined || version === '7' ? undefined : `the code may rely on ffmpeg ${version}`;
}

function splicesOf(build: ImageBuild, install: FfmpegInstall, plan: FfmpegPlan): readonly Splice[] | string {
  const final = finalSteps(build);
  const first = final && firstActing(final);
  if (!final || !first) return 'the image has no stage of its own';
  const family = familyOf(build, final);
  if (final.isOwnBase || (!family && !('recipe' in plan))) return 'the base image is none that is known to have pip';
  const own = install.instructions.filter((part) => part.stage.index === final.stage.index);
  const elsewhere = [...install.instructions, ...install.preparations].filter((part) => part.stage.index !== final.stage.index);
  if (own.length === 0) return 'what takes it into the image is not seen';
  const placed = plan.programs.map((program) => ({ program, paths: destinationsOf(install, plan.use, { program, isLambda: family?.kind === 'lambda' }) }));
  const removals: Splice[] = [];
  for (const part of own) {
    const removal = removalOf(build, final, install, part);
    if (!removal) return 'the line cannot be edited without loss';
    removals.push(...removal);
  }
  removals.push(...leftoverStages(build, [...new Set(elsewhere.map(({ stage }) => stage))], new Set([...own, ...elsewhere].filter(({ isWhole }) => isWhole).map(({ instruction }) => instruction))));
  const name = freeStageName(build, 'ffmpeg');
  const copies: string[] = [];
  for (const { program, paths } of placed) {
    if (typeof paths === 'string') return paths;
    copies.push(...paths.map((path) => `COPY --from=${name} ${builtFfmpegRoot}/bin/${program} ${path}`));
  }
  if (!('recipe' in plan)) return [insertStage(build, final, shearFfmpegStage(baseAsWritten(build, final), name)), insertBefore(build, first.instruction, copies), ...removals];
  const flags = baseAsWritten(build, final).split(/\s+/u).filter((word) => word.startsWith('--')).join(' ');
  const licences = `COPY --from=${name} ${builtFfmpegRoot}/share/ffmpeg ${builtFfmpegRoot}/share/ffmpeg`;
  return [insertStage(build, final, builtFfmpegStage(plan.recipe, name, flags)), insertBefore(build, first.instruction, [...copies, licences]), ...removals];
}

/** Where a program has to be: the paths that the code names, else where it was, else on the PATH. */
function destinationsOf(install: FfmpegInstall, use: FfmpegUse, { program, isLambda }: { readonly program: FfmpegProgram; readonly isLambda: boolean }): readonly string[] | string {
  const known = install.paths.filter((path) => posix.basename(path) === program && path.startsWith('/'));
  const named = use.paths.filter((path) => posix.basename(path) === program);
  const unknown = named.find((path) => !known.includes(path));
  if (unknown !== undefined) return `the code calls ${unknown}, and the Dockerfile does not show how it gets there`;
  const isPlain = named.length === 0 || use.calls.some((call) => !named.some((path) => call.text.includes(path)));
  const isPlaced = install.way !== 'os-package';
  const onPath = isPlaced ? known.find((path) => pathFolders.has(posix.dirname(path)) || (isLambda && posix.dirname(path) === '/opt/bin')) : undefined;
  if (isPlaced && onPath === undefined && isPlain && named.length === 0) return 'where it ends up on the PATH cannot be told';
  return [...new Set([...named, ...(isPlain ? [onPath ?? `${builtFfmpegRoot}/bin/${program}`] : [])])];
}

/** Folders on the PATH of Lambda's and Docker's Python images alike; Lambda's also have /opt/bin. */
const pathFolders: ReadonlySet<string> = new Set(['/usr/local/bin', '/usr/bin', '/bin']);

function removalOf(build: ImageBuild, stage: StageSteps, install: FfmpegInstall, part: FfmpegInstruction): readonly Splice[] | undefined {
  const step = stage.steps.find((one) => one.instruction === part.instruction);
  if (!step) return undefined;
  if (install.way === 'os-package') return removePackages(build, step, (name) => name === install.origin);
  if (part.isWhole) return [removeInstruction(build, part.instruction)];
  // A COPY of a folder brings more than the program.
  if (part.instruction.keyword !== 'RUN') return undefined;
  const starts = new Set(part.commands.map((span) => span.start));
  return removeCommands(build, step, new Set(step.effects.filter((effect) => starts.has(effect.span.start))));
}
