import { once } from '../base/once.ts';
import type { SourceFile } from '../base/source.ts';
import { importsOf, type PythonImports } from '../model/python-imports.ts';
import { pythonTokens } from '../model/python-tokens.ts';
import { filesBelow } from '../model/files-below.ts';
import type { Project } from '../project/project.ts';
import { projectPath, stagesOfImage, type Served } from './requirements-use.ts';

const unpicklers: ReadonlySet<string> = new Set(['pickle', 'cPickle', '_pickle', 'cloudpickle', 'dill', 'joblib', 'shelve', 'mlflow', 'skops']);

/** How a source may load modules whose names it does not tell, as the end of a sentence; undefined when it does not. */
export function dynamicLoading(source: SourceFile, found: PythonImports = importsOf(source)): string | undefined {
  const { modules, dynamic } = found;
  const [first] = dynamic;
  if (first) return `imports modules by names that are not in its text (${first.why})`;
  const unpickler = modules.find((module) => unpicklers.has(module.name.split('.')[0] ?? ''));
  if (unpickler) return `loads objects with ${unpickler.name}, whose classes may be of any package`;
  return startsPython(source, modules.map((module) => module.name)) ? 'starts Python programs, which may import what it does not' : undefined;
}

function startsPython(source: SourceFile, modules: readonly string[]): boolean {
  const starts = modules.some((name) => name === 'subprocess' || name === 'multiprocessing.spawn') || /\bos\s*\.\s*(?:system|popen|exec\w*|spawn\w*|posix_spawn\w*)\b|\bcreate_subprocess/u.test(source.text);
  if (!starts) return false;
  if (/\bsys\s*\.\s*executable\b/u.test(source.text)) return true;
  return literalsOf(source).some((text) => /(?:^|[\s/])python[\d.]*(?:\s|$)|\.py(?:\s|$)|\.sh(?:\s|$)/u.test(text));
}

/** String literals, without those that are statements by themselves: documentation. */
export const literalsOf: (source: SourceFile) => readonly string[] = once((source) => {
  const tokens = pythonTokens(source);
  return tokens.flatMap((token, i) => {
    if (token.kind !== 'string' || (tokens[i - 1]?.kind === 'end' && tokens[i + 1]?.kind === 'end')) return [];
    return [token.value ?? source.text.slice(token.span.start, token.span.end).replace(/^\w*["']+|["']+$/gu, '')];
  });
});

/** Files that may hold or start code which is not read: compiled, packed, in other languages, and settings that name modules. */
const otherCode = /\.(?:so|pyd|pyc|pyx|pxd|zip|whl|egg|tar|gz|sh|bash|ipynb|cfg|ini|conf)$/iu;

const hasSubmodules: (project: Project) => boolean = once(({ files }) => files.some(({ path }) => /(?:^|\/)\.gitmodules$/u.test(path)));

const readSources: (project: Project) => ReadonlySet<string> = once(({ pythonSources }) => new Set(pythonSources.map(({ source }) => source.path)));

/** Why not all code that a requirements file serves can be seen, as a sentence without full stop; undefined when it can. */
export function unseenCode(use: { readonly installations: readonly Served[] }, project: Project, folders: readonly string[]): string | undefined {
  if (!project.areFilesComplete) return 'the project has more files than are looked at';
  if (hasSubmodules(project)) return 'a part of the code is in a git submodule';
  const prefixes = folders.map((folder) => (folder === project.folder ? '' : `${projectPath(project, folder)}/`));
  const link = project.unfollowedLinks.find((path) => prefixes.some((prefix) => path.startsWith(prefix)));
  if (link !== undefined) return `what the link ${link} leads to is not looked at`;
  const inside = folders.flatMap((folder, i) => filesBelow(project, folder).map(({ path }) => `${prefixes[i] ?? ''}${path}`));
  const other = inside.find((path) => otherCode.test(path) && !path.includes('__pycache__/') && !/(?:^|\/)(?:setup\.cfg|tox\.ini|pytest\.ini|mypy\.ini)$/u.test(path));
  if (other !== undefined) return `what ${other} uses is not looked at`;
  const read = readSources(project);
  const unread = inside.find((path) => path.endsWith('.py') && !read.has(path));
  if (unread !== undefined) return `${unread} could not be read`;
  return use.installations.map(bringsCode).find((why) => why !== undefined);
}

/** An image may hold code that the project does not: cloned, downloaded, of another image. */
function bringsCode(one: Served): string | undefined {
  if (one.kind !== 'image') return undefined;
  const stages = stagesOfImage(one.build);
  const steps = stages.flatMap((stage) => stage.steps);
  for (const { instruction, effects } of steps) {
    const opaque = effects.find((effect) => effect.kind === 'opaque' || effect.kind === 'download' || effect.kind === 'archive');
    // A static ffmpeg is a program alone, and installers bring packages.
    const isHarmless = /ffmpeg|install\.python-poetry\.org|astral\.sh\/uv\/install|\b(?:poetry|pipenv|pdm)\s+(?:install|sync|config|export|requirements)|\buv\s+(?:sync|export|venv|pip)\b/iu.test(instruction.argument) && !/\bgit\b|\.py\b/u.test(instruction.argument);
    if (opaque && !isHarmless) return `a RUN of ${one.build.dockerfile.source.path} may bring code of its own`;
    const from = instruction.flags.find((flag) => flag.name === 'from')?.value;
    const isOwn = from === undefined || one.build.stages.some(({ stage }) => stage.name === from.toLowerCase() || String(stage.index) === from);
    if (!isOwn || /^ADD$/u.test(instruction.keyword) && /:\/\//u.test(instruction.argument)) return `${one.build.dockerfile.source.path} copies from elsewhere`;
  }
  return stages.some((stage) => !stage.isOwnBase) && one.family === undefined ? `what the base image of ${one.build.dockerfile.source.path} holds is not known` : undefined;
}
