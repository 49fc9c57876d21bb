import { basename, sep } from 'node:path';
import type { Fix } from '../../edits/edit.ts';
import { buildTools, isAllRead, isCompiler, neededAtRunTime } from '../build-tools.ts';
import { managersIn } from '../package-managers.ts';
import { dependencyStage, hasNewPip, noCacheSplice } from '../dependency-stage.ts';
import { dockerfileFix, removeInstruction, removePackages, restructuringDoubt } from '../dockerfile-edit.ts';
import { finalSteps, shippedStages, type ImageBuild, type StageSteps, type Step } from '../image-build.ts';
import { compiledFor, requirementsUses, type PipInstall, type RequirementsUse } from '../requirements-use.ts';
import { defineRule, evidence, type Cost, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** Compilers, download tools, newer pips and pip's cache in the image that Lambda runs. */
export const buildToolsLeftInImage: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/build-tools-left-in-image',
  subject: 'dockerfile',
  title: 'Build tools and caches left in the image',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  after: ['dockerfile/unpinned-base-image', 'ffmpeg/oversized-ffmpeg', 'dependencies/unpinned-requirements', 'dockerfile/code-before-dependencies'],
  *check(build, context) {
    const uses = requirementsUses(context.project, context.model).filter((use) => use.installations.some((one) => one.kind === 'image' && one.build.file === build.file));
    const look: Look = { build, context, uses, installed: installedNames(build, uses, context) };
    yield* managersLeft(look);
    const left = shippedStages(build).flatMap((stage) => leftIn(stage, look));
    const way = left.length > 0 ? wayOut(look, left) : undefined;
    for (const kind of ['tools', 'upgrade', 'cache'] as const) {
      const own = left.filter((one) => one.kind === kind);
      const draft = draftOf(kind, own, build);
      if (!draft || !way) continue;
      // A cache can be kept out by itself, whatever the rest needs.
      const alone = kind === 'cache' && (way.kind !== 'fix' || way.fix.safety !== 'safe') ? withoutCache(build, own) : way;
      yield { ...draft, ...(alone.kind === 'fix' ? { fix: alone.fix } : alone.kind === 'wait' ? { waitsFor: alone.rule } : { advice: alone.why }) };
    }
  },
});

/** Poetry and its like, which install the packages and then stay. */
function* managersLeft({ build, context, installed }: Look): Iterable<Draft> {
  const found = managersIn(shippedStages(build)).filter(({ name }) => neededAtRunTime(name, build, context.project, installed) === undefined);
  const [first, ...others] = found;
  if (!first) return;
  const names = [...new Set(found.map(({ name }) => name))];
  const file = build.dockerfile.source;
  yield {
    message: `${names.join(', ')} ${names.length === 1 ? 'stays' : 'stay'} in the image, where nothing is seen to start ${names.length === 1 ? 'it' : 'them'}`,
    at: { file, span: first.span }, evidence: others.map(({ span }) => evidence(file, span, 'and here')),
    cost: { kind: 'estimate', bytes: found.reduce((sum, { bytes }) => sum + bytes, 0), formula: `${names.join(', ')} with what ${names.length === 1 ? 'it needs' : 'they need'}, unpacked` },
    advice: apart,
  };
}

interface Look {
  readonly build: ImageBuild;
  readonly context: RuleContext;
  readonly uses: readonly RequirementsUse[];
  /** Python packages that the image gets, as far as they are known; normalised. */
  readonly installed: ReadonlySet<string>;
}

interface Left {
  readonly kind: 'tools' | 'upgrade' | 'cache';
  readonly step: Step;
  readonly names: readonly string[];
  readonly isCompiler: boolean;
}

function leftIn(stage: StageSteps, look: Look): readonly Left[] {
  return stage.steps.flatMap((step): readonly Left[] => {
    const found: Left[] = [];
    const names = toolsOf(step, look);
    if (names.length > 0) found.push({ kind: 'tools', step, names, isCompiler: names.some(isCompiler) });
    // setuptools and wheel may be what a package needs when it runs.
    const isUpgrade = step.effects.length > 0 && step.effects.every((effect) => effect.kind === 'tool-upgrade' && effect.packages.every((name) => /^(?:pip|uv|pip-tools)\b/u.test(name)));
    if (isUpgrade) found.push({ kind: 'upgrade', step, names: [], isCompiler: false });
    const isCached = step.instruction.flags.some(({ name, value }) => name === 'mount' && value.includes('cache'));
    if (!isCached && step.effects.some((effect) => effect.kind === 'pip-install' && effect.tool === 'pip' && !effect.options.noCache && !installsNothing(effect, look)) && !step.effects.some((effect) => effect.kind === 'no-operation' && effect.what === 'empties the package cache')) found.push({ kind: 'cache', step, names: [], isCompiler: false });
    return found;
  });
}

/** Requirements files that are empty, or all comments: pip downloads nothing. Where only the base tells the folder, all files of the name count. */
function installsNothing(effect: PipInstall, { build, uses, context: { project } }: Look): boolean {
  if (effect.requirements.length > 0 || effect.editables.length > 0 || effect.requirementsFiles.length === 0) return false;
  const own = uses.filter((use) => use.installations.some((one) => one.kind === 'image' && one.effect.span.start === effect.span.start)).map(({ file }) => file);
  return effect.requirementsFiles.every((name) => {
    const files = own.length === effect.requirementsFiles.length ? own : project.requirements.filter(({ path }) => path.startsWith(build.file.context + sep) && basename(path) === basename(name));
    return files.length > 0 && files.every(({ requirements }) => !/^\s*[^\s#]/mu.test(requirements.source.text));
  });
}

function toolsOf(step: Step, { build, context, installed }: Look): readonly string[] {
  const names = step.effects.flatMap((effect) => (effect.kind === 'os-packages' && effect.verb === 'install' ? effect.packages : []));
  const removed = new Set(step.effects.flatMap((effect) => (effect.kind === 'os-packages' && effect.verb === 'remove' ? effect.packages : [])));
  return names.filter((name) => buildTools.test(name) && !removed.has(name) && neededAtRunTime(name, build, context.project, installed) === undefined);
}

function installedNames(build: ImageBuild, uses: readonly RequirementsUse[], { knowledge }: RuleContext): ReadonlySet<string> {
  const declared = uses.flatMap((use) => use.file.requirements.lines.flatMap((line) => (line.kind === 'requirement' ? [line.normalizedName] : [])));
  const compiled = uses.flatMap((use) => [...(compiledFor(use, knowledge)?.versions.keys() ?? [])]);
  const inline = build.stages.flatMap((stage) => stage.steps.flatMap((step) => step.effects.flatMap((effect) => (effect.kind === 'pip-install' ? effect.requirements.map((text) => (/^[\w.-]+/u.exec(text)?.[0] ?? '').toLowerCase().replace(/[-_.]+/gu, '-')) : []))));
  return new Set([...declared, ...compiled, ...inline]);
}

/** One finding for all lines of a kind: one edit takes care of them. */
function draftOf(kind: Left['kind'], left: readonly Left[], build: ImageBuild): Draft | undefined {
  const [first, ...others] = left;
  if (!first) return undefined;
  const file = build.dockerfile.source;
  const names = [...new Set(left.flatMap((one) => one.names))];
  const messages = {
    tools: `${names.join(', ')} ${names.length === 1 ? 'stays' : 'stay'} in the image, where nothing is seen to start ${names.length === 1 ? 'it' : 'them'}`,
    upgrade: 'a newer pip is installed into the image, where nothing needs it',
    cache: 'pip keeps what it downloads in the image',
  };
  return {
    message: messages[kind], at: { file, span: first.step.instruction.span }, cost: costOf(kind, left),
    evidence: others.map(({ step }) => evidence(file, step.instruction.span, 'and here')),
  };
}

function costOf(kind: Left['kind'], left: readonly Left[]): Cost {
  if (kind === 'upgrade') return { kind: 'estimate', bytes: 12_000_000, formula: 'a pip is about 12 MB, and this one is another version at each build' };
  if (kind === 'cache') return { kind: 'estimate', bytes: 20_000_000, formula: 'as much as the wheels that it downloads; 20 MB where their size is not known' };
  const isHeavy = left.some((one) => one.names.some((name) => isCompiler(name) || /devel$|dev$|cmake|rust|cargo/u.test(name)));
  return { kind: 'estimate', bytes: isHeavy ? 250_000_000 : 30_000_000, formula: isHeavy ? 'a compiler with its headers is about 250 MB' : 'a download or archive tool with its libraries is up to 30 MB' };
}

type Way = { readonly kind: 'fix'; readonly fix: Fix } | { readonly kind: 'wait'; readonly rule: string } | { readonly kind: 'advice'; readonly why: string };

const apart = 'install in a stage of its own and COPY --from it';

function wayOut(look: Look, left: readonly Left[]): Way {
  const { build, context, uses } = look;
  const stage = finalSteps(build);
  if (left.every(({ kind }) => kind === 'cache')) return withoutCache(build, left);
  const doubt = restructuringDoubt(build);
  if (!stage || doubt !== undefined) return { kind: 'advice', why: `${doubt ?? 'functions build different stages of it'}; ${apart}` };
  if (left.some(({ step }) => !stage.steps.includes(step))) return { kind: 'advice', why: `an earlier stage that the image is built from installs them; ${apart}` };
  const unclear = stage.steps.flatMap((step) => step.effects.map((effect) => ({ effect, step }))).find(({ effect }) => effect.kind === 'opaque' || effect.kind === 'download' || effect.kind === 'archive');
  if (unclear) {
    const { effect } = unclear;
    return { kind: 'advice', why: `another RUN ${effect.kind === 'opaque' ? `may need them: ${effect.reason}` : effect.kind === 'download' ? 'downloads with them' : 'unpacks with them'}; ${apart}` };
  }
  const installs = stage.steps.flatMap((step) => step.effects.flatMap((effect) => (effect.kind === 'pip-install' ? [{ step, effect }] : [])));
  const isWheelsOnly = installs.every(({ effect }) => isFromWheels(effect, uses, context));
  if (installs.length > 0) {
    const isTool = (name: string): boolean => buildTools.test(name) && neededAtRunTime(name, build, context.project, look.installed) === undefined;
    const moved = dependencyStage(build, stage, { installs, uses, isWheelsOnly, context, isTool, left });
    if (moved.kind !== 'cannot') return moved;
    if (!isWheelsOnly) return { kind: 'advice', why: `${moved.why}; ${apart}` };
  }
  return removal(look, left, stage);
}

/** True when all that a pip command installs is known to come as wheels: nothing is compiled. */
function isFromWheels(effect: PipInstall, uses: readonly RequirementsUse[], { knowledge }: RuleContext): boolean {
  if (effect.requirements.length > 0 || effect.editables.length > 0) return false;
  const own = uses.filter((use) => use.installations.some((one) => one.kind === 'image' && one.effect.span.start === effect.span.start));
  return own.length === effect.requirementsFiles.length && own.every((use) => compiledFor(use, knowledge)?.isWheelsOnly === true);
}

function withoutCache(build: ImageBuild, left: readonly Left[]): Way {
  const splices = left.map(({ step }) => noCacheSplice(build, step));
  if (splices.some((one) => one === undefined)) return { kind: 'advice', why: 'add --no-cache-dir to the install' };
  return { kind: 'fix', fix: dockerfileFix(build, 'tell pip to keep no cache', splices.flatMap((one) => one ?? [])) };
}

/** Takes the tools out, without a further stage: nothing that is installed needs them. */
function removal(look: Look, left: readonly Left[], stage: StageSteps): Way {
  const { build, context } = look;
  if (!isAllRead(build, context.project)) return { kind: 'advice', why: `code that shear does not read may start them; take them out, or ${apart}` };
  const last = stage.steps.findLast((step) => step.effects.some((effect) => effect.kind === 'pip-install'))?.index ?? -1;
  const isStillNeeded = left.some(({ kind, step, names }) => step.index < last && ((kind === 'upgrade' && !hasNewPip(build, stage)) || names.includes('python3-pip')));
  if (isStillNeeded) return { kind: 'advice', why: `a later install uses that pip; ${apart}` };
  const splices = left.map(({ kind, step, names }) => {
    if (kind === 'upgrade') return [removeInstruction(build, step.instruction)];
    return kind === 'cache' ? noCacheSplice(build, step) : removePackages(build, step, (name) => names.includes(name));
  });
  if (splices.some((one) => one === undefined)) return { kind: 'advice', why: 'the line cannot be edited without loss; take them out by hand' };
  return { kind: 'fix', fix: dockerfileFix(build, 'take out what only a build would need', splices.flatMap((one) => one ?? [])) };
}
