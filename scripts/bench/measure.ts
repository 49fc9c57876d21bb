import { failure } from '../../src/base/fault.ts';
import type { Contestant, ContestantName } from './contestant.ts';
import type { TimedRun } from '../scenario/shear-cli.ts';
import type { Scenario, ScenarioName } from './scenario.ts';
import { summarize, type Series } from './statistics.ts';

/** Milliseconds of whole processes, by scenario and contestant. */
export type Times = Readonly<Partial<Record<ScenarioName, Readonly<Partial<Record<ContestantName, Series>>>>>>;

/** How often each is measured. */
export interface Rounds {
  readonly rounds: number;
  readonly naiveRounds: number;
  readonly tell: (line: string) => void;
}

/**
 * Measures every scenario in rounds in which all contestants take their turn, so that what else the machine does falls on all of
 * them. Before a scenario each has built once without a clock.
 */
export async function measure(scenarios: readonly Scenario[], contestants: readonly Contestant[], { rounds, naiveRounds, tell }: Rounds): Promise<Times> {
  const times: Partial<Record<ScenarioName, Partial<Record<ContestantName, Series>>>> = {};
  for (const scenario of scenarios) {
    const series = new Map<ContestantName, number[]>();
    for (let round = 0; round < Math.max(rounds, naiveRounds); round++) {
      for (const contestant of contestants) {
        if (contestant.scenarios?.includes(scenario.name) === false) continue;
        if (round >= (contestant.name === 'naive' ? naiveRounds : rounds)) continue;
        const ms = await once(scenario, contestant, round);
        series.set(contestant.name, [...(series.get(contestant.name) ?? []), ms]);
        tell(`${scenario.label}, round ${round + 1}, ${contestant.label}: ${(ms / 1000).toFixed(3)} s`);
      }
    }
    times[scenario.name] = Object.fromEntries([...series].map(([name, numbers]) => [name, summarize(numbers)]));
  }
  return times;
}

async function once(scenario: Scenario, contestant: Contestant, round: number): Promise<number> {
  // The naive build does all its work again whatever was built before: nothing to warm up.
  if (!contestant.watch && scenario.name !== 'cold' && contestant.name !== 'naive') await build(contestant);
  const watched = contestant.watch?.();
  const restore = await scenario.change(contestant, round);
  const ms = watched ? checked(contestant, await watched()) : await build(contestant);
  await restore();
  return ms;
}

async function build(contestant: Contestant): Promise<number> {
  return checked(contestant, await contestant.build());
}

function checked(contestant: Contestant, { code, stdout, stderr, ms }: TimedRun): number {
  if (code === 0) return ms;
  throw failure('build/failed', `${contestant.label}: the build ended with code ${code}`, { why: `${stdout}\n${stderr}`.trim().split('\n').slice(-15).join('\n') });
}
