import type { BuildReport, FunctionReport } from '../../build/report.ts';
import { build, type BuildOptions } from '../../session/build.ts';
import type { Call, Command } from '../command.ts';

/** `shear build`. */
export const command: Command = {
  run: async (call) => {
    const report = await build(call.host, buildOptions(call));
    if (call.isJson) call.output.print(JSON.stringify(report));
    else if (!call.isQuiet) call.output.print(printReport(report));
    if (call.flag('explain')) await explain(call);
    return 0;
  },
};

/** What every command that builds asks for. */
export function buildOptions(call: Call): BuildOptions {
  return {
    folder: call.project,
    template: call.value('template'),
    profile: call.profile,
    parameterOverrides: call.parameterOverrides,
    only: call.positionals,
    isFrozen: call.flag('frozen'),
    isUpgrading: false,
    outputs: 'sam',
  };
}

function printReport(report: BuildReport): string {
  const lines = report.functions.map(printFunction);
  const seconds = report.ms < 1000 ? `${Math.round(report.ms)} ms` : `${(report.ms / 1000).toFixed(1)} s`;
  const state = report.unchanged ? 'nothing changed' : 'built';
  const notes = report.notes.map((note) => `note: ${note}`);
  return [...lines, ...notes, `${state} in ${seconds}; sam deploy, sam local and shear invoke take it from .aws-sam/build`].join('\n');
}

function printFunction({ name, image, zip, engine, cached }: FunctionReport): string {
  const how = cached ? 'unchanged' : engine;
  if (zip) return `${name}  zip ${megabytes(zip.size)}  ${how}`;
  const own = (image?.layers ?? []).filter((layer) => layer.role !== 'base');
  const size = own.reduce((sum, layer) => sum + layer.size, 0);
  const place = image?.tag ?? image?.archive ?? '';
  return `${name}  image ${megabytes(size)} over its base, ${own.length} layers  ${how}  ${place}`;
}

function megabytes(bytes: number): string {
  return bytes < 100_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
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
