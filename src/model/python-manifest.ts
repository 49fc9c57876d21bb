import { posix } from 'node:path';
import type { SourceFile, Span } from '../base/source.ts';
import type { Project } from '../project/project.ts';
import { normalizedProjectName } from '../syntax/requirements.ts';
import { parseToml, tomlEntry, type TomlNode } from '../syntax/toml.ts';

/** A tool that keeps Python dependencies in a manifest and a lock of its own. */
export type ManifestTool = 'poetry' | 'pipenv' | 'uv' | 'pdm';

/** A package that a manifest asks for at run time. */
export interface DeclaredPackage {
  /** As written. */
  readonly name: string;
  readonly normalizedName: string;
  readonly span: Span;
}

/** A pyproject.toml or Pipfile that asks for packages. */
export interface PythonManifest {
  /** Undefined for a pyproject.toml that no tool has set its mark on. */
  readonly tool: ManifestTool | undefined;
  readonly source: SourceFile;
  /** As paths are shown, `''` for the project's own. */
  readonly folder: string;
  readonly dependencies: readonly DeclaredPackage[];
  /** The tool's lock beside it; undefined when there is none. */
  readonly lock: { readonly source: SourceFile; readonly names: ReadonlySet<string> } | undefined;
}

const locks: Readonly<Record<ManifestTool, string>> = { poetry: 'poetry.lock', pipenv: 'Pipfile.lock', uv: 'uv.lock', pdm: 'pdm.lock' };

/** The name of a tool's lock file. */
export function lockNameOf(tool: ManifestTool): string {
  return locks[tool];
}

/** Every manifest of the project that asks for packages at run time. Files that do not parse are left out. */
export function pythonManifests(project: Pick<Project, 'manifests'>): readonly PythonManifest[] {
  return project.manifests.flatMap((source) => {
    const name = posix.basename(source.path);
    if (name === 'Pipfile') return pipfile(source, project);
    return name === 'pyproject.toml' ? pyproject(source, project) : [];
  });
}

function pipfile(source: SourceFile, project: Pick<Project, 'manifests'>): readonly PythonManifest[] {
  const document = parseToml(source);
  if (!document.ok) return [];
  const dependencies = keysOf(tableAt(document.value.root, ['packages']));
  return dependencies.length === 0 ? [] : [manifest(source, 'pipenv', dependencies, project)];
}

function pyproject(source: SourceFile, project: Pick<Project, 'manifests'>): readonly PythonManifest[] {
  const document = parseToml(source);
  if (!document.ok) return [];
  const { root } = document.value;
  const listed = tableAt(root, ['project']);
  const list = listed && tomlEntry(listed, 'dependencies')?.value;
  const ofProject = list?.kind === 'array' ? list.items.flatMap(requirementIn) : [];
  const ofPoetry = keysOf(tableAt(root, ['tool', 'poetry', 'dependencies'])).filter(({ normalizedName }) => normalizedName !== 'python');
  const dependencies = [...ofProject, ...ofPoetry];
  return dependencies.length === 0 ? [] : [manifest(source, toolOf(root, source, project), dependencies, project)];
}

/** By the tool's own section, else by the lock that is there. */
function toolOf(root: TomlNode & { readonly kind: 'table' }, source: SourceFile, project: Pick<Project, 'manifests'>): ManifestTool | undefined {
  const tools = ['poetry', 'pdm', 'uv'] as const;
  const folder = folderOf(source);
  return tools.find((tool) => lockIn(project, folder, tool) !== undefined) ?? tools.find((tool) => tableAt(root, ['tool', tool]) !== undefined);
}

function manifest(source: SourceFile, tool: ManifestTool | undefined, dependencies: readonly DeclaredPackage[], project: Pick<Project, 'manifests'>): PythonManifest {
  const folder = folderOf(source);
  const lock = tool && lockIn(project, folder, tool);
  return { tool, source, folder, dependencies, lock: lock && tool ? { source: lock, names: lockedNames(tool, lock.text) } : undefined };
}

function lockIn(project: Pick<Project, 'manifests'>, folder: string, tool: ManifestTool): SourceFile | undefined {
  return project.manifests.find(({ path }) => path === posix.join(folder, locks[tool]));
}

/** Normalised names of all packages that a lock holds. Sources: the tools' own lock files. */
export function lockedNames(tool: ManifestTool, text: string): ReadonlySet<string> {
  if (tool !== 'pipenv') return new Set(Array.from(text.matchAll(/^\[\[package\]\]\r?\n(?:(?!\[)[^\n]*\n)*?name = "([^"]+)"/gmu), (match) => normalizedProjectName(match[1] ?? '')));
  try {
    const found: unknown = JSON.parse(text);
    const sections = typeof found === 'object' && found !== null ? Object.entries(found).filter(([name]) => name !== '_meta') : [];
    return new Set(sections.flatMap(([, section]) => (typeof section === 'object' && section !== null ? Object.keys(section).map(normalizedProjectName) : [])));
  } catch {
    return new Set();
  }
}

function folderOf({ path }: SourceFile): string {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
}

function tableAt(root: TomlNode & { readonly kind: 'table' }, path: readonly string[]): (TomlNode & { readonly kind: 'table' }) | undefined {
  let table: TomlNode & { readonly kind: 'table' } = root;
  for (const key of path) {
    const next = tomlEntry(table, key)?.value;
    if (next?.kind !== 'table') return undefined;
    table = next;
  }
  return table;
}

function keysOf(table: (TomlNode & { readonly kind: 'table' }) | undefined): readonly DeclaredPackage[] {
  return (table?.entries ?? []).filter(({ value }) => !isOptional(value)).map(({ key, keySpan }) => ({ name: key, normalizedName: normalizedProjectName(key), span: keySpan }));
}

function isOptional(value: TomlNode): boolean {
  const optional = value.kind === 'table' ? tomlEntry(value, 'optional')?.value : undefined;
  return optional?.kind === 'scalar' && optional.value === true;
}

function requirementIn(item: TomlNode): readonly DeclaredPackage[] {
  if (item.kind !== 'scalar' || typeof item.value !== 'string') return [];
  const name = /^[A-Za-z0-9][\w.-]*/u.exec(item.value)?.[0];
  return name === undefined ? [] : [{ name, normalizedName: normalizedProjectName(name), span: item.span }];
}
