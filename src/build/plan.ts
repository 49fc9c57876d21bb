import type { Digest } from '../base/digest.ts';
import type { Place } from '../base/source.ts';
import type { GraphNode } from '../graph/node.ts';
import type { InstructionVerdict } from './frontend/stage.ts';

/** What an image layer holds. */
export type LayerRole = 'base' | 'ffmpeg' | 'dependencies' | 'application';

/** A function or Lambda layer to build. */
export type PlannedArtefact =
  | {
      readonly kind: 'image';
      readonly logicalId: string;
      /** As sam names it: `Nested/Fn`. */
      readonly fullPath: string;
      /** The image's node. */
      readonly node: string;
      /** `repository:tag` for a Docker engine, as sam names it. */
      readonly name: string;
      readonly base: PlannedBase | null;
      readonly verdicts: readonly InstructionVerdict[];
    }
  | {
      readonly kind: 'zip' | 'layer';
      readonly logicalId: string;
      readonly fullPath: string;
      /** The zip's node. */
      readonly node: string;
      readonly engine: 'native' | 'sam';
    }
  | {
      /** Left to `docker buildx build`: the native engine does not take the whole Dockerfile. */
      readonly kind: 'buildkit';
      readonly logicalId: string;
      readonly fullPath: string;
      readonly name: string;
      readonly reason: string;
      /** Of the line; null when it is not a line. */
      readonly place: Place | null;
      readonly dockerfile: string;
      readonly context: string;
      readonly target: string | null;
      readonly buildArgs: Readonly<Record<string, string>>;
      readonly platform: string;
      readonly verdicts: readonly InstructionVerdict[];
    };

/** A base image as planned: by the digest of its platform's manifest. */
export interface PlannedBase {
  /** FROM's text. */
  readonly reference: string;
  readonly digest: Digest;
  readonly architecture: 'x86_64' | 'arm64';
  /** Of the FROM. */
  readonly place: Place | null;
}

/** A template as it will stand in `.aws-sam/build`. */
export interface PlannedTemplate {
  /** Relative to the build folder. */
  readonly path: string;
  readonly text: string;
}

/** All that a build does, as data: a function of the project's configuration files and the lock, kept between runs. */
export interface Plan {
  readonly nodes: readonly GraphNode[];
  readonly artefacts: readonly PlannedArtefact[];
  readonly templates: readonly PlannedTemplate[];
  /** Absolute paths (there or not) that the plan was made from. */
  readonly madeFrom: readonly string[];
}
