import { setMaxListeners } from 'node:events';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Failure, failure, faultExits } from '../base/fault.ts';
import { withoutSecrets } from '../base/redact.ts';
import type { Event } from '../base/event.ts';
import { meant } from '../base/nearest.ts';
import { printFault, shownFault } from '../report/fault-text.ts';
import { commonFlags, type Call, type CommandSpec, type Flag, type Output } from './command.ts';
import { commandTable } from './command-table.ts';
import { createHost } from './host.ts';
import { usageFault } from './usage-fault.ts';
import { isOutTerminal, writeOut } from './write-out.ts';

const version = '0.1.0';
const interrupted = 130;
const defect = 70;

/** Runs the command line and returns the exit code: the only place that knows of processes and codes. */
async function main(argv: readonly string[], isKnownChanged: boolean): Promise<number> {
  const [first] = argv;
  if (first === '--version' || first === '-V') return say(version);
  if (first === '--help' || first === '-h' || first === 'help') return say(overview());
  const isNamed = first !== undefined && !first.startsWith('-');
  const spec = commandTable.find((command) => command.name === (isNamed ? first : 'audit'));
  if (!spec) throw failure('usage', `shear has no command ${first ?? ''}`, { next: meant(first ?? '', commandTable.map(({ name }) => name), 'shear ', '`shear --help` has all commands') });
  const { values, positionals } = parse(spec, isNamed ? argv.slice(1) : argv);
  if (values['help'] === true) return say(helpOf(spec));
  const controller = new AbortController();
  // Every download listens to it; more than ten at once are no leak.
  setMaxListeners(0, controller.signal);
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());
  const command = await spec.load();
  try {
    const code = await command.run({ ...callOf(values, positionals, controller.signal), isKnownChanged });
    return controller.signal.aborted ? interrupted : code;
  } catch (error) {
    // What fails after an interruption fails because of it.
    if (!controller.signal.aborted) throw error;
    process.stderr.write('interrupted\n');
    return interrupted;
  }
}

type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

function parse(spec: CommandSpec, args: readonly string[]): { readonly values: Values; readonly positionals: readonly string[] } {
  const flags = [...spec.flags, ...commonFlags];
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: Object.fromEntries(flags.map((flag) => [flag.name, optionOf(flag)])) });
  } catch (error) {
    throw usageFault(spec, error);
  }
}

function optionOf({ kind, short }: Flag): { readonly type: 'boolean' | 'string'; readonly multiple: boolean; readonly short?: string } {
  return { type: kind === 'boolean' ? 'boolean' : 'string', multiple: kind === 'values', ...(short === undefined ? {} : { short }) };
}

function callOf(values: Values, positionals: readonly string[], signal: AbortSignal): Omit<Call, 'isKnownChanged'> {
  const isVerbose = values['verbose'] === true;
  const isQuiet = values['quiet'] === true;
  const listOf = (name: string): readonly string[] => {
    const value = values[name];
    return Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : [];
  };
  const told = new Set<string>();
  const host = createHost((event) => {
    // What is wrong with no place in particular is told once, however often the project is read.
    const isTold = event.kind === 'warning' && event.place === undefined && told.has(event.text);
    if (event.kind === 'warning') told.add(event.text);
    if (!isTold) show(event, { isVerbose, isQuiet });
  }, signal);
  const project = resolve(listOf('project')[0] ?? '.');
  return {
    host: { ...host, cwd: project },
    output: createOutput(values['no-color'] === true),
    positionals, project, isVerbose, isQuiet,
    isJson: values['json'] === true,
    flag: (name) => values[name] === true,
    value: (name) => listOf(name)[0],
    values: listOf,
    profile: listOf('profile')[0] ?? 'default',
    parameterOverrides: Object.fromEntries(listOf('parameter-overrides').flatMap((text) => text.split(/\s+(?=[A-Za-z]\w*=)/u)).map(pairOf)),
  };
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) throw failure('usage', `--parameter-overrides has ${text}, which is not NAME=VALUE`, { next: 'write it like `--parameter-overrides Stage=dev`' });
  return [text.slice(0, at), text.slice(at + 1)];
}

function createOutput(noColour: boolean): Output {
  return {
    print: (text) => writeOut(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
    isTerminal: isOutTerminal(),
    isColoured: isOutTerminal() && !noColour && (process.env['NO_COLOR'] ?? '') === '',
    // Looked at only when needed: opening standard input costs 5 ms.
    ask: () => (isOutTerminal() && process.stdin.isTTY ? ask : undefined),
  };
}

async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await reader.question(`${question} `)).trim();
  } finally {
    reader.close();
  }
}

/** Progress goes to stderr: warnings and notes always, steps as they finish on a terminal or when asked for. */
function show(event: Event, { isVerbose, isQuiet }: { readonly isVerbose: boolean; readonly isQuiet: boolean }): void {
  if (event.kind === 'warning') {
    const place = event.place ? `${event.place.file}:${event.place.line}:${event.place.column}: ` : '';
    process.stderr.write(`${place}warning: ${withoutSecrets(event.text)}\n`);
    return;
  }
  if (isQuiet) return;
  if (event.kind === 'note') process.stderr.write(`${withoutSecrets(event.text)}\n`);
  if (event.kind === 'step-finished' && (isVerbose || event.ms > 300)) process.stderr.write(`${event.label} ${(event.ms / 1000).toFixed(1)} s\n`);
}

function overview(): string {
  const lines = commandTable.map((command) => `  ${command.name.padEnd(9)} ${command.summary}`);
  return `shear ${version}: makes the Lambda builds of an AWS SAM project quick and its artefacts lean

usage: shear [COMMAND] [FLAGS]       without a command: audit

${lines.join('\n')}

\`shear COMMAND --help\` has the flags. Exit codes: 0 clean, 1 findings, 2 usage or configuration,
3 a build, push or run failed, 70 a defect of shear's own, 130 interrupted.`;
}

function helpOf(spec: CommandSpec): string {
  const lines = [...spec.flags, ...commonFlags].map((flag) => {
    const name = `${flag.short === undefined ? '    ' : `-${flag.short}, `}--${flag.name}${flag.kind === 'boolean' ? '' : ` ${flag.value ?? 'X'}`}`;
    return `  ${name.padEnd(28)} ${flag.summary}`;
  });
  return `${spec.usage}\n\n${spec.summary}\n\n${lines.join('\n')}`;
}

function say(text: string): number {
  writeOut(`${text}\n`);
  return 0;
}

function reportFailure(error: unknown): number {
  const isVerbose = process.argv.includes('--verbose') || process.argv.includes('-v');
  if (error instanceof Failure) {
    const fault = shownFault(error.fault);
    process.stderr.write(`${printFault(fault)}\n`);
    if (isVerbose) process.stderr.write(`${withoutSecrets(error.stack ?? '')}\n`);
    if (process.argv.includes('--json')) writeOut(`${JSON.stringify({ schema: 1, error: fault })}\n`);
    return faultExits[error.fault.code];
  }
  if (error instanceof Error && error.name === 'AbortError') return interrupted;
  const text = withoutSecrets(error instanceof Error ? (isVerbose ? (error.stack ?? error.message) : error.message) : String(error));
  process.stderr.write(`shear ${version} has a defect: ${text}\n  next: run it again with --verbose and report what it says (${basename(process.argv[1] ?? 'shear')} ${process.argv[2] ?? ''})\n`);
  return defect;
}

/** Runs this process's command line. Sets `exitCode` rather than exiting: what is still being written to a pipe must get there. */
export async function run({ isKnownChanged }: { readonly isKnownChanged: boolean }): Promise<void> {
  process.once('uncaughtException', (error) => process.exit(reportFailure(error)));
  process.exitCode = await main(process.argv.slice(2), isKnownChanged).catch(reportFailure);
}
