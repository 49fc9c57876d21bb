import { resolve } from 'node:path';
import { Failure } from '../base/fault.ts';
import type { SourceFile } from '../base/source.ts';
import { isInside } from './list-files.ts';
import type { ProjectFile } from './project.ts';
import type { ProjectReader } from './read-text.ts';

/** More, or larger ones (bytes), are data or vendored code. */
const mostFiles = 1_500;
const largest = 512 * 1024;

/** What builds and publishes images, wherever it lies in the project. */
const scripts = /(?:^|\/)(?:(?:gnu)?makefile|justfile|buildspec[\w.-]*\.ya?ml|\.gitlab-ci\.ya?ml|bitbucket-pipelines\.ya?ml|azure-pipelines\.ya?ml|jenkinsfile|taskfile\.ya?ml)$|(?:^|\/)\.(?:github\/workflows|circleci)\/[^/]+\.ya?ml$|\.(?:sh|bash|mk)$/iu;
/** What else a build context holds that says what its image needs. */
const inContexts = /\.(?:[cm]?[jt]sx?|rb|go|java|kt|php|cs|rs|pl|lua|r)$|(?:^|\/)(?:package(?:-lock)?\.json|pyproject\.toml|setup\.(?:py|cfg)|manifest\.in)$/iu;
/** What may hold credentials: a few lines of text. */
const secretNames = /(?:^|\/)(?:\.env(?:\..*)?|.*\.(?:pem|key)|id_[a-z0-9]+|.*_rsa|credentials(?:\.\w+)?|\.netrc|\.npmrc|\.pypirc|.*service[-_]account.*\.json)$/iu;

/**
 * Reads texts that say how images are built and what they need: scripts and CI files of the project; of build contexts (absolute)
 * sources in other languages than Python, package.json and the like, and files whose names promise credentials. What is not UTF-8
 * is left out.
 */
export async function readOtherTexts(reader: ProjectReader, contexts: readonly string[], listed: readonly ProjectFile[]): Promise<readonly SourceFile[]> {
  const found: SourceFile[] = [];
  for (const { path, size } of listed) {
    if (found.length >= mostFiles) break;
    if (size > largest) continue;
    const absolute = resolve(reader.folder, path);
    const isWanted = scripts.test(path) || ((inContexts.test(path) || secretNames.test(path)) && contexts.some((context) => isInside(absolute, context)));
    if (!isWanted) continue;
    try {
      const text = await reader.text(absolute);
      if (text) found.push(text);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }
  return found;
}
