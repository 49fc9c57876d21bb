import { posix } from 'node:path';
import type { Move } from './stage.ts';

/** Where a path ends up after `COPY --from` took it along; undefined when a move left it behind. */
export function movedPath(path: string, moves: readonly Move[]): string | undefined {
  let at = path;
  for (const move of moves) {
    if (!isWithin(at, move.from)) return undefined;
    if (at !== move.from) at = posix.join(move.to, posix.relative(move.from, at));
    else at = move.intoFolder ? posix.join(move.to, posix.basename(at)) : move.to;
  }
  return at;
}

/** True when a path is another or stands below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}
