import type { Knowledge } from './knowledge.ts';
import { typicalPackages } from './typical-packages.ts';

/** What packages weigh together. */
export interface Weight {
  readonly bytes: number;
  /** `measured` where every wheel was looked into. */
  readonly kind: 'measured' | 'estimate';
}

/** The weight of packages (normalised names) with all that they need. */
export function weightOf(names: readonly string[], { packages }: Pick<Knowledge, 'packages'>): Weight {
  const all = new Set(names);
  for (const name of all) for (const needed of packages.get(name)?.requires ?? []) if (packages.has(needed)) all.add(needed);
  const sizes = [...all].map((name) => packages.get(name)?.bytes);
  if (names.every((name) => packages.has(name)) && sizes.every((size) => size !== undefined)) {
    return { kind: 'measured', bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }
  return { kind: 'estimate', bytes: typicalBytes(names) };
}

/** As measured in wheels for Linux x86_64, each package once; those that were not measured count nothing. */
export function typicalBytes(names: readonly string[]): number {
  const all = new Set(names);
  for (const name of all) for (const needed of typicalPackages[name]?.needs ?? []) all.add(needed);
  return [...all].reduce((sum, name) => sum + (typicalPackages[name]?.bytes ?? 0), 0);
}
