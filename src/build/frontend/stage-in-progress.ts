import type { Architecture } from '../../base/host.ts';
import type { Place } from '../../base/source.ts';
import type { Dockerfile } from '../../syntax/dockerfile.ts';
import type { BaseFacts, ConfigChanges, Contribution, StageBase } from './stage.ts';

/** What is asked of a Dockerfile. */
export interface InterpretRequest {
  readonly dockerfile: Dockerfile;
  /** Absolute. */
  readonly context: string;
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly architecture: Architecture;
  /** What the image at a FROM's reference says; asked once per stage that is needed. */
  readonly factsOf: (reference: string, place: Place) => Promise<BaseFacts>;
  /** Whether the context holds a path, and what: for the rules of COPY. */
  readonly kindInContext: (path: string) => 'file' | 'folder' | 'absent';
}

/** A stage while it is read. */
export interface StageInProgress {
  readonly base: StageBase;
  readonly facts: BaseFacts;
  readonly contributions: Contribution[];
  changes: ConfigChanges;
  /** Folders known to be there, absolute. */
  readonly folders: Set<string>;
  shell: readonly string[];
}

/** What taking an instruction needs besides the stage. */
export interface Surroundings {
  readonly request: InterpretRequest;
  readonly stages: ReadonlyMap<number, StageInProgress>;
  readonly stageNamed: (name: string) => number | undefined;
  readonly place: Place;
}

/** What became of an instruction. */
export type Taken =
  | { readonly kind: 'taken'; readonly how: string }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'unsupported'; readonly reason: string };

/** The working directory at this point of a stage. */
export function workingDirectory(stage: StageInProgress): string {
  return stage.changes.workingDir ?? stage.facts.workingDir;
}
