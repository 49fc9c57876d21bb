import type { Span } from '../base/source.ts';

/** A line with its continuations joined, its comment apart, and the way back to the file. */
export interface JoinedLine {
  /** Without comment and surrounding blanks. */
  readonly text: string;
  /** With its `#`. */
  readonly comment: { readonly text: string; readonly span: Span } | undefined;
  readonly spanOf: (start: number, end: number) => Span;
}

interface Piece {
  readonly at: number;
  readonly start: number;
}

/**
 * The logical lines of a requirements file, blank ones left out. A backslash at the end joins the next line, except that a comment
 * line always ends what it follows. Source: pip's documentation, "Requirements File Format", line continuations and comments.
 */
export function joinedLines(text: string): readonly JoinedLine[] {
  const found: JoinedLine[] = [];
  let pieces: Piece[] = [];
  let joined = '';
  const finish = (): void => {
    const line = split(joined, pieces);
    if (line.text !== '' || line.comment) found.push(line);
    pieces = [];
    joined = '';
  };
  for (const { start, text: line } of physicalLines(text)) {
    const isComment = /^\s*#/u.test(line);
    const continues = line.endsWith('\\') && !isComment;
    const kept = continues ? line.replace(/\\+$/u, '') : line;
    // A comment that follows a continuation counts as one even where nothing separates the two.
    if (isComment && joined !== '') joined += ' ';
    pieces.push({ at: joined.length, start });
    joined += kept;
    if (!continues) finish();
  }
  finish();
  return found;
}

function split(joined: string, pieces: readonly Piece[]): JoinedLine {
  const offset = (at: number): number => {
    const piece = pieces.findLast((candidate) => candidate.at <= at) ?? pieces[0];
    return piece ? piece.start + Math.max(0, at - piece.at) : 0;
  };
  const hash = /(?:^|\s)#/u.exec(joined);
  const at = hash ? hash.index + hash[0].length - 1 : joined.length;
  const content = joined.slice(0, at);
  const lead = content.length - content.trimStart().length;
  const comment = joined.slice(at).trimEnd();
  return {
    text: content.trim(),
    comment: hash ? { text: comment, span: { start: offset(at), end: offset(at) + comment.length } } : undefined,
    spanOf: (start, end) => ({ start: offset(lead + start), end: end > start ? offset(lead + end - 1) + 1 : offset(lead + start) }),
  };
}

function physicalLines(text: string): readonly { readonly start: number; readonly text: string }[] {
  const lines: { readonly start: number; readonly text: string }[] = [];
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (const match of text.matchAll(/\r\n|\n|\r/gu)) {
    lines.push({ start, text: text.slice(start, match.index) });
    start = match.index + match[0].length;
  }
  return [...lines, { start, text: text.slice(start) }];
}
