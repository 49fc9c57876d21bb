import { needOfCommand } from './command-need.ts';
import { needBuilder } from './need-builder.ts';
import type { FfmpegComponent, FfmpegComponentKind, FfmpegProfile, FfmpegProgram } from './profile.ts';

/** A command that a function started while it handled an event. */
export interface TracedCommand {
  readonly event: string;
  readonly program: FfmpegProgram;
  /** Without the program. */
  readonly argv: readonly string[];
  /** Parts that ran, by configure's names. */
  readonly components: readonly FfmpegComponent[];
}

/** What `shear trace` saw, by the full path of each function. */
export type TraceRecord = Readonly<Record<string, readonly TracedCommand[]>>;

/** In the project folder, to be committed beside shear.lock: what it names is part of the need from then on. */
export const traceRecordFile = 'shear.trace.json';

/** One command a line, functions sorted, parts as `demuxer mov`. */
export function printTraceRecord(record: TraceRecord): string {
  const functions = Object.keys(record).toSorted().map((name) => {
    const lines = [...new Set((record[name] ?? []).map(({ components, ...rest }) => JSON.stringify({ ...rest, components: components.map((one) => `${one.kind} ${one.name}`) })))];
    return `    ${JSON.stringify(name)}: [${lines.length === 0 ? '' : `\n${lines.map((line) => `      ${line}`).join(',\n')}\n    `}]`;
  });
  return `{\n  "schema": 1,\n  "functions": {\n${functions.join(',\n')}\n  }\n}\n`;
}

/** What a record says; undefined for a text that is none. */
export function readTraceRecord(text: string): TraceRecord | undefined {
  try {
    const { schema, functions } = JSON.parse(text) as { readonly schema?: unknown; readonly functions?: unknown };
    if (schema !== 1 || typeof functions !== 'object' || functions === null) return undefined;
    return Object.fromEntries(Object.entries(functions).map(([name, commands]) => [name, Array.isArray(commands) ? commands.flatMap(commandIn) : []]));
  } catch {
    return undefined;
  }
}

function commandIn(value: unknown): readonly TracedCommand[] {
  const { event, program, argv, components } = Object(value) as Readonly<Record<string, unknown>>;
  const isText = (one: unknown): one is string => typeof one === 'string';
  if (!isText(event) || (program !== 'ffmpeg' && program !== 'ffprobe') || !Array.isArray(argv) || !argv.every(isText)) return [];
  const parts = (Array.isArray(components) ? components.filter(isText) : []).flatMap((part): readonly FfmpegComponent[] => {
    const [kind = '', name = ''] = part.split(' ');
    return kinds.has(kind) && /^[a-z0-9_]+$/u.test(name) ? [{ kind: kind as FfmpegComponentKind, name }] : [];
  });
  return [{ event, program, argv, components: parts }];
}

const kinds: ReadonlySet<string> = new Set<FfmpegComponentKind>(['demuxer', 'decoder', 'parser', 'filter', 'encoder', 'muxer', 'protocol', 'bsf']);

/** What traced commands need: all that their arguments ask for, and what ran. */
export function profileOfTrace(commands: readonly TracedCommand[]): FfmpegProfile {
  const built = needBuilder();
  for (const { program, argv, components, event } of commands) {
    const place = { file: event, line: 1, column: 1 };
    const own = needBuilder();
    needOfCommand(argv.map((word) => ({ kind: 'argument', texts: [word], place, written: word })), program, own);
    built.program(program);
    for (const { kind, name, evidence = [] } of own.profile().components) for (const one of evidence) built.add(kind, name, one.kind === 'code' ? { kind: 'event', event } : one);
    for (const { kind, name } of components) built.add(kind, name, { kind: 'event', event });
  }
  return built.profile();
}
