import type { Span } from '../base/source.ts';
import { shellTokens, type ShellToken } from './shell-tokens.ts';
import type { ShellAssignment, ShellCommand, ShellJoiner, ShellRedirection, ShellScript, ShellWord } from './shell.ts';

/**
 * Takes a POSIX shell text apart into the simple commands that it runs and how they are joined. Nothing is guessed: a command
 * whose words are not certain is `opaque`, and so is the whole script where even the extent of commands is not certain
 * (subshells, control flow, functions, here-documents, unclosed quotes). Source: POSIX XCU 2, Shell Command Language.
 */
export function parseShell(text: string): ShellScript {
  const read = shellTokens(text);
  if (read.kind === 'opaque') return read;
  const commands: ShellCommand[] = [];
  let waiting: ShellToken[] = [];
  /** The operator that still wants a command behind it. */
  let open: Extract<ShellToken, { readonly kind: 'operator' }> | undefined;
  for (const token of read.tokens) {
    const joiner = token.kind === 'operator' ? joinerOf(token.text) : undefined;
    if (token.kind !== 'operator' || joiner === undefined) {
      const reason = token.kind === 'operator' ? structural.get(token.text) : undefined;
      if (token.kind === 'operator' && reason !== undefined) return { kind: 'opaque', reason, span: token.span };
      waiting.push(token);
      continue;
    }
    if (waiting.length === 0) {
      if (token.text === '\n') continue;
      return { kind: 'opaque', reason: `nothing stands before ${token.text}`, span: token.span };
    }
    const command = readCommand(text, waiting, joiner);
    if (command.kind === 'script-opaque') return { kind: 'opaque', reason: command.reason, span: command.span };
    commands.push(command);
    waiting = [];
    open = ['&&', '||', '|'].includes(joiner) ? token : undefined;
  }
  if (waiting.length > 0) {
    const command = readCommand(text, waiting, 'end');
    if (command.kind === 'script-opaque') return { kind: 'opaque', reason: command.reason, span: command.span };
    return { kind: 'script', commands: [...commands, command] };
  }
  if (open) return { kind: 'opaque', reason: `nothing stands behind ${open.text}`, span: open.span };
  const last = commands.at(-1);
  // A semicolon or newline at the very end joins nothing.
  return { kind: 'script', commands: last?.joiner === ';' ? [...commands.slice(0, -1), { ...last, joiner: 'end' }] : commands };
}

const structural: ReadonlyMap<string, string> = new Map([
  ['(', 'it holds a subshell or a function'], [')', 'it holds a subshell or a function'],
  ['<<', 'it holds a here-document'], ['<<-', 'it holds a here-document'],
  [';;', 'it holds a case'], [';&', 'it holds a case'],
  ['|&', '|& means different things to different shells'], ['&>', '&> means different things to different shells'],
  ['&>>', '&>> means different things to different shells'],
]);

function joinerOf(text: string): ShellJoiner | undefined {
  if (text === '\n') return ';';
  return text === '&&' || text === '||' || text === ';' || text === '|' || text === '&' ? text : undefined;
}

/** Words that open or close something longer than a simple command. */
const reserved: ReadonlySet<string> = new Set([
  'if', 'then', 'else', 'elif', 'fi', 'for', 'while', 'until', 'do', 'done', 'case', 'esac', '{', '}', '[[', 'function', 'select', 'coproc',
]);

type Read = ShellCommand | { readonly kind: 'script-opaque'; readonly reason: string; readonly span: Span };

function readCommand(text: string, tokens: readonly ShellToken[], joiner: ShellJoiner): Read {
  const span = { start: spanOf(tokens[0]).start, end: spanOf(tokens.at(-1)).end };
  const opaque = (reason: string): ShellCommand => ({ kind: 'opaque', reason, joiner, span });
  const assignments: ShellAssignment[] = [];
  const words: ShellWord[] = [];
  const redirections: ShellRedirection[] = [];
  let doubt: string | undefined;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (!token) break;
    if (token.kind === 'operator') {
      const target = tokens[++i];
      if (token.text === '<<<') doubt ??= 'it holds a here-string';
      if (target?.kind !== 'word') return { kind: 'script-opaque', reason: `nothing stands behind ${token.text}`, span: token.span };
      doubt ??= target.doubt;
      redirections.push(redirection(text, words, token, target.word));
      continue;
    }
    doubt ??= token.doubt;
    const { word } = token;
    if (words.length === 0 && reserved.has(word.text)) return { kind: 'script-opaque', reason: `it holds the shell's ${word.text}`, span: word.span };
    if (words.length === 0) doubt ??= firstWordDoubt(word);
    const assignment = words.length === 0 ? assignmentIn(word) : undefined;
    if (assignment) assignments.push(assignment);
    else words.push(word);
  }
  return doubt === undefined ? { kind: 'simple', assignments, words, redirections, joiner, span } : opaque(doubt);
}

function firstWordDoubt(word: ShellWord): string | undefined {
  if (word.text === '!') return 'it turns the outcome around';
  if (word.text === 'time') return 'it measures time';
  return /^[A-Za-z_]\w*(?:\+=|\[[^\]]*\]=)/u.test(word.text) ? 'it assigns as only some shells do' : undefined;
}

/** Moves the digits that touch the operator from the words to the redirection. */
function redirection(text: string, words: ShellWord[], operator: Extract<ShellToken, { readonly kind: 'operator' }>, target: ShellWord): ShellRedirection {
  const before = words.at(-1);
  const isDescriptor = before !== undefined && before.span.end === operator.span.start && /^[0-9]+$/u.test(text.slice(before.span.start, before.span.end));
  if (isDescriptor) words.pop();
  return {
    descriptor: isDescriptor ? Number(before.text) : undefined,
    operator: operator.text as ShellRedirection['operator'], target,
    span: { start: isDescriptor ? before.span.start : operator.span.start, end: target.span.end },
  };
}

function assignmentIn(word: ShellWord): ShellAssignment | undefined {
  const name = /^([A-Za-z_][A-Za-z0-9_]*)=/u.exec(word.text)?.[1];
  const [first, ...rest] = word.parts;
  if (name === undefined || first?.kind !== 'literal' || first.quoted || !first.text.startsWith(`${name}=`)) return undefined;
  const from = name.length + 1;
  const lead = first.text.slice(from);
  const parts = lead === '' ? rest : [{ ...first, text: lead }, ...rest];
  const value: ShellWord = {
    text: word.text.slice(from), parts, span: { start: word.span.start + from, end: word.span.end },
    value: word.value?.slice(from),
    // The shell expands no patterns in assignments.
    hasPattern: false,
  };
  return { name, value, span: word.span };
}

function spanOf(token: ShellToken | undefined): Span {
  if (!token) return { start: 0, end: 0 };
  return token.kind === 'word' ? token.word.span : token.span;
}
