import { posix } from 'node:path';
import { once } from '../base/once.ts';
import type { ImagePackage, LambdaFunction, Model, PythonVersion } from '../model/function.ts';
import { classifyRun, type RunEffect } from '../model/run-command.ts';
import { baseReference, instructionsInScope } from '../model/stage-scope.ts';
import type { DockerfileInProject } from '../project/project.ts';
import type { Dockerfile, DockerfileInstruction, DockerfileStage } from '../syntax/dockerfile.ts';
import { expandWord } from '../syntax/expand-word.ts';

/** A Dockerfile as functions build it. */
export interface ImageBuild {
  readonly file: DockerfileInProject;
  readonly dockerfile: Dockerfile;
  readonly functions: readonly ImageFunction[];
  /** The stage that becomes the image; undefined when functions take different ones, or one that is not there. */
  readonly final: DockerfileStage | undefined;
  readonly stages: readonly StageSteps[];
}

/** A function with PackageType Image. */
export type ImageFunction = LambdaFunction & { readonly package: ImagePackage };

/** A stage with what each instruction does. */
export interface StageSteps {
  readonly stage: DockerfileStage;
  /** FROM's image, global ARGs filled in. */
  readonly base: string;
  /** True for `scratch` and for an earlier stage. */
  readonly isOwnBase: boolean;
  readonly steps: readonly Step[];
}

/** An instruction with what it sees and does. */
export interface Step {
  readonly instruction: DockerfileInstruction;
  readonly index: number;
  /** Of a RUN; empty for others. */
  readonly effects: readonly RunEffect[];
  /** WORKDIR; undefined when only the base image tells. */
  readonly folder: string | undefined;
  /** Sources (as written, variables filled in, relative to the context) and the absolute destination of a COPY or ADD from the context. */
  readonly copy: Copy | undefined;
}

/** A COPY or ADD from the build context. */
export interface Copy {
  readonly sources: readonly string[];
  /** Absolute folder or file in the image. */
  readonly destination: string;
  /** True when it names a folder. */
  readonly isFolder: boolean;
}

/** Every Dockerfile of the model, with the functions that are built from it. */
export const imageBuilds: (model: Model) => readonly ImageBuild[] = once((model) => {
  const found = new Map<string, ImageFunction[]>();
  for (const one of model.functions) {
    if (!isImageFunction(one)) continue;
    const key = `${one.package.dockerfile.path}\n${one.package.dockerfile.context}`;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return [...found.values()].map(buildOf);
});

function isImageFunction(subject: LambdaFunction): subject is ImageFunction {
  return subject.package.kind === 'image';
}

function buildOf(functions: readonly ImageFunction[]): ImageBuild {
  const [first] = functions;
  if (!first) throw new Error('unreachable: a Dockerfile without functions');
  const file = first.package.dockerfile;
  const { dockerfile } = file;
  const targets = new Set(functions.map((one) => one.package.target?.toLowerCase()));
  const [target] = targets;
  const named = target === undefined ? dockerfile.stages.at(-1) : dockerfile.stages.find((stage) => stage.name === target || String(stage.index) === target);
  const args = first.package.buildArgs;
  return {
    file, dockerfile, functions, final: targets.size === 1 ? named : undefined,
    stages: dockerfile.stages.map((stage) => stepsOf(dockerfile, stage, args)),
  };
}

function stepsOf(dockerfile: Dockerfile, stage: DockerfileStage, args: Readonly<Record<string, string>>): StageSteps {
  const base = baseReference(dockerfile, stage, args);
  const isOwnBase = base === 'scratch' || dockerfile.stages.some((other) => other.index < stage.index && other.name === base.toLowerCase());
  const steps = instructionsInScope(dockerfile, stage, args).map(({ instruction, variable, folder }, index): Step => ({
    instruction, index, folder,
    effects: instruction.keyword === 'RUN' ? classifyRun(instruction, variable) : [],
    copy: copyOf(instruction, variable, folder, dockerfile.escape),
  }));
  return { stage, base, isOwnBase, steps };
}

function copyOf(instruction: DockerfileInstruction, variable: (name: string) => string | undefined, folder: string | undefined, escape: Dockerfile['escape']): Copy | undefined {
  if (instruction.keyword !== 'COPY' && instruction.keyword !== 'ADD') return undefined;
  if (instruction.flags.some((flag) => flag.name === 'from') || instruction.heredocs.length > 0) return undefined;
  const expanded = instruction.words.map((word) => expandWord(word.text, variable, escape));
  if (expanded.some((word) => word.missing.length > 0)) return undefined;
  const texts = expanded.map((word) => word.text);
  const target = texts.at(-1);
  if (target === undefined || texts.length < 2) return undefined;
  if (!target.startsWith('/') && folder === undefined) return undefined;
  const destination = posix.resolve(folder ?? '/', target);
  const sources = texts.slice(0, -1).map((source) => posix.normalize(source.replace(/^\/+/u, '') || '.').replace(/(?<=.)\/$/u, ''));
  const isFolder = target.endsWith('/') || target === '.' || target.endsWith('/.') || sources.length > 1 || destination === folder || destination === '/var/task' || sources[0] === '.';
  return { sources, destination, isFolder };
}

/** The stage that becomes the image, with its steps. */
export function finalSteps(build: ImageBuild): StageSteps | undefined {
  return build.final && build.stages[build.final.index];
}

/** The stages whose layers are in an image that a function runs: each function's own and those that it builds FROM, in order. */
export function shippedStages(build: ImageBuild): readonly StageSteps[] {
  const shipped = new Set<StageSteps>();
  for (const { package: { target } } of build.functions) {
    const wanted = target?.toLowerCase();
    const last = wanted === undefined ? build.stages.at(-1) : build.stages.find(({ stage }) => stage.name === wanted || String(stage.index) === wanted);
    for (let stage = last; stage && !shipped.has(stage); stage = parentOf(build, stage)) shipped.add(stage);
  }
  return build.stages.filter((stage) => shipped.has(stage));
}

/** The earlier stage that a stage builds FROM. */
export function parentOf(build: ImageBuild, { stage, base }: StageSteps): StageSteps | undefined {
  return build.stages.find((other) => other.stage.index < stage.index && other.stage.name === base.toLowerCase());
}

/** Whose files end up in an image by COPY --from: stages that a shipped one copies from, and theirs in turn. */
export function copiedStages(build: ImageBuild): readonly StageSteps[] {
  const found = new Set<StageSteps>();
  const waiting = [...shippedStages(build)];
  for (let stage = waiting.pop(); stage; stage = waiting.pop()) {
    const names = stage.steps.flatMap(({ instruction }) => instruction.flags.filter(({ name }) => name === 'from').map(({ value }) => value.toLowerCase()));
    const parent = parentOf(build, stage);
    for (const other of build.stages) {
      const isTaken = other === parent || names.includes(other.stage.name ?? '') || names.includes(String(other.stage.index));
      if (!isTaken || found.has(other) || other.stage.index >= stage.stage.index) continue;
      found.add(other);
      waiting.push(other);
    }
  }
  const shipped = shippedStages(build);
  return build.stages.filter((stage) => found.has(stage) && !shipped.includes(stage));
}

/** What is known of a family of base images. */
export interface BaseFamily {
  readonly kind: 'lambda' | 'python';
  readonly python: PythonVersion;
  /** Where the interpreter is installed: pip's default prefix. */
  readonly prefix: '/var/lang' | '/usr/local';
  readonly glibc: readonly [major: number, minor: number];
  /** Distributions that the image brings in its site-packages, normalised. */
  readonly ownPackages: ReadonlySet<string>;
}

/**
 * Recognises AWS's Python base images for Lambda and Docker's official Python images by name and tag; undefined for
 * every other image, for tags without a version, and for Alpine's, whose libc takes other wheels.
 * Source: Lambda developer guide, "Deploy Python Lambda functions with container images"; the images' own Dockerfiles.
 */
export function baseFamily(reference: string): BaseFamily | undefined {
  const match = /^(?:(?<host>[^/]+\.[^/]+|localhost(?::\d+)?)\/)?(?<name>[^:@]+)(?::(?<tag>[^@]+))?(?:@.*)?$/u.exec(reference);
  const name = match?.groups?.['name'] ?? '';
  const tag = match?.groups?.['tag'] ?? '';
  const version = /^(3)\.(\d+)(?:[.-]|$)/u.exec(tag);
  if (!version || /alpine|windows/u.test(tag)) return undefined;
  const python = { major: 3, minor: Number(version[2]) };
  if (/(?:^|\/)lambda\/python$/u.test(name) || name === 'amazon/aws-lambda-python') {
    return { kind: 'lambda', python, prefix: '/var/lang', glibc: python.minor >= 12 ? [2, 34] : [2, 26], ownPackages: lambdaPackages };
  }
  // Debian 12 is the oldest that current official tags stand for; older ones are named.
  const glibc: readonly [number, number] = /buster/u.test(tag) ? [2, 28] : /bullseye/u.test(tag) ? [2, 31] : [2, 36];
  if (/(?:^|\/)python$/u.test(name)) return { kind: 'python', python, prefix: '/usr/local', glibc, ownPackages: python.minor >= 12 ? new Set(['pip']) : officialPackages };
  return undefined;
}

const officialPackages: ReadonlySet<string> = new Set(['pip', 'setuptools', 'wheel']);
const lambdaPackages: ReadonlySet<string> = new Set([
  'pip', 'setuptools', 'wheel', 'awslambdaric', 'boto3', 'botocore', 'jmespath', 'python-dateutil', 's3transfer', 'simplejson', 'six',
  'snapshot-restore-py', 'urllib3',
]);
