import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../base/fault.ts';
import type { SourceFile } from '../base/source.ts';
import type { ProjectFile } from './project.ts';
import type { ProjectReader } from './read-text.ts';

/** What people work with, as far as it was read. */
export interface DeveloperFiles {
  /** Documents first, then scripts, events and tests; each by path. */
  readonly files: readonly SourceFile[];
  /** False when there are more than are read. */
  readonly isComplete: boolean;
}

/** More, or larger ones (bytes), are data. */
const mostFiles = 600;
const largest = 256 * 1024;
/** Folders above the project that are looked at, up to the top of its repository. */
const mostAbove = 4;

const kinds: readonly RegExp[] = [
  /(?:^|\/)(?:readme|development|developing|contributing|hacking|quick-?start|getting-?started|install)[\w.-]*$|(?:^|\/)docs?\/[^/]+\.(?:md|rst|txt|adoc)$/iu,
  /(?:^|\/)(?:(?:gnu)?makefile|justfile|taskfile\.ya?ml|noxfile\.py|tox\.ini|tasks\.py|package\.json|pyproject\.toml|setup\.cfg|pytest\.ini|build\.gradle|pom\.xml)$|(?:^|\/)[\w.-]+\.(?:sh|ps1|bat|cmd)$|(?:^|\/)(?:scripts?|bin)\/[\w.-]+$/iu,
  /(?:^|\/)[^/]*(?:event|payload|input|request|env|sample)[^/]*\.json$|(?:^|\/)(?:[\w-]*events?|payloads?|fixtures?|tests?|__tests__|samples?|resources)\/(?:[^/]+\/){0,3}[^/]+\.json$/iu,
  /(?:^|\/)(?:tests?|specs?|__tests__|__test__|e2e|testing)\/(?:[^/]+\/){0,5}[^/]+\.(?:py|[cm]?[jt]sx?|java|kt|go|rb|cs|rs|php|feature|http|sh|ya?ml)$|(?:^|\/)(?:test_[^/]+|[^/]+_test|[^/]*tests?)\.(?:py|go|java|kt|cs|rs|rb)$|[^/]+\.(?:test|spec)\.[cm]?[jt]sx?$|[^/]+_spec\.rb$/iu,
];

/**
 * Reads documents, scripts, events and tests, of the project (`listed`) and of the folders above it in the same repository. What
 * is not UTF-8 is left out.
 */
export async function readDeveloperFiles(reader: ProjectReader, listed: readonly ProjectFile[]): Promise<DeveloperFiles> {
  const all = [...listed.filter(({ path, size }) => !path.startsWith('../') && size <= largest).map(({ path }) => path), ...above(reader)];
  const ranked = all.flatMap((path) => {
    const kind = kinds.findIndex((pattern) => pattern.test(path));
    return kind < 0 ? [] : [{ path, kind }];
  }).toSorted((a, b) => a.kind - b.kind || (a.path < b.path ? -1 : 1));
  const files: SourceFile[] = [];
  for (const { path } of ranked.slice(0, mostFiles)) {
    const file = await readOr(reader, resolve(reader.folder, path));
    if (file) files.push(file);
  }
  return { files, isComplete: ranked.length <= mostFiles };
}

async function readOr(reader: ProjectReader, path: string): Promise<SourceFile | undefined> {
  try {
    return await reader.text(path);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Files beside and below the folders above the project that may be its own: those of a repository with several projects. */
function above(reader: ProjectReader): readonly string[] {
  const folders: string[] = [];
  for (let folder = reader.folder; folders.length < mostAbove && !existsSync(join(folder, '.git')); folder = dirname(folder)) {
    if (dirname(folder) === folder) return [];
    folders.push(dirname(folder));
  }
  if (!existsSync(join(folders.at(-1) ?? reader.folder, '.git'))) return [];
  return folders.flatMap((folder) => entries(folder).flatMap((name) => {
    const path = join(folder, name);
    const isOwn = /^(?:tests?|__tests__|events?|scripts?|bin|docs?)$/u.test(name);
    return (isOwn ? below(path, depth) : [path]).filter(isSmallFile).map((one) => reader.shown(one));
  }));
}

/** `scripts/deploy/backend.sh` and `tests/unit/api/test_get.py`. */
const depth = 3;

/** The paths below a folder, so many levels down; hidden folders and what is installed are left out. */
function below(folder: string, levels: number): readonly string[] {
  return entries(folder).filter((name) => !name.startsWith('.') && name !== 'node_modules' && name !== '__pycache__').flatMap((name) => {
    const path = join(folder, name);
    return levels > 0 && isFolder(path) ? below(path, levels - 1) : [path];
  });
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder).slice(0, 300);
  } catch {
    return [];
  }
}

function isSmallFile(path: string): boolean {
  try {
    const found = statSync(path);
    return found.isFile() && found.size <= largest;
  } catch {
    return false;
  }
}
