import { posix } from 'node:path';
import type { SourceFile, Span } from '../base/source.ts';
import type { Project } from '../project/project.ts';
import { get, parseYaml, stringOf, type YamlNode } from '../syntax/yaml.ts';

/** A package that package.json names. */
export interface NodePackage {
  readonly name: string;
  readonly specifier: string;
  /** Of the name. */
  readonly span: Span;
}

/** A package.json. */
export interface NodeManifest {
  readonly source: SourceFile;
  /** As paths are shown, `''` for the project's own. */
  readonly folder: string;
  readonly dependencies: readonly NodePackage[];
  /** Names of everything else that is installed or expected: for development, optional, peers, bundled. */
  readonly others: ReadonlySet<string>;
  /** Everything but the lists of packages, as text: scripts, settings of tools. */
  readonly rest: string;
  readonly isWorkspace: boolean;
  /** Shown path of the lock that npm or another tool keeps for it, in its folder or above; undefined when there is none. */
  readonly lock: string | undefined;
}

const lockNames: readonly string[] = ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb'];
const lists = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const;

/** Every package.json of the project's code folders. One that does not parse is left out: npm says so itself. */
export function nodeManifests(project: Pick<Project, 'manifests' | 'files'>): readonly NodeManifest[] {
  const paths = new Set(project.files.map(({ path }) => path));
  return project.manifests.flatMap((source) => {
    if (posix.basename(source.path) !== 'package.json') return [];
    // JSON is YAML, and this parser tells where everything stands.
    const parsed = parseYaml(source);
    if (!parsed.ok) return [];
    const { root } = parsed.value;
    const folder = posix.dirname(source.path) === '.' ? '' : posix.dirname(source.path);
    const [own, ...others] = lists.map((list) => packagesIn(get(root, list)));
    const bundled = [get(root, 'bundleDependencies'), get(root, 'bundledDependencies')].flatMap((list) => (list?.kind === 'list' ? list.items.flatMap((item) => stringOf(item) ?? []) : []));
    const rest = root.entries.filter(({ key }) => !lists.some((list) => list === key.value)).map(({ span }) => source.text.slice(span.start, span.end)).join('\n');
    return [{ source, folder, dependencies: own ?? [], others: new Set([...others.flat().map(({ name }) => name), ...bundled]), rest, isWorkspace: get(root, 'workspaces') !== undefined, lock: lockOf(folder, paths) }];
  });
}

function packagesIn(node: YamlNode | undefined): readonly NodePackage[] {
  if (node?.kind !== 'map') return [];
  return node.entries.map(({ key, value }) => ({ name: String(key.value), specifier: stringOf(value) ?? '', span: key.span }));
}

function lockOf(folder: string, paths: ReadonlySet<string>): string | undefined {
  for (let at = folder; ; at = posix.dirname(at)) {
    const here = at === '.' ? '' : at;
    const found = lockNames.map((name) => posix.join(here, name)).find((path) => paths.has(path));
    if (found !== undefined || here === '' || here === '..' || here.endsWith('/..')) return found;
  }
}
