import { posix } from 'node:path';
import type { DockerfileInstruction } from '../syntax/dockerfile.ts';
import { readArchive } from './archive-command.ts';
import { readDownload } from './download-command.ts';
import { readFileOperation } from './file-command.ts';
import { readOsPackages } from './os-package-command.ts';
import { readPip, type Variables } from './pip-command.ts';
import { opaque, type EffectOfCommand, type RunEffect, type RunMount } from './run-effect.ts';
import { shellCalls, type ShellCall, type ShellWord } from './shell-calls.ts';

export type { FileOperation, InstallLocation, OsPackageManager, PipOptions, RunEffect, RunMount } from './run-effect.ts';

/**
 * What a RUN instruction does, one effect for each simple command in the order in which they run. `environment` gives
 * the variables that the instruction sees (ENV and ARG, PWD for its WORKDIR); a variable that it does not know makes the
 * command opaque. A command counts as understood only when every flag of it is; everything else is `opaque` with its reason.
 */
export function classifyRun(instruction: DockerfileInstruction, environment: Variables): readonly RunEffect[] {
  const state: ShellState = { exported: new Map(), folder: undefined, isLost: false };
  const lookup: Variables = (name) => {
    if (name === 'PWD') return currentFolder(state, environment('PWD'));
    return state.exported.has(name) ? state.exported.get(name) : environment(name);
  };
  return shellCalls(instruction).map((call): RunEffect => {
    const base = { span: call.span, folder: state.folder };
    if (call.kind === 'unreadable') return { ...base, kind: 'opaque', reason: call.why };
    const expanded = expandAll(call.words, lookup);
    if (typeof expanded === 'string') {
      if (call.mayChangeFolder) state.isLost = true;
      return { ...base, kind: 'opaque', reason: expanded };
    }
    if (expanded.length === 0 || expanded[0] === 'export') {
      const reason = assign(call, expanded, lookup, state.exported);
      return reason === undefined ? { ...base, kind: 'no-operation', what: 'sets a variable' } : { ...base, kind: 'opaque', reason };
    }
    if (expanded[0] === 'cd') return { ...base, ...changeFolder(call, expanded, state) };
    const effect = classifyCall(call, expanded, lookup);
    return { ...base, ...(state.isLost && effect.kind !== 'no-operation' ? opaque('the folder that it runs in is not known') : effect) };
  });
}

interface ShellState {
  readonly exported: Map<string, string | undefined>;
  /** Where `cd` led to; may hold a pattern. */
  folder: string | undefined;
  /** True after a `cd` that nobody can follow. */
  isLost: boolean;
}

function currentFolder(state: ShellState, workdir: string | undefined): string | undefined {
  if (state.isLost || state.folder === undefined) return state.isLost ? undefined : workdir;
  if (state.folder.startsWith('/')) return state.folder;
  return workdir === undefined ? undefined : posix.join(workdir, state.folder);
}

function changeFolder(call: PlainCall, words: readonly string[], state: ShellState): EffectOfCommand {
  const target = words.length === 2 ? words[1] : undefined;
  if (target === undefined || target === '-' || call.assignments.length > 0) {
    state.isLost = true;
    return opaque('cd leads to a folder that cannot be told');
  }
  if (target.startsWith('/')) state.isLost = false;
  state.folder = target.startsWith('/') || state.folder === undefined ? target : posix.join(state.folder, target);
  if (call.words.some((word) => word.hasPattern)) return opaque('cd leads to a folder that a pattern names');
  return { kind: 'no-operation', what: `goes to ${target}` };
}

/** The `--mount` flags of a RUN. Source: Dockerfile reference, "RUN --mount". */
export function mountsOf(instruction: DockerfileInstruction): readonly RunMount[] {
  return instruction.flags.filter((flag) => flag.name === 'mount').map((flag) => {
    const options = Object.fromEntries(flag.value.split(',').map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair.toLowerCase(), ''] : [pair.slice(0, at).toLowerCase(), pair.slice(at + 1)];
    }));
    const type = mountTypes.find((known) => known === options['type']) ?? 'bind';
    return {
      type, options, span: flag.span, from: options['from'],
      target: options['target'] ?? options['dst'] ?? options['destination'],
      source: options['source'] ?? options['src'],
    };
  });
}

const mountTypes: readonly RunMount['type'][] = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'];

type PlainCall = ShellCall & { kind: 'call' };

function expandAll(words: readonly ShellWord[], lookup: Variables): readonly string[] | string {
  const texts: string[] = [];
  for (const word of words) {
    const expanded = word.expand(lookup);
    if (expanded.kind === 'unknown') return expanded.why;
    texts.push(...expanded.texts);
  }
  return texts;
}

/** `A=b`, `export A=b C`: remembered for the commands after it; the reason when it cannot be. */
function assign(call: PlainCall, words: readonly string[], lookup: Variables, exported: Map<string, string | undefined>): string | undefined {
  if (call.output.kind === 'file') return 'it writes to a file';
  for (const { name, value } of call.assignments) {
    const expanded = value.expand(lookup);
    if (expanded.kind === 'unknown') return expanded.why;
    exported.set(name, expanded.texts.join(' '));
  }
  for (const word of words.slice(1)) {
    const match = /^([A-Za-z_]\w*)(?:=(.*))?$/su.exec(word);
    if (!match?.[1]) return `export ${word} is not understood`;
    if (match[2] !== undefined) exported.set(match[1], match[2]);
  }
  return undefined;
}

function classifyCall(call: PlainCall, words: readonly string[], lookup: Variables): EffectOfCommand {
  const own = new Map<string, string>();
  for (const { name, value } of call.assignments) {
    const expanded = value.expand(lookup);
    if (expanded.kind === 'unknown') return opaque(expanded.why);
    own.set(name, expanded.texts.join(' '));
  }
  const unknown = [...own.keys()].find((name) => !/^(?:PIP_|UV_|DEBIAN_FRONTEND$|PYTHON(?:UNBUFFERED|DONTWRITEBYTECODE|PYCACHEPREFIX)$|LANG$|LC_ALL$)/u.test(name));
  if (unknown !== undefined) return opaque(`the variable ${unknown} may change what ${words[0] ?? ''} does`);
  const variables: Variables = (name) => own.get(name) ?? lookup(name);
  const redirected = call.output.kind === 'file' ? call.output.path : undefined;
  const effect = readDownload(words, redirected) ?? readArchive(words);
  if (effect) return checkPipes(call, effect);
  if (redirected !== undefined) return opaque(`${words[0] ?? ''} writes to ${redirected}`);
  if (call.readsPipe || call.feedsPipe) return opaque(`${words[0] ?? ''} is part of a pipe`);
  const patterns = patternsOf(call, lookup);
  const understood = readFileOperation(words, patterns) ?? readHarmless(words);
  if (understood) return understood;
  if (patterns.size > 0) return opaque('the shell expands a pattern');
  return readPip(words, variables) ?? readOsPackages(words) ?? opaque(projectInstall(words) ?? `${words[0] ?? ''} is not understood`);
}

/**
 * The words in which the shell expands a pattern. `uvicorn[standard]` is one to the shell, but stays as it is unless a file
 * is called `uvicorns`: a requirement with extras is taken for what it is.
 */
function patternsOf(call: PlainCall, lookup: Variables): ReadonlySet<number> {
  return new Set(call.words.flatMap((word, index) => {
    if (!word.hasPattern) return [];
    const expanded = word.expand(lookup);
    const isRequirement = expanded.kind === 'known' && expanded.texts.every((text) => /^[A-Za-z0-9._-]+\[[A-Za-z0-9._,-]+\][^*?]*$/u.test(text));
    return isRequirement ? [] : [index];
  }));
}

/** A download may feed a pipe and an unpacking may read one; nothing else is modelled. */
function checkPipes(call: PlainCall, effect: EffectOfCommand): EffectOfCommand {
  if (effect.kind === 'download') return call.readsPipe || (call.feedsPipe && effect.output !== '-') ? opaque(`${effect.tool} is part of a pipe`) : effect;
  if (effect.kind !== 'archive') return effect;
  if (call.feedsPipe || call.output.kind === 'file') return opaque(`${effect.tool} writes to its output`);
  return call.readsPipe === (effect.archive === '-') ? effect : opaque(`${effect.tool} ${call.readsPipe ? 'ignores the pipe that it reads' : 'reads its input'}`);
}

/** Installs by a tool that keeps a lock of its own; undefined for other commands. */
function projectInstall([program = '', ...rest]: readonly string[]): string | undefined {
  const tool = posix.basename(program);
  const verb = rest.find((word) => !word.startsWith('-')) ?? '';
  if (tool === 'uv' && verb === 'sync') return 'uv sync makes a virtual environment of links to the base image, which only Docker can put together';
  if (tool === 'uv' && ['export', 'lock', 'add', 'run'].includes(verb)) return `uv ${verb} runs in the base image, where it may use what is there`;
  if (['poetry', 'pipenv', 'pdm'].includes(tool)) return `${tool}${verb === '' ? '' : ` ${verb}`} runs in the base image, together with ${tool} itself`;
  return undefined;
}

const printing: ReadonlySet<string> = new Set(['echo', 'printf', 'true', ':', 'pwd', 'ls', 'which', 'whoami', 'uname', 'date', 'env', 'id']);
const versioned = /^(?:python(?:3(?:\.\d+)?)?|pip(?:3(?:\.\d+)?)?|uv|node|npm|ffmpeg|ffprobe|aws|java|go|git|curl|wget)$/u;

/** Commands that leave no trace in the image; undefined for others. */
function readHarmless(words: readonly string[]): EffectOfCommand | undefined {
  const [program = '', first, ...rest] = words;
  if (program === 'set') return { kind: 'no-operation', what: 'sets options of the shell' };
  if (program === 'exit' && (first === undefined || first === '0')) return { kind: 'no-operation', what: 'ends the shell' };
  if (program === 'command' && first === '-v') return { kind: 'no-operation', what: 'looks for a program' };
  if (program === 'test' || program === '[') return { kind: 'no-operation', what: 'tests something' };
  if (printing.has(program) && !(program === 'env' && first !== undefined)) return { kind: 'no-operation', what: `${program} leaves no trace` };
  const asksVersion = first !== undefined && rest.length === 0 && /^(?:--?version|-V|-v)$/u.test(first);
  return versioned.test(posix.basename(program)) && asksVersion ? { kind: 'no-operation', what: 'prints a version' } : undefined;
}
