import type { Span } from '../base/source.ts';
import { spanInArgument, type DockerfileInstruction } from '../syntax/dockerfile.ts';
import { expandWord } from '../syntax/expand-word.ts';
import { parseShell, type ShellCommand, type ShellRedirection, type ShellWord as ParsedWord } from '../syntax/shell.ts';
import type { Variables } from './pip-command.ts';

/** What a word comes to: the fields that the command gets, or why that cannot be told. */
export type ExpandedFields =
  | { readonly kind: 'known'; readonly texts: readonly string[] }
  | { readonly kind: 'unknown'; readonly why: string };

/** A word of a command. */
export interface ShellWord {
  readonly expand: (lookup: Variables) => ExpandedFields;
  /** The shell puts matching file names in its place. */
  readonly hasPattern: boolean;
}

/** One simple command of a RUN, or a part of it that cannot be taken apart. Ranges count in the Dockerfile. */
export type ShellCall =
  | {
      readonly kind: 'call';
      readonly words: readonly ShellWord[];
      readonly assignments: readonly { readonly name: string; readonly value: ShellWord }[];
      /** Where standard output goes; /dev/null and standard error count as `none`. */
      readonly output: { readonly kind: 'none' } | { readonly kind: 'file'; readonly path: string };
      readonly readsPipe: boolean;
      readonly feedsPipe: boolean;
      /** The first word is `cd`. */
      readonly mayChangeFolder: boolean;
      readonly span: Span;
    }
  | { readonly kind: 'unreadable'; readonly why: string; readonly span: Span };

/** The simple commands of a RUN instruction: a shell line, an exec array, or a here-document that is a shell script. */
export function shellCalls(instruction: DockerfileInstruction): readonly ShellCall[] {
  const whole = instruction.argumentSpan;
  const [heredoc, ...others] = instruction.heredocs;
  if (heredoc) {
    const isScript = others.length === 0 && /^<<-?\s*(["']?)[^\s"'<>]+\1$/u.test(instruction.argument.trim());
    if (!isScript) return [{ kind: 'unreadable', why: 'it feeds a here-document to a command', span: instruction.span }];
    if (heredoc.content.startsWith('#!')) return [{ kind: 'unreadable', why: 'its here-document is for another interpreter', span: heredoc.span }];
    const isAsWritten = heredoc.span.end - heredoc.span.start >= heredoc.content.length;
    return scriptCalls(heredoc.content, (span) => (isAsWritten ? { start: heredoc.span.start + span.start, end: heredoc.span.start + span.end } : heredoc.span), heredoc.span);
  }
  if (instruction.form !== 'exec') return scriptCalls(instruction.argument, (span) => spanInArgument(instruction, span), whole);
  const [shell, flag, script] = instruction.words;
  if (/^(?:\/bin\/)?(?:ba)?sh$/u.test(shell?.text ?? '')) {
    if (flag?.text !== '-c' || script === undefined || instruction.words.length !== 3) return [{ kind: 'unreadable', why: 'it runs a shell with options', span: whole }];
    return scriptCalls(script.text, () => script.span, whole);
  }
  // An exec array reaches the program as it stands: no variables, no patterns.
  const words = instruction.words.map(({ text }): ShellWord => ({ expand: () => ({ kind: 'known', texts: [text] }), hasPattern: false }));
  return [{ kind: 'call', words, assignments: [], output: { kind: 'none' }, readsPipe: false, feedsPipe: false, mayChangeFolder: false, span: whole }];
}

function scriptCalls(text: string, spanOf: (span: Span) => Span, whole: Span): readonly ShellCall[] {
  const script = parseShell(text);
  if (script.kind === 'opaque') return [{ kind: 'unreadable', why: script.reason, span: whole }];
  return andOrLists(script.commands).flatMap((list) => {
    const doubt = listDoubt(list);
    // `… || exit 1` only says what the build does anyway when a command fails.
    const commands = doubt === undefined ? list.filter((_, index) => list[index - 1]?.joiner !== '||') : list;
    return commands.map((command, index) => callOf(command, { doubt, readsPipe: commands[index - 1]?.joiner === '|', span: spanOf(command.span) }));
  });
}

/** Commands joined by anything but `;` and `&` stand and fall together. */
function andOrLists(commands: readonly ShellCommand[]): readonly (readonly ShellCommand[])[] {
  const lists: ShellCommand[][] = [];
  let before: ShellCommand | undefined;
  for (const command of commands) {
    const continues = before !== undefined && (before.joiner === '&&' || before.joiner === '||' || before.joiner === '|');
    const last = lists.at(-1);
    if (continues && last) last.push(command);
    else lists.push([command]);
    before = command;
  }
  return lists;
}

/** Why the commands of a list need not all run. */
function listDoubt(list: readonly ShellCommand[]): string | undefined {
  if (list.at(-1)?.joiner === '&') return 'it runs in the background';
  const alternative = list.findIndex((command) => command.joiner === '||');
  if (alternative < 0) return undefined;
  const next = list[alternative + 1];
  const texts = next?.kind === 'simple' ? next.words.map((word) => word.value) : [];
  const failsAnyway = texts[0] === 'exit' && texts.length === 2 && /^[1-9]\d*$/u.test(texts[1] ?? '') && alternative + 2 === list.length;
  return failsAnyway ? undefined : 'it may fail without ending the build';
}

function callOf(command: ShellCommand, around: { readonly doubt: string | undefined; readonly readsPipe: boolean; readonly span: Span }): ShellCall {
  const { span, readsPipe } = around;
  const why = around.doubt ?? (command.kind === 'opaque' ? command.reason : undefined);
  if (why !== undefined || command.kind === 'opaque') return { kind: 'unreadable', why: why ?? '', span };
  const output = outputOf(command.redirections);
  if (typeof output === 'string') return { kind: 'unreadable', why: output, span };
  return {
    kind: 'call', words: command.words.map(wordOf), assignments: command.assignments.map(({ name, value }) => ({ name, value: wordOf(value) })),
    output, readsPipe, feedsPipe: command.joiner === '|', mayChangeFolder: command.words[0]?.value === 'cd', span,
  };
}

type Output = Extract<ShellCall, { readonly kind: 'call' }>['output'];

/** Where standard output goes, or why that is not understood. */
function outputOf(redirections: readonly ShellRedirection[]): Output | string {
  let output: Output = { kind: 'none' };
  for (const { operator, descriptor, target } of redirections) {
    const path = target.value;
    if (operator === '<' || operator === '<&' || operator === '<>') return 'it reads its input from elsewhere';
    if (path === undefined) return 'it writes to a file whose name holds a variable';
    if (operator === '>&' || path === '/dev/null' || path === '/dev/stderr' || path === '/dev/stdout') continue;
    if (operator === '>>') return `it appends to ${path}`;
    if ((descriptor ?? 1) !== 1) return `it writes its messages to ${path}`;
    output = { kind: 'file', path };
  }
  return output;
}

function wordOf(word: ParsedWord): ShellWord {
  return { expand: (lookup) => expandFields(word, lookup), hasPattern: word.hasPattern };
}

/** Expands a word's variables and splits unquoted values at blanks, as POSIX's shell does (XCU 2.6.5). */
function expandFields(word: ParsedWord, lookup: Variables): ExpandedFields {
  const fields: string[] = [];
  let current: string | undefined;
  for (const part of word.parts) {
    if (part.kind === 'literal') {
      current = (current ?? '') + part.text;
      continue;
    }
    const value = valueOf(part, lookup);
    if (typeof value !== 'string') return { kind: 'unknown', why: `the variable ${value.missing} is not known` };
    if (part.quoted) {
      current = (current ?? '') + value;
      continue;
    }
    if (/[*?[]/u.test(value)) return { kind: 'unknown', why: `the shell expands the pattern in ${part.name}` };
    const [head = '', ...rest] = value.split(/[ \t\n]+/u);
    if (head !== '') current = (current ?? '') + head;
    for (const piece of rest) {
      if (current !== undefined) fields.push(current);
      current = piece === '' ? undefined : piece;
    }
  }
  return { kind: 'known', texts: current === undefined ? fields : [...fields, current] };
}

function valueOf(part: Extract<ParsedWord['parts'][number], { readonly kind: 'variable' }>, lookup: Variables): string | { readonly missing: string } {
  if (part.plain) return lookup(part.name) ?? { missing: part.name };
  const expanded = expandWord(part.text, lookup);
  const [missing] = expanded.missing;
  return missing === undefined ? expanded.text : { missing };
}
