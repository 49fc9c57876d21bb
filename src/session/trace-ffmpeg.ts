import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../base/host.ts';
import { mergeProfiles } from '../ffmpeg/merge-profiles.ts';
import type { FfmpegNeed, FfmpegProfile } from '../ffmpeg/profile.ts';
import { readReport, type FfmpegReport } from '../ffmpeg/report.ts';
import { printTraceRecord, profileOfTrace, readTraceRecord, traceRecordFile } from '../ffmpeg/trace-record.ts';
import { needBelow } from '../media/need-below.ts';
import type { LambdaFunction } from '../model/function.ts';
import { resolveModel } from '../model/resolve.ts';
import { refuseUnknown } from '../model/unknown-function.ts';
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

/**
 * Runs functions on their events with a variable that makes every ffmpeg write down what it does, reads that, and keeps the commands in
 * the project's folder, where `shear fix` and `shear lock --prove` find them. They run as plain processes: a folder of this machine is where ffmpeg writes.
 */
export async function traceFfmpeg(host: Host, request: TraceRequest): Promise<readonly TracedFunction[]> {
  const { folder, template, profile, parameterOverrides } = request.build;
  const project = await openProject(host, { folder, template, profile, parameterOverrides, allowsBrokenDockerfiles: true });
  const model = resolveModel(project, { profile, parameterOverrides });
  refuseUnknown(request.names, model);
  const eventsOf = functionEvents(project, model);
  const traced: TracedFunction[] = [];
  for (const fn of model.functions) {
    let { mustBuild } = request;
    const code = codeFolder(fn);
    const isNamed = request.names.includes(fn.fullPath) || request.names.includes(fn.logicalId);
    const need: FfmpegNeed = code === undefined ? { kind: 'none' } : needBelow(project, code, model.functions);
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
        programs: writeWrappers(join(request.workFolder, `${fn.logicalId}-${at}-bin`), reports),
        more: { FFREPORT: `file=${reports}/%p-%t.log:level=48` },
      });
      mustBuild = false;
      outcomes.push({ name: event.name, outcome: result.kind });
      commands.push(...reportsIn(reports).map((report) => ({ ...report, event: event.name })));
    }
    traced.push({ name: fn.fullPath, events: outcomes, commands, need, profile: mergeProfiles([...(need.kind === 'none' ? [] : [need.profile]), profileOfTrace(commands.map((one) => ({ ...one, argv: one.argv.slice(1) })))]) });
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

/** Puts what was seen in place of what was known of the same functions; where nothing ran, that stays. */
function keep(folder: string, traced: readonly TracedFunction[]): void {
  const path = join(folder, traceRecordFile);
  const before = (existsSync(path) ? readTraceRecord(readFileSync(path, 'utf8')) : undefined) ?? {};
  const seen = traced.filter(({ commands }) => commands.length > 0).map(({ name, commands }) => [name, commands.map(({ event, program, argv, components }) => ({ event, program, argv: argv.slice(1), components }))] as const);
  if (seen.length > 0) writeFileSync(path, printTraceRecord({ ...before, ...Object.fromEntries(seen) }));
}

/**
 * Programs that go first on the PATH and start the real ones with a file of its own for each process's report: ffmpeg itself names files
 * by the second, and the second of two that start at once would write over the first.
 */
function writeWrappers(folder: string, reports: string): string {
  mkdirSync(folder, { recursive: true });
  for (const program of ['ffmpeg', 'ffprobe']) {
    const lines = ['#!/bin/sh', `PATH=$(printf '%s' "$PATH" | sed 's|^${folder}:||; s|:${folder}:|:|g')`, `FFREPORT="file=${reports}/${program}-$$.log:level=48"`, 'export PATH FFREPORT', `exec ${program} "$@"`, ''];
    writeFileSync(join(folder, program), lines.join('\n'), { mode: 0o755 });
  }
  return folder;
}
