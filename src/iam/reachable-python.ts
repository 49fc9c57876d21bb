import { dirname, join, resolve, sep } from 'node:path';
import { once } from '../base/once.ts';
import type { PythonSource } from '../project/project.ts';
import { importsOf, type ImportedModule, type PythonImports } from '../model/python-imports.ts';
import type { Doubt } from './need.ts';
import { servicesCalledBy } from './libraries.ts';

/** The files that may run in a function, and what their imports leave in doubt. */
export interface Reachable {
  readonly files: readonly PythonSource[];
  readonly doubts: readonly Doubt[];
}

/**
 * Follows imports from a file through the sources under the roots (absolute; the code folder first). An import that leads to
 * none of them is a library's.
 * @param entry absolute; undefined: every source under the roots counts.
 */
export function reachablePython(sources: readonly PythonSource[], roots: readonly string[], entry: string | undefined): Reachable {
  const own = new Map(sources.filter(({ path }) => roots.some((root) => path.startsWith(root + sep))).map((source) => [source.path, source]));
  const start = entry === undefined ? undefined : own.get(entry);
  const waiting = start ? [start] : [...own.values()];
  const found = new Set<PythonSource>();
  const doubts: Doubt[] = [];
  for (let source = waiting.pop(); source; source = waiting.pop()) {
    if (found.has(source)) continue;
    found.add(source);
    const imports = importsOf(source.source);
    for (const { span, why } of imports.dynamic) doubts.push({ services: ['*'], why, at: { file: source.source, span } });
    waiting.push(...followed(source, imports, { own, roots, doubts }));
  }
  return { files: [...found], doubts };
}

interface Around {
  readonly own: ReadonlyMap<string, PythonSource>;
  readonly roots: readonly string[];
  readonly doubts: Doubt[];
}

function followed(source: PythonSource, imports: PythonImports, { own, roots, doubts }: Around): readonly PythonSource[] {
  return imports.modules.flatMap((module) => {
    const paths = module.name.startsWith('.') ? relativeBase(source.path, module.name) : roots.map((root) => ({ root, parts: module.name.split('.') }));
    const files = paths.flatMap(({ root, parts }) => filesOf(own, root, parts, module.members));
    if (files.length > 0 || module.name.startsWith('.')) return files;
    const services = servicesCalledBy(module);
    if (services.length > 0) doubts.push({ services, why: sentence(module, services), at: { file: source.source, span: module.span } });
    return [];
  });
}

function sentence({ name }: ImportedModule, services: readonly string[]): string {
  return services.includes('*') ? `the library ${name.split('.')[0] ?? name} may call AWS by itself` : `${name} calls ${services[0] ?? ''} by itself`;
}

function relativeBase(path: string, name: string): readonly { readonly root: string; readonly parts: readonly string[] }[] {
  const dots = /^\.+/u.exec(name)?.[0].length ?? 0;
  let root = dirname(path);
  for (let i = 1; i < dots; i++) root = dirname(root);
  return [{ root, parts: name.slice(dots).split('.').filter((part) => part !== '') }];
}

/** The modules on the way to a name, and those among its members. */
function filesOf(own: ReadonlyMap<string, PythonSource>, root: string, parts: readonly string[], members: readonly string[]): readonly PythonSource[] {
  const at = (...names: readonly string[]): readonly PythonSource[] => {
    const path = resolve(root, join(...(names.length === 0 ? ['.'] : names)));
    return [own.get(`${path}.py`), own.get(join(path, '__init__.py'))].filter((file) => file !== undefined);
  };
  const onTheWay = parts.flatMap((_, i) => at(...parts.slice(0, i + 1)));
  const below = members.flatMap((member) => at(...parts, member));
  // A folder without __init__.py is a package as well.
  return parts.length > 0 && onTheWay.length === 0 && below.length === 0 ? namespaceFiles(own, resolve(root, join(...parts))) : [...onTheWay, ...below];
}

/** Folders with sources anywhere below them. Most imports are of a library, whose folder is none of them. */
const foldersOf: (own: ReadonlyMap<string, PythonSource>) => ReadonlySet<string> = once((own) => {
  const folders = new Set<string>();
  for (const path of own.keys()) for (let folder = dirname(path); !folders.has(folder); folder = dirname(folder)) folders.add(folder);
  return folders;
});

function namespaceFiles(own: ReadonlyMap<string, PythonSource>, folder: string): readonly PythonSource[] {
  if (!foldersOf(own).has(folder)) return [];
  return [...own.values()].filter(({ path }) => path.startsWith(folder + sep));
}
