import { posix } from 'node:path';
import { findFfmpegInDockerfile, type FfmpegInstall, type FfmpegInstruction } from '../../model/ffmpeg-install.ts';
import { shearFfmpegStage, ffmpegPin } from '../../model/shear-ffmpeg.ts';
import type { Splice } from '../../syntax/splice.ts';
import { baseAsWritten, dockerfileFix, firstActing, freeStageName, insertBefore, insertStage, removeCommands, removeInstruction, removePackages, restructuringDoubt } from '../dockerfile-edit.ts';
import { ffmpegUse, libraryDoubt, type FfmpegUse } from '../ffmpeg-use.ts';
import { contextFiles } from '../layer-files.ts';
import { finalSteps, type ImageBuild, type StageSteps } from '../image-build.ts';
import { familyOf, requirementsUses } from '../requirements-use.ts';
import { defineRule, evidence, type Cost, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

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
      else if (install.way !== 'other-image' && !install.isPinned && install.instructions.length > 0) yield unpinned(build, install);
    }
  },
});

const costs: Readonly<Record<'os-package' | 'download', Cost>> = {
  'os-package': { kind: 'estimate', bytes: 458_000_000, seconds: 28, formula: "Debian's ffmpeg with its 227 packages is about 488 MB compressed and takes 28 s, one static program 29.5 MB" },
  'download': { kind: 'estimate', bytes: 30_000_000, seconds: 10, formula: 'the archive also has ffprobe, as big as ffmpeg itself (29.5 MB compressed), and is fetched again whenever a line before it changes' },
};

function draftOf(build: ImageBuild, install: FfmpegInstall, context: RuleContext): Draft {
  const { source } = build.dockerfile;
  const [first] = install.instructions;
  const uses = requirementsUses(context.project, context.model).filter((use) => use.installations.some((one) => one.kind === 'image' && one.build.file === build.file));
  const use = ffmpegUse(build, context.project, uses, context.knowledge);
  const isPackage = install.way === 'os-package';
  const draft: Draft = {
    message: isPackage
      ? `ffmpeg comes with all of its distribution's packages, in whatever version is current`
      : `ffmpeg is downloaded${install.isPinned ? '' : ' without a version or checksum'}${use.callsProbe ? '' : ', with ffprobe, which nothing is seen to call'}`,
    at: { file: source, span: first?.commands[0] ?? first?.instruction.span ?? { start: 0, end: 0 } },
    cost: isPackage ? costs['os-package'] : costs.download,
    evidence: use.calls.slice(0, 3).map((call) => evidence(call.file, call.span, 'calls ffmpeg')),
  };
  const doubt = use.doubt ?? (isPackage ? libraryDoubt(build, context.project, uses, context.knowledge) : undefined) ?? versionDoubt(install) ?? restructuringDoubt(build);
  if (doubt !== undefined) return { ...draft, advice: `${doubt}; a pinned static build (imageio-ffmpeg ${ffmpegPin.version}) is 29.5 MB` };
  const splices = splicesOf(build, install, use);
  if (typeof splices === 'string') return { ...draft, advice: `${splices}; a pinned static build (imageio-ffmpeg ${ffmpegPin.version}) is 29.5 MB` };
  const title = `take ffmpeg ${ffmpegPin.ffmpegVersion} (GPL, version 3) from a pinned static build`;
  return { ...draft, fix: dockerfileFix(build, title, splices, use.inputs === 'local' ? 'safe' : 'unsafe') };
}

/** Bytes from which on a program is taken for a build with everything in it. */
const everything = 40_000_000;

/** A committed program that has far more in it than calls need. */
function committed(build: ImageBuild, install: FfmpegInstall, { project }: RuleContext): Draft | undefined {
  const origin = posix.normalize(install.origin).replace(/^\/+|\/+$/gu, '');
  const files = contextFiles(build, project).filter(({ path }) => path === origin || (path.startsWith(`${origin}/`) && /(?:^|\/)ff(?:mpeg|probe)$/u.test(path)));
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const [first] = install.instructions;
  if (bytes < everything || !first) return undefined;
  return {
    message: `${files.map(({ path }) => path).join(' and ')} ${files.length === 1 ? 'is' : 'are'} ${Math.round(bytes / 1e6)} MB: ${files.length === 1 ? 'a program' : 'programs'} with every codec there is`,
    severity: 'advice', at: { file: build.dockerfile.source, span: first.instruction.span },
    cost: { kind: 'measured', bytes, formula: 'size of the file; a build of all native codecs is 24 MB, one for speech 5 MB, one for thumbnails 9 MB' },
    advice: 'build ffmpeg with --disable-everything and what the code uses, once, and keep the outcome by its sha256',
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

function splicesOf(build: ImageBuild, install: FfmpegInstall, use: FfmpegUse): readonly Splice[] | string {
  const final = finalSteps(build);
  const first = final && firstActing(final);
  if (!final || !first) return 'the image has no stage of its own';
  if (!familyOf(build, final) || final.isOwnBase) return 'the base image is none that is known to have pip';
  if (install.instructions.some((part) => part.stage.index !== final.stage.index)) return stagesDoubt;
  const isLambda = familyOf(build, final)?.kind === 'lambda';
  const destinations = destinationsOf(install, use, isLambda);
  if (typeof destinations === 'string') return destinations;
  const removals: Splice[] = [];
  for (const part of install.instructions) {
    const own = removalOf(build, final, install, part);
    if (!own) return 'the line cannot be edited without loss';
    removals.push(...own);
  }
  const name = freeStageName(build, 'ffmpeg');
  const copies = destinations.map((path) => `COPY --from=${name} ${ffmpegPin.path} ${path}`);
  return [insertStage(build, final, shearFfmpegStage(baseAsWritten(build, final), name)), insertBefore(build, first.instruction, copies), ...removals];
}

const stagesDoubt = 'several stages take part in installing it';

/** Where the program has to be: the paths that the code names, else where it was, else on the PATH. */
function destinationsOf(install: FfmpegInstall, use: FfmpegUse, isLambda: boolean): readonly string[] | string {
  const known = install.paths.filter((path) => posix.basename(path) === 'ffmpeg' && path.startsWith('/'));
  const unknown = use.paths.find((path) => !known.includes(path));
  if (unknown !== undefined) return `the code calls ${unknown}, and the Dockerfile does not show how it gets there`;
  const isPlain = use.calls.some((call) => !use.paths.some((path) => call.text.includes(path)));
  const onPath = install.way === 'download' ? known.find((path) => pathFolders.has(posix.dirname(path)) || (isLambda && posix.dirname(path) === '/opt/bin')) : undefined;
  if (install.way === 'download' && onPath === undefined && isPlain && use.paths.length === 0) return 'where it ends up on the PATH cannot be told';
  return [...new Set([...use.paths, ...(isPlain ? [onPath ?? ffmpegPin.path] : [])])];
}

/** Folders on the PATH of Lambda's and Docker's Python images alike; Lambda's also have /opt/bin. */
const pathFolders: ReadonlySet<string> = new Set(['/usr/local/bin', '/usr/bin', '/bin']);

function removalOf(build: ImageBuild, stage: StageSteps, install: FfmpegInstall, part: FfmpegInstruction): readonly Splice[] | undefined {
  const step = stage.steps.find((one) => one.instruction === part.instruction);
  if (!step) return undefined;
  if (install.way === 'os-package') return removePackages(build, step, (name) => name === install.origin);
  if (part.isWhole) return [removeInstruction(build, part.instruction)];
  const starts = new Set(part.commands.map((span) => span.start));
  return removeCommands(build, step, new Set(step.effects.filter((effect) => starts.has(effect.span.start))));
}
