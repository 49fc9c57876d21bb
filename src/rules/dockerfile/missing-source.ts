import { posix, resolve } from 'node:path';
import type { Span } from '../../base/source.ts';
import { filesBelow } from '../../model/files-below.ts';
import { dockerignoreFilter, parseDockerignore } from '../../syntax/dockerignore.ts';
import type { ImageBuild, StageSteps, Step } from '../image-build.ts';
import { isMadeElsewhere } from '../made-elsewhere.ts';
import { copyThatBrings, familyOf, imagePath, projectPath, stagesOfImage, type PipInstall } from '../requirements-use.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** COPY of something that the build context does not have, and pip install from a file that nothing brings: the build stops there. */
export const missingSource: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/missing-source',
  subject: 'dockerfile',
  title: 'COPY of something that is not in the build context',
  severity: 'error',
  since: '0.2.0',
  status: 'stable',
  safety: 'manual',
  *check(build, context) {
    const absent = new Set<string>();
    for (const stage of stagesOfImage(build)) {
      for (const step of stage.steps) {
        yield* copyDrafts(build, step, { context, absent });
        yield* installDrafts(build, stage, step, { context, absent });
      }
    }
  },
});

interface Around {
  readonly context: RuleContext;
  /** Paths of the context that a finding has been told of. */
  readonly absent: Set<string>;
}

function* copyDrafts(build: ImageBuild, { instruction, copy }: Step, { context: { project }, absent }: Around): Iterable<Draft> {
  const folder = build.file.context;
  const keeps = dockerignoreFilter(build.file.ignore ? parseDockerignore(build.file.ignore.text) : []);
  for (const [index, source] of (copy?.sources ?? []).entries()) {
    const word = instruction.words[index];
    if (!word || source === '.') continue;
    const at = { file: build.dockerfile.source, span: word.span };
    const path = resolve(folder, source);
    const kind = source.startsWith('..') ? undefined : project.copySources.get(path);
    if (source.startsWith('..') && !/[*?$]/u.test(word.text)) {
      // BuildKit drops what leads out, and takes what is then named, if it is there.
      const inner = source.replace(/^(?:\.\.\/)+/u, '');
      if (filesBelow(project, folder).some((file) => file.path === inner || file.path.startsWith(`${inner}/`))) continue;
      yield { message: `${word.text} lies outside the build context ${shownFolder(build, { project })}, where Docker takes nothing from`, at, advice: 'set DockerContext to a folder above both, and name the paths from there' };
    } else if (kind === 'absent' && !isMadeElsewhere(project, projectPath(project, path)) && !isOwnDockerfile(build, source)) {
      absent.add(source);
      const same = filesBelow(project, folder).map((file) => file.path).filter((one) => posix.basename(one) === posix.basename(source)).slice(0, 3);
      yield { message: `${word.text} is not in the build context ${shownFolder(build, { project })}: the build stops here`, at, advice: `correct the path, which is relative to DockerContext, or add it${same.length === 0 ? '' : `; there ${same.length === 1 ? 'is' : 'are'} ${same.join(', ')}`}` };
    } else if (build.file.ignore && ((kind === 'file' && !keeps(source)) || (kind === 'folder' && isWhollyIgnored(filesBelow(project, folder).map((file) => file.path), source, keeps)))) {
      yield { message: `${word.text} is kept out of the build context by ${build.file.ignore.path}: the build stops here`, at, advice: `take it back in there with a line \`!${source}\`` };
    }
  }
}

function isWhollyIgnored(files: readonly string[], folder: string, keeps: (path: string) => boolean): boolean {
  const below = files.filter((path) => path.startsWith(`${folder}/`));
  return below.length > 0 && !below.some(keeps);
}

function* installDrafts(build: ImageBuild, stage: StageSteps, step: Step, { context: { project }, absent }: Around): Iterable<Draft> {
  if (!project.areFilesComplete || step.instruction.flags.some(({ name }) => name === 'mount') || mayMakeFiles(stage, step)) return;
  for (const effect of step.effects) {
    if (effect.kind !== 'pip-install') continue;
    for (const name of effect.requirementsFiles) {
      const where = imagePath(step, effect, name);
      if (where === undefined || /[*?$]/u.test(name)) continue;
      const brought = copyThatBrings(stage, step, where);
      const files = filesBelow(project, build.file.context).map(({ path }) => path);
      const isThere = brought ? absent.has(brought.path) || files.includes(brought.path) || isMadeElsewhere(project, projectPath(project, resolve(build.file.context, brought.path))) : !isBare(build, stage) || isCovered(stage, step, where);
      if (isThere) continue;
      yield {
        message: brought ? `pip installs from ${name}, which COPY would bring from ${brought.path}, and that is not in the build context` : `pip installs from ${name}, and no COPY before it brings ${where}`,
        at: { file: build.dockerfile.source, span: spanOf(step, effect, name, build) },
        advice: 'correct the path, or add the file',
      };
    }
  }
}

/** Whether commands before a step may leave files that nobody can tell. */
function mayMakeFiles(stage: StageSteps, before: Step): boolean {
  return stage.steps.slice(0, before.index + 1).some(({ effects, instruction }) => instruction.heredocs.length > 0 || />|\btee\b/u.test(instruction.keyword === 'RUN' ? instruction.argument : '') || effects.some(({ kind }) => kind === 'opaque' || kind === 'download' || kind === 'archive' || kind === 'file-operation'));
}

/** An image of Lambda's, which has no requirements of anybody's. */
function isBare(build: ImageBuild, stage: StageSteps): boolean {
  return !stage.isOwnBase && familyOf(build, stage) !== undefined;
}

/** Some COPY that is not understood may bring it: of patterns, variables, other stages. */
function isCovered(stage: StageSteps, before: Step, path: string): boolean {
  return stage.steps.slice(0, before.index).some(({ instruction, copy }) => {
    if (instruction.keyword !== 'COPY' && instruction.keyword !== 'ADD') return false;
    if (!copy) return true;
    return copy.sources.some((source) => /[*?[]/u.test(source) || posix.basename(source) === posix.basename(path));
  });
}

function isOwnDockerfile({ file }: ImageBuild, source: string): boolean {
  return resolve(file.context, source) === file.path;
}

function spanOf(step: Step, effect: PipInstall, name: string, { dockerfile }: ImageBuild): Span {
  const at = dockerfile.source.text.indexOf(name, effect.span.start);
  return at >= 0 && at < step.instruction.span.end ? { start: at, end: at + name.length } : effect.span;
}

function shownFolder({ file }: ImageBuild, { project }: Pick<RuleContext, 'project'>): string {
  return projectPath(project, file.context) || '.';
}
