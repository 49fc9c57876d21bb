import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contestant } from './contestant.ts';

/** What is measured. */
export type ScenarioName = 'nothing-changed' | 'nothing-changed-5000' | 'one-line' | 'one-requirement' | 'cold';

/** One kind of change. */
export interface Scenario {
  readonly name: ScenarioName;
  readonly label: string;
  /** Data files that the function carries besides its own. */
  readonly files: number;
  /** Makes the change; not timed. Returns what puts it back. */
  readonly change: (contestant: Contestant, round: number) => Promise<() => Promise<void>>;
}

/** Every scenario, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
  { name: 'nothing-changed', label: 'nothing changed', files: 0, change: async () => nothing },
  { name: 'one-line', label: 'one line changed', files: 0, change: async (contestant, round) => addLine(contestant, round) },
  { name: 'one-requirement', label: 'one requirement added', files: 0, change: async (contestant, round) => addRequirement(contestant, round) },
  {
    name: 'cold',
    label: 'cold',
    files: 0,
    change: async (contestant) => {
      await contestant.forget();
      return nothing;
    },
  },
  { name: 'nothing-changed-5000', label: 'nothing changed, 5,000 input files', files: 5000, change: async () => nothing },
];

/** Small and large ones that nothing else in the example asks for: a new one each round, so that nobody has it yet. */
const requirements = ['pydub==0.25.1', 'orjson==3.11.3', 'pyyaml==6.0.3', 'msgpack==1.1.1', 'lxml==6.0.2', 'pillow==11.3.0', 'rapidfuzz==3.14.1', 'regex==2025.9.18', 'xxhash==3.5.0'];

/** The most rounds for which there is a new requirement each. */
export const mostRounds: number = requirements.length;

async function nothing(): Promise<void> {
  // Nothing was changed.
}

function addLine({ project }: Contestant, round: number): () => Promise<void> {
  appendFileSync(join(project, 'app.py'), `# round ${round} at ${Date.now()}\n`);
  return nothing;
}

/** The comment keeps contestants who share an engine from finding each other's layers. */
function addRequirement({ name, project, manifest }: Contestant, round: number): () => Promise<void> {
  const path = join(project, manifest);
  const before = readFileSync(path);
  writeFileSync(path, `${before.toString().trimEnd()}\n${requirements[round % requirements.length]}  # ${name}\n`);
  return async () => writeFileSync(path, before);
}
