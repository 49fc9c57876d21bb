import { normalizeName } from './wheel-name.ts';

/** A package and what it depends on. */
export interface Installable {
  /** Normalised (PEP 503). */
  readonly name: string;
  /** Normalised names; ones that are not installed are ignored. */
  readonly requires: readonly string[];
}

/**
 * The order in which pip installs packages, which decides whose file stays where two install the same path: packages
 * come after what they depend on; those that could come at the same time in falling order of their names; packages that
 * depend on each other in a circle last, in falling order too. Source: pip's documentation, "Installation Order".
 */
export function installOrder<P extends Installable>(packages: readonly P[]): readonly P[] {
  const left = new Map(packages.map((entry) => [entry.name, entry]));
  const ordered: P[] = [];
  const falling = (a: P, b: P): number => (a.name < b.name ? 1 : -1);
  while (left.size > 0) {
    const ready = [...left.values()].filter((entry) => !entry.requires.some((name) => name !== entry.name && left.has(name)));
    const batch = ready.length > 0 ? ready : [...left.values()];
    for (const entry of batch.toSorted(falling)) {
      ordered.push(entry);
      left.delete(entry.name);
    }
  }
  return ordered;
}

/** Normalised names that a wheel's METADATA requires, but for those of its extras (which of them were asked for, it can't tell). */
export function requirementsOf(metadata: string): readonly string[] {
  const [header = ''] = metadata.split(/\r?\n\r?\n/u);
  const lines = Array.from(header.matchAll(/^Requires-Dist:\s*([A-Za-z0-9][\w.-]*)(.*)$/gmu), ([, name = '', rest = '']) => ({ name, rest }));
  return lines.filter(({ rest }) => !/\bextra\s*==/u.test(rest)).map(({ name }) => normalizeName(name));
}
