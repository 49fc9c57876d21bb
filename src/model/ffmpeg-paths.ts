import { posix } from 'node:path';
import { mentionsFfmpeg, programOf } from './ffmpeg-way.ts';
import type { RunEffect } from './run-effect.ts';

type Program = 'ffmpeg' | 'ffprobe';

/** A path as the shell sees it from a folder; unchanged when the folder is not known. */
export function absolute(path: string, folder: string | undefined): string {
  if (path.startsWith('/')) return posix.normalize(path);
  return folder === undefined ? posix.normalize(path) : posix.join(folder, path);
}

/** The folder that a command runs in, after `cd`. */
export function folderOf(effect: RunEffect, workdir: string | undefined): string | undefined {
  return effect.folder === undefined ? workdir : absolute(effect.folder, workdir);
}

/**
 * Where the programs are after an install's commands have run in order. A static build unpacks into a folder of its
 * own, or straight into the given one when its first path component is stripped.
 */
export function programPaths(
  effects: readonly { readonly effect: RunEffect; readonly workdir: string | undefined }[],
  before: readonly string[],
): readonly string[] {
  const paths = new Set<string>(before);
  const folders = new Set<string>();
  for (const { effect, workdir } of effects) {
    const folder = folderOf(effect, workdir);
    switch (effect.kind) {
      case 'os-packages':
        if (effect.verb === 'install') for (const program of ['ffmpeg', 'ffprobe']) paths.add(`/usr/bin/${program}`);
        break;
      case 'download':
        if (programOf(effect.output) !== undefined) paths.add(absolute(effect.output, folder));
        break;
      case 'archive':
        for (const path of unpackedPaths(effect, folder)) paths.add(path);
        break;
      case 'file-operation':
        if (effect.operation === 'mkdir') for (const path of effect.paths) folders.add(absolute(path, folder));
        else applyOperation(effect, folder, { paths, folders });
        break;
      default:
        break;
    }
  }
  return [...paths];
}

function unpackedPaths(effect: RunEffect & { kind: 'archive' }, folder: string | undefined): readonly string[] {
  const into = effect.into === undefined ? folder : absolute(effect.into, folder);
  const members = effect.members.flatMap((member) => programOf(member) ?? []);
  if (effect.stripComponents === 0 || into === undefined) return [];
  const programs: readonly Program[] = effect.members.length > 0 ? members : ['ffmpeg', 'ffprobe'];
  return programs.map((program) => posix.join(into, program));
}

function applyOperation(
  effect: RunEffect & { kind: 'file-operation' },
  folder: string | undefined,
  known: { readonly paths: Set<string>; readonly folders: ReadonlySet<string> },
): void {
  const { paths } = known;
  const { operation, destination } = effect;
  if (operation === 'rm') {
    const gone = effect.paths.map((path) => absolute(path, folder));
    for (const path of paths) if (gone.some((one) => path === one || path.startsWith(`${one}/`))) paths.delete(path);
    return;
  }
  if (destination === undefined || !['cp', 'mv', 'ln', 'install'].includes(operation)) return;
  const target = absolute(destination, folder);
  for (const source of effect.paths) {
    const from = absolute(source, folder);
    for (const program of programsOf(source)) {
      if (operation === 'mv') paths.delete(from);
      const isFolder = effect.paths.length > 1 || /(?:^|\/)\.{0,2}$/u.test(destination) || known.folders.has(target);
      paths.add(landing(target, program, isFolder));
    }
  }
}

/** The programs that a source names: itself, or a pattern for both. */
function programsOf(source: string): readonly Program[] {
  const program = programOf(source);
  if (program) return [program];
  return /^ff(?:\*|mp\*|\?)/u.test(posix.basename(source)) ? ['ffmpeg', 'ffprobe'] : [];
}

/** A destination that is named after the program is a file, any other is a folder. */
function landing(target: string, program: Program, isFolder: boolean): string {
  return !isFolder && mentionsFfmpeg(posix.basename(target)) ? target : posix.join(target, program);
}
