import { posix } from 'node:path';
import { classifyRun, mountsOf, type RunEffect, type RunMount } from '../../model/run-command.ts';
import type { DockerfileInstruction } from '../../syntax/dockerfile.ts';
import { contextPathOf } from './context-path.ts';
import { workingDirectory, type StageInProgress, type Surroundings, type Taken } from './stage-in-progress.ts';
import type { Scope } from './scope.ts';
import type { PythonInstall } from './stage.ts';

type PipInstall = Extract<RunEffect, { kind: 'pip-install' }>;
type FileOperationEffect = Extract<RunEffect, { kind: 'file-operation' }>;

/** What a RUN does to the stage besides being taken: applied only when the whole line is understood. */
type Apply = () => void;

/** RUN lines whose effect is known: pip and uv installs, making folders, and what leaves no trace. */
export function takeRun(instruction: DockerfileInstruction, stage: StageInProgress, scope: Scope, around: Surroundings): Taken {
  if (instruction.heredocs.length > 0) return { kind: 'unsupported', reason: 'it runs a here-document' };
  const mounts = mountsOf(instruction);
  const odd = mounts.find((mount) => mount.type !== 'cache' && !(mount.type === 'bind' && mount.from === undefined));
  if (odd) return { kind: 'unsupported', reason: `it uses a mount of type ${odd.type}` };
  const otherFlag = instruction.flags.find((flag) => flag.name !== 'mount');
  if (otherFlag) return { kind: 'unsupported', reason: `the flag --${otherFlag.name} changes how it runs` };
  const applies: Apply[] = [];
  const notes: string[] = [];
  for (const effect of classifyRun(instruction, scope.lookup)) {
    const folder = posix.resolve(workingDirectory(stage), effect.folder ?? '.');
    const taken = takeEffect(effect, { folder, mounts, stage, around, instruction, applies });
    if (taken.kind === 'unsupported') return taken;
    notes.push(taken.kind === 'skipped' ? taken.reason : taken.how);
  }
  for (const apply of applies) apply();
  return applies.length === 0 ? { kind: 'skipped', reason: notes.join('; ') } : { kind: 'taken', how: notes.join('; ') };
}

interface EffectContext {
  readonly folder: string;
  readonly mounts: readonly RunMount[];
  readonly stage: StageInProgress;
  readonly around: Surroundings;
  readonly instruction: DockerfileInstruction;
  readonly applies: Apply[];
}

function takeEffect(effect: RunEffect, context: EffectContext): Taken {
  switch (effect.kind) {
    case 'pip-install':
      return takePip(effect, context);
    case 'tool-upgrade':
      return { kind: 'skipped', reason: `${effect.packages.join(' and ')} only serve the build, which does not use them` };
    case 'no-operation':
      return { kind: 'skipped', reason: `${effect.what} leaves nothing in the image` };
    case 'file-operation':
      return takeFileOperation(effect, context);
    case 'os-packages':
      return unsupported(`${effect.manager} ${effect.packages.length > 0 ? `installs ${effect.packages.join(', ')}` : effect.verb} needs the base image to run`);
    case 'download':
      return unsupported(`${effect.tool} downloads a file`);
    case 'archive':
      return unsupported(`${effect.tool} unpacks an archive`);
    case 'opaque':
      return unsupported(effect.reason);
  }
}

function takePip(effect: PipInstall, context: EffectContext): Taken {
  const { stage, around, instruction } = context;
  const odd = oddOption(effect);
  if (odd !== undefined) return unsupported(odd);
  if (!stage.facts.python) return unsupported('which Python the base image has cannot be told from its config');
  const install = installOf(effect, context.folder);
  if (!install) return unsupported(`pip installs by --${effect.location.kind}`);
  const places = [...effect.requirementsFiles, ...effect.constraintFiles].map((path) => inContext(path, context));
  const unknown = [...effect.requirementsFiles, ...effect.constraintFiles].find((_, at) => places[at] === undefined);
  if (unknown !== undefined) return unsupported(`no COPY before it brings ${unknown} from the build context`);
  const known = places.filter((path) => path !== undefined);
  const { indexUrl, extraIndexUrls, preReleases } = effect.options;
  const options = [
    ...(indexUrl === undefined ? [] : [`--index-url ${indexUrl}`]),
    ...extraIndexUrls.map((url) => `--extra-index-url ${url}`),
    ...(preReleases ? ['--pre'] : []),
  ];
  context.applies.push(() => {
    stage.contributions.push({
      kind: 'python',
      manifests: known.slice(0, effect.requirementsFiles.length),
      constraints: known.slice(effect.requirementsFiles.length),
      inline: [...options, ...effect.requirements],
      noDependencies: effect.options.noDependencies,
      install,
      createdBy: `RUN ${instruction.argument.replace(/\s+/gu, ' ').trim()}`,
      place: around.place,
      moves: [],
    });
    if (install.kind !== 'site') stage.folders.add(install.path);
  });
  return { kind: 'taken', how: 'wheels are put together without running pip' };
}

function oddOption(effect: PipInstall): string | undefined {
  const { options } = effect;
  if (effect.editables.length > 0) return 'pip installs something editable';
  if (options.noIndex || options.findLinks.length > 0) return 'pip takes packages from a folder';
  if (options.noBinary.length > 0) return 'pip is told to build from source (--no-binary)';
  if (options.platforms.length > 0 || options.pythonVersion !== undefined || options.abis.length > 0) return 'pip is told to install for another platform';
  const local = effect.requirements.find((requirement) => /^[./]|^file:|^git\+/u.test(requirement));
  return local === undefined ? undefined : `pip builds ${local}`;
}

function installOf(effect: PipInstall, folder: string): PythonInstall | undefined {
  const { location } = effect;
  if (location.kind === 'site') return { kind: 'site' };
  if (location.kind === 'target' || location.kind === 'prefix') return { kind: location.kind, path: posix.resolve(folder, location.path) };
  return undefined;
}

/** The file of the context that stands at a path in the image: by a COPY before, or by a bind mount of this RUN. */
function inContext(path: string, { folder, mounts, stage, around }: EffectContext): string | undefined {
  const absolute = posix.resolve(folder, path);
  for (const mount of mounts) {
    if (mount.type !== 'bind' || mount.target === undefined) continue;
    const target = posix.resolve(folder, mount.target);
    if (absolute !== target && !absolute.startsWith(`${target}/`)) continue;
    return posix.join(around.request.context, mount.source ?? '.', posix.relative(target, absolute));
  }
  return contextPathOf(absolute, stage, around.request.kindInContext);
}

function takeFileOperation(effect: FileOperationEffect, context: EffectContext): Taken {
  const { stage, around, folder, instruction } = context;
  const paths = effect.paths.map((path) => posix.resolve(folder, path));
  if (effect.hasPattern && effect.operation !== 'rm') return unsupported(`${effect.operation} works on a pattern`);
  if (effect.operation === 'mkdir' && effect.mode === undefined) {
    const made = paths.filter((path) => !stage.folders.has(path));
    context.applies.push(() => {
      for (const path of made) {
        stage.folders.add(path);
        stage.contributions.push({ kind: 'folder', path, mode: 0o755, createdBy: `RUN ${instruction.argument.trim()}`, place: around.place, moves: [] });
      }
    });
    return { kind: 'taken', how: 'makes folders' };
  }
  if (effect.operation === 'rm' && effect.force && paths.every(isBuildCache)) return { kind: 'skipped', reason: 'the caches it empties are not in the image' };
  return unsupported(`${effect.operation} of ${effect.paths.join(', ')} changes files that only the base image can show`);
}

/** Folders that only package managers fill, which did not run. */
function isBuildCache(path: string): boolean {
  return /^\/(?:root\/\.cache|tmp\/|var\/cache\/(?:dnf|yum|apt)|var\/lib\/apt\/lists)/u.test(path);
}

function unsupported(reason: string): Taken {
  return { kind: 'unsupported', reason };
}
