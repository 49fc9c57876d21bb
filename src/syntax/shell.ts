import type { Span } from '../base/source.ts';

export { parseShell } from './parse-shell.ts';

/** A piece of a word. `quoted` pieces undergo neither field splitting nor pattern matching. */
export type ShellPart =
  | { readonly kind: 'literal'; readonly text: string; readonly quoted: boolean }
  | {
      readonly kind: 'variable';
      readonly name: string;
      /** As written: `$X`, `${X}`, `${X:-d}`; `~` for HOME. */
      readonly text: string;
      /** False when there is an operator within the braces. */
      readonly plain: boolean;
      readonly quoted: boolean;
    };

/** A word, quotes and escapes removed from its literal parts. */
export interface ShellWord {
  /** As written. */
  readonly text: string;
  readonly parts: readonly ShellPart[];
  /** The word's value when it holds no variables. */
  readonly value: string | undefined;
  /** Bare `*`, `?` or `[…]`: the shell puts matching file names in its place, if there are any. */
  readonly hasPattern: boolean;
  readonly span: Span;
}

/** `NAME=value` before a command, or as one. */
export interface ShellAssignment {
  readonly name: string;
  readonly value: ShellWord;
  readonly span: Span;
}

/** `2>&1`, `> file`. */
export interface ShellRedirection {
  /** Absent: 0 for input, 1 for output. */
  readonly descriptor: number | undefined;
  readonly operator: '>' | '>>' | '<' | '>&' | '<&' | '>|' | '<>';
  readonly target: ShellWord;
  readonly span: Span;
}

/** What stands between a command and the next one; `end` behind the last. */
export type ShellJoiner = '&&' | '||' | ';' | '|' | '&' | 'end';

/** One command of a script; ranges count in the script's text. */
export type ShellCommand =
  | {
      readonly kind: 'simple';
      readonly assignments: readonly ShellAssignment[];
      /** Empty when there are only assignments or redirections. */
      readonly words: readonly ShellWord[];
      readonly redirections: readonly ShellRedirection[];
      /** A newline counts as `;`. */
      readonly joiner: ShellJoiner;
      readonly span: Span;
    }
  /** Its extent is known, what it does is not. */
  | { readonly kind: 'opaque'; readonly reason: string; readonly joiner: ShellJoiner; readonly span: Span };

/** A shell line: simple commands in order, or `opaque` where even their extent is not certain. */
export type ShellScript =
  | { readonly kind: 'script'; readonly commands: readonly ShellCommand[] }
  | { readonly kind: 'opaque'; readonly reason: string; readonly span: Span };
