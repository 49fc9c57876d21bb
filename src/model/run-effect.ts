import type { Span } from '../base/source.ts';

/** Where pip puts packages. */
export type InstallLocation =
  /** The interpreter's own site-packages. */
  | { readonly kind: 'site' }
  | { readonly kind: 'user' }
  | { readonly kind: 'target'; readonly path: string }
  | { readonly kind: 'prefix'; readonly path: string }
  | { readonly kind: 'root'; readonly path: string };

/** The options of a pip or uv install that change what is installed. */
export interface PipOptions {
  /** `--no-cache-dir`, `--no-cache`, or PIP_NO_CACHE_DIR. */
  readonly noCache: boolean;
  readonly upgrade: boolean;
  readonly noDependencies: boolean;
  readonly requireHashes: boolean;
  /** True for `--no-compile`; false for `--compile`, `--compile-bytecode` and by default. */
  readonly noCompile: boolean;
  /** `--compile-bytecode` of uv, or UV_COMPILE_BYTECODE. */
  readonly compileBytecode: boolean;
  readonly preReleases: boolean;
  readonly preferBinary: boolean;
  readonly noIndex: boolean;
  readonly noBuildIsolation: boolean;
  /** Installs again what is there already: `--force-reinstall`, `--ignore-installed`, `--reinstall`. */
  readonly reinstall: boolean;
  /** Values of `--only-binary`: package names or `:all:`. */
  readonly onlyBinary: readonly string[];
  readonly noBinary: readonly string[];
  readonly platforms: readonly string[];
  readonly implementation: string | undefined;
  readonly abis: readonly string[];
  readonly pythonVersion: string | undefined;
  /** May hold credentials: never to be printed. */
  readonly indexUrl: string | undefined;
  /** May hold credentials: never to be printed. */
  readonly extraIndexUrls: readonly string[];
  readonly findLinks: readonly string[];
}

interface EffectBase {
  /** Of the simple command in the Dockerfile. */
  readonly span: Span;
  /** The folder that `cd` led to, absolute or relative to the instruction's WORKDIR; undefined when there was no `cd`. */
  readonly folder: string | undefined;
}

/** What one simple command of a RUN line does. Nothing is guessed: whatever is not understood whole is `opaque`. */
export type RunEffect = EffectBase &
  (
    | {
        readonly kind: 'pip-install';
        readonly tool: 'pip' | 'uv';
        /** The interpreter as written (`python3.12`, `/var/lang/bin/python3.12`, `python3` for pip3); undefined for plain `pip` and uv. */
        readonly python: string | undefined;
        readonly requirementsFiles: readonly string[];
        readonly constraintFiles: readonly string[];
        /** Inline requirements, paths and URLs, as pip gets them. */
        readonly requirements: readonly string[];
        readonly editables: readonly string[];
        readonly location: InstallLocation;
        readonly options: PipOptions;
      }
    /** An install of nothing but pip, setuptools, wheel or uv themselves. */
    | { readonly kind: 'tool-upgrade'; readonly tool: 'pip' | 'uv'; readonly packages: readonly string[]; readonly location: InstallLocation }
    | {
        readonly kind: 'os-packages';
        readonly manager: OsPackageManager;
        readonly verb: 'install' | 'remove' | 'update-lists' | 'upgrade' | 'clean';
        readonly packages: readonly string[];
        /** `--no-install-recommends`, `--setopt=install_weak_deps=0` or the like. */
        readonly isMinimal: boolean;
      }
    | {
        readonly kind: 'download';
        readonly tool: 'curl' | 'wget';
        readonly url: string;
        /** The file it becomes; `-` when it goes to the next command of a pipe or to the terminal. */
        readonly output: string;
      }
    | {
        readonly kind: 'archive';
        readonly tool: 'tar' | 'unzip';
        /** The archive's path; `-` when it comes from a pipe. */
        readonly archive: string;
        /** The folder it is unpacked into; undefined for the current one. */
        readonly into: string | undefined;
        readonly members: readonly string[];
        readonly stripComponents: number;
      }
    | {
        readonly kind: 'file-operation';
        readonly operation: FileOperation;
        /** What it works on; for cp, mv, ln and install the sources. */
        readonly paths: readonly string[];
        /** For cp, mv, ln and install. */
        readonly destination: string | undefined;
        /** For chmod, and for mkdir and install with `-m`. */
        readonly mode: string | undefined;
        /** For chown: as written. */
        readonly owner: string | undefined;
        readonly recursive: boolean;
        readonly force: boolean;
        /** `ln -s`. */
        readonly symbolic: boolean;
        /** `mkdir -p`, `install -D`. */
        readonly parents: boolean;
        /** True when a path holds a pattern (`*`, `?`, `[`) that the shell expands. */
        readonly hasPattern: boolean;
      }
    /** Leaves no trace in the image: echo, cd, set, `--version`, emptying a package cache that is not there. */
    | { readonly kind: 'no-operation'; readonly what: string }
    | { readonly kind: 'opaque'; readonly reason: string }
  );

/** Package managers of Linux distributions. */
export type OsPackageManager = 'apt-get' | 'apt' | 'yum' | 'dnf' | 'microdnf' | 'apk';

/** File operations that are understood. */
export type FileOperation = 'mkdir' | 'rmdir' | 'chmod' | 'chown' | 'rm' | 'cp' | 'mv' | 'ln' | 'touch' | 'install';

/** A `RUN --mount=…`. */
export interface RunMount {
  readonly type: 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh';
  readonly target: string | undefined;
  readonly source: string | undefined;
  readonly from: string | undefined;
  /** All keys as written, lower case. */
  readonly options: Readonly<Record<string, string>>;
  readonly span: Span;
}

/** Part of an effect that a command's reader gives; place and folder are added by `classifyRun`. */
export type EffectOfCommand = RunEffect extends infer E ? (E extends RunEffect ? Omit<E, keyof EffectBase> : never) : never;

/** An effect that is not understood, with the reason as a sentence without full stop. */
export function opaque(reason: string): EffectOfCommand {
  return { kind: 'opaque', reason };
}
