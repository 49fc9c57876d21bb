import type { TimedRun } from '../scenario/shear-cli.ts';
import type { ScenarioName } from './scenario.ts';

/** Who is measured: shear on the Node that runs the bench, as a process for each build and as one that watches, on Node 22, and the three peers of the budget. */
export type ContestantName = 'shear' | 'shear-dev' | 'shear-node22' | 'naive' | 'tuned' | 'buildx';

/** Everyone, in the order of the tables. */
export const everyone: readonly ContestantName[] = ['shear', 'shear-dev', 'shear-node22', 'naive', 'tuned', 'buildx'];

/** What the tables call them. */
export const labels: Readonly<Record<ContestantName, string>> = {
  'shear': `shear, Node ${process.versions.node.split('.')[0]}`,
  'shear-dev': 'shear dev, from save to image',
  'shear-node22': 'shear, Node 22',
  'naive': 'A: naive, sam build',
  'tuned': 'B: tuned, sam build --use-buildkit',
  'buildx': 'C: tuned, docker buildx build',
};

/** Someone who builds a project of their own in their own way. */
export interface Contestant {
  readonly kind: 'contestant';
  readonly name: ContestantName;
  /** For the tables. */
  readonly label: string;
  /** Absolute; a copy that only this contestant uses. */
  readonly project: string;
  /** Relative to the project: where a requirement is added. */
  readonly manifest: string;
  /** Brings the build up to date after a requirement was added, where that takes a command of its own; not part of the other scenarios. */
  readonly build: () => Promise<TimedRun>;
  /** The scenarios that it takes part in; all when absent. */
  readonly scenarios?: readonly ScenarioName[];
  /** Of one that builds by itself when a file changes, as BuildKit's daemon and it are both there already: starts the clock before a change; what comes back waits for the image. */
  readonly watch?: () => () => Promise<TimedRun>;
  readonly stop?: () => Promise<void>;
  /** Forgets all that was built and downloaded, but for the base image and the tools. */
  readonly forget: () => Promise<void>;
  /** Compressed bytes of the last build's image over its base; undefined where that cannot be told. */
  readonly overBase: () => Promise<number | undefined>;
  /** Builds once more and tells the steps of it; empty where the builder does not say. */
  readonly steps: () => Promise<readonly Step[]>;
  /** Bytes that pushing the last build sends to a registry that has what was pushed before. */
  readonly push: () => Promise<number | undefined>;
}

/** A part of a build. */
export interface Step {
  readonly label: string;
  readonly ms: number;
  /** True when its result was kept from an earlier build. */
  readonly cached: boolean;
}

/** A contestant who cannot take part, and why. */
export interface Absent {
  readonly kind: 'absent';
  readonly name: ContestantName;
  readonly label: string;
  readonly reason: string;
}
