import { posix } from 'node:path';
import type { Owner } from '../../base/tree.ts';
import type { DockerfileInstruction } from '../../syntax/dockerfile.ts';
import { isWithin } from './moves.ts';
import { workingDirectory, type StageInProgress, type Surroundings, type Taken } from './stage-in-progress.ts';
import type { Scope } from './scope.ts';
import type { Contribution, Move } from './stage.ts';

const archiveName = /\.(?:tar|tar\.gz|tgz|tar\.bz2|tbz2?|tar\.xz|txz|tar\.zst)$/iu;

/** COPY and ADD of local files, and COPY from an earlier stage. */
export function takeCopy(instruction: DockerfileInstruction, stage: StageInProgress, scope: Scope, around: Surroundings): Taken {
  if (instruction.heredocs.length > 0) return unsupported('it copies a here-document');
  const flags = new Map(instruction.flags.map((flag) => [flag.name, scope.expand(flag.value)]));
  for (const name of flags.keys()) {
    if (!['from', 'chown', 'chmod', 'link'].includes(name)) return unsupported(`the flag --${name} is not known to the native engine`);
  }
  const owner = ownerOf(flags.get('chown'));
  if (owner === 'unknown') return unsupported(`--chown=${flags.get('chown')} names an owner that only the base image can resolve`);
  const mode = modeOf(flags.get('chmod'));
  if (mode === 'unknown') return unsupported(`--chmod=${flags.get('chmod')} is not an octal mode`);
  const words = instruction.words.map((word) => scope.expand(word.text));
  const target = words.at(-1);
  const sources = words.slice(0, -1);
  if (target === undefined || sources.length === 0) return unsupported('it needs a source and a destination');
  const from = flags.get('from');
  const copy: CopyRequest = {
    createdBy: historyLine(instruction, words), sources, destination: destinationOf(target, stage), owner, mode,
  };
  return from === undefined
    ? copyFromContext(copy, instruction, stage, around)
    : copyFromStage(copy, from, stage, around);
}

interface CopyRequest {
  readonly createdBy: string;
  readonly sources: readonly string[];
  readonly destination: { readonly path: string; readonly endsAsFolder: boolean };
  readonly owner: Owner | null;
  readonly mode: number | null;
}

function copyFromContext(copy: CopyRequest, instruction: DockerfileInstruction, stage: StageInProgress, around: Surroundings): Taken {
  const { request, place } = around;
  if (instruction.keyword === 'ADD') {
    const remote = copy.sources.find((source) => /^(?:https?|git|ssh):|^git@/u.test(source));
    if (remote !== undefined) return unsupported(`it downloads ${remote}`);
    const archive = copy.sources.find((source) => archiveName.test(source));
    if (archive !== undefined) return unsupported(`it unpacks the archive ${archive}`);
  }
  const sources = copy.sources.map((source) => {
    const path = posix.normalize(posix.join('/', source)).slice(1).replace(/\/$/u, '');
    return { path, isPattern: /[*?[\\]/u.test(source) };
  });
  const { path: destination, endsAsFolder } = copy.destination;
  const [only] = sources;
  const isSingleFile = sources.length === 1 && only !== undefined && !only.isPattern && request.kindInContext(only.path) === 'file';
  const intoFolder = endsAsFolder || sources.length > 1 || !isSingleFile || isKnownFolder(destination, stage);
  if (isSingleFile && !intoFolder && !isSurelyFileName(destination, only.path)) {
    return unsupported(`whether ${destination} is a folder in the base image decides where ${only.path} goes; end it with a slash`);
  }
  stage.contributions.push({
    kind: 'copy', context: request.context, sources, destination, intoFolder,
    mode: copy.mode, owner: copy.owner, createdBy: copy.createdBy, place, moves: [],
  });
  if (intoFolder) addFolders(stage, destination);
  else addFolders(stage, posix.dirname(destination));
  return { kind: 'taken', how: 'becomes an image layer of its own' };
}

function copyFromStage(copy: CopyRequest, from: string, stage: StageInProgress, around: Surroundings): Taken {
  const index = around.stageNamed(from.toLowerCase());
  const earlier = index === undefined ? undefined : around.stages.get(index);
  if (!earlier) return unsupported(`it copies from the image ${from}`);
  if (copy.mode !== null || copy.owner !== null) return unsupported('--chown or --chmod together with --from');
  if (copy.sources.some((source) => /[*?[\\]/u.test(source))) return unsupported('a pattern together with --from');
  const moved: Contribution[] = [];
  for (const source of copy.sources) {
    const taken = moveOne(posix.resolve('/', source), copy, earlier, stage, around);
    if (typeof taken === 'string') return unsupported(taken);
    moved.push(...taken);
  }
  stage.contributions.push(...moved);
  return { kind: 'taken', how: 'takes over the image layers of that stage' };
}

/** The contributions of an earlier stage at, below or around a path, moved; or why they can't be told. */
function moveOne(
  source: string,
  copy: CopyRequest,
  earlier: StageInProgress,
  stage: StageInProgress,
  around: Surroundings,
): readonly Contribution[] | string {
  const { path: destination, endsAsFolder } = copy.destination;
  const isBaseTheSame = sameBase(earlier, stage) && source === destination;
  const found = earlier.contributions.filter((contribution) => {
    const root = rootOf(contribution, earlier);
    return isWithin(root, source) || isWithin(source, root);
  });
  const isWholeFile = found.some((c) => c.kind === 'ffmpeg' && isOwnPath(c, source, rootOf(c, earlier)));
  if (!isBaseTheSame && !isWholeFile && mayBeInBase(source)) {
    return `${source} may hold files of that stage's base image`;
  }
  if (found.length === 0) return `nothing that the native engine knows of makes ${source}`;
  const move: Move = { from: source, to: destination, intoFolder: endsAsFolder || isKnownFolder(destination, stage) };
  addFolders(stage, isWholeFile ? posix.dirname(destination) : destination);
  return found.map((contribution) => ({
    ...contribution, moves: [...contribution.moves, move], place: around.place, createdBy: copy.createdBy,
  }));
}

/** Whether a path is one of those that an ffmpeg stage itself makes, and no file of its base. */
function isOwnPath({ recipe }: Extract<Contribution, { kind: 'ffmpeg' }>, path: string, root: string): boolean {
  if (recipe === null) return path === root;
  return [...recipe.programs.map((name) => `bin/${name}`), 'share/ffmpeg'].some((own) => path === posix.join(root, own));
}

/** Where a contribution stands in its stage, after earlier moves. */
export function rootOf(contribution: Contribution, stage: StageInProgress): string {
  const root = originalRoot(contribution, stage);
  return contribution.moves.reduce((at, move) => (isWithin(at, move.from) && at !== move.from ? posix.join(move.to, posix.relative(move.from, at)) : move.to), root);
}

function originalRoot(contribution: Contribution, stage: StageInProgress): string {
  switch (contribution.kind) {
    case 'copy':
    case 'ffmpeg':
      return contribution.destination;
    case 'folder':
      return contribution.path;
    case 'python':
      return contribution.install.kind === 'site' ? (stage.facts.python?.prefix ?? '/') : contribution.install.path;
  }
}

function sameBase(a: StageInProgress, b: StageInProgress): boolean {
  return a.base.kind === 'image' && b.base.kind === 'image' && a.base.reference === b.base.reference;
}

/** The folders that the file system hierarchy standard names; what stands elsewhere was made by the Dockerfile. */
const standardFolders = ['bin', 'boot', 'dev', 'etc', 'home', 'lib', 'lib64', 'media', 'mnt', 'proc', 'root', 'run', 'sbin', 'srv', 'sys', 'usr', 'var'];

function mayBeInBase(path: string): boolean {
  const [first = '', second] = path.split('/').slice(1);
  if (first === '') return true;
  if (first === 'opt' || first === 'tmp') return second === undefined;
  if (isWithin(path, '/var/task')) return false;
  return standardFolders.includes(first);
}

function destinationOf(text: string, stage: StageInProgress): CopyRequest['destination'] {
  const path = posix.resolve(workingDirectory(stage), text);
  return { path, endsAsFolder: /(?:^|\/)\.{0,2}$/u.test(text) };
}

const wellKnownFolders = new Set(['/', '/opt', '/tmp', '/var/task', '/usr/bin', '/usr/local', '/usr/local/bin', '/usr/local/lib', '/etc', '/root', '/home', '/srv', '/var']);

function isKnownFolder(path: string, stage: StageInProgress): boolean {
  return wellKnownFolders.has(path) || stage.folders.has(path);
}

/** `COPY app.py /var/task/handler.py`: a destination with a file name's look is one. */
function isSurelyFileName(destination: string, source: string): boolean {
  const name = posix.basename(destination);
  return name === posix.basename(source) || posix.extname(name) !== '';
}

function addFolders(stage: StageInProgress, path: string): void {
  for (let at = path; at !== '/'; at = posix.dirname(at)) stage.folders.add(at);
}

function ownerOf(text: string | undefined): Owner | null | 'unknown' {
  if (text === undefined) return null;
  const match = /^(\d+|root)(?::(\d+|root))?$/u.exec(text);
  if (!match?.[1]) return 'unknown';
  const id = (part: string): number => (part === 'root' ? 0 : Number(part));
  return { uid: id(match[1]), gid: id(match[2] ?? match[1]) };
}

function modeOf(text: string | undefined): number | null | 'unknown' {
  if (text === undefined) return null;
  return /^0?[0-7]{3,4}$/u.test(text) ? Number.parseInt(text, 8) : 'unknown';
}

function historyLine(instruction: DockerfileInstruction, words: readonly string[]): string {
  const flags = instruction.flags.map((flag) => `--${flag.name}=${flag.value} `).join('');
  return `${instruction.keyword} ${flags}${words.join(' ')}`;
}

function unsupported(reason: string): Taken {
  return { kind: 'unsupported', reason };
}
