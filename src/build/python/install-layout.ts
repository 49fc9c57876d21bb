import type { PythonVersion } from '../../model/function.ts';

/** Where the parts of a wheel go in an artefact; all paths relative to its root, with forward slashes, `''` for the root itself. */
export interface InstallLayout {
  /** Folders strictly below it are made as needed. */
  readonly root: string;
  /** For purelib and platlib, which are one folder on Lambda. */
  readonly sitePackages: string;
  readonly scripts: string;
  readonly data: string;
  /** Each distribution has a folder of its own in it. */
  readonly headers: string;
  /** Absolute path, in the artefact, of the interpreter that scripts name. */
  readonly interpreter: string;
  readonly python: PythonVersion;
  /** What INSTALLER says. */
  readonly installer: 'pip' | 'uv';
  /** True when .pyc files come along, which RECORD then lists. */
  readonly hasBytecode: boolean;
}

/** What the two kinds of layout leave open. */
export type LayoutOptions = Pick<InstallLayout, 'interpreter' | 'python' | 'installer' | 'hasBytecode'>;

/** As `pip install --target folder` leaves it: packages right in the folder, the rest in `bin`, `include` and so on below it. */
export function targetLayout(folder: string, options: LayoutOptions): InstallLayout {
  return { root: folder, sitePackages: folder, scripts: joined(folder, 'bin'), data: folder, headers: joined(folder, 'include/python'), ...options };
}

/** As `pip install --prefix folder` leaves it, and `pip install` of an interpreter with that prefix. */
export function prefixLayout(folder: string, options: LayoutOptions): InstallLayout {
  const { major, minor } = options.python;
  const python = `python${major}.${minor}`;
  return {
    root: folder,
    sitePackages: joined(folder, `lib/${python}/site-packages`),
    scripts: joined(folder, 'bin'),
    data: folder,
    headers: joined(folder, `include/${python}`),
    ...options,
  };
}

/** Joins two relative paths, either of which may be empty. */
export function joined(folder: string, path: string): string {
  return folder === '' ? path : path === '' ? folder : `${folder}/${path}`;
}
