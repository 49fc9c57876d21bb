import type { Project } from '../project/project.ts';
import { dockerignoreFilter } from '../syntax/dockerignore.ts';

/**
 * Whether the project's .gitignore files, and those of folders above it in the same repository, keep a file out of git: other
 * developers do not have it then. `path` is relative to the project. What git itself was told besides (info/exclude, a global file, a
 * file that is tracked all the same) is not looked at.
 */
export function isGitIgnored({ gitignores }: Pick<Project, 'gitignores'>, path: string): boolean {
  return gitignores.some(({ text, below }) => {
    const patterns = text.split(/\r?\n/u).flatMap((line) => patternOf(line) ?? []);
    return !dockerignoreFilter(patterns)(below + path);
  });
}

/** A line of .gitignore in the words of .dockerignore: without a slash it holds in every folder (gitignore(5), "PATTERN FORMAT"). */
function patternOf(line: string): string | undefined {
  const text = line.trimEnd();
  if (text === '' || text.startsWith('#')) return undefined;
  const keeps = text.startsWith('!');
  const pattern = keeps ? text.slice(1) : text;
  const isFolder = pattern.endsWith('/');
  const name = isFolder ? pattern.slice(0, -1) : pattern;
  const rooted = name.includes('/') ? name.replace(/^\//u, '') : `**/${name}`;
  return `${keeps ? '!' : ''}${rooted}${isFolder ? '/**' : ''}`;
}
