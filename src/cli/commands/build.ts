import type { BuildReport } from '../../build/report.ts';
import { printBuild } from '../../report/build-text.ts';
import { build, type BuildOptions } from '../../session/build.ts';
import type { Call, Command } from '../command.ts';

/** `shear build`. */
export const command: Command = {
  run: async (call) => {
    const options = buildOptions(call);
    const report = await build(call.host, options);
    if (call.isJson) call.output.print(JSON.stringify(report));
    else if (!call.isQuiet) call.output.print(printBuild(report));
    if (call.flag('explain')) await explain(call);
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

async function explain(call: Call): Promise<void> {
  const { readPlanState } = await import('../../build/state.ts');
  for (const artefact of readPlanState(call.project)?.plan.artefacts ?? []) {
    if (artefact.kind !== 'image' && artefact.kind !== 'buildkit') continue;
    call.output.print(`\n${artefact.fullPath}`);
    for (const { place, text, engine, why } of artefact.verdicts) {
      call.output.print(`  ${place.file}:${place.line}  ${engine.padEnd(8)} ${text.length > 60 ? `${text.slice(0, 59)}…` : text}  (${why})`);
    }
  }
}
