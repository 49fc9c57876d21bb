import { posix } from 'node:path';
import { once } from '../base/once.ts';
import { isGitIgnored } from '../model/git-ignored.ts';
import type { Project } from '../project/project.ts';

/** Names of folders and files that something makes before they are used. */
const outputs = /(?:^|\/)(?:dist|build|builds|built|out|output|target|bin|obj|lib64|publish|release|artifacts?|packages?|bundle|compiled|generated|\.build|\.dist|\.webpack|\.next|\.output|\.aws-sam|cdk\.out|node_modules|vendor|\.venv|venv|__pycache__)(?:\/|$)|\.(?:zip|jar|war|whl|tgz|tar(?:\.\w+)?|gz|so|exe|min\.js|pt|pth|onnx|h5|pkl|joblib|bin|model|weights|safetensors|gguf|pem|crt|key|env)$/iu;

/** Manifests that documents speak of without anything making them. */
const manifests = /(?:^|\/)(?:requirements[\w.-]*\.(?:txt|in)|constraints[\w.-]*\.txt|package(?:-lock)?\.json|pyproject\.toml|[\w-]+\.py|[\w-]+\.[cm]?[jt]s)$/iu;

/**
 * Whether something other than this repository's own files may bring a path (relative to the project) before a build: git leaves it out, it
 * is called like the output of a tool, or a script or document of the project speaks of it.
 */
export function isMadeElsewhere(project: Project, path: string): boolean {
  if (outputs.test(path) || isGitIgnored(project, path) || isGitIgnored(project, `${path}/x`)) return true;
  if (hasSubmodules(project)) return true;
  const name = posix.basename(path);
  const word = name.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
  const spoken = manifests.test(path) ? new RegExp(`(?:>|-o|--output(?:-file)?[= ]|\\bcp\\b|\\bmv\\b|\\bcopy\\b|\\bln\\b)[^\\n]*${word}`, 'u') : new RegExp(`(?:^|[^\\w.-])${word}(?:$|[^\\w.-])`, 'mu');
  return textsOf(project).some((text) => spoken.test(text));
}

/** Scripts, CI files and documents: what says how things come to be. */
const textsOf: (project: Project) => readonly string[] = once(({ otherTexts, developerFiles }) => [
  ...otherTexts.filter(({ path }) => /\.(?:sh|bash|ya?ml|ps1|bat|cmd|mk)$|(?:^|\/)(?:makefile|justfile|jenkinsfile|package\.json|pyproject\.toml)$/iu.test(path)),
  ...developerFiles.filter(({ path }) => !/\.(?:json|py|[cm]?[jt]sx?)$/iu.test(path) || /package\.json$/u.test(path)),
].map(({ text }) => text));

const hasSubmodules: (project: Project) => boolean = once(({ files }) => files.some(({ path }) => /(?:^|\/)\.gitmodules$/u.test(path)));
