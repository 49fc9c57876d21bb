import { failure } from '../../base/fault.ts';
import { placeAt, squiggle, type Place } from '../../base/source.ts';
import { parseReference } from '../../registry/reference.ts';
import { builtFfmpegRoot, recipeOfBuiltStage } from '../../model/built-ffmpeg-stage.ts';
import { isShearFfmpegStage } from '../../model/shear-ffmpeg.ts';
import type { Dockerfile, DockerfileInstruction, DockerfileStage } from '../../syntax/dockerfile.ts';
import { expandWord } from '../../syntax/expand-word.ts';
import { takeInstruction } from './instructions.ts';
import type { InterpretRequest, StageInProgress } from './stage-in-progress.ts';
import { argumentsOf, createScope, globalArguments } from './scope.ts';
import {
  type BaseFacts,
  type ConfigChanges,
  type InstructionVerdict,
  type InterpretedStage,
  type Unsupported,
} from './stage.ts';
import { scratchFacts } from './base-facts.ts';

/** A Dockerfile as far as the native engine goes. */
export interface Interpretation {
  readonly stage: InterpretedStage;
  readonly facts: BaseFacts;
  readonly unsupported: readonly Unsupported[];
  readonly verdicts: readonly InstructionVerdict[];
}

const noChanges: ConfigChanges = {
  env: [], cmd: undefined, entrypoint: undefined, workingDir: undefined, user: undefined,
  labels: {}, exposedPorts: [], stopSignal: undefined,
};

/**
 * Reads a Dockerfile instruction by instruction into what the target stage's file system and config become.
 * Nothing is executed and nothing guessed: a line that is not wholly understood is `unsupported`.
 */
export async function interpretDockerfile(request: InterpretRequest): Promise<Interpretation> {
  const { dockerfile } = request;
  const global = globalArguments(dockerfile, request.buildArgs, request.architecture);
  const target = targetStage(dockerfile, request.target);
  const stages = new Map<number, StageInProgress>();
  const unsupported: Unsupported[] = [];
  const verdicts: InstructionVerdict[] = [];
  const stageNamed = (name: string): number | undefined => indexOfStage(dockerfile, name);
  for (const stage of dockerfile.stages.filter((s) => neededStages(dockerfile, target, global).has(s.index))) {
    const { text: reference, missing } = expandWord(stage.base.text, (name) => global.get(name), dockerfile.escape);
    if (missing.length > 0) refuseNameless(dockerfile, stage, reference, missing);
    const place = placeAt(dockerfile.source, stage.from.span.start);
    const progress = await startStage(reference, place, { request, stages, stageNamed, stage });
    stages.set(stage.index, progress);
    verdicts.push({ place, text: lineOf(stage.from), engine: 'native', why: 'the base image is taken by digest' });
    if (takeFfmpegStage(stage, progress, dockerfile, verdicts)) continue;
    const scope = createScope(dockerfile, [...progress.facts.env, ...progress.changes.env], global);
    for (const instruction of stage.instructions) {
      const at = placeAt(dockerfile.source, instruction.span.start);
      const taken = takeInstruction(instruction, progress, scope, { request, stages, stageNamed, place: at });
      if (taken.kind === 'unsupported') unsupported.push({ instruction, place: at, reason: taken.reason });
      verdicts.push({
        place: at,
        text: lineOf(instruction),
        engine: taken.kind === 'unsupported' ? 'buildkit' : taken.kind === 'skipped' ? 'skipped' : 'native',
        why: taken.kind === 'taken' ? taken.how : taken.reason,
      });
    }
  }
  const result = stages.get(target.index);
  if (!result) throw new Error('unreachable: the target stage was not read');
  const { base, contributions, changes, facts } = result;
  return { stage: { base, contributions, changes }, facts, unsupported, verdicts };
}

/** A variable without a value is an empty text, which leaves no image name, or half of one. */
function refuseNameless(dockerfile: Dockerfile, stage: DockerfileStage, reference: string, missing: readonly string[]): void {
  if (parseReference(reference).ok) return;
  const isDeclared = (name: string): boolean => dockerfile.globalArguments.some((line) => argumentsOf(line).some(([declared]) => declared === name));
  throw failure('syntax/dockerfile', `FROM ${stage.base.text} names no image: ${missing.join(' and ')} has no value`, {
    place: placeAt(dockerfile.source, stage.base.span.start),
    excerpt: squiggle(dockerfile.source, stage.base.span),
    why: `with nothing in its place the name is ${JSON.stringify(reference)}`,
    next: missing.map((name) => (isDeclared(name) ? `write a default, \`ARG ${name}=…\`, or set ${name} in Metadata.DockerBuildArgs` : `declare \`ARG ${name}=…\` before the first FROM`)).join('; '),
  });
}

interface StageStart {
  readonly request: InterpretRequest;
  readonly stages: ReadonlyMap<number, StageInProgress>;
  readonly stageNamed: (name: string) => number | undefined;
  readonly stage: DockerfileStage;
}

async function startStage(reference: string, place: Place, start: StageStart): Promise<StageInProgress> {
  const earlier = start.stageNamed(reference.toLowerCase());
  const parent = earlier !== undefined && earlier < start.stage.index ? start.stages.get(earlier) : undefined;
  if (parent) {
    return { ...parent, contributions: [...parent.contributions], folders: new Set(parent.folders) };
  }
  // The base of a stage that shear carries out itself need not be had.
  const isScratch = reference === 'scratch' || recipeOfBuiltStage(start.stage) !== undefined;
  const facts = isScratch ? scratchFacts : await start.request.factsOf(reference, place);
  return {
    base: isScratch ? { kind: 'scratch' } : { kind: 'image', reference, place },
    facts,
    contributions: [],
    changes: noChanges,
    folders: new Set([facts.workingDir]),
    shell: ['/bin/sh', '-c'],
  };
}

function takeFfmpegStage(
  stage: DockerfileStage,
  progress: StageInProgress,
  dockerfile: Dockerfile,
  verdicts: InstructionVerdict[],
): boolean {
  const recipe = recipeOfBuiltStage(stage);
  if (!recipe && !isShearFfmpegStage(stage)) return false;
  const instruction = stage.instructions[0] ?? stage.from;
  const place = placeAt(dockerfile.source, instruction.span.start);
  progress.contributions.push({
    kind: 'ffmpeg', destination: recipe ? builtFfmpegRoot : '/usr/local/bin/ffmpeg', recipe: recipe ?? null, createdBy: lineOf(instruction), place, moves: [],
  });
  verdicts.push({ place, text: lineOf(instruction), engine: 'native', why: recipe ? "shear's own ffmpeg stage: compiled once from pinned source, then taken from the store" : "shear's own ffmpeg stage: the binary comes out of the pinned wheel" });
  return true;
}

function targetStage(dockerfile: Dockerfile, name: string | undefined): DockerfileStage {
  const last = dockerfile.stages.at(-1);
  if (!last) throw new Error('unreachable: a parsed Dockerfile has a stage');
  if (name === undefined) return last;
  const index = indexOfStage(dockerfile, name.toLowerCase());
  const found = dockerfile.stages.find((stage) => stage.index === index);
  if (found) return found;
  const named = dockerfile.stages.flatMap((stage) => stage.name ?? []);
  throw failure('model/invalid', `${dockerfile.source.path} has no stage ${name}`, {
    why: `DockerBuildTarget asks for it; ${named.length === 0 ? 'no stage has a name' : `the stages are ${named.join(', ')}`}`,
    next: 'correct DockerBuildTarget in the template, or name the stage with `FROM … AS`',
  });
}

function indexOfStage(dockerfile: Dockerfile, name: string): number | undefined {
  const named = dockerfile.stages.findLast((stage) => stage.name === name.toLowerCase());
  if (named) return named.index;
  return /^\d+$/u.test(name) ? dockerfile.stages.find((stage) => stage.index === Number(name))?.index : undefined;
}

/** The target stage and, in turn, every earlier one that it is built on or copies from. */
function neededStages(dockerfile: Dockerfile, target: DockerfileStage, global: ReadonlyMap<string, string>): ReadonlySet<number> {
  const needed = new Set<number>();
  const visit = (stage: DockerfileStage): void => {
    if (needed.has(stage.index)) return;
    needed.add(stage.index);
    const base = expandWord(stage.base.text, (name) => global.get(name), dockerfile.escape).text;
    const sources = stage.instructions.flatMap((i) => i.flags.filter((f) => f.name === 'from').map((f) => f.value));
    for (const name of [base, ...sources]) {
      const index = indexOfStage(dockerfile, name.toLowerCase());
      const earlier = dockerfile.stages.find((s) => s.index === index);
      if (earlier && earlier.index < stage.index) visit(earlier);
    }
  };
  visit(target);
  return needed;
}

function lineOf(instruction: DockerfileInstruction): string {
  const flags = instruction.flags.map((flag) => `--${flag.name}=${flag.value} `).join('');
  return `${instruction.keyword} ${flags}${instruction.argument}`.replace(/\s+/gu, ' ').trim();
}
