import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { GitIgnore } from './project.ts';

/** Folders above the project that are looked at, up to the top of its repository. */
const mostAbove = 8;

/** The .gitignore of the project's folder, and those above it up to the top of its repository; what cannot be read is left out. */
export function readGitignores(folder: string): readonly GitIgnore[] {
  const found: GitIgnore[] = [];
  for (let at = folder, steps = 0; steps <= mostAbove; at = dirname(at), steps++) {
    const isOwn = at === folder;
    const text = textOf(join(at, '.gitignore'));
    if (text !== undefined) found.push({ text, below: isOwn ? '' : `${relative(at, folder).split(sep).join('/')}/` });
    if (existsSync(join(at, '.git'))) return found;
    if (dirname(at) === at) break;
  }
  // Outside of a repository the folder's own counts alone.
  return found.filter(({ below }) => below === '');
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
