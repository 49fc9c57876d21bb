import type { ContestantName } from './contestant.ts';
import type { ScenarioName } from './scenario.ts';

/** How many times as quick as a peer shear is to be, by scenario: the performance budget of the project. */
export const budget: Readonly<Record<ScenarioName, Partial<Record<ContestantName, number>>>> = {
  'nothing-changed': { naive: 400, tuned: 15, buildx: 4 },
  'nothing-changed-5000': { naive: 400, tuned: 15, buildx: 4 },
  'one-line': { naive: 400, tuned: 12, buildx: 5 },
  'one-requirement': { naive: 80, tuned: 25, buildx: 15 },
  'cold': { naive: 10, tuned: 4, buildx: 4 },
};

/** Milliseconds that a build with nothing changed may take on Node 22. */
export const quietBuild = 100;

/** Most bytes over the base, as shares of the peers'. */
export const sizeBudget = { naive: 0.08, tuned: 0.6 } as const;
