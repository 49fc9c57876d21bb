import { posix } from 'node:path';
import type { RunEffect } from '../model/run-command.ts';
import type { Project, ProjectFile } from '../project/project.ts';
import type { ImageBuild, StageSteps, Step } from './image-build.ts';
import { copyThatBrings, imagePath, projectPath } from './requirements-use.ts';

/** A command of a RUN that installs what a manifest names. */
export interface ManifestInstall {
  readonly step: Step;
  readonly effect: RunEffect;
  readonly tool: 'pip' | 'npm' | 'yarn' | 'pnpm' | 'other';
  /** As messages name it. */
  readonly manifest: string;
  /** True when it wipes what lies in its folder first: `npm ci`. */
  readonly isClean: boolean;
  /** Of npm and its like, as written. */
  readonly flags?: readonly string[];
}

/** Installs of dependencies in a stage, in order. */
export function manifestInstalls(build: ImageBuild, stage: StageSteps): readonly ManifestInstall[] {
  const { text } = build.dockerfile.source;
  return stage.steps.flatMap((step) => step.effects.flatMap((effect): readonly ManifestInstall[] => {
    if (effect.kind === 'pip-install') return effect.requirementsFiles.length > 0 ? [{ step, effect, tool: 'pip', manifest: effect.requirementsFiles.join(', '), isClean: false }] : [];
    if (effect.kind !== 'opaque') return [];
    const command = text.slice(effect.span.start, effect.span.end).replace(/\\\r?\n/gu, ' ').trim();
    const node = nodeInstall(command);
    if (node) return [{ step, effect, manifest: 'package.json', ...node }];
    const other = others.find(({ pattern }) => pattern.test(command));
    return other ? [{ step, effect, tool: 'other', manifest: other.manifest, isClean: false }] : [];
  }));
}

const others: readonly { readonly pattern: RegExp; readonly manifest: string }[] = [
  { pattern: /^poetry\s+(?:-\S+\s+)*install\b/u, manifest: 'poetry.lock' }, { pattern: /^(?:python\S*\s+-m\s+)?pipenv\s+(?:install|sync)\b/u, manifest: 'Pipfile.lock' },
  { pattern: /^uv\s+(?:sync|export)\b/u, manifest: 'uv.lock' }, { pattern: /^bundle\s+install\b/u, manifest: 'Gemfile' },
  { pattern: /^composer\s+install\b/u, manifest: 'composer.json' }, { pattern: /^dotnet\s+restore\b/u, manifest: 'the project file' },
];

/** `npm ci`, `npm install`, `yarn`, `pnpm install` without packages by name; undefined for anything else, also with flags that lead elsewhere. */
function nodeInstall(command: string): Pick<ManifestInstall, 'tool' | 'isClean' | 'flags'> | undefined {
  const match = /^(?<tool>npm|yarn|pnpm)(?:\s+(?<verb>ci|clean-install|install|i))?(?<flags>(?:\s+--?[\w-]+(?:=\S+)?|\s+(?:--omit|--include)\s+\w+)*)$/u.exec(command);
  const { tool, verb, flags = '' } = match?.groups ?? {};
  if (tool !== 'npm' && tool !== 'yarn' && tool !== 'pnpm') return undefined;
  if ((verb === undefined && tool !== 'yarn') || /--(?:prefix|cwd|dir|global|workspace|filter)\b|\s-[gCw]\b/u.test(flags)) return undefined;
  return { tool, isClean: tool === 'npm' && (verb === 'ci' || verb === 'clean-install'), flags: flags.trim().split(/\s+/u).filter((flag) => flag !== '') };
}

/** A file that an install reads. */
export interface Manifest {
  /** In the context, as the COPY that brings it may name it: the file itself, or a pattern for nothing but manifests. */
  readonly path: string;
  readonly broughtBy: Step;
  readonly usedBy: Step;
}

const nodeFiles: readonly string[] = ['package.json', 'package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', '.npmrc', '.yarnrc', '.yarnrc.yml', 'pnpm-workspace.yaml'];

/** What a Node install reads, or why that cannot be told. */
export function nodeManifests(build: ImageBuild, stage: StageSteps, install: ManifestInstall, context: { readonly project: Project; readonly files: readonly ProjectFile[] }): readonly Manifest[] | string {
  const { step, effect } = install;
  const { project, files } = context;
  const brought = copyThatBrings(stage, step, imagePath(step, effect, 'package.json'));
  if (!brought || !files.some(({ path }) => path === brought.path)) return 'where package.json comes from cannot be told';
  const folder = posix.dirname(brought.path);
  const text = project.otherTexts.find((source) => source.path === posix.normalize(posix.join(projectPath(project, build.file.context) || '.', brought.path)))?.text;
  const doubt = doubtOf(text, posix.join(folder, 'binding.gyp'), files);
  if (doubt !== undefined) return doubt;
  return nodeFiles.flatMap((name): readonly Manifest[] => {
    const path = posix.join(folder, name);
    const own = files.some((file) => file.path === path) ? copyThatBrings(stage, step, imagePath(step, effect, name)) : undefined;
    return own?.path === path ? [{ path: asCopied(own.step, path, folder, files), broughtBy: own.step, usedBy: step }] : [];
  });
}

/** The COPY's own pattern for a file, when it matches manifests alone. */
function asCopied(step: Step, path: string, folder: string, files: readonly ProjectFile[]): string {
  if (step.copy?.sources.includes(path) === true) return path;
  const pattern = step.copy?.sources.find((source) => /[*?[]/u.test(source) && posix.dirname(source) === folder && matches(source, path));
  const isOnly = pattern !== undefined && files.filter((file) => matches(pattern, file.path)).every((file) => nodeFiles.includes(posix.basename(file.path)));
  return isOnly ? pattern : path;
}

function matches(pattern: string, path: string): boolean {
  const regex = pattern.replace(/[.+^${}()|\\]/gu, String.raw`\$&`).replaceAll('*', '[^/]*').replaceAll('?', '[^/]');
  return new RegExp(`^${regex}$`, 'u').test(path);
}

/** Why a package.json may need more than itself when it is installed. */
function doubtOf(text: string | undefined, gyp: string, files: readonly ProjectFile[]): string | undefined {
  if (text === undefined) return 'package.json was not read';
  if (files.some(({ path }) => path === gyp)) return 'its binding.gyp is built when it is installed';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'package.json is no JSON';
  }
  const { scripts = {}, workspaces, ...rest } = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const hook = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare', 'dependencies'].find((name) => Object.hasOwn(Object(scripts), name));
  if (hook !== undefined) return `its ${hook} script may need the code`;
  if (workspaces !== undefined) return 'it has workspaces, whose manifests it needs too';
  const specifiers = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((name) => Object.values(Object(rest[name]) as Record<string, unknown>));
  return specifiers.some((value) => typeof value === 'string' && /^(?:file|link|portal|workspace):|^\.{0,2}\//u.test(value)) ? 'it depends on folders of the context' : undefined;
}
