import type { Owner } from '../../base/tree.ts';
import type { FfmpegRecipe } from '../../ffmpeg/configure-line.ts';
import type { Place } from '../../base/source.ts';
import type { DockerfileInstruction } from '../../syntax/dockerfile.ts';

/** A path that `COPY --from` took from one folder of a stage to another of the next. */
export interface Move {
  /** Absolute path in the earlier stage. */
  readonly from: string;
  /** Absolute path in the later stage. */
  readonly to: string;
  /** When `from` is a file: it goes into the folder `to` under its own name. */
  readonly intoFolder: boolean;
}

/** One source of a COPY from the build context. */
export interface CopySource {
  /** Relative to the context; `''` for the context itself; a pattern when `isPattern`. */
  readonly path: string;
  readonly isPattern: boolean;
}

/** What one instruction adds to a stage's file system. */
export type Contribution = {
  /** The instruction as a history line. */
  readonly createdBy: string;
  readonly place: Place;
  /** Where later stages took it, in order; empty for the stage that made it. */
  readonly moves: readonly Move[];
} & (
  | {
      readonly kind: 'copy';
      /** Absolute build context folder. */
      readonly context: string;
      readonly sources: readonly CopySource[];
      /** Absolute path in the image. */
      readonly destination: string;
      /** The destination is a folder: it ends with `/`, is one already, or several sources go there. */
      readonly intoFolder: boolean;
      readonly mode: number | null;
      readonly owner: Owner | null;
    }
  | {
      readonly kind: 'python';
      /** Absolute paths of requirements files in the context. */
      readonly manifests: readonly string[];
      readonly constraints: readonly string[];
      /** Requirements given on the command line. */
      readonly inline: readonly string[];
      readonly noDependencies: boolean;
      readonly install: PythonInstall;
    }
  | {
      readonly kind: 'ffmpeg';
      /** The program itself when it comes out of a wheel, the folder with `bin` and `share` when it is built. */
      readonly destination: string;
      /** What is compiled; null for the wheel's program. */
      readonly recipe: FfmpegRecipe | null;
    }
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
);

/** Where pip puts things: `--target DIR`, or below a prefix (`--prefix DIR`, or the interpreter's own). */
export type PythonInstall =
  | { readonly kind: 'target'; readonly path: string }
  | { readonly kind: 'prefix'; readonly path: string }
  | { readonly kind: 'site' };

/** What a stage is built on. */
export type StageBase =
  | { readonly kind: 'image'; readonly reference: string; readonly place: Place }
  | { readonly kind: 'scratch' };

/** What the config of an image gets over its base. */
export interface ConfigChanges {
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly cmd: readonly string[] | null | undefined;
  readonly entrypoint: readonly string[] | undefined;
  readonly workingDir: string | undefined;
  readonly user: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly exposedPorts: readonly string[];
  readonly stopSignal: string | undefined;
}

/** A stage as far as the native engine understands it. */
export interface InterpretedStage {
  readonly base: StageBase;
  readonly contributions: readonly Contribution[];
  readonly changes: ConfigChanges;
}

/** An instruction that the native engine leaves to BuildKit. */
export interface Unsupported {
  readonly instruction: DockerfileInstruction;
  readonly place: Place;
  /** Completes "shear's native engine cannot take this line: …". */
  readonly reason: string;
}

/** For `build --explain`: which engine takes an instruction and why. */
export interface InstructionVerdict {
  readonly place: Place;
  readonly text: string;
  readonly engine: 'native' | 'buildkit' | 'skipped';
  readonly why: string;
}

/** What the base image tells the reader of a Dockerfile. */
export interface BaseFacts {
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly workingDir: string;
  readonly hasCommand: boolean;
  /** Undefined when the image is not known to hold Python. */
  readonly python: BasePython | undefined;
}

/** The Python of a base image. */
export interface BasePython {
  readonly major: number;
  readonly minor: number;
  /** `/var/lang` in AWS's images, `/usr/local` in the official Python images. */
  readonly prefix: string;
  /** Absolute path of the interpreter in the image. */
  readonly interpreter: string;
  /** The newest glibc that wheels may ask for. */
  readonly glibc: readonly [major: number, minor: number];
}
