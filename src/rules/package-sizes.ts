import type { Knowledge } from './knowledge.ts';

/**
 * Bytes of packages that weigh, unpacked with what they need and without bytecode, by normalised name: for estimates where the
 * wheels themselves have not been looked into. Source: wheels for CPython 3.12, Linux x86_64, of late 2025, rounded.
 */
const typicalBytes: Readonly<Record<string, number>> = {
  'boto3': 29e6, 'cryptography': 15e6, 'lxml': 17e6, 'matplotlib': 75e6, 'moviepy': 110e6, 'numpy': 70e6, 'openai': 22e6, 'opencv-python': 250e6, 'opencv-python-headless': 190e6, 'pandas': 135e6, 'pillow': 19e6, 'psycopg2-binary': 11e6,
  'pyarrow': 140e6, 'pydantic': 9e6, 'pymongo': 7e6, 'scikit-learn': 220e6, 'scipy': 190e6, 'sqlalchemy': 15e6, 'google-api-python-client': 100e6, 'grpcio': 20e6, 'langchain': 60e6, 'reportlab': 25e6, 'shapely': 80e6, 'snowflake-connector-python': 40e6,
};

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
  // What one needs is often in another: the heaviest counts whole, the others by half.
  const known = names.map((name) => typicalBytes[name] ?? 0).toSorted((a, b) => b - a);
  return { kind: 'estimate', bytes: known.reduce((sum, size, i) => sum + (i === 0 ? size : size / 2), 0) };
}
