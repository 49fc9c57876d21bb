import { holds } from './marker.ts';
import { asList, asTable, asText, isUsualIndex, lockedPackage, refused, selection, texts, type LockedSelection, type LockFile, type Table } from './lock-tables.ts';
import type { LockedPackage } from './pylock.ts';
import type { WheelTarget } from './tags.ts';

interface Wish {
  readonly name: string;
  readonly version: string | undefined;
  readonly extras: readonly string[];
}

/** The packages of a uv.lock that the project itself needs at run time: without it, its dependency groups and its extras, as `uv export --no-default-groups` has it. */
export function uvPackages({ lock }: LockFile, target: WheelTarget): LockedSelection {
  const packages = asList(lock['package']).map(asTable);
  const root = packages.find((one) => ['virtual', 'editable'].some((kind) => asTable(one['source'])[kind] === '.'));
  if (!root) return refused('no package in it stands for this folder');
  const waiting: Wish[] = [];
  const want = (dependencies: unknown): string | undefined => {
    for (const one of asList(dependencies).map(asTable)) {
      const marker = asText(one['marker']);
      const isWanted = holds(marker, { target, extras: new Set() });
      // Conflicting extras are written into markers in a way of uv's own.
      if (isWanted === undefined || /\bextra\b/u.test(marker ?? '')) return `it asks for ${asText(one['name']) ?? 'a package'} under the condition ${marker ?? ''}`;
      if (isWanted) waiting.push({ name: asText(one['name']) ?? '', version: asText(one['version']), extras: texts(one['extra']) });
    }
    return undefined;
  };
  let problem = want(root['dependencies']);
  const found = new Map<string, LockedPackage | string>();
  const seen = new Set<string>();
  for (let wish = waiting.pop(); wish && problem === undefined; wish = waiting.pop()) {
    const key = JSON.stringify(wish);
    if (seen.has(key)) continue;
    seen.add(key);
    const entry = entryFor(wish, packages, target);
    if (typeof entry === 'string') return refused(entry);
    found.set(`${wish.name} ${asText(entry['version']) ?? ''}`, packageOf(entry));
    problem = want(entry['dependencies']);
    for (const extra of wish.extras) problem ??= want(asTable(entry['optional-dependencies'])[extra]);
  }
  return problem === undefined ? selection([...found.values()]) : refused(problem);
}

/** The entry that a dependency means; where the lock has several versions, the one that it is resolved to for this machine. */
function entryFor({ name, version }: Wish, packages: readonly Table[], target: WheelTarget): Table | string {
  const named = packages.filter((one) => asText(one['name']) === name && (version === undefined || asText(one['version']) === version));
  const fitting = named.length < 2 ? named : named.filter((one) => texts(one['resolution-markers']).some((marker) => holds(marker, { target, extras: new Set() }) === true));
  const [only, ...more] = fitting;
  if (!only) return named.length === 0 ? `it has no ${name}` : `it has ${name} for other machines alone`;
  return more.length === 0 ? only : `it has several versions of ${name} for the same machine`;
}

function packageOf(entry: Table): LockedPackage | string {
  const name = asText(entry['name']) ?? '';
  const source = asTable(entry['source']);
  const registry = asText(source['registry']);
  if (registry === undefined) {
    const [kind = 'another place'] = Object.keys(source);
    const where = asText(source[kind]);
    const places: Readonly<Record<string, string>> = { git: 'a repository', editable: 'the folder', virtual: 'the folder', directory: 'the folder', path: 'the file', url: 'the address' };
    return `it takes ${name} from ${places[kind] ?? kind}${kind === 'git' || where === undefined ? '' : ` ${where}`}`;
  }
  return lockedPackage(name, asText(entry['version']) ?? '', asList(entry['wheels']), !isUsualIndex(registry) && /^https?:/u.test(registry));
}
