import { Failure } from '../base/fault.ts';
import { createFileIndex, type FileIndex } from './file-index.ts';
import { look, type FileIndexData } from './unchanged.ts';

/**
 * The first of these paths (all that the index holds when none are given) that is no longer as the index has it: in content, kind or
 * the owner's right to execute, which is all that an artefact can show. A file that was only touched, or written with what it held
 * before, is no change. A path that the index does not hold is one as soon as something is there.
 */
export function firstChange(index: FileIndexData, paths?: Iterable<string>): string | undefined {
  const now = createFileIndex(index);
  for (const path of paths ?? allPaths(index)) if (!isStillEqual(path, index, now)) return path;
  return undefined;
}

function* allPaths({ files, folders, absent }: FileIndexData): Generator<string> {
  yield* Object.keys(folders);
  yield* Object.keys(files);
  yield* absent;
}

function isStillEqual(path: string, index: FileIndexData, now: FileIndex): boolean {
  try {
    const file = index.files[path];
    if (file) {
      const found = now.file(path);
      return found !== undefined && found.kind === file[0] && found.sha256 === file[2] && isExecutable(found.stamp[4]) === isExecutable(file[1][4]);
    }
    const folder = index.folders[path];
    if (!folder) return look(path) === undefined;
    const entries = now.folder(path)?.entries;
    return entries?.length === folder[1].length && entries.every(([name, kind], at) => folder[1][at]?.[0] === name && folder[1][at]?.[1] === kind);
  } catch (error) {
    // What can no longer be read is not what it was; the build says why.
    if (error instanceof Failure) return false;
    throw error;
  }
}

function isExecutable(mode: number): boolean {
  return (mode & 0o100) !== 0;
}
