import type { SourceFile, Span } from '../base/source.ts';

export { parseDockerfile } from './parse-dockerfile.ts';

/** The keywords of the Dockerfile reference. */
export type DockerfileKeyword =
  | 'FROM' | 'ARG' | 'ENV' | 'WORKDIR' | 'COPY' | 'ADD' | 'RUN' | 'CMD' | 'ENTRYPOINT' | 'LABEL' | 'USER'
  | 'EXPOSE' | 'SHELL' | 'STOPSIGNAL' | 'VOLUME' | 'HEALTHCHECK' | 'ONBUILD' | 'MAINTAINER';

/** A word of an instruction. `expandWord` removes its quotes and escapes and fills in its variables. */
export interface DockerfileWord {
  /** As written, with quotes and `$VARIABLES`, continuation lines joined; of the exec form the decoded string. */
  readonly text: string;
  readonly span: Span;
}

/** `--name=value` before an instruction's arguments. */
export interface DockerfileFlag {
  readonly name: string;
  readonly value: string;
  readonly span: Span;
}

/** A `<<EOF` document of a RUN, COPY or ADD. */
export interface Heredoc {
  readonly name: string;
  readonly content: string;
  /** False when the delimiter was quoted. */
  readonly expand: boolean;
  readonly span: Span;
}

/** One instruction. */
export interface DockerfileInstruction {
  readonly keyword: DockerfileKeyword;
  /** From the keyword to the end of the last argument (heredocs included), without the newline. */
  readonly span: Span;
  readonly flags: readonly DockerfileFlag[];
  /** `exec`: a JSON array; `shell`: a command line; `words`: everything else. */
  readonly form: 'exec' | 'shell' | 'words';
  /** For `exec` the array's strings (JSON-decoded); for `words` the words; for `shell` empty. */
  readonly words: readonly DockerfileWord[];
  /** All after keyword and flags, continuation lines joined and comment lines within dropped. */
  readonly argument: string;
  /** Range of the argument in the file. */
  readonly argumentSpan: Span;
  /** The pieces of the file that the argument is joined from: `at` counts in the argument, `start` in the file. See `spanInArgument`. */
  readonly argumentPieces: readonly { readonly at: number; readonly start: number; readonly length: number }[];
  readonly heredocs: readonly Heredoc[];
}

/** One build stage. */
export interface DockerfileStage {
  readonly index: number;
  /** `AS name`, lower case. */
  readonly name: string | undefined;
  readonly from: DockerfileInstruction;
  /** The image or earlier stage after FROM, variables unexpanded. */
  readonly base: DockerfileWord;
  /** `--platform=` of the FROM. */
  readonly platform: string | undefined;
  /** After the FROM, in order. */
  readonly instructions: readonly DockerfileInstruction[];
}

/** A parsed Dockerfile. */
export interface Dockerfile {
  readonly source: SourceFile;
  readonly escape: '\\' | '`';
  /** `# syntax=…`, if any. */
  readonly syntaxDirective: string | undefined;
  /** ARGs before the first FROM. */
  readonly globalArguments: readonly DockerfileInstruction[];
  readonly stages: readonly DockerfileStage[];
  readonly newline: '\n' | '\r\n';
}

/** The file's range for a range of an instruction's argument, continuation lines and comments within it taken along. */
export function spanInArgument(instruction: Pick<DockerfileInstruction, 'argumentPieces' | 'argumentSpan'>, range: Span): Span {
  const offset = (at: number): number => {
    const piece = instruction.argumentPieces.findLast((candidate) => candidate.at <= at);
    return piece ? piece.start + Math.min(at - piece.at, piece.length) : instruction.argumentSpan.start;
  };
  return { start: offset(range.start), end: range.end > range.start ? offset(range.end - 1) + 1 : offset(range.start) };
}
