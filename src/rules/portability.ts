import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { filesBelow } from '../model/files-below.ts';
import type { LambdaFunction } from '../model/function.ts';
import { pythonOfRuntime } from '../model/limits.ts';
import type { Project } from '../project/project.ts';
import { baseFamily, imageBuilds, type ImageBuild, type Step } from './image-build.ts';
import { compileKey, type Knowledge } from './knowledge.ts';
import { namedImages } from './named-images.ts';
import { requirementsUses, type RequirementsUse } from './requirements-use.ts';
import type { RuleContext } from './rule.ts';

/** Tells whether everything that a function ships runs on arm64 as well. */
export type Portability = (fn: LambdaFunction) => boolean;

/**
 * What is known to run on arm64: Python and JavaScript sources without binaries beside them, packages of which every one has a wheel
 * for arm64, base images that are published for both. Whatever is not known counts as not.
 */
export function portabilityOf(context: RuleContext): Portability {
  const { project, model, knowledge } = context;
  if (!project.areFilesComplete) return () => false;
  const uses = requirementsUses(project, model).filter((use) => isUsePortable(use, knowledge));
  const all = requirementsUses(project, model);
  const builds = imageBuilds(model);
  return (fn) => {
    if (fn.layers.length > 0) return false;
    if (fn.package.kind === 'image') {
      const build = builds.find((one) => one.functions.some((other) => other === fn));
      return build !== undefined && isBuildPortable(build, project, uses);
    }
    if (fn.package.kind === 'inline') return isScript(runtimeOf(fn));
    if (fn.package.kind !== 'zip' || fn.package.buildMethod !== undefined || !isScript(fn.package.runtime)) return false;
    const isOwn = (use: RequirementsUse): boolean => use.installations.some((one) => one.kind === 'zip' && one.subject === fn);
    return isFolderPortable(project, fn.package.codeFolder) && (fn.package.requirements === undefined ? !all.some(isOwn) : uses.some(isOwn));
  };
}

function runtimeOf(fn: LambdaFunction): string {
  const node = fn.property('Runtime');
  return node?.kind === 'scalar' ? String(node.value) : '';
}

/** Runtimes of scripts that exist for both: Python 3.8, Node.js 12 and later. Source: Lambda developer guide, "Lambda runtimes". */
function isScript(runtime: string): boolean {
  const python = pythonOfRuntime(runtime);
  if (python) return python.major === 3 && python.minor >= 8;
  return Number(/^nodejs(\d+)\.x$/u.exec(runtime)?.[1] ?? 0) >= 12;
}

function isUsePortable(use: RequirementsUse, knowledge: Knowledge): boolean {
  const { lines, source } = use.source.requirements;
  if (lines.every((line) => line.kind === 'comment')) return true;
  return use.targets !== undefined && use.targets.every((target) => target.architecture === 'arm64' || knowledge.armWheels?.[compileKey(source.text, target)] === true);
}

const machineCode = /\.(?:so(?:\.\d+)*|node|dll|dylib|exe|a|o|pyd|whl|egg|jar|zip|tar|gz|tgz|xz|bz2|zst|br|7z|rpm|deb|bin)$/iu;
/** Programs have no extension mostly; texts without one (LICENSE, Makefile) are smaller. */
const largestText = 30_000;

/** No file that may hold machine code, and no packages that other tools brought or bring. */
function isFolderPortable(project: Project, folder: string): boolean {
  const isBelow = (path: string): boolean => `${resolve(project.folder, path)}${sep}`.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
  if (project.skipped.some((path) => isBelow(path) && !/(?:^|\/)\.git$/u.test(path))) return false;
  return filesBelow(project, folder).every(({ path, size }) => {
    const name = path.split('/').at(-1) ?? '';
    if (machineCode.test(name) || (!name.slice(1).includes('.') && size > largestText)) return false;
    return !['package.json', 'Pipfile', 'poetry.lock', 'uv.lock', 'pyproject.toml', 'setup.py', 'binding.gyp'].includes(name) || hasNoPackages(project, relative(project.folder, join(folder, path)).split(sep).join('/'));
  });
}

/** A package.json whose text is known and that asks for nothing at run time. */
function hasNoPackages(project: Project, path: string): boolean {
  const text = path.endsWith('package.json') ? project.otherTexts.find((source) => source.path === path)?.text : undefined;
  if (text === undefined) return false;
  try {
    const json: unknown = JSON.parse(text);
    const dependencies: unknown = typeof json === 'object' && json !== null && 'dependencies' in json ? json.dependencies : {};
    return typeof dependencies === 'object' && dependencies !== null && Object.keys(dependencies).length === 0;
  } catch {
    return false;
  }
}

function isBuildPortable(build: ImageBuild, project: Project, uses: readonly RequirementsUse[]): boolean {
  const isFromElsewhere = namedImages(build).some(({ by, reference }) => by !== 'FROM' || !isOnBoth(reference));
  if (isFromElsewhere || build.stages.some(({ base, isOwnBase, stage }) => (!isOwnBase && !isOnBoth(base)) || stage.platform !== undefined)) return false;
  if (build.functions.some((fn) => fn.package.extraParameters.length > 0)) return false;
  return build.stages.every(({ steps }) => steps.every((step) => isStepPortable(step, uses))) && isContextPortable(build, project);
}

/** AWS's and Docker's own images are published for both; a digest may stand for one of them alone. */
function isOnBoth(reference: string): boolean {
  return !reference.includes('@') && (baseFamily(reference) !== undefined || /^public\.ecr\.aws\/lambda\/nodejs:\d/u.test(reference));
}

function isStepPortable(step: Step, uses: readonly RequirementsUse[]): boolean {
  if (step.instruction.keyword === 'ADD') return false;
  return step.effects.every((effect) => {
    if (effect.kind !== 'pip-install') return ['file-operation', 'no-operation', 'tool-upgrade'].includes(effect.kind);
    const isKnown = effect.requirements.length === 0 && effect.editables.length === 0 && effect.options.platforms.length === 0 && effect.options.findLinks.length === 0;
    const known = uses.filter((use) => use.installations.some((one) => one.kind === 'image' && one.effect.span.start === effect.span.start && one.step.instruction === step.instruction));
    return isKnown && known.length === effect.requirementsFiles.length;
  });
}

/** Of the context only what is copied counts, but what is not told apart counts as copied. */
function isContextPortable(build: ImageBuild, project: Project): boolean {
  const copies = build.stages.flatMap(({ steps }) => steps.filter(({ instruction }) => instruction.keyword === 'COPY'));
  return copies.every(({ copy, instruction }) => {
    if (instruction.flags.some(({ name }) => name === 'from')) return true;
    if (!copy) return false;
    return copy.sources.every((source) => {
      const path = isAbsolute(source) ? source : join(build.file.context, source);
      return /[*?[]/u.test(source) ? isFolderPortable(project, build.file.context) : isFolderPortable(project, path);
    });
  });
}
