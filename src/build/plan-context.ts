import type { Architecture, Host } from '../base/host.ts';
import type { Store } from '../store/store.ts';
import type { BaseImage } from './base-image.ts';
import type { Fault } from '../base/fault.ts';
import type { LockDraft } from './dependencies.ts';

/** What planning one function needs. */
export interface PlanContext {
  readonly host: Host;
  readonly store: Store;
  /** Absolute. */
  readonly projectFolder: string;
  /** Absolute. */
  readonly rootTemplate: string;
  /** `NAME=VALUE`, for sam. */
  readonly parameterOverrides: readonly string[];
  readonly draft: LockDraft;
  /** What is wrong with a file (absolute path) that the project could not read. */
  readonly faultOf: (path: string) => Fault | undefined;
  /** Opens each image once; the lock's digest when it has one. */
  readonly openBase: (reference: string, architecture: Architecture) => Promise<BaseImage | undefined>;
  readonly lockBase: (name: string, reference: string, architecture: Architecture, base: BaseImage) => void;
  /** Has a new plan made when a file (absolute path) appears or changes. */
  readonly watch: (paths: readonly string[]) => void;
  /** Warns, of the same thing only once in a plan. */
  readonly warnOnce: (text: string) => void;
  /** A name in the lock for a function's further installs: `Fn#2`. */
  readonly lockName: (name: string) => string;
}
