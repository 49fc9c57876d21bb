import type { SourceFile } from '../base/source.ts';
import { closing, enclosing, isMark, isName, nameText, type CodeToken } from '../iam/code-tokens.ts';
import type { Expression } from './expression.ts';
import type { CodeFile, CodeFunction, Statement } from './program.ts';
import { blocksAt } from './script-blocks.ts';
import { chainAt, isArrow, parseScript, scriptTokens } from './script-expression.ts';

interface Found {
  readonly fn: CodeFunction;
  /** Of tokens: the body. */
  readonly from: number;
  readonly to: number;
  readonly isExpression: boolean;
}

interface Reading {
  readonly tokens: readonly CodeToken[];
  readonly file: SourceFile;
  readonly functions: readonly Found[];
}

/** Reads a JavaScript or TypeScript file as statements with the functions around them. */
export function readScript(source: SourceFile): CodeFile {
  const tokens = scriptTokens(source.text);
  const functions: Found[] = [];
  // In the order of the file: what a function is written in comes before it.
  for (const at of tokens.keys()) {
    const outer = functions.findLast((one) => at >= one.from && at < one.to)?.fn;
    const found = functionAt(tokens, at, { file: source, outer });
    if (found) functions.push(found);
  }
  const reading: Reading = { tokens, file: source, functions };
  const aliases = new Map<string, string>();
  const statements: { readonly at: number; readonly statement: Statement }[] = [];
  for (let at = 0; at < tokens.length; at++) {
    noteImport(tokens, at, aliases);
    statements.push(...statementsAt(reading, at, aliases).map((statement) => ({ at, statement })));
  }
  for (const { fn, from, to, isExpression } of functions) if (isExpression) statements.push({ at: from, statement: { kind: 'return', within: fn, blocks: blocksAt(tokens, from), value: parseScript(tokens, from, to, source) } });
  return { source, functions: functions.map(({ fn }) => fn), statements: statements.toSorted((a, b) => a.at - b.at).map(({ statement }) => statement), aliases };
}

const noFunctions = new Set(['if', 'for', 'while', 'switch', 'catch', 'return', 'function', 'await', 'typeof', 'with', 'new', 'else', 'do']);

/** A function whose parameters open at `at`: `function f(…) {`, `f = (…) =>`, `f(…) {` of a class or an object. */
function functionAt(tokens: readonly CodeToken[], at: number, { file, outer }: { readonly file: SourceFile; readonly outer: CodeFunction | undefined }): Found | undefined {
  const isBare = tokens[at]?.kind === 'name' && isArrow(tokens, at + 1);
  if (!isMark(tokens[at], '(') && !isBare) return undefined;
  const close = isBare ? at : closing(tokens, at);
  let after = close + 1;
  // `: Promise<void>` before the body.
  if (isMark(tokens[after], ':')) while (after < tokens.length && !isMark(tokens[after], '{;') && !isArrow(tokens, after)) after++;
  const isArrowFunction = isArrow(tokens, after);
  const isBlock = isMark(tokens[isArrowFunction ? after + 2 : after], '{');
  if (!isArrowFunction && (!isBlock || noFunctions.has(nameText(tokens[at - 1])))) return undefined;
  const body = isArrowFunction ? after + 2 : after;
  const to = isBlock ? closing(tokens, body) : endOfExpression(tokens, body, file);
  return { fn: { name: nameBefore(tokens, at, isArrowFunction), outer, parameters: isBare ? [{ name: nameText(tokens[at]), fallback: undefined, isRest: false }] : parametersBetween(tokens, at, close, file) }, from: isBlock ? body + 1 : body, to, isExpression: !isBlock };
}

function nameBefore(tokens: readonly CodeToken[], at: number, isArrowFunction: boolean): string {
  let before = at - 1;
  if (isName(tokens[before], 'async')) before -= 1;
  // What a file gives to those who import it as a whole: `module.exports = (…) =>` is called `exports`.
  if (isName(tokens[before], 'default')) return 'exports';
  if (!isArrowFunction && isName(tokens[before], 'function') && isName(tokens[before - 1], 'default')) return 'exports';
  if (!isArrowFunction) return isName(tokens[before], 'function') ? (isMark(tokens[before - 1], '=:') ? nameText(tokens[before - 2]) : '') : nameText(tokens[before]);
  return isMark(tokens[before], '=:') ? nameText(tokens[before - 1]) : '';
}

function parametersBetween(tokens: readonly CodeToken[], open: number, close: number, file: SourceFile): CodeFunction['parameters'] {
  const found: { name: string; fallback: Expression | undefined; isRest: boolean }[] = [];
  let from = open + 1;
  for (let i = open + 1; i <= close; i++) {
    if (i < close && isMark(tokens[i], '([{')) i = closing(tokens, i);
    else if (i === close || isMark(tokens[i], ',')) {
      const isRest = isMark(tokens[from], '.');
      const start = isRest ? from + 3 : from;
      let sign = start;
      while (sign < i && !isMark(tokens[sign], '=')) sign++;
      if (i > from) found.push({ name: nameText(tokens[start]), isRest, fallback: sign < i ? parseScript(tokens, sign + 1, i, file) : undefined });
      from = i + 1;
    }
  }
  return found;
}

/** Where an expression ends: at a comma, semicolon or closing bracket, or at a line's end that nothing carries on. */
function endOfExpression(tokens: readonly CodeToken[], from: number, file: SourceFile): number {
  for (let i = from; i < tokens.length; i++) {
    if (isMark(tokens[i], ',;)]}')) return i;
    if (i > from && startsLine(tokens, i, file) && !isMark(tokens[i], '.?:+|&*/%<>=-') && !isMark(tokens[i - 1], '+|&=?:<>(*-.') && !isName(tokens[i - 1], 'await')) return i;
    if (isMark(tokens[i], '([{')) i = closing(tokens, i);
  }
  return tokens.length;
}

function startsLine(tokens: readonly CodeToken[], at: number, file: SourceFile): boolean {
  return file.text.slice(tokens[at - 1]?.span.end ?? 0, tokens[at]?.span.start ?? 0).includes('\n');
}

function withinAt({ functions }: Reading, at: number): CodeFunction | undefined {
  return functions.filter(({ from, to }) => at >= from && at < to).reduce<Found | undefined>((best, one) => (!best || one.from >= best.from ? one : best), undefined)?.fn;
}

function statementsAt(reading: Reading, at: number, aliases: Map<string, string>): readonly Statement[] {
  const { tokens, file } = reading;
  const token = tokens[at];
  if (token?.kind !== 'name' || isMark(tokens[at - 1], '.')) return [];
  const within = withinAt(reading, at);
  const blocks = blocksAt(tokens, at);
  if (token.text === 'return') return [{ kind: 'return', within, blocks, value: parseScript(tokens, at + 1, endOfExpression(tokens, at + 1, file), file) }];
  const { expression, end } = chainAt(tokens, at, tokens.length, file);
  const isCall = hasCall(expression);
  const found: Statement[] = isCall ? [{ kind: 'plain', within, blocks, value: expression }] : [];
  const sign = assignmentAfter(tokens, at, end);
  if (sign < 0 || isCall) return found;
  const isAdding = isMark(tokens[sign - 1], '+');
  const value = parseScript(tokens, sign + 1, endOfExpression(tokens, sign + 1, file), file);
  const target = expression.kind === 'name' ? expression.name : expression.kind === 'member' ? `.${expression.name}` : '';
  if (target !== '') found.push({ kind: isAdding ? 'extend' : 'assign', within, blocks, target, value });
  notePromised(target, value, aliases);
  return found;
}

/** The `=` of `x = …`, `x += …`, `x: Type = …`; -1 without one. */
function assignmentAfter(tokens: readonly CodeToken[], at: number, end: number): number {
  let sign = isMark(tokens[end], '+') && isMark(tokens[end + 1], '=') ? end + 1 : end;
  if (isMark(tokens[sign], ':') && /^(?:const|let|var)$/u.test(nameText(tokens[at - 1]))) while (sign < end + 12 && !isMark(tokens[sign], '=;')) sign++;
  const isSign = isMark(tokens[sign], '=') && !isMark(tokens[sign + 1], '=>') && !isMark(tokens[sign - 1], '=!<>');
  return isSign ? sign : -1;
}

function hasCall(expression: Expression): boolean {
  if (expression.kind === 'call') return true;
  return (expression.kind === 'member' || expression.kind === 'item') && hasCall(expression.of);
}

/** `const run = promisify(exec)` */
function notePromised(target: string, value: Expression, aliases: Map<string, string>): void {
  if (value.kind !== 'call' || value.given.length !== 1) return;
  const name = value.callee.kind === 'name' || value.callee.kind === 'member' ? value.callee.name : '';
  const [inner] = value.given;
  if (name === 'promisify' && (inner?.value.kind === 'name' || inner?.value.kind === 'member')) aliases.set(target, `promisify:${inner.value.name}`);
}

/** `import { a as b } from 'm'`, `import m from 'm'`, `const { a } = require('m')`, `const m = require('m')`. */
function noteImport(tokens: readonly CodeToken[], at: number, aliases: Map<string, string>): void {
  const token = tokens[at];
  if (token?.kind !== 'string' || token.value === undefined) return;
  const module = token.value.replace(/^node:/u, '').replace(/^(?:\.{1,2}\/)+/u, '').replace(/\.[cm]?[jt]sx?$/u, '');
  const isRequire = isMark(tokens[at - 1], '(') && isName(tokens[at - 2], 'require') && isMark(tokens[at - 3], '=');
  const isFrom = isName(tokens[at - 1], 'from');
  if (!isRequire && !isFrom) return;
  const end = isRequire ? at - 3 : at - 1;
  const close = end - 1;
  if (!isMark(tokens[close], '}')) {
    const name = nameText(tokens[close]);
    if (name !== '') aliases.set(name, module);
    return;
  }
  const open = openOf(tokens, close);
  for (let i = open + 1; i < close; i++) {
    const name = nameText(tokens[i]);
    if (name === '' || !isMark(tokens[i - 1], '{,')) continue;
    const isRenamed = isName(tokens[i + 1], 'as') || isMark(tokens[i + 1], ':');
    aliases.set(isRenamed ? nameText(tokens[i + 2]) : name, `${module}.${name}`);
  }
  const before = nameText(tokens[open - 2]);
  if (isMark(tokens[open - 1], ',') && before !== '') aliases.set(before, module);
}

function openOf(tokens: readonly CodeToken[], close: number): number {
  return close > 0 && !isMark(tokens[close - 1], '{') ? enclosing(tokens, close - 1) : close - 1;
}
