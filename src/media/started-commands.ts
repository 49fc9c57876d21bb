import type { Place } from '../base/source.ts';
import type { CommandWord } from '../ffmpeg/command.ts';
import { unknownText } from '../ffmpeg/filter-graph.ts';
import type { FfmpegProgram } from '../ffmpeg/profile.ts';
import type { Expression } from './expression.ts';
import { callsOf, fullName, type CallSite, type Scope } from './scope.ts';
import { splitShell } from './shell-words.ts';
import { argumentOf, wordsOf } from './word-values.ts';
import type { Program } from './program.ts';

/** A command of ffmpeg or ffprobe that the code starts. */
export interface StartedCommand {
  readonly program: FfmpegProgram;
  /** Behind the program's name. */
  readonly words: readonly CommandWord[];
  readonly place: Place;
}

/** How a call names what it starts: as a list, as a line for a shell, as either, or as arguments of its own. */
type Form = 'list' | 'shell' | 'either' | 'spread' | 'program-and-list';

const starters: Readonly<Record<string, Form>> = {
  'subprocess.run': 'either', 'subprocess.Popen': 'either', 'subprocess.call': 'either', 'subprocess.check_call': 'either', 'subprocess.check_output': 'either',
  'subprocess.getoutput': 'shell', 'subprocess.getstatusoutput': 'shell', 'os.system': 'shell', 'os.popen': 'shell',
  'asyncio.create_subprocess_exec': 'spread', 'asyncio.create_subprocess_shell': 'shell', 'asyncio.subprocess.create_subprocess_exec': 'spread',
  'os.execvp': 'program-and-list', 'os.execv': 'program-and-list', 'delegator.run': 'shell', 'sh.ffmpeg': 'spread',
};

/** Of Node's child_process, and packages that stand for it. */
const nodeStarters: Readonly<Record<string, Form>> = {
  spawn: 'program-and-list', spawnSync: 'program-and-list', execFile: 'program-and-list', execFileSync: 'program-and-list', exec: 'shell', execSync: 'shell', execa: 'program-and-list', execaSync: 'program-and-list', execaCommand: 'shell',
};

/** Commands of ffmpeg and ffprobe that a program starts through its language's own means. */
export function startedCommands(program: Program): readonly StartedCommand[] {
  return callsOf(program).flatMap((site) => {
    const form = formOf(site);
    return form === undefined ? [] : commandsOf(site, form);
  });
}

function formOf({ call, scope }: CallSite): Form | undefined {
  const name = fullName(call.callee, scope) ?? '';
  if (/\.[cm]?[jt]sx?$/u.test(scope.file.source.path)) {
    const last = name.split('.').at(-1) ?? '';
    return Object.hasOwn(nodeStarters, last) && !/^(?:regex|re|pattern)/iu.test(name) ? nodeStarters[last] : promised(name);
  }
  return Object.hasOwn(starters, name) ? starters[name] : undefined;
}

/** `const run = promisify(exec)` */
function promised(name: string): Form | undefined {
  const inner = /^promisify:(?:\w+\.)?(\w+)$/u.exec(name)?.[1];
  return inner !== undefined && Object.hasOwn(nodeStarters, inner) ? nodeStarters[inner] : undefined;
}

function commandsOf({ call, scope }: CallSite, form: Form): readonly StartedCommand[] {
  const positional = call.given.filter((one) => one.name === undefined);
  const first = positional[0] ?? call.given.find((one) => one.name === 'args');
  if (!first) return [];
  return listsOf(first.value, positional.slice(1).map(({ value }) => value), { form, scope, spread: positional }).flatMap((words) => commandIn(words));
}

interface Started {
  readonly form: Form;
  readonly scope: Scope;
  readonly spread: readonly { readonly isSpread: boolean; readonly value: Expression; readonly name: string | undefined }[];
}

function listsOf(first: Expression, others: readonly Expression[], { form, scope, spread }: Started): readonly (readonly CommandWord[])[] {
  if (form === 'spread') return wordsOf({ kind: 'list', items: spread, file: first.file, span: first.span }, scope, false);
  if (form !== 'program-and-list') return wordsOf(first, scope, form === 'shell');
  const [list] = others;
  const head = argumentOf(first, scope);
  const isList = list !== undefined && list.kind !== 'map' && list.kind !== 'other';
  return isList ? wordsOf(list, scope, false).map((words) => [head, ...words]) : [[head]];
}

/** The command of ffmpeg in a list of words: at its start, behind `nice` and the like, or in a shell's line. */
function commandIn(words: readonly CommandWord[]): readonly StartedCommand[] {
  for (const [at, word] of words.slice(0, 8).entries()) {
    if (word.kind !== 'argument') continue;
    const [text = ''] = word.texts;
    if (at > 0 && /\s/u.test(text) && words.slice(0, at).some((one) => one.kind === 'argument' && /^-[a-z]*c$/u.test(one.texts[0] ?? ''))) {
      return splitShell(text).flatMap((line) => commandIn(line.map((part): CommandWord => ({ ...word, texts: [part], written: part }))));
    }
    const program = programOf(word.texts, word.written);
    if (program !== undefined && (at === 0 || !/\s/u.test(text))) return [{ program, words: words.slice(at + 1), place: word.place }];
    if (at === 0 && !/^(?:nice|ionice|time|timeout|taskset|sh|bash|\/bin\/sh|\/bin\/bash|stdbuf|env|nohup|sudo|exec)$/u.test(text)) return [];
  }
  return [];
}

/** By the last part of a path; of what cannot be told by how the code calls it. */
function programOf(texts: readonly string[], written: string): FfmpegProgram | undefined {
  for (const text of texts) {
    const name = text.split('/').at(-1)?.replace(/\.exe$/u, '');
    if (name === 'ffmpeg' || name === 'ffprobe') return name;
    if (text.includes(unknownText) && /ffprobe/iu.test(`${text} ${written}`)) return 'ffprobe';
    if (text.includes(unknownText) && /ffmpeg/iu.test(`${text} ${written}`)) return 'ffmpeg';
  }
  return undefined;
}
