/** What a wheel's file name says. Source: packaging.python.org, "Binary distribution format", file name convention. */
export interface WheelName {
  /** As written in the file name: `charset_normalizer`. */
  readonly distribution: string;
  readonly version: string;
  readonly build: string | undefined;
  readonly pythons: readonly string[];
  readonly abis: readonly string[];
  readonly platforms: readonly string[];
}

/** Parses `numpy-2.5.5-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl`; undefined when it is no wheel's name. */
export function parseWheelName(fileName: string): WheelName | undefined {
  if (!fileName.endsWith('.whl')) return undefined;
  const parts = fileName.slice(0, -'.whl'.length).split('-');
  if (parts.length !== 5 && parts.length !== 6) return undefined;
  const [distribution = '', version = ''] = parts;
  const build = parts.length === 6 ? parts[2] : undefined;
  const [python = '', abi = '', platform = ''] = parts.slice(-3);
  if (!/^[\w.]+$/u.test(distribution) || version === '' || (build !== undefined && !/^\d/u.test(build))) return undefined;
  return { distribution, version, build, pythons: python.split('.'), abis: abi.split('.'), platforms: platform.split('.') };
}

/** A package's name as indexes compare it: lower case, runs of `-`, `_` and `.` as one `-` (PEP 503). */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/gu, '-');
}
