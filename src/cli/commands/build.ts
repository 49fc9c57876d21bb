import type { Explanation } from '../../build/explanation.ts';
import type { BuildReport } from '../../build/report.ts';
import { printBuild } from '../../report/build-text.ts';
import { build, type BuildOptions } from '../../session/build.ts';
import type { Call, Command } from '../command.ts';

/** `shear build`. */
export const command: Command = {
  run: async (call) => {
    const options = buildOptions(call);
    const explanations = call.flag('explain') ? await explained(call, options) : undefined;
    const report = await build(call.host, options);
    if (call.isJson) call.output.print(JSON.stringify(explanations ? { ...report, explanations } : report));
    else if (!call.isQuiet) call.output.print(printBuild(report));
    if (call.flag('check')) await checkAgain(call, options, report);
    return 0;
  },
};

async function checkAgain(call: Call, options: BuildOptions, report: BuildReport): Promise<void> {
  const { reproduce } = await import('../../session/reproduce.ts');
  const same = await reproduce(call.host, { options, report, program: process.argv[1] ?? '' });
  call.output.note(`built again under another path, umask, time zone, locale, hash seed and user: the same bytes (${same.join(', ')})`);
}

/** What every command that builds asks for. */
export function buildOptions(call: Call): BuildOptions {
  return {
    folder: call.project,
    template: call.value('template'),
    profile: call.profile,
    parameterOverrides: call.parameterOverrides,
    only: call.positionals,
    isFrozen: call.flag('frozen'),
    upgrade: [],
    isKnownChanged: call.isKnownChanged,
    outputs: 'sam',
  };
}

/** Said before the build starts, so that one that cannot be planned is explained as well. */
async function explained(call: Call, options: BuildOptions): Promise<readonly Explanation[]> {
  const { explainBuild } = await import('../../session/explain.ts');
  const explanations = await explainBuild(call.host, options);
  const { printExplanations } = await import('../../report/explain-text.ts');
  if (!call.isJson) call.output.print(`${printExplanations(explanations)}\n`);
  return explanations;
}
