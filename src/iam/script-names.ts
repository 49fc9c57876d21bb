import { closing, enclosing, isMark, isName, nameText, stringValue, type CodeToken, type TokenRange } from './code-tokens.ts';
import type { NamedBy } from './need.ts';
import type { Names } from './python-names.ts';

interface Found {
  readonly values: Map<string, NamedBy[]>;
  readonly tainted: Set<string>;
  readonly setsEnvironment: boolean;
}

/**
 * Reads what constants are declared as in all files together, without regard to scope: a name counts as known only if each of its
 * declarations is, and nothing else binds or changes it anywhere.
 */
export function scriptNames(files: readonly (readonly CodeToken[])[]): Names {
  const values = new Map<string, NamedBy[]>();
  const tainted = new Set<string>();
  const setsEnvironment = files.some((tokens) => tokens.some((token, i) => isName(token, 'env') && isName(tokens[i - 2], 'process') && changesVariable(tokens, i)));
  const found: Found = { values, tainted, setsEnvironment };
  for (const tokens of files) for (let i = 0; i < tokens.length; i++) noteName(tokens, i, found);
  return { resolve: (expression) => resolve(expression, found) };
}

function changesVariable(tokens: readonly CodeToken[], at: number): boolean {
  const end = isMark(tokens[at + 1], '.') ? at + 3 : isMark(tokens[at + 1], '[') ? closing(tokens, at + 1) + 1 : at + 1;
  if (end === at + 1 && !isMark(tokens[end], '=')) return isMark(tokens[at + 1], ',)');
  return isMark(tokens[end], '=') && !isMark(tokens[end + 1], '=>');
}

/** Words that are no names of anything here. */
const keywords = new Set(['const', 'let', 'var', 'if', 'for', 'while', 'switch', 'catch', 'function', 'return', 'new', 'await', 'async', 'import', 'export', 'default', 'class', 'this', 'true', 'false', 'null', 'undefined', 'string', 'number', 'any', 'boolean', 'void', 'as']);

function noteName(tokens: readonly CodeToken[], i: number, { values, tainted }: Found): void {
  const name = nameText(tokens[i]);
  if (name === '' || keywords.has(name) || isMark(tokens[i - 1], '.')) return;
  if (isAssigned(tokens, i)) {
    const isDeclared = isName(tokens[i - 1], 'const') || isName(tokens[i - 1], 'let') || isName(tokens[i - 1], 'var');
    const value = isDeclared ? declaredValue(tokens, i) : undefined;
    if (value) values.set(name, [...(values.get(name) ?? []), value]);
    else tainted.add(name);
    return;
  }
  const destructured = destructuredFrom(tokens, i);
  if (destructured === 'environment') values.set(name, [...(values.get(name) ?? []), { kind: 'variable', name }]);
  else if (destructured === 'other' || isParameter(tokens, i)) tainted.add(name);
}

function isAssigned(tokens: readonly CodeToken[], i: number): boolean {
  const at = isMark(tokens[i + 1], ':') && tokens[i + 2]?.kind === 'name' ? i + 3 : i + 1;
  if (isMark(tokens[at], '=') && !isMark(tokens[at + 1], '=>')) return true;
  return isMark(tokens[i + 1], '+-|&?') && isMark(tokens[i + 2], '=|&?+-') && isMark(tokens[i + 2], '=') !== isMark(tokens[i + 3], '=');
}

/** A variable of the environment, with `!` or a fallback behind it, or a text. */
function declaredValue(tokens: readonly CodeToken[], i: number): NamedBy | undefined {
  let at = i + 1;
  while (!isMark(tokens[at], '=')) at += 1;
  const read = valueAt(tokens, at + 1);
  if (!read) return undefined;
  const next = tokens[read.next];
  if (!next || isMark(next, ';,)}') || next.kind === 'name' || next.kind === 'end') return isName(next, 'as') || !isName(next) || startsStatement(nameText(next)) ? read.value : undefined;
  // A fallback is never taken: the template sets the variable.
  return read.value.kind === 'variable' && (isMark(next, '|?') && isMark(tokens[read.next + 1], '|?')) ? read.value : undefined;
}

function startsStatement(name: string): boolean {
  return !['in', 'instanceof', 'of'].includes(name);
}

function valueAt(tokens: readonly CodeToken[], at: number): { readonly value: NamedBy; readonly next: number } | undefined {
  const text = stringValue(tokens[at]);
  if (text !== undefined) return { value: { kind: 'text', text }, next: at + 1 };
  if (!isName(tokens[at], 'process') || !isMark(tokens[at + 1], '.') || !isName(tokens[at + 2], 'env')) return undefined;
  const isBracket = isMark(tokens[at + 3], '[');
  const name = isBracket ? stringValue(tokens[at + 4]) : isMark(tokens[at + 3], '.') ? nameText(tokens[at + 4]) : undefined;
  const end = isBracket ? at + 6 : at + 5;
  if (name === undefined || name === '') return undefined;
  return { value: { kind: 'variable', name }, next: isMark(tokens[end], '!') && !isMark(tokens[end + 1], '=') ? end + 1 : end };
}

/** `const { X } = …`. */
function destructuredFrom(tokens: readonly CodeToken[], i: number): 'environment' | 'other' | undefined {
  const open = enclosing(tokens, i);
  if (!isMark(tokens[open], '{[')) return undefined;
  const close = closing(tokens, open);
  if (!isMark(tokens[close + 1], '=') || isMark(tokens[close + 2], '=>')) return undefined;
  const isPlain = isMark(tokens[i - 1], '{,') && isMark(tokens[i + 1], ',}');
  const isEnvironment = isName(tokens[close + 2], 'process') && isName(tokens[close + 4], 'env') && !isMark(tokens[close + 5], '.[');
  return isPlain && isEnvironment && isMark(tokens[open], '{') ? 'environment' : 'other';
}

/** In the brackets of `(…) =>`, `f(…) {`, `catch (…) {`, or `x =>`. */
function isParameter(tokens: readonly CodeToken[], i: number): boolean {
  if (isMark(tokens[i + 1], '=') && isMark(tokens[i + 2], '>')) return true;
  for (let open = enclosing(tokens, i); open >= 0; open = enclosing(tokens, open)) {
    if (!isMark(tokens[open], '(')) continue;
    const close = closing(tokens, open);
    if (isMark(tokens[close + 1], '{:') || (isMark(tokens[close + 1], '=') && isMark(tokens[close + 2], '>'))) {
      const isBound = isMark(tokens[i - 1], '({,.[') && !isMark(tokens[i + 1], '.([');
      return isBound;
    }
  }
  return false;
}

function resolve({ tokens, from, to }: TokenRange, { values, tainted, setsEnvironment }: Found): readonly NamedBy[] | undefined {
  const direct = valueAt(tokens, from);
  const isWhole = direct?.next === to || (direct && isName(tokens[direct.next], 'as')) || (direct?.value.kind === 'variable' && isMark(tokens[direct.next], '|?'));
  if (direct && isWhole === true) return direct.value.kind === 'variable' && setsEnvironment ? undefined : [direct.value];
  const name = nameText(tokens[from]);
  const isAlone = to === from + 1 || (to === from + 2 && isMark(tokens[from + 1], '!'));
  const known = values.get(name);
  if (!isAlone || !known || tainted.has(name)) return undefined;
  return setsEnvironment && known.some(({ kind }) => kind === 'variable') ? undefined : known;
}
