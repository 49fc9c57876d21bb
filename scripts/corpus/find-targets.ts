import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import type { Target } from './outcome.ts';

const leftOut: ReadonlySet<string> = new Set(['.git', '.aws-sam', 'node_modules', 'cdk.out', '.venv']);

/** Larger files (bytes) are data. */
const largest = 4_000_000;

/** Where a repository came from, as an `index.json` in the corpus folder or above it may tell. */
interface Origin {
  readonly folder: string;
  readonly repo: string;
  readonly commit: string;
}

/**
 * Every template below a corpus folder whose children are repositories, in a stable order: template.yaml and its like, and any other
 * YAML or JSON file that makes functions.
 */
export function findTargets(corpus: string): readonly Target[] {
  const folder = resolve(corpus);
  const origins = originsOf(folder);
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !leftOut.has(entry.name)).map((entry) => entry.name).toSorted();
  const own = templatesIn(folder, false).map((path) => targetOf(path, folder, undefined, folder));
  return [...own, ...children.flatMap((name) => {
    const root = join(folder, name);
    return templatesIn(root, true).map((path) => targetOf(path, root, origins.get(root), folder));
  })];
}

function originsOf(folder: string): ReadonlyMap<string, Origin> {
  const path = [join(folder, 'index.json'), join(folder, '..', 'index.json')].find((candidate) => existsSync(candidate));
  if (path === undefined) return new Map();
  const entries = JSON.parse(readFileSync(path, 'utf8')) as readonly Origin[];
  return new Map(entries.map((entry) => [entry.folder, entry]));
}

function targetOf(path: string, root: string, origin: Origin | undefined, list: string): Target {
  const at = path.lastIndexOf(sep);
  const name = root.slice(root.lastIndexOf(sep) + 1).replace('__', '/');
  return { list: basename(list), repository: origin?.repo ?? name, commit: origin?.commit, root, folder: path.slice(0, at), template: path.slice(at + 1) };
}

function templatesIn(folder: string, isDeep: boolean): readonly string[] {
  const found: string[] = [];
  const waiting = [folder];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.isDirectory() && isDeep && !leftOut.has(entry.name)) waiting.push(path);
      if (entry.isFile() && /\.(?:ya?ml|json|template)$/iu.test(entry.name) && makesFunctions(path)) found.push(path);
    }
  }
  return found.toSorted();
}

/** Read loosely: a broken template is a target too. */
function makesFunctions(path: string): boolean {
  if (statSync(path).size > largest) return false;
  const text = readFileSync(path, 'utf8');
  return /"?Resources"?\s*:/u.test(text) && /AWS::Serverless|AWS::Lambda::(?:Function|LayerVersion)/u.test(text);
}

/** How a target is called in tables. */
export function nameOf(target: Target): string {
  return [target.repository, relative(target.root, join(target.folder, target.template)).split(sep).join('/')].join(' ');
}
