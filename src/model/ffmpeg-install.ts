import { dirname, posix, relative, resolve, sep } from 'node:path';
import { placeAt } from '../base/source.ts';
import type { DockerfileInProject, Project, RequirementsInProject } from '../project/project.ts';
import type { DockerfileStage } from '../syntax/dockerfile.ts';
import { filesBelow } from './files-below.ts';
import { recipeOfBuiltStage } from './built-ffmpeg-stage.ts';
import { continueInStage, ffmpegInStage } from './ffmpeg-in-stage.ts';
import { absolute } from './ffmpeg-paths.ts';
import { ffmpegPackages, mentionsFfmpeg, programOf, type FfmpegInstall, type FfmpegInstruction } from './ffmpeg-way.ts';
import type { LambdaFunction, ZipPackage } from './function.ts';
import { baseReference, instructionsInScope, type BuildArguments } from './stage-scope.ts';

export type { FfmpegInstall, FfmpegInstruction, FfmpegWay } from './ffmpeg-way.ts';

/** The ways in which ffmpeg comes into a function: by its Dockerfile, its requirements, its code folder or a Lambda layer. */
export function findFfmpeg(subject: LambdaFunction, project: Project): readonly FfmpegInstall[] {
  switch (subject.package.kind) {
    case 'image':
      return [...findFfmpegInDockerfile(subject.package.dockerfile, subject.package.buildArgs), ...inRequirements(filesOfContext(subject.package.dockerfile.context, project))];
    case 'zip':
      return [...committed(subject.package.codeFolder, project, subject), ...inRequirements(installedFiles(subject.package, project)), ...inLayers(subject)];
    default:
      return inLayers(subject);
  }
}

/** The ways in which the stages of a Dockerfile install ffmpeg; what a later stage copies from an earlier one belongs to it. */
export function findFfmpegInDockerfile(file: DockerfileInProject, given: BuildArguments = {}): readonly FfmpegInstall[] {
  const { dockerfile } = file;
  let installs: readonly { readonly stage: DockerfileStage; readonly install: FfmpegInstall }[] = [];
  for (const stage of dockerfile.stages) {
    installs = [...copiedFromStages(installs, file, stage, given), ...fromOtherImages(file, stage, given).map((install) => ({ stage, install }))];
    // shear's own stage is what the others become.
    if (recipeOfBuiltStage(stage)) continue;
    installs = [...installs, ...ffmpegInStage(dockerfile, stage, given).map((install) => ({ stage, install }))];
  }
  return installs.map(({ install }) => install);
}

interface Copy {
  readonly from: string;
  readonly sources: readonly string[];
  readonly destination: string;
  readonly target: string;
  readonly part: FfmpegInstruction;
}

/** COPY --from instructions of a stage. */
function copiesOf(file: DockerfileInProject, stage: DockerfileStage, given: BuildArguments): readonly Copy[] {
  return instructionsInScope(file.dockerfile, stage, given).flatMap(({ instruction, folder }) => {
    const from = instruction.flags.find((flag) => flag.name === 'from')?.value;
    const target = instruction.words.at(-1)?.text;
    if (instruction.keyword !== 'COPY' || from === undefined || target === undefined) return [];
    const sources = instruction.words.slice(0, -1).map((word) => absolute(word.text, '/'));
    const isWhole = sources.every((source) => mentionsFfmpeg(source));
    return [{ from, sources, destination: absolute(target, folder), target, part: { instruction, stage, commands: [instruction.span], isWhole } }];
  });
}

type Placed = readonly { readonly stage: DockerfileStage; readonly install: FfmpegInstall }[];

/** Adds to the installs of earlier stages what this stage copies from them. */
function copiedFromStages(installs: Placed, file: DockerfileInProject, stage: DockerfileStage, given: BuildArguments): Placed {
  const copies = copiesOf(file, stage, given);
  return installs.map(({ stage: origin, install }) => {
    const taking = copies.flatMap((copy) => {
      if (!isStage(copy.from, origin)) return [];
      const paths = copy.sources.flatMap((source) => landings(install.paths, source, copy));
      return paths.length > 0 || copy.sources.some(mentionsFfmpeg) ? [{ part: copy.part, paths }] : [];
    });
    if (taking.length === 0) return { stage: origin, install };
    const landed = [...new Set(taking.flatMap((one) => one.paths))];
    const [first] = taking;
    const paths = landed.length > 0 ? landed : install.paths;
    const further = first ? continueInStage(file.dockerfile, stage, first.part.instruction, { paths, given }) : { instructions: [], paths };
    return {
      stage,
      install: { ...install, instructions: [...install.instructions, ...taking.map((one) => one.part), ...further.instructions], paths: further.paths },
    };
  });
}

function isStage(from: string, stage: DockerfileStage): boolean {
  return from.toLowerCase() === stage.name || from === String(stage.index);
}

/** Where the installed paths at or below a copied source end up. */
function landings(paths: readonly string[], source: string, copy: Copy): readonly string[] {
  // Without a WORKDIR a stage starts at the root.
  return paths.map((path) => absolute(path, '/')).flatMap((path) => {
    if (path === source) {
      const isFile = !copy.target.endsWith('/') && copy.sources.length === 1 && mentionsFfmpeg(posix.basename(copy.destination));
      return [isFile ? copy.destination : posix.join(copy.destination, posix.basename(path))];
    }
    return path.startsWith(source === '/' ? '/' : `${source}/`) ? [posix.join(copy.destination, posix.relative(source, path))] : [];
  });
}

/** COPY --from an image that is no stage, or from a stage that only renames such an image. */
function fromOtherImages(file: DockerfileInProject, stage: DockerfileStage, given: BuildArguments): readonly FfmpegInstall[] {
  const { dockerfile } = file;
  return copiesOf(file, stage, given).flatMap((copy): readonly FfmpegInstall[] => {
    const origin = dockerfile.stages.find((other) => other.index < stage.index && isStage(copy.from, other));
    const reference = origin ? baseReference(dockerfile, origin, given) : copy.from;
    const sources = copy.sources.filter((source) => programOf(source) !== undefined);
    const isImage = origin === undefined ? sources.length > 0 || mentionsFfmpeg(reference) : mentionsFfmpeg(reference) && origin.instructions.every((one) => one.keyword !== 'RUN');
    if (!isImage) return [];
    const paths = sources.flatMap((source) => landings([source], source, copy));
    return [{
      way: 'other-image', origin: reference, isPinned: reference.includes('@sha256:'),
      programs: sources.flatMap((source) => programOf(source) ?? []), paths,
      instructions: [copy.part], preparations: [],
      place: placeAt(dockerfile.source, copy.part.instruction.span.start),
    }];
  });
}

function filesOfContext(folder: string, project: Project): readonly RequirementsInProject[] {
  return project.requirements.filter((file) => file.path.startsWith(folder + sep));
}

/** What a zip function installs: its own requirements.txt, and what that includes. Files of the name in folders below are data. */
function installedFiles({ requirements }: ZipPackage, project: Project): readonly RequirementsInProject[] {
  const found: RequirementsInProject[] = [];
  const waiting = requirements ? [requirements] : [];
  for (let file = waiting.shift(); file; file = waiting.shift()) {
    if (found.includes(file)) continue;
    found.push(file);
    const folder = dirname(file.path);
    const included = file.requirements.lines.flatMap((line) => (line.kind === 'include' ? [resolve(folder, line.path)] : []));
    waiting.push(...project.requirements.filter(({ path }) => included.includes(path)));
  }
  return found;
}

/** Packages with a binary in requirements files. */
function inRequirements(files: readonly RequirementsInProject[]): readonly FfmpegInstall[] {
  return files.flatMap(({ requirements }) => requirements.lines.flatMap((line): readonly FfmpegInstall[] => {
      const programs = line.kind === 'requirement' ? ffmpegPackages.get(line.normalizedName) : undefined;
      if (line.kind !== 'requirement' || !programs) return [];
      return [{
        way: 'python-package', origin: line.name + line.specifier, isPinned: line.specifier.startsWith('=='), programs, paths: [],
        instructions: [], preparations: [], place: placeAt(requirements.source, line.span.start),
      }];
    }));
}

/** Binaries that lie in a zip function's code folder. */
function committed(folder: string, project: Project, subject: LambdaFunction): readonly FfmpegInstall[] {
  return filesBelow(project, folder).flatMap(({ path, size }): readonly FfmpegInstall[] => {
    // A script or a folder marker of that name is not the program: the smallest builds are megabytes.
    const program = size < 500_000 ? undefined : programOf(path);
    if (!program) return [];
    return [{
      way: 'committed-binary', origin: relative(project.folder, resolve(folder, path)).split(sep).join('/'), isPinned: true, programs: [program], paths: [path],
      instructions: [], preparations: [], place: subject.place,
    }];
  });
}

/** Lambda layers whose ARN names ffmpeg. */
function inLayers(subject: LambdaFunction): readonly FfmpegInstall[] {
  return subject.layers.flatMap((layer): readonly FfmpegInstall[] => {
    const name = layer.kind === 'arn' ? layer.arn : layer.kind === 'own' ? layer.logicalId : '';
    if (!mentionsFfmpeg(name)) return [];
    return [{
      way: 'lambda-layer', origin: name, isPinned: /:\d+$/u.test(name), programs: [], paths: [],
      instructions: [], preparations: [], place: subject.place,
    }];
  });
}
