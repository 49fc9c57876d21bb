import { parseArgs } from 'node:util';
import { everyone, type ContestantName } from './contestant.ts';
import { mostRounds, scenarios, type ScenarioName } from './scenario.ts';

/** What the bench was asked for. */
export interface BenchArguments {
  readonly json: boolean;
  readonly rounds: number;
  /** Rounds of the naive peer, whose builds take minutes. */
  readonly naiveRounds: number;
  readonly scenarios: readonly ScenarioName[];
  readonly contestants: readonly ContestantName[];
}

/** The help text. */
export const usage: string = `npm run bench -- [options]

  --json              results as JSON on standard output
  --quick             one round, without the naive peer and the cold builds
  --only NAMES        scenarios or contestants, with commas: ${scenarios.map((one) => one.name).join(', ')}; shear, shear-dev, shear-node22, naive, tuned, buildx
  --rounds N          rounds of each scenario, 1 to ${mostRounds} (5)
  --naive-rounds N    rounds of the naive peer, whose builds take minutes (1)
`;

/** Reads the arguments; a sentence when they are wrong. */
export function readArguments(argv: readonly string[]): BenchArguments | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { 'json': { type: 'boolean' }, 'quick': { type: 'boolean' }, 'only': { type: 'string' }, 'rounds': { type: 'string' }, 'naive-rounds': { type: 'string' }, 'help': { type: 'boolean' } },
    });
    if (values.help === true) return usage;
    const only = (values.only ?? '').split(',').filter((name) => name !== '');
    const named = scenarios.map((one) => one.name).filter((name) => only.includes(name));
    const people = everyone.filter((name) => only.includes(name));
    const odd = only.find((name) => !named.some((one) => one === name) && !people.some((one) => one === name));
    if (odd !== undefined) return `--only: there is no scenario or contestant "${odd}"\n\n${usage}`;
    const isQuick = values.quick === true;
    return {
      json: values.json === true,
      rounds: count(values.rounds, isQuick ? 1 : 5, mostRounds),
      naiveRounds: count(values['naive-rounds'], isQuick ? 0 : 1, mostRounds),
      scenarios: named.length > 0 ? named : scenarios.map((one) => one.name).filter((name) => !isQuick || (name !== 'cold' && name !== 'nothing-changed-5000')),
      contestants: people.length > 0 ? people : everyone.filter((name) => !isQuick || name !== 'naive'),
    };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n${usage}`;
  }
}

function count(text: string | undefined, otherwise: number, most: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(value) || value < 0 || value > most) throw new Error(`${text} is not a whole number from 0 to ${most}`);
  return value;
}
