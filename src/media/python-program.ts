import type { SourceFile } from '../base/source.ts';
import { closing, isMark, isName, nameText, type CodeToken, type TokenRange } from '../iam/code-tokens.ts';
import { pythonTokens } from '../model/python-tokens.ts';
import type { Expression } from './expression.ts';
import { parsePython } from './python-expression.ts';
import type { CodeFile, CodeFunction, Statement } from './program.ts';

/** Reads a Python file as statements with the functions around them. */
export function readPython(source: SourceFile): CodeFile {
  const tokens = pythonTokens(source);
  const functions: CodeFunction[] = [];
  const statements: Statement[] = [];
  // Functions and other blocks whose bodies may still go on: what stands further in belongs to them.
  const open: { readonly indent: number; readonly fn: CodeFunction | undefined; readonly block: number | undefined }[] = [];
  const aliases = new Map<string, string>();
  for (const { range, indent } of linesOf(tokens)) {
    while (open.length > 0 && (open.at(-1)?.indent ?? 0) >= indent) open.pop();
    const within = open.findLast(({ fn }) => fn !== undefined)?.fn;
    const blocks = open.flatMap(({ block }) => block ?? []);
    const fn = functionAt(range, source, within);
    if (fn) {
      functions.push(fn);
      open.push({ indent, fn, block: range.from });
      continue;
    }
    noteImports(range, aliases);
    const [head, ...rest] = partsOf(range);
    if (head) statements.push(...statementsOf(head, { file: source, within, blocks }));
    const isBlock = blockHead.test(headWord(range));
    for (const part of rest) statements.push(...statementsOf(part, { file: source, within, blocks: isBlock ? [...blocks, range.from] : blocks }));
    if (isBlock) open.push({ indent, fn: undefined, block: range.from });
  }
  return { source, functions, statements, aliases };
}

/** What stands below these runs or does not; the body of `with` always does. */
const blockHead = /^(?:if|elif|else|for|while|try|except|finally|match|case|class)$/u;

function headWord({ tokens, from }: TokenRange): string {
  const word = nameText(tokens[from]);
  return word === 'async' ? nameText(tokens[from + 1]) : word;
}

/** Where a statement stands. */
interface Standing {
  readonly file: SourceFile;
  readonly within: CodeFunction | undefined;
  readonly blocks: readonly number[];
}

function linesOf(tokens: readonly CodeToken[]): readonly { readonly range: TokenRange; readonly indent: number }[] {
  const lines: { range: TokenRange; indent: number }[] = [];
  let from = 0;
  let indent = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token?.kind !== 'end') continue;
    if (i > from) lines.push({ range: { tokens, from, to: i }, indent });
    indent = token.indent;
    from = i + 1;
  }
  return lines;
}

function functionAt({ tokens, from, to }: TokenRange, source: SourceFile, outer: CodeFunction | undefined): CodeFunction | undefined {
  const at = isName(tokens[from], 'async') ? from + 1 : from;
  if (!isName(tokens[at], 'def') || !isMark(tokens[at + 2], '(')) return undefined;
  const close = closing(tokens, at + 2);
  const parameters: { name: string; fallback: Expression | undefined; isRest: boolean }[] = [];
  let start = at + 3;
  for (let i = start; i <= close && i < to; i++) {
    if (i < close && isMark(tokens[i], '([{')) i = closing(tokens, i);
    else if (i === close || isMark(tokens[i], ',')) {
      const isRest = isMark(tokens[start], '*');
      while (isMark(tokens[start], '*/')) start++;
      const sign = signIn(tokens, start, i);
      const name = nameText(tokens[start]);
      if (name !== '' && start < i) parameters.push({ name, isRest, fallback: sign < 0 ? undefined : parsePython({ tokens, from: sign + 1, to: i }, source) });
      start = i + 1;
    }
  }
  const isMethod = parameters[0]?.name === 'self' || parameters[0]?.name === 'cls';
  return { name: nameText(tokens[at + 1]), outer, parameters: isMethod ? parameters.slice(1) : parameters };
}

function signIn(tokens: readonly CodeToken[], from: number, to: number): number {
  for (let i = from; i < to; i++) {
    if (isMark(tokens[i], '([{')) i = closing(tokens, i);
    else if (isMark(tokens[i], '=')) return i;
  }
  return -1;
}

/** `from a import b as c`: c is a.b; `import a as b`: b is a. */
function noteImports({ tokens, from, to }: TokenRange, aliases: Map<string, string>): void {
  const isFrom = isName(tokens[from], 'from');
  const at = isFrom ? indexOfName(tokens, from, to, 'import') : isName(tokens[from], 'import') ? from : -1;
  if (at < 0) return;
  const module = isFrom ? tokens.slice(from + 1, at).map((token) => (token.kind === 'name' || token.kind === 'other' ? token.text : '')).join('').replace(/^\.+/u, '') : '';
  for (let i = at + 1; i < to; i++) {
    let name = nameText(tokens[i]);
    if (name === '' || name === 'as') continue;
    while (isMark(tokens[i + 1], '.') && tokens[i + 2]?.kind === 'name') {
      name += `.${nameText(tokens[i + 2])}`;
      i += 2;
    }
    const hasAlias = isName(tokens[i + 1], 'as');
    const full = isFrom ? (module === '' ? name : `${module}.${name}`) : name;
    const local = hasAlias ? nameText(tokens[i + 2]) : isFrom ? name : (name.split('.')[0] ?? name);
    aliases.set(local, isFrom || hasAlias ? full : local);
    if (hasAlias) i += 2;
  }
}

function indexOfName(tokens: readonly CodeToken[], from: number, to: number, name: string): number {
  for (let i = from; i < to; i++) if (isName(tokens[i], name)) return i;
  return -1;
}

/** The head of a compound statement, and what stands behind its colon on the same line. */
function partsOf(range: TokenRange): readonly TokenRange[] {
  const { tokens, from, to } = range;
  if (!/^(?:if|elif|else|for|while|with|try|except|finally|async)$/u.test(nameText(tokens[from]))) return [range];
  for (let i = from; i < to; i++) {
    if (isMark(tokens[i], '([{')) i = closing(tokens, i);
    else if (isMark(tokens[i], ':') && i + 1 < to) return [{ tokens, from, to: i }, { tokens, from: i + 1, to }];
  }
  return [range];
}

function statementsOf(range: TokenRange, standing: Standing): readonly Statement[] {
  const { tokens, from } = range;
  const { file, within, blocks } = standing;
  const to = isMark(tokens[range.to - 1], ':') ? range.to - 1 : range.to;
  const parse = (start: number, end: number): Expression => parsePython({ tokens, from: start, to: end }, file);
  const word = nameText(tokens[from]);
  const at = word === 'async' ? from + 1 : from;
  if (word === 'class') return [];
  if (word === 'return') return [{ kind: 'return', within, blocks, value: parse(from + 1, to) }];
  if (isName(tokens[at], 'for')) {
    const inside = indexOfName(tokens, at, to, 'in');
    const names = tokens.slice(at + 1, inside).flatMap((token) => (token.kind === 'name' ? [token.text] : []));
    const value = parse(inside + 1, to);
    return [...names.map((name): Statement => ({ kind: 'loop', within, blocks, name, isAlone: names.length === 1, value })), { kind: 'plain', within, blocks, value }];
  }
  if (isName(tokens[at], 'with')) return withItems({ tokens, from: at + 1, to }, standing);
  if (/^(?:if|elif|while|assert|raise|except|del|import|from|global|nonlocal)$/u.test(word)) return [{ kind: 'plain', within, blocks, value: parse(from + 1, to) }];
  return assignments({ tokens, from, to }, standing);
}

function withItems({ tokens, from, to }: TokenRange, { file, within, blocks }: Standing): readonly Statement[] {
  const found: Statement[] = [];
  let start = from;
  for (let i = from; i <= to; i++) {
    if (i < to && isMark(tokens[i], '([{')) i = closing(tokens, i);
    else if (i === to || isMark(tokens[i], ',')) {
      const as = indexOfName(tokens, start, i, 'as');
      const value = parsePython({ tokens, from: start, to: as < 0 ? i : as }, file);
      found.push(as < 0 ? { kind: 'plain', within, blocks, value } : { kind: 'assign', within, blocks, target: nameText(tokens[as + 1]), value });
      start = i + 1;
    }
  }
  return found;
}

function assignments({ tokens, from, to }: TokenRange, { file, within, blocks }: Standing): readonly Statement[] {
  const signs: number[] = [];
  for (let i = from; i < to; i++) {
    if (isMark(tokens[i], '([{')) i = closing(tokens, i);
    else if (isMark(tokens[i], '=')) {
      if (isMark(tokens[i + 1], '=')) i += 1;
      else if (!isMark(tokens[i - 1], '!<>')) signs.push(i);
    }
  }
  const last = signs.at(-1);
  if (last === undefined) return [{ kind: 'plain', within, blocks, value: parsePython({ tokens, from, to }, file) }];
  const value = parsePython({ tokens, from: last + 1, to }, file);
  const isAdding = isMark(tokens[last - 1], '+');
  let start = from;
  const found: Statement[] = [];
  for (const sign of signs) {
    found.push(...targetsOf({ tokens, from: start, to: isAdding ? sign - 1 : sign }).map((target): Statement => ({ kind: isAdding ? 'extend' : 'assign', within, blocks, target, value })));
    start = sign + 1;
  }
  return found.length > 0 ? found : [{ kind: 'plain', within, blocks, value }];
}

/** Names that an assignment binds: `x`, `self.x` (as `.x`); each of `a, b` loses its value. */
function targetsOf({ tokens, from, to }: TokenRange): readonly string[] {
  const name = nameText(tokens[from]);
  if (to === from + 1 || (name !== '' && isMark(tokens[from + 1], ':'))) return name === '' ? [] : [name];
  if (isMark(tokens[to - 2], '.') && tokens[to - 1]?.kind === 'name') return [`.${nameText(tokens[to - 1])}`];
  if (isMark(tokens[to - 1], ']')) return [];
  return tokens.slice(from, to).flatMap((token) => (token.kind === 'name' ? [`?${token.text}`] : []));
}
