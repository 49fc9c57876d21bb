/** The first version in a program's `--version` text: `uv 0.13.9 (x86_64-…)` → `0.13.9`; undefined when there is none. */
export function readVersion(text: string): string | undefined {
  return /\d+(?:\.\d+)+/u.exec(text)?.[0];
}

/** Compares dotted numbers: negative when `a` is older than `b`, 0 when equal; missing parts count as 0. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
