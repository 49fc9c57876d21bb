import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../base/host.ts';
import { needOfCommand } from '../ffmpeg/command-need.ts';
import { needBuilder } from '../ffmpeg/need-builder.ts';
import type { FfmpegNeed, FfmpegProfile } from '../ffmpeg/profile.ts';
import { readReport, type FfmpegReport } from '../ffmpeg/report.ts';
import { needBelow } from '../media/need-below.ts';
import type { LambdaFunction } from '../model/function.ts';
import { resolveModel } from '../model/resolve.ts';
import { openProject } from '../project/open.ts';
import { functionEvents } from '../workflow/function-events.ts';
import type { BuildOptions } from './build.ts';
import { invokeBuilt } from './invoke-built.ts';

/** What is traced. */
export interface TraceRequest {
  readonly build: BuildOptions;
  /** Names or full paths; all that are seen to use ffmpeg when empty. */
  readonly names: readonly string[];
  /** Event files; the function's own in the project when empty. */
  readonly events: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly mustBuild: boolean;
  /** Absolute; removed by the caller. */
  readonly workFolder: string;
  readonly onLog: (chunk: Uint8Array) => void;
}

/** What a function was seen to start, and the need with it. */
export interface TracedFunction {
  readonly name: string;
  readonly events: readonly { readonly name: string; readonly outcome: string }[];
  readonly commands: readonly (FfmpegReport & { readonly event: string })[];
  readonly need: FfmpegNeed;
  /** Of the text and of the events together. */
  readonly profile: FfmpegProfile;
}

/** Where the commands are kept, relative to the project folder. */
export const tracedCommandsFile = '.aws-sam/shear/ffmpeg-commands.json';

/**
 * Runs functions on their events with a variable that makes every ffmpeg write down what it does, reads that, and keeps the commands in
 * the project's build folder. They run as plain processes: a folder of this machine is where ffmpeg writes.
 */
export async function traceFfmpeg(host: Host, request: TraceRequest): Promise<readonly TracedFunction[]> {
  const { folder, template, profile, parameterOverrides } = request.build;
  const project = await openProject(host, { folder, template, profile, parameterOverrides });
  const model = resolveModel(project, { profile, parameterOverrides });
  const eventsOf = functionEvents(project, model);
  const traced: TracedFunction[] = [];
  let mustBuild = request.mustBuild;
  for (const fn of model.functions) {
    const code = codeFolder(fn);
    const isNamed = request.names.includes(fn.fullPath) || request.names.includes(fn.logicalId);
    const need: FfmpegNeed = code === undefined ? { kind: 'none' } : needBelow(project, code);
    if (request.names.length > 0 ? !isNamed : need.kind === 'none') continue;
    const own = eventsOf.find(({ subject }) => subject === fn)?.own ?? [];
    const events = request.events.length > 0 ? request.events : own.map(({ path }) => ({ name: path, bytes: readFileSync(join(folder, path)) }));
    const outcomes: { readonly name: string; readonly outcome: string }[] = [];
    const commands: (FfmpegReport & { readonly event: string })[] = [];
    for (const [at, event] of events.entries()) {
      const reports = join(request.workFolder, `${fn.logicalId}-${at}`);
      mkdirSync(reports, { recursive: true });
      const result = await invokeBuilt(host, {
        build: request.build, name: fn.fullPath, event: event.bytes, backend: 'process', mustBuild, workFolder: join(request.workFolder, `${fn.logicalId}-${at}-run`), onLog: request.onLog,
        more: { FFREPORT: `file=${reports}/%p-%t.log:level=48` },
      });
      mustBuild = false;
      outcomes.push({ name: event.name, outcome: result.kind });
      commands.push(...reportsIn(reports).map((report) => ({ ...report, event: event.name })));
    }
    traced.push({ name: fn.fullPath, events: outcomes, commands, need, profile: profileOfTrace(need, commands) });
  }
  keep(folder, traced);
  return traced;
}

function codeFolder(fn: LambdaFunction): string | undefined {
  if (fn.package.kind === 'image') return fn.package.dockerfile.context;
  return fn.package.kind === 'zip' ? fn.package.codeFolder : undefined;
}

function reportsIn(folder: string): readonly FfmpegReport[] {
  return readdirSync(folder).toSorted().flatMap((name) => readReport(readFileSync(join(folder, name), 'utf8')) ?? []);
}

/** What the text tells, and what ran: a command of an event needs all that its arguments ask for, not just what this input made it use. */
function profileOfTrace(need: FfmpegNeed, commands: TracedFunction['commands']): FfmpegProfile {
  const built = needBuilder();
  for (const component of need.kind === 'none' ? [] : need.profile.components) for (const evidence of component.evidence ?? []) built.add(component.kind, component.name, evidence);
  for (const program of need.kind === 'none' ? [] : need.profile.programs) built.program(program);
  for (const { program, argv, components, event } of commands) {
    const place = { file: event, line: 1, column: 1 };
    const own = needBuilder();
    needOfCommand(argv.slice(1).map((word) => ({ kind: 'argument', texts: [word], place, written: word })), program, own);
    built.program(program);
    for (const { kind, name, evidence = [] } of own.profile().components) for (const one of evidence) built.add(kind, name, one.kind === 'code' ? { kind: 'event', event } : one);
    for (const { kind, name } of components) built.add(kind, name, { kind: 'event', event });
  }
  return built.profile();
}

function keep(folder: string, traced: readonly TracedFunction[]): void {
  const path = join(folder, tracedCommandsFile);
  mkdirSync(join(path, '..'), { recursive: true });
  const functions = traced.map(({ name, commands }) => ({ name, commands: commands.map(({ event, program, argv }) => ({ event, program, argv: argv.slice(1) })) }));
  writeFileSync(path, `${JSON.stringify({ schema: 1, functions }, null, 2)}\n`);
}
