import { dirname, join, sep } from 'node:path';
import type { SourceFile, Span } from '../base/source.ts';
import { importsOf, type ImportedModule } from '../model/python-imports.ts';
import type { Project, PythonSource } from '../project/project.ts';

/** An import that runs whenever the function is loaded. */
export interface LoadingImport {
  /** Top-level name. */
  readonly module: string;
  readonly source: SourceFile;
  readonly span: Span;
}

/** Where a function's code starts. */
export interface EntryPoint {
  /** Absolute folder that Python looks for modules in. */
  readonly root: string;
  /** Absolute. */
  readonly file: PythonSource;
}

/** The file of a handler (`app.handler`, `pkg/app.handler`) in a zip function's code folder (absolute). */
export function entryPointIn(project: Project, root: string, handler: string): EntryPoint | undefined {
  const file = fileOfModule(project, root, moduleOf(handler));
  return file && { root, file };
}

/** The file of a handler somewhere below a build context (absolute), where only one fits. */
export function entryPointBelow(project: Project, context: string, handler: string): EntryPoint | undefined {
  const ending = `${sep}${moduleOf(handler).split('.').join(sep)}.py`;
  const found = project.pythonSources.filter(({ path }) => path.startsWith(context + sep) && path.endsWith(ending));
  const [file] = found;
  return file && found.length === 1 ? { root: file.path.slice(0, -ending.length), file } : undefined;
}

function moduleOf(handler: string): string {
  return handler.replace(/\.\w+$/u, '').replace(/\//gu, '.');
}

/**
 * Everything that is imported, from outside the code, whenever the function is loaded: by the handler's file, and by the
 * project's own files that it imports in turn. Imports inside functions, conditions and `try` are left out, as they need not
 * run. Undefined when the code changes where modules are looked for.
 */
export function loadingImports(project: Project, entry: EntryPoint): readonly LoadingImport[] | undefined {
  const waiting: PythonSource[] = [entry.file];
  const seen = new Set<string>();
  const found = new Map<string, LoadingImport>();
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (seen.has(file.path)) continue;
    seen.add(file.path);
    if (/\bsys\s*\.\s*path\b|\bsite\s*\.\s*addsitedir\b|\b__path__\b|\bextend_path\b/u.test(file.source.text)) return undefined;
    for (const imported of importsOf(file.source).modules) {
      const own = ownFiles(project, entry.root, file, imported);
      waiting.push(...own);
      const [module = ''] = imported.name.split('.');
      if (own.length > 0 || imported.conditional || module === '' || found.has(module)) continue;
      found.set(module, { module, source: file.source, span: imported.span });
    }
  }
  return [...found.values()];
}

/** The project's own files that an import runs: of the module, of the packages around it, of what it takes from them. */
function ownFiles(project: Project, root: string, from: PythonSource, imported: ImportedModule): readonly PythonSource[] {
  const dots = /^\.*/u.exec(imported.name)?.[0].length ?? 0;
  const base = dots === 0 ? root : Array.from({ length: dots - 1 }).reduce<string>((folder) => dirname(folder), dirname(from.path));
  const parts = imported.name.slice(dots).split('.').filter((part) => part !== '');
  const chains = [...parts.map((_, i) => parts.slice(0, i + 1)), ...imported.members.map((member) => [...parts, member])];
  return chains.flatMap((chain) => fileOfModule(project, base, chain.join('.')) ?? []);
}

function fileOfModule(project: Project, root: string, module: string): PythonSource | undefined {
  const path = join(root, ...module.split('.'));
  return sourceAt(project, `${path}.py`) ?? sourceAt(project, join(path, '__init__.py'));
}

const indexes = new WeakMap<Project, ReadonlyMap<string, PythonSource>>();

function sourceAt(project: Project, path: string): PythonSource | undefined {
  const index = indexes.get(project) ?? new Map(project.pythonSources.map((one) => [one.path, one]));
  indexes.set(project, index);
  return index.get(path);
}

/** Every name below a folder (absolute) that a module could have: of folders, and of Python and compiled files. */
export function ownNames(project: Project, folder: string): ReadonlySet<string> {
  const prefix = folder === project.folder ? '' : `${folder.slice(project.folder.length + 1).split(sep).join('/')}/`;
  const isOutside = !folder.startsWith(project.folder);
  const names = new Set<string>();
  for (const { path } of project.files) {
    if (!isOutside && !path.startsWith(prefix)) continue;
    const parts = (isOutside ? path : path.slice(prefix.length)).split('/');
    for (const part of parts.slice(0, -1)) names.add(part);
    const module = /^([A-Za-z_]\w*)(?:\.[\w-]+)*\.(?:py|pyc|so|pyd|pyi|zip|whl|egg)$/u.exec(parts.at(-1) ?? '')?.[1];
    if (module !== undefined) names.add(module);
  }
  return names;
}
