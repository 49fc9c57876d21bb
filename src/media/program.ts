import type { SourceFile } from '../base/source.ts';
import type { Expression } from './expression.ts';

/** A function of the code. */
export interface CodeFunction {
  readonly name: string;
  /** The function that it is written in. */
  readonly outer: CodeFunction | undefined;
  readonly parameters: readonly { readonly name: string; readonly fallback: Expression | undefined; readonly isRest: boolean }[];
}

/** What a line does, as far as values go. `within` is the function that it stands in. */
export type Statement = {
  readonly within: CodeFunction | undefined;
  readonly value: Expression;
  /** The blocks that it stands in, outermost first, by numbers that are unique in the file: bodies of `if`, `for`, `try` and functions. */
  readonly blocks: readonly number[];
} & (
  | { readonly kind: 'plain' | 'return' }
  /** `x = …`; `.x` is an attribute of anything; `?x` gets a part of the value. `extend` is `+=`. */
  | { readonly kind: 'assign' | 'extend'; readonly target: string }
  /** `for x in …` */
  | { readonly kind: 'loop'; readonly name: string; readonly isAlone: boolean }
);

/** A file of code. */
export interface CodeFile {
  readonly source: SourceFile;
  readonly functions: readonly CodeFunction[];
  /** In the order of the file. */
  readonly statements: readonly Statement[];
  /** What local names stand for: `sp` for `subprocess`, `run` for `subprocess.run`. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** Environment variables by name, with every text that each may be; `isAlwaysSet` where no function that runs the code is without it. */
export type CodeEnvironment = ReadonlyMap<string, { readonly texts: readonly string[]; readonly isAlwaysSet: boolean }>;

/** All that may run together. */
export interface Program {
  readonly files: readonly CodeFile[];
  /** What is known of the environment; nothing where absent. */
  readonly environment?: CodeEnvironment;
}
