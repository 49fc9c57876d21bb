import { posix } from 'node:path';
import { isWithin } from './moves.ts';
import type { StageInProgress } from './stage-in-progress.ts';

/**
 * The file of the build context that a COPY put at a path in the image (absolute); undefined when none did.
 * The last COPY that brings it wins, as in the image.
 */
export function contextPathOf(
  path: string,
  stage: StageInProgress,
  kindInContext: (path: string) => 'file' | 'folder' | 'absent',
): string | undefined {
  for (const copy of stage.contributions.toReversed()) {
    if (copy.kind !== 'copy' || copy.moves.length > 0) continue;
    for (const source of copy.sources) {
      const found = source.isPattern ? undefined : sourceOf(path, source.path, copy.destination, copy.intoFolder, kindInContext);
      if (found !== undefined) return posix.join(copy.context, found);
      const isMatch = source.isPattern && posix.dirname(path) === copy.destination;
      const candidate = posix.join(posix.dirname(source.path), posix.basename(path));
      if (isMatch && kindInContext(candidate) === 'file') return posix.join(copy.context, candidate);
    }
  }
  return undefined;
}

function sourceOf(
  path: string,
  source: string,
  destination: string,
  intoFolder: boolean,
  kindInContext: (path: string) => 'file' | 'folder' | 'absent',
): string | undefined {
  const kind = source === '' ? 'folder' : kindInContext(source);
  if (kind === 'file') {
    const at = intoFolder ? posix.join(destination, posix.basename(source)) : destination;
    return at === path ? source : undefined;
  }
  if (kind !== 'folder' || !isWithin(path, destination)) return undefined;
  const candidate = posix.join(source, posix.relative(destination, path));
  return kindInContext(candidate) === 'file' ? candidate : undefined;
}
