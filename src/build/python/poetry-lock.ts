import { allowsPython } from './poetry-constraint.ts';
import { holds } from './marker.ts';
import { asList, asTable, asText, isUsualIndex, lockedPackage, refused, selection, texts, type LockedSelection, type LockFile, type Table } from './lock-tables.ts';
import type { LockedPackage } from './pylock.ts';
import type { WheelTarget } from './tags.ts';
import { normalizeName } from './wheel-name.ts';

const noExtras: ReadonlySet<string> = new Set();

/** The packages of a poetry.lock that the project needs at run time (the group `main`), without its extras. */
export function poetryPackages({ lock, manifest }: LockFile, target: WheelTarget): LockedSelection {
  const packages = asList(lock['package']).map(asTable);
  const files = asTable(asTable(lock['metadata'])['files']);
  // From Poetry 2 on a lock says of each package which groups it is for, and on which machines.
  const chosen = packages.every((one) => 'groups' in one) ? byGroups(packages, target) : byWalking(packages, manifest, target);
  return typeof chosen === 'string' ? refused(chosen) : selection(chosen.map((one) => packageOf(one, files)));
}

function byGroups(packages: readonly Table[], target: WheelTarget): readonly Table[] | string {
  const chosen: Table[] = [];
  for (const one of packages) {
    if (!texts(one['groups']).includes('main') || one['optional'] === true) continue;
    const marker = asText(one['markers']) ?? asText(asTable(one['markers'])['main']);
    const isWanted = holds(marker, { target, extras: noExtras });
    if (isWanted === undefined) return `it asks for ${asText(one['name']) ?? ''} under the condition ${marker ?? ''}`;
    if (isWanted) chosen.push(one);
  }
  return chosen;
}

interface Wish {
  readonly name: string;
  readonly extras: readonly string[];
}

function byWalking(packages: readonly Table[], manifest: Table, target: WheelTarget): readonly Table[] | string {
  const waiting: Wish[] = [];
  const first = directWishes(manifest, target);
  if (typeof first === 'string') return first;
  waiting.push(...first);
  const chosen = new Set<Table>();
  const seen = new Set<string>();
  for (let wish = waiting.pop(); wish; wish = waiting.pop()) {
    const key = JSON.stringify(wish);
    if (seen.has(key)) continue;
    seen.add(key);
    const entry = entryFor(wish.name, packages, target);
    if (typeof entry === 'string') return entry;
    chosen.add(entry);
    const of = asTable(entry['extras']);
    const ofExtras = new Set(wish.extras.flatMap((extra) => texts(of[extra] ?? of[normalizeName(extra)]).map((text) => normalizeName(/^[A-Za-z0-9][\w.-]*/u.exec(text)?.[0] ?? ''))));
    for (const [name, value] of Object.entries(asTable(entry['dependencies']))) {
      const found = wishesOf(name, value, { target, extras: new Set(wish.extras.map(normalizeName)), optional: ofExtras });
      if (typeof found === 'string') return found;
      waiting.push(...found);
    }
  }
  return [...chosen];
}

/** What pyproject.toml asks for in `[project]` or `[tool.poetry.dependencies]`. */
function directWishes(manifest: Table, target: WheelTarget): readonly Wish[] | string {
  const wishes: Wish[] = [];
  for (const [name, value] of Object.entries(asTable(asTable(asTable(manifest['tool'])['poetry'])['dependencies']))) {
    if (normalizeName(name) === 'python') continue;
    const found = wishesOf(name, value, { target, extras: noExtras, optional: noExtras });
    if (typeof found === 'string') return found;
    wishes.push(...found);
  }
  for (const text of texts(asTable(manifest['project'])['dependencies'])) {
    const [, name = '', extras = '', rest = ''] = /^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?(.*)$/su.exec(text) ?? [];
    const isWanted = holds(rest.split(';')[1], { target, extras: noExtras });
    if (isWanted === undefined) return `pyproject.toml asks for ${text}`;
    if (isWanted) wishes.push({ name: normalizeName(name), extras: extras.split(',').map((one) => one.trim()).filter((one) => one !== '') });
  }
  return wishes;
}

/** A dependency as Poetry writes it: a constraint, a table, or a list of tables for different machines. */
function wishesOf(name: string, value: unknown, of: { readonly target: WheelTarget; readonly extras: ReadonlySet<string>; readonly optional: ReadonlySet<string> }): readonly Wish[] | string {
  const wishes: Wish[] = [];
  for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
    const entry = asTable(one);
    if (entry['optional'] === true && !of.optional.has(normalizeName(name))) continue;
    const marker = asText(entry['markers']);
    const isWanted = holds(marker, { target: of.target, extras: of.extras });
    const isForPython = allowsPython(asText(entry['python']), of.target.python);
    if (isWanted === undefined || isForPython === undefined) return `it asks for ${name} under the condition ${marker ?? `python ${asText(entry['python']) ?? ''}`}`;
    const platform = asText(entry['platform']);
    if (isWanted && isForPython && (platform === undefined || platform === 'linux')) wishes.push({ name: normalizeName(name), extras: texts(entry['extras']) });
  }
  return wishes;
}

function entryFor(name: string, packages: readonly Table[], { python }: WheelTarget): Table | string {
  const named = packages.filter((one) => normalizeName(asText(one['name']) ?? '') === name);
  const fitting = named.length < 2 ? named : named.filter((one) => allowsPython(asText(one['python-versions']), python) === true);
  const [only, ...more] = fitting;
  if (!only) return named.length === 0 ? `it has no ${name}` : `it has ${name} for other versions of Python alone`;
  return more.length === 0 ? only : `it has several versions of ${name}, and not which of them is for what (Poetry 2 writes that)`;
}

function packageOf(entry: Table, files: Table): LockedPackage | string {
  const name = asText(entry['name']) ?? '';
  const source = asTable(entry['source']);
  const kind = asText(source['type']);
  if (kind !== undefined && kind !== 'legacy') return `it takes ${name} from ${kind === 'git' ? 'a repository' : `the ${kind === 'directory' ? 'folder' : kind} ${asText(source['url']) ?? ''}`}`;
  const own = asList(entry['files']);
  const index = asText(source['url']);
  const found = lockedPackage(name, asText(entry['version']) ?? '', own.length > 0 ? own : asList(files[name]));
  return index === undefined || isUsualIndex(index) ? found : { ...found, index };
}
