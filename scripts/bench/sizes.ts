import { failure } from '../../src/base/fault.ts';
import type { Contestant, ContestantName, Step } from './contestant.ts';
import type { BenchResult, Sizes } from './report.ts';
import { mostRounds, scenarios, type ScenarioName } from './scenario.ts';

/**
 * What each contestant's pushes send to a registry that has the base: the whole image first, then after one line, then after
 * one requirement. The naive peer's changes are left out, since each is a build of minutes.
 */
export async function measureSizes(contestants: readonly Contestant[], tell: (line: string) => void): Promise<Pick<BenchResult, 'sizes' | 'breakdown'>> {
  const sizes: Partial<Record<ContestantName, Sizes>> = {};
  const breakdown: Record<string, readonly Step[]> = {};
  for (const contestant of contestants) {
    if (contestant.watch) continue;
    tell(`bytes: ${contestant.label}`);
    if (contestant.name !== 'naive') await build(contestant);
    const overBase = await contestant.overBase();
    await contestant.push();
    if (contestant.name === 'naive') {
      sizes[contestant.name] = { overBase };
      continue;
    }
    const line = await after('one-line', contestant);
    const requirement = await after('one-requirement', contestant);
    sizes[contestant.name] = { overBase, pushedAfterLine: line.pushed, pushedAfterRequirement: requirement.pushed };
    if (contestant.name !== 'shear') continue;
    if (line.steps.length > 0) breakdown['one line changed'] = line.steps;
    if (requirement.steps.length > 0) breakdown['one requirement added'] = requirement.steps;
  }
  return { sizes, breakdown };
}

async function after(name: ScenarioName, contestant: Contestant): Promise<{ readonly pushed: number | undefined; readonly steps: readonly Step[] }> {
  const scenario = scenarios.find((one) => one.name === name);
  if (!scenario) throw new Error(`unreachable: no scenario ${name}`);
  const restore = await scenario.change(contestant, mostRounds - 1);
  const steps = await contestant.steps();
  await build(contestant);
  const pushed = await contestant.push();
  await restore();
  return { pushed, steps };
}

async function build(contestant: Contestant): Promise<void> {
  const { code, stderr } = await contestant.build();
  if (code !== 0) throw failure('build/failed', `${contestant.label}: the build ended with code ${code}`, { why: stderr.trim() });
}
