import type { Host } from '../base/host.ts';
import { provideWheels } from '../build/provide-wheels.ts';
import { readEntryPoints } from '../build/python/entry-points.ts';
import { resolveRequirements } from '../build/python/resolve.ts';
import { metadataText } from '../build/python/wheel.ts';
import type { FetchedWheel } from '../build/python/fetch-wheels.ts';
import type { PackageFacts, RequirementsTarget } from '../rules/knowledge.ts';
import type { Store } from '../store/store.ts';
import { normalizedProjectName } from '../syntax/requirements.ts';
import { readZip } from '../zip/read.ts';

/**
 * Looks into the wheels of packages at given versions; they come into the store, where the build finds them. Packages
 * without a wheel for the target make it fail, as `resolveRequirements` does.
 * @param versions by normalised name.
 */
export async function packageFacts(
  host: Host,
  store: Store,
  versions: ReadonlyMap<string, string>,
  where: { readonly target: RequirementsTarget; readonly cwd: string },
): Promise<ReadonlyMap<string, PackageFacts>> {
  const texts = [...versions].map(([name, version]) => `${name}==${version}`);
  const { wheels } = await resolveRequirements(host, { source: { kind: 'requirements', files: [], texts, cwd: where.cwd }, target: where.target, withoutDependencies: true });
  const fetched = await provideWheels(host, store, wheels, where);
  return new Map(fetched.map((wheel) => [wheel.name, factsOf(wheel)]));
}

function factsOf(wheel: FetchedWheel): PackageFacts {
  const metadata = metadataText(wheel.path, wheel, 'METADATA') ?? '';
  const groups = [...readEntryPoints(metadataText(wheel.path, wheel, 'entry_points.txt') ?? '').keys()];
  const needs = Array.from(metadata.split(/\r?\n\r?\n/u)[0]?.matchAll(/^Requires-Dist:\s*([A-Za-z0-9][\w.-]*)(.*)$/gmu) ?? [], (match) => ({ name: normalizedProjectName(match[1] ?? ''), isExtra: /\bextra\s*==/u.test(match[2] ?? '') }));
  const members = readZip(wheel.path, wheel.fileName);
  return {
    bytes: members.reduce((sum, member) => sum + member.size, 0),
    unread: unreadIn(members),
    modules: modulesIn(members.map((member) => member.name)),
    isPlugin: groups.some((group) => isOfOthers(group, wheel.name)),
    requires: [...new Set(needs.filter((one) => !one.isExtra).map((one) => one.name))],
    extras: [...new Set(needs.filter((one) => one.isExtra).map((one) => one.name))],
  };
}

/** Files that are there for those who develop with a package; `testing` folders are for its users, and stay. */
const unreadKinds: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['tests', /\/tests?\//u],
  ['type stubs', /\.pyi$/u],
  ['headers', /\.(?:h|hpp|hxx|pxd|cuh|a|lib)$/u],
  ['documentation', /\/(?:docs?|examples?)\//u],
];

function unreadIn(members: readonly { readonly name: string; readonly size: number }[]): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { name, size } of members) {
    const kind = unreadKinds.find(([, pattern]) => pattern.test(name))?.[0];
    if (kind !== undefined) found[kind] = (found[kind] ?? 0) + size;
  }
  return found;
}

/** Groups that no running function looks into: programs, packagers, test runners, array interfaces. */
const inertGroups: ReadonlySet<string> = new Set(['console_scripts', 'gui_scripts', 'pyinstaller40', 'array_api', 'pytest11', 'distutils.commands', 'distutils.setup_keywords', 'egg_info.writers', 'mypy.plugins', 'hypothesis', 'pip_install']);

/** Entry points of a group that is not the package's own: some other package looks for them. */
function isOfOthers(group: string, name: string): boolean {
  return !inertGroups.has(group) && !normalizedProjectName(group).startsWith(name);
}

/** Top-level names that a wheel's files can be imported by (Binary distribution format, "File contents"). */
function modulesIn(members: readonly string[]): readonly string[] {
  const names = new Set<string>();
  for (const member of members) {
    const path = member.replace(/^[^/]+\.data\/(?:purelib|platlib)\//u, '');
    const [first = '', ...rest] = path.split('/');
    if (/\.(?:dist-info|data|libs)$/u.test(first)) continue;
    if (rest.length > 0 && /^[A-Za-z_]\w*$/u.test(first)) names.add(first);
    const module = rest.length === 0 ? /^([A-Za-z_]\w*)(?:\.[\w-]+)*\.(?:py|so|pyd)$/u.exec(first)?.[1] : undefined;
    if (module !== undefined) names.add(module);
  }
  return [...names].toSorted();
}
