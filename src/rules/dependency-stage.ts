import { posix } from 'node:path';
import type { Fix } from '../edits/edit.ts';
import { lineStart, type Splice } from '../syntax/splice.ts';
import { baseAsWritten, blockOf, dockerfileFix, freeStageName, insertStage, removeInstructions, removePackages } from './dockerfile-edit.ts';
import type { ImageBuild, StageSteps, Step } from './image-build.ts';
import { compiledFor, copyThatBrings, familyOf, imagePath, type PipInstall, type RequirementsUse } from './requirements-use.ts';
import type { RuleContext } from './rule.ts';

/** What is to move out of the final stage. */
export interface Moving {
  readonly installs: readonly { readonly step: Step; readonly effect: PipInstall }[];
  readonly uses: readonly RequirementsUse[];
  /** True when nothing is compiled, so that the new stage needs no tools either. */
  readonly isWheelsOnly: boolean;
  readonly isTool: (name: string) => boolean;
  /** `isCompiler`: brings libraries that compiled packages may need when they run. */
  readonly left: readonly { readonly kind: 'tools' | 'upgrade' | 'cache'; readonly step: Step; readonly isCompiler: boolean }[];
  readonly context: RuleContext;
}

/** The fix, the rule whose fix has to come first, or why there is none. */
export type Moved = { readonly kind: 'fix'; readonly fix: Fix } | { readonly kind: 'wait'; readonly rule: string } | { readonly kind: 'cannot'; readonly why: string };

/** Where the new stage installs to. */
const folder = '/dependencies';

/**
 * Moves pip installs into a stage of their own. What was in site-packages is installed under another prefix and copied to
 * the interpreter's own, what was in a target folder likewise: every file lands where it was before.
 */
export function dependencyStage(build: ImageBuild, stage: StageSteps, moving: Moving): Moved {
  const { installs } = moving;
  const cannot = (why: string): Moved => ({ kind: 'cannot', why });
  const doubt = doubtOf(build, stage, moving);
  if (doubt !== undefined) return cannot(doubt);
  const manifests: Step[] = [];
  for (const { step, effect } of installs) {
    for (const name of effect.requirementsFiles) {
      const brought = copyThatBrings(stage, step, imagePath(step, effect, name));
      if (!brought) return cannot('where the requirements file comes from cannot be told');
      if (!isManifestOnly(brought.step)) return { kind: 'wait', rule: 'dockerfile/code-before-dependencies' };
      if (!manifests.includes(brought.step)) manifests.push(brought.step);
    }
  }
  if (includesOthers(build, manifests, moving)) return cannot('the requirements file takes in another one, which is copied elsewhere');
  const splices = splicesOf(build, stage, moving, manifests);
  const isProven = moving.isWheelsOnly || !moving.left.some(({ kind, isCompiler }) => kind === 'tools' && isCompiler);
  const title = `install in a stage of its own and copy the outcome${isProven ? '' : '; compiled packages may need libgomp or libgfortran beside them'}`;
  return splices ? { kind: 'fix', fix: dockerfileFix(build, title, splices, isProven ? 'safe' : 'unsafe') } : cannot('the lines cannot be edited without loss');
}

function doubtOf(build: ImageBuild, stage: StageSteps, { installs, uses, context }: Moving): string | undefined {
  const [first] = installs;
  if (!first) return 'it installs nothing';
  const last = installs.at(-1)?.step.index ?? 0;
  const before = stage.steps.filter(({ index }) => index < last);
  if (before.some(({ instruction }) => instruction.keyword === 'USER' || instruction.keyword === 'SHELL')) return 'it installs as another user or in another shell';
  if (before.some(({ effects }) => effects.some((effect) => effect.kind === 'file-operation' && effect.operation !== 'mkdir' && !(effect.operation === 'rm' && effect.paths.every((path) => path.startsWith('/var/')))))) return 'files are changed before the install';
  if (installs.some(({ effect }) => effect.tool !== 'pip' || effect.folder !== undefined)) return 'it installs with another tool than pip';
  if (installs.some(({ step }) => step.effects.length !== 1 || step.instruction.flags.length > 0 || step.instruction.form !== 'shell')) return 'the RUN does more than install';
  if (installs.some(({ step: { instruction } }) => instruction.heredocs.length > 0 || /(?:^|\s)#/u.test(build.dockerfile.source.text.slice(instruction.span.start, instruction.span.end)))) return 'the RUN is not a plain line';
  if (installs.some(({ effect }) => effect.editables.length > 0 || effect.requirements.some((text) => /^\.|\//u.test(text)) || effect.constraintFiles.length > 0)) return 'it installs from the code itself';
  const places = new Set(installs.map(({ effect }) => JSON.stringify(effect.location)));
  if (places.size > 1) return 'it installs into several places';
  const { location } = first.effect;
  if (location.kind === 'target') return undefined;
  if (location.kind !== 'site') return `it installs with --${location.kind}`;
  const family = familyOf(build, stage);
  if (!family) return 'where the base image keeps its packages is not known';
  if (stage.steps.some(({ instruction }) => /venv|virtualenv|conda/u.test(instruction.argument))) return 'it may use a virtual environment';
  const own = uses.filter((use) => use.installations.some((one) => one.kind === 'image' && installs.some(({ effect }) => one.effect.span.start === effect.span.start)));
  const compiled = own.map((use) => compiledFor(use, context.knowledge));
  const named = own.flatMap((use) => use.file.requirements.lines.flatMap((line) => (line.kind === 'requirement' ? [line.normalizedName] : [])));
  const all = [...named, ...compiled.flatMap((one) => [...(one?.versions.keys() ?? [])]), ...installs.flatMap(({ effect }) => effect.requirements.map((text) => /^[\w.-]+/u.exec(text)?.[0].toLowerCase() ?? ''))];
  const shared = all.find((name) => family.ownPackages.has(name));
  if (shared !== undefined) return `the base image has a ${shared} of its own, which the install replaces`;
  return family.kind === 'lambda' && compiled.some((one) => one === undefined) ? 'which packages of the base image the install replaces is not known' : undefined;
}

/** True when a copied requirements file names a file that none of the copies brings. */
function includesOthers(build: ImageBuild, manifests: readonly Step[], { context }: Moving): boolean {
  const copied = manifests.flatMap((step) => (step.copy?.sources ?? []).map((source) => posix.join(build.file.context, source)));
  return context.project.requirements.filter(({ path }) => copied.includes(path)).some(({ path, requirements }) => requirements.lines.some((line) =>
    line.kind === 'editable' || line.kind === 'location' || ((line.kind === 'include' || line.kind === 'constraint') && !copied.includes(posix.resolve(posix.dirname(path), line.path)))));
}

function isManifestOnly(step: Step): boolean {
  return step.copy?.sources.every((source) => /\.(?:txt|in)$/u.test(source)) === true;
}

function splicesOf(build: ImageBuild, stage: StageSteps, moving: Moving, manifests: readonly Step[]): readonly Splice[] | undefined {
  const { text } = build.dockerfile.source;
  const name = freeStageName(build, 'dependencies');
  const { installs, left, isTool } = moving;
  const textOf = (step: Step): string => text.slice(step.instruction.span.start, step.instruction.span.end);
  const commentOf = (step: Step): string => text.slice(blockOf(build, step.instruction).start, lineStart(text, step.instruction.span.start));
  const last = installs.at(-1)?.step.index ?? 0;
  const members = stage.steps.filter((step) => manifests.includes(step) || installs.some((one) => one.step === step) || (step.index < last && prepares(step, moving, hasNewPip(build, stage))));
  const texts = members.map((step) => {
    const install = installs.find((one) => one.step === step);
    return commentOf(step) + (install ? movedInstall(textOf(step), install.effect) : textOf(step));
  });
  const body = texts.join('\n');
  const scene = stage.steps.filter(({ instruction, index }) => index < last && isScene(instruction.keyword, instruction.argument, body, moving)).map(textOf);
  const splices: Splice[] = [insertStage(build, stage, [`FROM ${baseAsWritten(build, stage)} AS ${name}`, ...scene, ...texts])];
  const gone: Step[] = left.filter(({ kind }) => kind === 'upgrade').map(({ step }) => step);
  for (const { kind, step } of left) {
    if (kind !== 'tools') continue;
    const removed = removePackages(build, step, isTool);
    if (!removed) return undefined;
    if (removed.length === 1 && (removed[0]?.start ?? 0) <= step.instruction.span.start && members.includes(step)) gone.push(step);
    else splices.push(...removed);
  }
  if (!isReadAtRunTime(moving, build)) gone.push(...manifests);
  const [first, ...rest] = installs;
  if (!first) return undefined;
  const { location } = first.effect;
  const destination = location.kind === 'target' ? targetAsWritten(textOf(first.step)) : familyOf(build, stage)?.prefix;
  if (destination === undefined) return undefined;
  gone.push(...rest.map(({ step }) => step));
  const comment = { start: blockOf(build, first.step.instruction).start, end: lineStart(text, first.step.instruction.span.start) };
  if (comment.end > comment.start) splices.push({ ...comment, text: '' });
  splices.push({ ...first.step.instruction.span, text: `COPY --from=${name} ${folder} ${destination}` }, ...removeInstructions(build, gone.map(({ instruction }) => instruction)));
  return splices;
}

/** A RUN before the installs that they may need: tools and libraries to compile with, a newer pip. */
function prepares(step: Step, { isWheelsOnly, left }: Moving, hasPip: boolean): boolean {
  const isUpgrade = step.effects.some((effect) => effect.kind === 'tool-upgrade');
  const isDropped = isWheelsOnly && hasPip && left.some((one) => one.kind === 'upgrade' && one.step === step);
  return (isUpgrade && !isDropped) || (!isWheelsOnly && step.effects.some((effect) => effect.kind === 'os-packages'));
}

/** True for bases whose pip takes every wheel and hash of today by itself: pip 21 came with Python 3.9's images. */
export function hasNewPip(build: ImageBuild, stage: StageSteps): boolean {
  return (familyOf(build, stage)?.python.minor ?? 0) >= 9;
}

/** ENV and ARG that the moved lines refer to, or that set pip and compilers up, and the working folder where paths are absolute. */
function isScene(keyword: string, argument: string, body: string, { isWheelsOnly }: Moving): boolean {
  if (keyword === 'WORKDIR') return /[\s"'=](?:\/(?!dependencies\b)|\$)/u.test(body);
  if (keyword !== 'ENV' && keyword !== 'ARG') return false;
  const names = Array.from(argument.matchAll(/(?:^|\s)(\w+)(?==|\s|$)/gu), (match) => match[1] ?? '');
  return !isWheelsOnly || names.some((name) => /^(?:PIP_|PYTHON|PATH$|https?_proxy$|no_proxy$)/iu.test(name) || new RegExp(`\\$\\{?${name}\\b`, 'u').test(body));
}

const targetFlag = /(?<=\s)(?:-t|--target)(?:=|\s+)("[^"]*"|'[^']*'|[^\s\\]+)/u;

function movedInstall(text: string, effect: PipInstall): string {
  const cached = effect.options.noCache ? text : text.replace(/(?<=\bpip[\d.]*(?:\s+-\S+)*\s+install)(?=\s)/u, ' --no-cache-dir');
  if (effect.location.kind === 'target') return cached.replace(targetFlag, `--target ${folder}`);
  return `${cached} --prefix ${folder}`;
}

function targetAsWritten(text: string): string | undefined {
  return targetFlag.exec(text)?.[1]?.replace(/^(["'])(.*)\1$/u, '$2');
}

/** True when the code names the file, and so may read it. */
function isReadAtRunTime({ context, installs }: Moving, build: ImageBuild): boolean {
  const names = installs.flatMap(({ effect }) => effect.requirementsFiles.map((path) => path.split('/').at(-1) ?? path));
  return context.project.pythonSources.some(({ path, source }) => path.startsWith(build.file.context) && !/(?:^|\/)setup\.py$/u.test(path) && names.some((name) => source.text.includes(name)));
}

/** Puts `--no-cache-dir` behind `pip install`; undefined when the line is written some other way. */
export function noCacheSplice(build: ImageBuild, step: Step): readonly Splice[] | undefined {
  return installFlagSplices(build, step, '--no-cache-dir', (effect) => effect.tool === 'pip' && !effect.options.noCache);
}

/** Puts a flag behind `pip install` in the commands of a RUN that want it. */
export function installFlagSplices(build: ImageBuild, step: Step, flag: string, isWanted: (effect: PipInstall) => boolean): readonly Splice[] | undefined {
  const { text } = build.dockerfile.source;
  const splices: Splice[] = [];
  for (const effect of step.effects) {
    if (effect.kind !== 'pip-install' || !isWanted(effect)) continue;
    const match = step.instruction.form === 'shell' ? /\b(?:uv\s+)?pip[\d.]*(?:\s+-\S+)*\s+install(?=\s)/u.exec(text.slice(effect.span.start, effect.span.end)) : null;
    if (!match) return undefined;
    const at = effect.span.start + match.index + match[0].length;
    splices.push({ start: at, end: at, text: ` ${flag}` });
  }
  return splices;
}
