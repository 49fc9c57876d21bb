import { posix } from 'node:path';
import { filesBelow } from '../model/files-below.ts';
import type { Project, ProjectFile } from '../project/project.ts';
import { dockerignoreFilter, parseDockerignore } from '../syntax/dockerignore.ts';
import type { ImageBuild, Step } from './image-build.ts';
import { imagePath } from './requirements-use.ts';

/** A file of the build context where a COPY puts it. */
export interface CopiedFile {
  /** In the context. */
  readonly path: string;
  /** Absolute in the image. */
  readonly landing: string;
  readonly size: number;
}

/** Files of a build context that its ignore file lets in, relative to it. */
export function contextFiles(build: ImageBuild, project: Project): readonly ProjectFile[] {
  const keeps = dockerignoreFilter(build.file.ignore ? parseDockerignore(build.file.ignore.text) : []);
  return filesBelow(project, build.file.context).filter(({ path }) => keeps(path));
}

/** What a COPY or ADD brings, as far as the project's files show. */
export function copiedFiles(step: Step, files: readonly ProjectFile[]): readonly CopiedFile[] {
  const { copy } = step;
  if (!copy) return [];
  return copy.sources.flatMap((source) => files.flatMap(({ path, size }): readonly CopiedFile[] => {
    if (source === '.') return [{ path, size, landing: posix.join(copy.destination, path) }];
    if (path === source) return [{ path, size, landing: copy.isFolder ? posix.join(copy.destination, posix.basename(path)) : copy.destination }];
    if (path.startsWith(`${source}/`)) return [{ path, size, landing: posix.join(copy.destination, posix.relative(source, path)) }];
    const isMatch = /[*?[]/u.test(source) && !dockerignoreFilter([source])(path);
    return isMatch ? [{ path, size, landing: posix.join(copy.destination, posix.basename(path)) }] : [];
  }));
}

/** True when a path is another one or lies below it. */
export function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/** What a step surely leaves at or below a path of the image: bytes where they are known; undefined for nothing. */
export function broughtBelow(step: Step, path: string, files: readonly ProjectFile[]): { readonly bytes: number | undefined; readonly names: readonly string[] } | undefined {
  const copied = copiedFiles(step, files).filter(({ landing }) => isAtOrBelow(landing, path));
  const bytes = copied.reduce((sum, { size }) => sum + size, 0);
  const downloaded = step.effects.flatMap((effect) => {
    if (effect.kind === 'download' && effect.output !== '-') return [imagePath(step, effect, effect.output) ?? ''];
    if (effect.kind === 'pip-install' && effect.location.kind === 'target') return [imagePath(step, effect, effect.location.path) ?? ''];
    return [];
  }).filter((one) => one !== '' && (isAtOrBelow(one, path)) && !isRemoved(step, one));
  if (copied.length === 0 && downloaded.length === 0) return undefined;
  return { bytes: downloaded.length > 0 ? undefined : bytes, names: [...copied.map(({ landing }) => landing), ...downloaded] };
}

function isRemoved(step: Step, path: string): boolean {
  return step.effects.some((effect) => effect.kind === 'file-operation' && (effect.operation === 'rm' || effect.operation === 'mv') && effect.paths.some((one) => {
    const gone = imagePath(step, effect, one);
    return gone !== undefined && (isAtOrBelow(path, gone) || !dockerignoreFilter([gone.slice(1)])(path.slice(1)));
  }));
}
