import type { InstructionVerdict } from './frontend/stage.ts';

/** How a function or Lambda layer is built, and why so. */
export interface Explanation {
  readonly name: string;
  /** `none`: there is nothing to build, or it cannot be built. */
  readonly engine: 'native' | 'buildkit' | 'sam' | 'make' | 'none';
  readonly why: string;
  /** Of a Dockerfile, in its order. */
  readonly instructions: readonly InstructionVerdict[];
  /** What could not be found out, so that some of the above may turn out otherwise. */
  readonly doubt?: string;
}
