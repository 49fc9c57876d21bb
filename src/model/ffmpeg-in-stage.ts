import { posix } from 'node:path';
import { placeAt } from '../base/source.ts';
import type { Dockerfile, DockerfileInstruction, DockerfileStage } from '../syntax/dockerfile.ts';
import { absolute, folderOf, programPaths } from './ffmpeg-paths.ts';
import { ffmpegPackages, mentionsFfmpeg, programOf, type FfmpegInstall, type FfmpegInstruction, type FfmpegWay } from './ffmpeg-way.ts';
import { classifyRun } from './run-command.ts';
import type { RunEffect } from './run-effect.ts';
import { instructionsInScope, type BuildArguments } from './stage-scope.ts';

/** One command of a stage: a RUN's simple command, or a whole COPY or ADD. */
interface Command {
  readonly instruction: DockerfileInstruction;
  readonly effect: RunEffect | undefined;
  readonly workdir: string | undefined;
}

/** What starts an install. */
interface Start {
  readonly way: FfmpegWay;
  readonly origin: string;
  readonly isPinned: boolean;
  readonly command: Command;
  /** Absolute paths that the install passes through: an archive, an unpacked folder. */
  readonly trail: readonly string[];
  /** Where an ADD or COPY puts the program itself. */
  readonly placed: readonly string[];
}

/** The ways in which one stage installs ffmpeg by its own RUN, ADD and COPY instructions (not by COPY --from). */
export function ffmpegInStage(dockerfile: Dockerfile, stage: DockerfileStage, given: BuildArguments = {}): readonly FfmpegInstall[] {
  const commands = commandsOf(dockerfile, stage, given);
  const starts = commands.flatMap((command) => startOf(command) ?? []);
  return starts.map((start) => installOf(start, commands, dockerfile, stage));
}

/** What a stage does with programs that a COPY brought into it: further parts of the install, and where the programs are then. */
export function continueInStage(
  dockerfile: Dockerfile,
  stage: DockerfileStage,
  after: DockerfileInstruction,
  context: { readonly paths: readonly string[]; readonly given: BuildArguments },
): Pick<FfmpegInstall, 'instructions' | 'paths'> {
  const commands = commandsOf(dockerfile, stage, context.given);
  const start = commands.findIndex((command) => command.instruction === after);
  const trail = new Set(context.paths);
  const members = commands.filter((command, index) => index > start && belongs(command, undefined, trail, dockerfile));
  const effects = members.flatMap(({ effect, workdir }) => (effect ? [{ effect, workdir }] : []));
  return { instructions: instructionsOf(members, commands, stage), paths: programPaths(effects, context.paths) };
}

function commandsOf(dockerfile: Dockerfile, stage: DockerfileStage, given: BuildArguments): readonly Command[] {
  return instructionsInScope(dockerfile, stage, given).flatMap(({ instruction, variable, folder }): readonly Command[] => {
    if (instruction.keyword !== 'RUN') return [{ instruction, effect: undefined, workdir: folder }];
    return classifyRun(instruction, variable).map((effect) => ({ instruction, effect, workdir: folder }));
  });
}

function startOf(command: Command): Start | undefined {
  const { effect, workdir } = command;
  if (effect?.kind === 'download' && mentionsFfmpeg(effect.url) && !isSignature(effect.url)) {
    const trail = effect.output === '-' ? [] : [absolute(effect.output, folderOf(effect, workdir))];
    return { way: 'download', origin: effect.url, isPinned: isPinnedAddress(effect.url), command, trail, placed: [] };
  }
  if (effect?.kind === 'os-packages' && effect.verb === 'install') {
    const found = effect.packages.find((name) => /^ffmpeg(?:$|[-=])/u.test(name) && !name.includes('devel'));
    return found === undefined ? undefined : { way: 'os-package', origin: found, isPinned: found.includes('='), command, trail: [], placed: [] };
  }
  if (effect?.kind === 'pip-install') {
    const found = effect.requirements.find((text) => ffmpegPackages.has(packageName(text)));
    return found === undefined ? undefined : { way: 'python-package', origin: found, isPinned: found.includes('=='), command, trail: [], placed: [] };
  }
  return effect === undefined ? startOfCopy(command) : undefined;
}

/** ADD of an address, ADD or COPY of a file from the context. */
function startOfCopy(command: Command): Start | undefined {
  const { instruction, workdir } = command;
  const isCopy = instruction.keyword === 'COPY' || instruction.keyword === 'ADD';
  if (!isCopy || instruction.flags.some((flag) => flag.name === 'from')) return undefined;
  const words = instruction.words.map((word) => word.text);
  const target = words.at(-1);
  const source = words.slice(0, -1).find((word) => mentionsFfmpeg(posix.basename(word)) || (programOf(target ?? '') !== undefined && words.length === 2));
  if (source === undefined || target === undefined) return undefined;
  const isAddress = /^https?:\/\//u.test(source);
  if (!isAddress && /\.(?:py|txt|sh|md|json|ya?ml|in|toml)$/iu.test(source)) return undefined;
  const destination = absolute(target, workdir);
  const isFolder = target.endsWith('/') || target === '.' || words.length > 2 || (!mentionsFfmpeg(posix.basename(target)) && posix.extname(target) === '');
  const landed = isFolder ? posix.join(destination, posix.basename(source)) : destination;
  const program = programOf(landed);
  const hasChecksum = instruction.flags.some((flag) => flag.name === 'checksum');
  return {
    way: isAddress ? 'download' : 'committed-binary', origin: source, isPinned: !isAddress || hasChecksum || isPinnedAddress(source),
    command, trail: [landed], placed: program ? [landed] : [],
  };
}

function installOf(start: Start, commands: readonly Command[], dockerfile: Dockerfile, stage: DockerfileStage): FfmpegInstall {
  const members = membersOf(start, commands, dockerfile);
  const effects = members.flatMap(({ effect, workdir }) => (effect ? [{ effect, workdir }] : []));
  const paths = [...new Set([...start.placed, ...(start.way === 'python-package' ? [] : programPaths(effects, []))])];
  // A checksum that comes from the same server proves nothing about tomorrow.
  const isFetched = members.some(({ effect }) => effect?.kind === 'download' && isSignature(effect.url));
  const verified = start.way === 'download' && !isFetched && members.some(({ effect, instruction }) => effect !== undefined && checksum.test(textOf(dockerfile, effect, instruction)));
  const named = [...new Set(paths.flatMap((path) => programOf(path) ?? []))];
  return {
    way: start.way, origin: start.origin, isPinned: start.isPinned || verified, paths,
    programs: named.length > 0 ? named : (ffmpegPackages.get(packageName(start.origin)) ?? (programOf(start.origin) ? [programOf(start.origin) ?? 'ffmpeg'] : [])),
    instructions: instructionsOf(members, commands, stage),
    preparations: start.way === 'download' ? instructionsOf(preparationsOf(start, commands), commands, stage) : [],
    place: placeAt(dockerfile.source, start.command.effect?.span.start ?? start.command.instruction.span.start),
  };
}

/** The start, and all commands of its instruction or after it that name ffmpeg or walk the install's trail. */
function membersOf(start: Start, commands: readonly Command[], dockerfile: Dockerfile): readonly Command[] {
  const trail = new Set(start.trail);
  const first = commands.findIndex((command) => command.instruction === start.command.instruction);
  const at = commands.indexOf(start.command);
  if (start.way === 'os-package' || start.way === 'python-package') return [start.command];
  return commands.filter((command, index) => {
    if (index === at) return true;
    if (index < first || command.effect === undefined) return false;
    const isMember = belongs(command, commands[index - 1], trail, dockerfile);
    if (isMember && command.effect.kind === 'archive' && command.effect.into !== undefined) {
      const into = absolute(command.effect.into, folderOf(command.effect, command.workdir));
      if (!sharedFolders.has(into)) trail.add(into);
    }
    return isMember;
  });
}

const checksum = /\b(?:sha(?:1|256|512)sum|md5sum)\b/u;

/** A checksum or signature beside a download. */
function isSignature(address: string): boolean {
  return /\.(?:md5|sha1|sha256|sha512|asc|sig)(?:sum)?$/iu.test(address);
}

/** Folders that other things use too: a command on them is not part of an install for that alone. */
const sharedFolders: ReadonlySet<string> = new Set(['/', '/tmp', '/opt', '/opt/bin', '/usr', '/usr/bin', '/usr/local', '/usr/local/bin', '/bin', '/var/task', '/root']);

function belongs(command: Command, before: Command | undefined, trail: ReadonlySet<string>, dockerfile: Dockerfile): boolean {
  const { effect, workdir, instruction } = command;
  if (!effect || effect.kind === 'os-packages' || effect.kind === 'pip-install') return false;
  if (effect.kind === 'download') return mentionsFfmpeg(effect.url) && isSignature(effect.url);
  const folder = folderOf(effect, workdir);
  const paths = effect.kind === 'archive' ? [effect.archive] : effect.kind === 'file-operation' ? [...effect.paths, ...(effect.destination === undefined ? [] : [effect.destination])] : [];
  const isPiped = effect.kind === 'archive' && effect.archive === '-' && before?.effect?.kind === 'download' && mentionsFfmpeg(before.effect.url);
  const isOnTrail = [...paths.map((path) => absolute(path, folder)), ...(effect.folder === undefined ? [] : [folder ?? ''])]
    .some((path) => [...trail].some((one) => path === one || path.startsWith(`${one}/`)));
  // `echo "…" | sha256sum -c` names the file in the first half only.
  const isCheck = effect.kind === 'opaque' && checksum.test(textOf(dockerfile, effect, instruction)) && before?.instruction === instruction;
  return isPiped || isOnTrail || isCheck || mentionsFfmpeg(textOf(dockerfile, effect, instruction)) || (effect.folder !== undefined && mentionsFfmpeg(effect.folder) && effect.kind !== 'no-operation');
}

const preparatory: ReadonlySet<string> = new Set(['wget', 'curl', 'curl-minimal', 'tar', 'xz', 'xz-utils', 'unzip', 'gzip', 'bzip2', 'ca-certificates']);

/** Installs of download and archive tools alone, before the download. */
function preparationsOf(start: Start, commands: readonly Command[]): readonly Command[] {
  return commands.slice(0, commands.indexOf(start.command)).filter(({ effect }) =>
    effect?.kind === 'os-packages' && effect.verb === 'install' && effect.packages.length > 0 && effect.packages.every((name) => preparatory.has(name)));
}

function instructionsOf(members: readonly Command[], commands: readonly Command[], stage: DockerfileStage): readonly FfmpegInstruction[] {
  const instructions = [...new Set(members.map((member) => member.instruction))];
  return instructions.map((instruction) => {
    const own = members.filter((member) => member.instruction === instruction);
    const all = commands.filter((command) => command.instruction === instruction);
    return {
      instruction, stage,
      commands: own.map((member) => member.effect?.span ?? instruction.span),
      isWhole: all.every((command) => own.includes(command) || command.effect?.kind === 'no-operation' || isListKeeping(command.effect)) && (instruction.keyword === 'RUN' || instruction.words.length === 2),
    };
  });
}

/** Refreshing and emptying package lists serves whatever else the RUN does. */
function isListKeeping(effect: RunEffect | undefined): boolean {
  if (effect?.kind === 'os-packages') return effect.verb === 'update-lists' || effect.verb === 'clean';
  return effect?.kind === 'file-operation' && effect.operation === 'rm' && effect.paths.every((path) => /^\/var\/(?:lib\/apt\/lists|cache)/u.test(path));
}

function textOf(dockerfile: Dockerfile, effect: RunEffect, instruction: DockerfileInstruction): string {
  const span = effect.span.end > effect.span.start ? effect.span : instruction.span;
  return dockerfile.source.text.slice(span.start, span.end);
}

function packageName(text: string): string {
  return (/^[A-Za-z0-9._-]+/u.exec(text)?.[0] ?? '').toLowerCase().replace(/[-_.]+/gu, '-');
}

/** An address with a version or a checksum in it; `release` and `latest` move. */
function isPinnedAddress(address: string): boolean {
  return /\d+\.\d+/u.test(posix.basename(address)) && !/latest|release-|-git-/u.test(posix.basename(address));
}
