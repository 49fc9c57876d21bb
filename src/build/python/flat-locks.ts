import { holds } from './marker.ts';
import { asList, asTable, asText, isUsualIndex, lockedPackage, refused, selection, texts, type LockedSelection, type LockFile } from './lock-tables.ts';
import type { LockedPackage } from './pylock.ts';
import type { WheelTarget } from './tags.ts';
import { normalizeName } from './wheel-name.ts';

const noExtras: ReadonlySet<string> = new Set();

/** The packages of a Pipfile.lock's section `default`. It names hashes without the files that have them: the index tells those. */
export function pipenvPackages({ lock }: LockFile, target: WheelTarget): LockedSelection {
  const entries = Object.entries(asTable(lock['default']));
  return selection(entries.flatMap(([name, value]): readonly (LockedPackage | string)[] => {
    const entry = asTable(value);
    const isWanted = holds(asText(entry['markers']), { target, extras: noExtras });
    if (isWanted === undefined) return [`it asks for ${name} under the condition ${asText(entry['markers']) ?? ''}`];
    if (!isWanted) return [];
    const version = /^==\s*(\S+)$/u.exec(asText(entry['version']) ?? '')?.[1];
    if (version === undefined) return [`it takes ${name} from ${'git' in entry ? 'a repository' : 'path' in entry || 'file' in entry ? 'a folder or file' : 'another place'}`];
    return [{ name: normalizeName(name), version, wheels: [], source: 'wheels', allowed: new Set(texts(entry['hashes']).flatMap((hash) => /^sha256:([0-9a-f]{64})$/iu.exec(hash)?.[1]?.toLowerCase() ?? [])) }];
  }));
}

/** The packages of a pdm.lock's group `default`. */
export function pdmPackages({ lock }: LockFile, target: WheelTarget): LockedSelection {
  const packages = asList(lock['package']).map(asTable);
  if (packages.some((one) => !('groups' in one))) return refused('it does not say which packages are for run time (`pdm lock --strategy inherit_metadata` writes that)');
  return selection(packages.flatMap((one): readonly (LockedPackage | string)[] => {
    const name = asText(one['name']) ?? '';
    const isWanted = texts(one['groups']).includes('default') ? holds(asText(one['marker']), { target, extras: noExtras }) : false;
    if (isWanted === undefined) return [`it asks for ${name} under the condition ${asText(one['marker']) ?? ''}`];
    if (!isWanted) return [];
    const place = ['git', 'path', 'url'].find((kind) => kind in one);
    return [place === undefined ? lockedPackage(name, asText(one['version']) ?? '', asList(one['files'])) : `it takes ${name} from ${place === 'git' ? 'a repository' : `the ${place} ${asText(one[place]) ?? ''}`}`];
  }));
}

/** The packages of a pylock.toml (PEP 751), without extras and with the groups that it has by default. */
export function pylockPackages({ lock }: LockFile, target: WheelTarget): LockedSelection {
  const groups = new Set(texts(lock['default-groups']).map(normalizeName));
  return selection(asList(lock['packages']).map(asTable).flatMap((one): readonly (LockedPackage | string)[] => {
    const name = asText(one['name']) ?? '';
    const isWanted = holds(asText(one['marker']), { target, extras: noExtras, groups });
    if (isWanted === undefined) return [`it asks for ${name} under the condition ${asText(one['marker']) ?? ''}`];
    if (!isWanted) return [];
    const place = ['vcs', 'directory', 'archive'].find((kind) => kind in one);
    if (place !== undefined) return [`it takes ${name} from a ${place === 'vcs' ? 'repository' : place === 'archive' ? 'file' : 'folder'}`];
    const index = asText(one['index']);
    return [lockedPackage(name, asText(one['version']) ?? '', asList(one['wheels']), index !== undefined && !isUsualIndex(index))];
  }));
}
