import { posix } from 'node:path';
import type { DockerfileInstruction } from '../../syntax/dockerfile.ts';
import { takeCopy } from './copy.ts';
import { takeRun } from './run.ts';
import { argumentsOf, pairsOf, type Scope } from './scope.ts';
import type { ConfigChanges } from './stage.ts';
import { workingDirectory, type StageInProgress, type Surroundings, type Taken } from './stage-in-progress.ts';

const config: Taken = { kind: 'taken', how: 'sets the image config' };

/** Takes one instruction into the stage, or says why not. */
export function takeInstruction(
  instruction: DockerfileInstruction,
  stage: StageInProgress,
  scope: Scope,
  around: Surroundings,
): Taken {
  switch (instruction.keyword) {
    case 'ARG':
      for (const [name, fallback] of argumentsOf(instruction)) {
        scope.declareArgument(scope.expand(name), fallback === undefined ? undefined : scope.expand(fallback));
      }
      return { kind: 'taken', how: 'declares a build argument' };
    case 'ENV':
      return takeEnv(instruction, stage, scope);
    case 'WORKDIR':
      return takeWorkdir(instruction, stage, scope, around);
    case 'COPY':
    case 'ADD':
      return takeCopy(instruction, stage, scope, around);
    case 'RUN':
      return takeRun(instruction, stage, scope, around);
    case 'LABEL':
      for (const [name, value] of pairsOf(instruction)) {
        change(stage, { labels: { ...stage.changes.labels, [scope.expand(name)]: scope.expand(value) } });
      }
      return config;
    case 'MAINTAINER':
      return { kind: 'skipped', reason: 'MAINTAINER has no effect on what runs' };
    case 'USER':
      change(stage, { user: scope.expand(instruction.argument.trim()) });
      return config;
    case 'CMD':
      change(stage, { cmd: commandOf(instruction, stage) });
      return config;
    case 'ENTRYPOINT':
      takeEntrypoint(instruction, stage);
      return config;
    case 'EXPOSE':
      change(stage, { exposedPorts: [...stage.changes.exposedPorts, ...instruction.words.map((word) => portOf(scope.expand(word.text)))] });
      return config;
    case 'STOPSIGNAL':
      change(stage, { stopSignal: scope.expand(instruction.argument.trim()) });
      return config;
    case 'SHELL':
      stage.shell = instruction.words.map((word) => word.text);
      return config;
    case 'FROM':
    case 'VOLUME':
    case 'HEALTHCHECK':
    case 'ONBUILD':
      return { kind: 'unsupported', reason: `${instruction.keyword} is not read by the native engine` };
  }
}

/** Replaces part of a stage's config. */
function change(stage: StageInProgress, part: Partial<ConfigChanges>): void {
  stage.changes = { ...stage.changes, ...part };
}

function takeEnv(instruction: DockerfileInstruction, stage: StageInProgress, scope: Scope): Taken {
  // All values of one ENV see the variables as they were before it (Dockerfile reference, environment replacement).
  const pairs = pairsOf(instruction).map(([name, value]) => [scope.expand(name), scope.expand(value)] as const);
  for (const [name, value] of pairs) {
    scope.setEnv(name, value);
    change(stage, { env: [...stage.changes.env.filter(([known]) => known !== name), [name, value]] });
  }
  return config;
}

function takeWorkdir(instruction: DockerfileInstruction, stage: StageInProgress, scope: Scope, around: Surroundings): Taken {
  const given = scope.expand(instruction.argument.trim());
  const path = posix.resolve(workingDirectory(stage), given);
  change(stage, { workingDir: path });
  if (stage.folders.has(path) || path === '/') return { kind: 'taken', how: `the folder ${path} is already there` };
  stage.folders.add(path);
  stage.contributions.push({
    kind: 'folder', path, mode: 0o755, createdBy: `WORKDIR ${path}`, place: around.place, moves: [],
  });
  return { kind: 'taken', how: `makes the folder ${path}` };
}

function takeEntrypoint(instruction: DockerfileInstruction, stage: StageInProgress): void {
  const setHere = stage.changes.cmd !== undefined && stage.changes.cmd !== null;
  // "If CMD is defined from the base image, setting ENTRYPOINT will reset CMD" (Dockerfile reference).
  change(stage, { entrypoint: commandOf(instruction, stage), ...(setHere ? {} : { cmd: null }) });
}

function commandOf(instruction: DockerfileInstruction, stage: StageInProgress): readonly string[] {
  if (instruction.form === 'exec') return instruction.words.map((word) => word.text);
  return [...stage.shell, instruction.argument.trim()];
}

function portOf(text: string): string {
  return text.includes('/') ? text : `${text}/tcp`;
}
