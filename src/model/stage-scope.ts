import { posix } from 'node:path';
import type { Dockerfile, DockerfileInstruction, DockerfileStage } from '../syntax/dockerfile.ts';
import { expandWord } from '../syntax/expand-word.ts';

/** An instruction with what it sees: the variables set before it and the working folder. */
export interface InstructionInScope {
  readonly instruction: DockerfileInstruction;
  /** ENV and ARG as set before the instruction, and PWD; undefined for what the Dockerfile alone does not tell. */
  readonly variable: (name: string) => string | undefined;
  /** Absolute, when WORKDIR or the base image tells. */
  readonly folder: string | undefined;
}

/** Build arguments by name. */
export type BuildArguments = Readonly<Record<string, string>>;

/**
 * The instructions of a stage, each with the variables that it sees. What the base image sets is not known here. AWS's
 * Lambda base images start in /var/task (their documentation); a stage that builds on an earlier one takes over its
 * variables and folder.
 */
export function instructionsInScope(dockerfile: Dockerfile, stage: DockerfileStage, given: BuildArguments = {}): readonly InstructionInScope[] {
  return walk(dockerfile, stage, given, new Set()).instructions;
}

/** The variables that a stage leaves to what runs in it, those of the base image left out; a value that is not known stays as written. */
export function environmentOfStage(dockerfile: Dockerfile, stage: DockerfileStage, given: BuildArguments = {}): ReadonlyMap<string, string> {
  return walk(dockerfile, stage, given, new Set()).environment;
}

/** FROM's image with the global ARGs filled in; variables without a value stay as written. */
export function baseReference(dockerfile: Dockerfile, stage: DockerfileStage, given: BuildArguments = {}): string {
  const values = globalArguments(dockerfile, given);
  return expandKnown(stage.base.text, (name) => values.get(name), dockerfile.escape);
}

interface Walked {
  readonly instructions: readonly InstructionInScope[];
  readonly environment: ReadonlyMap<string, string>;
  readonly folder: string | undefined;
}

function walk(dockerfile: Dockerfile, stage: DockerfileStage, given: BuildArguments, seen: Set<number>): Walked {
  seen.add(stage.index);
  const globals = globalArguments(dockerfile, given);
  const before = inherited(dockerfile, stage, given, seen);
  const environment = new Map(before.environment);
  const args = new Map<string, string>();
  let folder = before.folder;
  const instructions: InstructionInScope[] = [];
  for (const instruction of stage.instructions) {
    // Each instruction keeps the variables as they stand at it: later ones must not show.
    const visible = new Map([...args, ...environment]);
    const pwd = folder;
    const variable = (name: string): string | undefined => visible.get(name) ?? (name === 'PWD' ? pwd : undefined);
    instructions.push({ instruction, variable, folder });
    const expand = (text: string): string => expandKnown(text, variable, dockerfile.escape);
    if (instruction.keyword === 'ARG') declareArguments(instruction, { args, globals, given, expand });
    if (instruction.keyword === 'ENV') for (const [name, value] of assignmentsOf(instruction)) environment.set(name, expand(value));
    if (instruction.keyword === 'WORKDIR') folder = joined(folder, expand(instruction.argument.trim()));
  }
  return { instructions, environment, folder };
}

function inherited(dockerfile: Dockerfile, stage: DockerfileStage, given: BuildArguments, seen: Set<number>): Pick<Walked, 'environment' | 'folder'> {
  const reference = baseReference(dockerfile, stage, given);
  const earlier = dockerfile.stages.find((other) => other.index < stage.index && other.name !== undefined && other.name === reference.toLowerCase());
  if (earlier && !seen.has(earlier.index)) return walk(dockerfile, earlier, given, seen);
  const isLambda = /(?:^|\/)lambda\/[a-z]+(?::|@|$)/u.test(reference) || reference.startsWith('amazon/aws-lambda-');
  return { environment: new Map(isLambda ? [['LAMBDA_TASK_ROOT', '/var/task']] : []), folder: isLambda ? '/var/task' : rootedImages.test(reference) ? '/' : undefined };
}

/** Official images that set no WORKDIR, so that a stage starts at the root. Source: their Dockerfiles. */
const rootedImages = /^(?:docker\.io\/|public\.ecr\.aws\/docker\/|mirror\.gcr\.io\/)?(?:library\/)?(?:python|node|debian|ubuntu|alpine|amazonlinux)(?::|@|$)|^public\.ecr\.aws\/(?:amazonlinux\/amazonlinux|ubuntu\/ubuntu|debian\/debian)(?::|@|$)/u;

function globalArguments(dockerfile: Dockerfile, given: BuildArguments): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const instruction of dockerfile.globalArguments) {
    for (const [name, fallback] of declarationsOf(instruction)) {
      const value = Object.hasOwn(given, name) ? given[name] : fallback && expandKnown(fallback, (other) => values.get(other), dockerfile.escape);
      if (value !== undefined) values.set(name, value);
    }
  }
  return values;
}

function declareArguments(
  instruction: DockerfileInstruction,
  into: { readonly args: Map<string, string>; readonly globals: ReadonlyMap<string, string>; readonly given: BuildArguments; readonly expand: (text: string) => string },
): void {
  for (const [name, fallback] of declarationsOf(instruction)) {
    const own = fallback === undefined ? into.globals.get(name) : into.expand(fallback);
    const value = Object.hasOwn(into.given, name) ? into.given[name] : own;
    if (value !== undefined) into.args.set(name, value);
  }
}

function declarationsOf(instruction: DockerfileInstruction): readonly (readonly [string, string | undefined])[] {
  return instruction.words.map(({ text }) => {
    const at = text.indexOf('=');
    return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  });
}

/** `A=1 B=2`, or the old `A the rest of the line`. */
function assignmentsOf(instruction: DockerfileInstruction): readonly (readonly [string, string])[] {
  const [first] = instruction.words;
  if (first && !first.text.includes('=')) return [[first.text, instruction.argument.trim().slice(first.text.length).trim()]];
  return instruction.words.map(({ text }) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]);
}

function joined(folder: string | undefined, path: string): string | undefined {
  if (path.startsWith('/')) return posix.normalize(path).replace(/(?<=.)\/$/u, '');
  return folder === undefined || path.includes('$') ? undefined : posix.join(folder, path).replace(/(?<=.)\/$/u, '');
}

/** Expands a word, leaving it as written when a variable in it has no value (Docker would take the base image's). */
function expandKnown(text: string, lookup: (name: string) => string | undefined, escape: Dockerfile['escape']): string {
  const expanded = expandWord(text, lookup, escape);
  return expanded.missing.length === 0 ? expanded.text : text;
}
