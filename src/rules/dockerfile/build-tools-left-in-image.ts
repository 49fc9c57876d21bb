import { dockerfileFix, removeInstruction, removePackages, restructuringDoubt } from '../dockerfile-edit.ts';
import { finalSteps, type ImageBuild, type StageSteps, type Step } from '../image-build.ts';
import { dependencyStage, noCacheSplice } from '../dependency-stage.ts';
import { compiledFor, requirementsUses, type PipInstall, type RequirementsUse } from '../requirements-use.ts';
import { defineRule, type Cost, type RuleContext, type RuleDefinition } from '../rule.ts';
import { buildTools, isCalledAtRunTime } from '../build-tools.ts';
import type { Fix } from '../../edits/edit.ts';

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
    const stage = finalSteps(build);
    if (!stage) return;
    const left = leftIn(build, stage, context);
    if (left.length === 0) return;
    const way = fixOf(build, stage, left, context);
    for (const { step, message, cost } of left) {
      const at = { file: build.dockerfile.source, span: step.instruction.span };
      yield { message, at, cost, ...(way.kind === 'fix' ? { fix: way.fix } : way.kind === 'wait' ? { waitsFor: way.rule } : { advice: way.why }) };
    }
  },
});

interface Left {
  readonly kind: 'tools' | 'upgrade' | 'cache';
  readonly step: Step;
  readonly message: string;
  readonly cost: Cost;
}

function leftIn(build: ImageBuild, stage: StageSteps, context: RuleContext): readonly Left[] {
  return stage.steps.flatMap((step): readonly Left[] => {
    const found: Left[] = [];
    const tools = toolsOf(step, build, context);
    if (tools.length > 0) {
      const heavy = tools.some((name) => /gcc|build-essential|g\+\+|clang|devel|dev$|cmake|rust|cargo/u.test(name));
      found.push({
        kind: 'tools', step,
        message: `${tools.join(', ')} ${tools.length === 1 ? 'stays' : 'stay'} in the image, where nothing needs ${tools.length === 1 ? 'it' : 'them'}`,
        cost: { kind: 'estimate', bytes: heavy ? 250_000_000 : 30_000_000, formula: heavy ? 'a compiler with its headers is about 250 MB' : 'a download or archive tool with its libraries is up to 30 MB' },
      });
    }
    if (step.effects.length > 0 && step.effects.every((effect) => effect.kind === 'tool-upgrade')) {
      found.push({ kind: 'upgrade', step, message: 'a newer pip is installed into the image, where nothing needs it', cost: { kind: 'estimate', bytes: 12_000_000, formula: 'a pip is about 12 MB, and this one is another version at each build' } });
    }
    const isCaching = step.effects.some((effect) => effect.kind === 'pip-install' && effect.tool === 'pip' && !effect.options.noCache);
    if (isCaching) found.push({ kind: 'cache', step, message: 'pip keeps what it downloads in the image', cost: { kind: 'estimate', bytes: 20_000_000, formula: 'as much as the wheels that it downloads; 20 MB where their size is not known' } });
    return found;
  });
}

function toolsOf(step: Step, build: ImageBuild, { project }: RuleContext): readonly string[] {
  return step.effects.flatMap((effect) => (effect.kind === 'os-packages' && effect.verb === 'install' ? effect.packages : []))
    .filter((name) => buildTools.test(name) && !isCalledAtRunTime(name, build, project));
}

type Way = { readonly kind: 'fix'; readonly fix: Fix } | { readonly kind: 'wait'; readonly rule: string } | { readonly kind: 'advice'; readonly why: string };

function fixOf(build: ImageBuild, stage: StageSteps, left: readonly Left[], context: RuleContext): Way {
  const caching = left.filter((one) => one.kind === 'cache');
  if (caching.length === left.length) {
    const splices = caching.flatMap(({ step }) => noCacheSplice(build, step) ?? []);
    if (splices.length < caching.length) return { kind: 'advice', why: 'add --no-cache-dir to the install' };
    return { kind: 'fix', fix: dockerfileFix(build, 'tell pip to keep no cache', splices) };
  }
  const unclear = stage.steps.find((step) => step.effects.some((effect) => effect.kind === 'opaque' || effect.kind === 'download' || effect.kind === 'archive'));
  if (unclear) {
    const why = unclear.effects.find((effect) => effect.kind === 'opaque');
    return { kind: 'advice', why: `another RUN may need them${why?.kind === 'opaque' ? `: ${why.reason}` : ''}; install in a stage of its own and COPY --from it` };
  }
  const doubt = restructuringDoubt(build);
  if (doubt !== undefined) return { kind: 'advice', why: `${doubt}; install in a stage of its own and COPY --from it` };
  const installs = stage.steps.flatMap((step) => step.effects.flatMap((effect) => (effect.kind === 'pip-install' ? [{ step, effect }] : [])));
  const uses = requirementsUses(context.project, context.model).filter((use) => use.installations.some((one) => one.kind === 'image' && one.build.file === build.file));
  const isWheelsOnly = installs.every(({ effect }) => isFromWheels(effect, uses, context));
  if (installs.length > 0) {
    const moved = dependencyStage(build, stage, { installs, uses, isWheelsOnly, context, isTool: (name) => buildTools.test(name) && !isCalledAtRunTime(name, build, context.project), left: left.map(({ kind, step }) => ({ kind, step })) });
    if (moved.kind !== 'cannot') return moved;
    if (!isWheelsOnly) return { kind: 'advice', why: `${moved.why}; install in a stage of its own and COPY --from it` };
  }
  return removal(build, left, context);
}

/** True when all that a pip command installs is known to come as wheels: nothing is compiled. */
function isFromWheels(effect: PipInstall, uses: readonly RequirementsUse[], { knowledge }: RuleContext): boolean {
  if (effect.requirements.length > 0 || effect.editables.length > 0) return false;
  const own = uses.filter((use) => use.installations.some((one) => one.kind === 'image' && one.effect.span.start === effect.span.start));
  return own.length === effect.requirementsFiles.length && own.every((use) => compiledFor(use, knowledge)?.isWheelsOnly === true);
}

/** Takes the tools out, without a further stage: nothing that is installed needs them. */
function removal(build: ImageBuild, left: readonly Left[], context: RuleContext): Way {
  const splices = left.map(({ kind, step }) => {
    if (kind === 'upgrade') return [removeInstruction(build, step.instruction)];
    if (kind === 'cache') return noCacheSplice(build, step);
    const tools = new Set(toolsOf(step, build, context));
    return removePackages(build, step, (name) => tools.has(name));
  });
  if (splices.some((one) => one === undefined)) return { kind: 'advice', why: 'the line cannot be edited without loss; take them out by hand' };
  return { kind: 'fix', fix: dockerfileFix(build, 'take out what only a build would need', splices.flatMap((one) => one ?? [])) };
}
