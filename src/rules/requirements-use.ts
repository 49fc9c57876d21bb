import { posix, relative, resolve, sep } from 'node:path';
import { onceForBoth } from '../base/once.ts';
import type { LambdaFunction, LambdaLayer, Model, ZipPackage } from '../model/function.ts';
import { manylinuxOf, pythonOfRuntime } from '../model/limits.ts';
import type { RunEffect } from '../model/run-command.ts';
import type { Project, RequirementsInProject } from '../project/project.ts';
import { baseFamily, imageBuilds, type BaseFamily, type ImageBuild, type StageSteps, type Step } from './image-build.ts';
import { compileKey, type CompiledRequirements, type Knowledge, type RequirementsTarget } from './knowledge.ts';

/** A `pip install` of a RUN. */
export type PipInstall = RunEffect & { readonly kind: 'pip-install' };

/** One place that installs a requirements file. */
export type Installation =
  | {
      readonly kind: 'image';
      readonly build: ImageBuild;
      readonly stage: StageSteps;
      readonly step: Step;
      readonly effect: PipInstall;
      readonly family: BaseFamily | undefined;
    }
  | { readonly kind: 'zip'; readonly subject: LambdaFunction }
  | { readonly kind: 'layer'; readonly subject: LambdaLayer };

/** What a manifest serves, as far as looking at its code needs it. */
export type Served = Exclude<Installation, { readonly kind: 'image' }> | Pick<Extract<Installation, { readonly kind: 'image' }>, 'kind' | 'build' | 'family'>;

/** A requirements file with everything that installs it. */
export interface RequirementsUse {
  readonly file: RequirementsInProject;
  readonly installations: readonly Installation[];
  /** The machines that it is installed for, each once; undefined when one cannot be told. */
  readonly targets: readonly RequirementsTarget[] | undefined;
  /** The file that people edit: `requirements.in` beside a compiled `requirements.txt`, else itself. */
  readonly source: RequirementsInProject;
}

/** Every requirements file that a function or Lambda layer installs. */
export const requirementsUses: (project: Project, model: Model) => readonly RequirementsUse[] = onceForBoth((project, model) => {
  const found = new Map<string, { readonly file: RequirementsInProject; readonly installations: Installation[] }>();
  const add = (file: RequirementsInProject, installation: Installation): void => {
    const known = found.get(file.path) ?? { file, installations: [] };
    known.installations.push(installation);
    found.set(file.path, known);
  };
  for (const build of imageBuilds(model)) {
    for (const stage of stagesOfImage(build)) {
      for (const { step, effect, path } of installedFiles(build, stage)) {
        const file = project.requirements.find((one) => one.path === path);
        if (file) add(file, { kind: 'image', build, stage, step, effect, family: familyOf(build, stage) });
      }
    }
  }
  for (const subject of model.functions) {
    if (subject.package.kind === 'zip' && subject.package.requirements && isPipBuild(subject.package)) add(subject.package.requirements, { kind: 'zip', subject });
  }
  for (const subject of model.layers) {
    if (subject.requirements && subject.buildMethod !== undefined && /^python/u.test(subject.buildMethod)) add(subject.requirements, { kind: 'layer', subject });
  }
  return [...found.values()].map(({ file, installations }) => ({ file, installations, targets: targetsOf(installations), source: sourceOf(file, project) }));
});

/** True where sam installs requirements.txt: a Node.js function's folder may hold one too, and a Makefile does as it likes. */
function isPipBuild({ runtime, buildMethod }: ZipPackage): boolean {
  return /^python/u.test(runtime) && (buildMethod === undefined || /^python/u.test(buildMethod));
}

/** The stages that the image is made from: the final one, what it starts from, and what is copied out of others. */
export function stagesOfImage(build: ImageBuild): readonly StageSteps[] {
  if (!build.final) return build.stages;
  const waiting = [build.final.index];
  const reached = new Set<number>();
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const stage = build.stages[index];
    if (!stage || reached.has(index)) continue;
    reached.add(index);
    const froms = stage.steps.flatMap(({ instruction }) => [...instruction.flags.filter((flag) => flag.name === 'from').map((flag) => flag.value), ...Array.from(instruction.argument.matchAll(/\bfrom=([\w.-]+)/gu), (match) => match[1] ?? '')]);
    for (const name of [stage.base, ...froms]) {
      const other = build.stages.find((one) => one.stage.name === name.toLowerCase() || String(one.stage.index) === name);
      if (other && other.stage.index < index) waiting.push(other.stage.index);
    }
  }
  return build.stages.filter((stage) => reached.has(stage.stage.index));
}

/** The family of the image that a stage starts from, through earlier stages. */
export function familyOf(build: ImageBuild, stage: StageSteps): BaseFamily | undefined {
  if (!stage.isOwnBase) return baseFamily(stage.base);
  const earlier = build.stages.find((other) => other.stage.index < stage.stage.index && other.stage.name === stage.base.toLowerCase());
  return earlier && familyOf(build, earlier);
}

/** The compilation of a use's source that serves every machine it is installed for; undefined while it is not known. */
export function compiledFor(use: RequirementsUse, knowledge: Knowledge): CompiledRequirements | undefined {
  const all = (use.targets ?? []).map((target) => knowledge.compiled.get(compileKey(use.source.requirements.source.text, target)));
  const [first] = all;
  if (!first || all.some((one) => one?.text !== first.text)) return undefined;
  return { ...first, isWheelsOnly: all.every((one) => one?.isWheelsOnly === true) };
}

/** A pip install of a stage, with the context's file (absolute) that a `-r` of it names. */
function installedFiles(build: ImageBuild, stage: StageSteps): readonly { readonly step: Step; readonly effect: PipInstall; readonly path: string }[] {
  return stage.steps.flatMap((step) => step.effects.flatMap((effect) => {
    if (effect.kind !== 'pip-install') return [];
    return effect.requirementsFiles.flatMap((name) => {
      const path = contextPath(stage, step, imagePath(step, effect, name));
      return path === undefined ? [] : [{ step, effect, path: resolve(build.file.context, path) }];
    });
  }));
}

/** Absolute path in the image of a path that a command names; undefined when its folder is not known. */
export function imagePath(step: Step, effect: RunEffect, path: string): string | undefined {
  const folder = effect.folder === undefined ? step.folder : step.folder === undefined && !effect.folder.startsWith('/') ? undefined : posix.resolve(step.folder ?? '/', effect.folder);
  if (path.startsWith('/')) return posix.normalize(path);
  return folder === undefined ? undefined : posix.resolve(folder, path);
}

/** The path in the context of a file that COPY instructions before a step brought to an absolute path in the image. */
export function contextPath(stage: StageSteps, before: Step, path: string | undefined): string | undefined {
  const found = copyThatBrings(stage, before, path);
  return found?.path;
}

/** The COPY before a step that brought a file to an absolute path in the image, and the file's path in the context. */
export function copyThatBrings(stage: StageSteps, before: Step, path: string | undefined): { readonly step: Step; readonly path: string } | undefined {
  if (path === undefined) return undefined;
  for (const step of stage.steps.slice(0, before.index).toReversed()) {
    for (const source of step.copy?.sources ?? []) {
      const found = step.copy && sourceOfPath(source, step.copy, path);
      if (found !== undefined) return { step, path: found };
    }
  }
  return undefined;
}

function sourceOfPath(source: string, copy: NonNullable<Step['copy']>, path: string): string | undefined {
  const name = posix.basename(path);
  if (source === '.') return isBelow(path, copy.destination) ? posix.relative(copy.destination, path) : undefined;
  const landed = copy.isFolder ? posix.join(copy.destination, posix.basename(source)) : copy.destination;
  if (/[*?[]/u.test(source)) {
    const isMatch = posix.join(copy.destination, name) === path && globRegex(posix.basename(source)).test(name);
    return isMatch ? posix.join(posix.dirname(source), name) : undefined;
  }
  if (landed === path) return source;
  // Of a folder the content is copied; names without an extension are taken for folders.
  return posix.extname(source) === '' && isBelow(path, copy.destination) ? posix.join(source, posix.relative(copy.destination, path)) : undefined;
}

function globRegex(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+^${}()|\\]/gu, String.raw`\$&`).replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}$`, 'u');
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

function targetsOf(installations: readonly Installation[]): readonly RequirementsTarget[] | undefined {
  const targets = new Map<string, RequirementsTarget>();
  for (const installation of installations) {
    for (const target of targetsOfOne(installation)) {
      if (!target) return undefined;
      targets.set(compileKey('', target), target);
    }
  }
  return [...targets.values()];
}

function targetsOfOne(installation: Installation): readonly (RequirementsTarget | undefined)[] {
  if (installation.kind === 'image') {
    const { family, build } = installation;
    return build.functions.map(({ architecture }) => (family && architecture.kind === 'known' ? { python: family.python, architecture: architecture.value, glibc: family.glibc } : undefined));
  }
  if (installation.kind === 'layer') return [managedTarget(installation.subject.buildMethod ?? '', installation.subject.architecture)];
  const { subject } = installation;
  const runtime = subject.package.kind === 'zip' ? subject.package.runtime : '';
  return [subject.architecture.kind === 'known' ? managedTarget(runtime, subject.architecture.value) : undefined];
}

function managedTarget(runtime: string, architecture: RequirementsTarget['architecture']): RequirementsTarget | undefined {
  const python = pythonOfRuntime(runtime);
  const glibc = manylinuxOf(runtime);
  return python && glibc ? { python, architecture, glibc } : undefined;
}

function sourceOf(file: RequirementsInProject, project: Project): RequirementsInProject {
  const path = file.path.replace(/\.txt$/u, '.in');
  return (path === file.path ? undefined : project.requirements.find((one) => one.path === path)) ?? file;
}

/** A path (absolute) as edits name it: relative to the project, forward slashes. */
export function projectPath(project: Project, path: string): string {
  return relative(project.folder, path).split(sep).join('/');
}
