import type { Digest, NodeKey } from '../base/digest.ts';
import type { Architecture } from '../base/host.ts';

/** All that a project's builds depend on from outside, by digest; no addresses, so that any mirror serves. */
export interface Lock {
  readonly schema: 1;
  /** Versions by name: `shear`, `uv`, for each Python that compiled bytecode `python3.12`, and `ffmpeg-compiler-arm64`. */
  readonly tools: Readonly<Record<string, string>>;
  /** By image reference as written in FROM. */
  readonly bases: Readonly<Record<string, LockedBase>>;
  /** By wheel file name. */
  readonly wheels: Readonly<Record<string, LockedFile>>;
  /** By ffmpeg recipe name: what was built of which source. */
  readonly ffmpeg: Readonly<Record<string, LockedFfmpeg>>;
  /** By full path, as sam names them. */
  readonly functions: Readonly<Record<string, LockedBuild>>;
  /** Lambda layers, by full path. */
  readonly layers: Readonly<Record<string, LockedBuild>>;
}

/** A base image, for each architecture that a function of the project uses. */
export type LockedBase = Readonly<Partial<Record<Architecture, LockedImage>>>;

/** An image by digest. */
export interface LockedImage {
  /** Of the plain manifest. */
  readonly digest: Digest;
  /** Of the index that the reference led to; absent when it led to the manifest itself. */
  readonly index?: Digest | undefined;
}

/** A wheel's identity. */
export interface LockedFile {
  /** Normalised (PEP 503). */
  readonly name: string;
  readonly version: string;
  /** Bytes. */
  readonly size: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

/** A build of ffmpeg. */
export interface LockedFfmpeg {
  readonly version: string;
  /** Digests of the source archives, ffmpeg's and its libraries', by file name. */
  readonly sources: Readonly<Record<string, Digest>>;
  /** The arguments of configure, quoted for a shell: they name every part that is built. */
  readonly configure: string;
  readonly results: Readonly<Partial<Record<Architecture, FfmpegResult>>>;
  /** Why each part is there, as `shear lock` last saw it: `filter scale: src/app.py:12`. Nothing is compared with it. */
  readonly evidence?: readonly string[] | undefined;
}

/** What a build of ffmpeg came to on one architecture. */
export interface FfmpegResult {
  /** Of the programs, together. */
  readonly digest: Digest;
  /** Compiler, linker, assembler and C library: they decide the bytes. */
  readonly compiler: string;
  /** Commands that came out as with a full build of the same version; absent until that was tried (`shear lock --prove`). */
  readonly proved?: number | undefined;
}

/** What one function or Lambda layer is built from. */
export interface LockedBuild {
  /** `linux/amd64 python3.12 glibc2.34`, say: a text that is compared, not read. */
  readonly platform: string;
  /** A key of `bases`; absent for a zip. */
  readonly base?: string | undefined;
  /** Names the requirement texts that the wheels were resolved from; absent without dependencies. */
  readonly manifest?: NodeKey | undefined;
  /** Keys of `wheels`, sorted. */
  readonly wheels: readonly string[];
  /** A key of `ffmpeg`. */
  readonly ffmpeg?: string | undefined;
  /** Predicted ChainID of the base's layers with those of ffmpeg and the dependencies; the application's are above them. */
  readonly foundation?: Digest | undefined;
}

/** A lock of a project with nothing in it. */
export const emptyLock: Lock = { schema: 1, tools: {}, bases: {}, wheels: {}, ffmpeg: {}, functions: {}, layers: {} };
