import { placeAt } from '../base/source.ts';
import type { Argument, CommandWord } from '../ffmpeg/command.ts';
import { unknownText } from '../ffmpeg/filter-graph.ts';
import { within, writtenOf, type Expression, type Given } from './expression.ts';
import { bindingsOf, fullName, memberBindings, nameOfCallee, returnsOf, type Binding, type Scope } from './scope.ts';
import { splitShell } from './shell-words.ts';
import { textsOf } from './text-values.ts';

/** More alternatives than this tell nothing. */
const most = 24;

type Words = readonly CommandWord[];

/** The lists of arguments that an expression may come to; a text is split as a shell does when `isShell`. */
export function wordsOf(expression: Expression, scope: Scope, isShell: boolean): readonly Words[] {
  const found = evaluate(expression, scope) ?? (isShell || isText(expression, scope) ? shellWords(expression, scope) : [[unknownMore(expression)]]);
  return found.length > most ? [[unknownMore(expression)]] : found;
}

function unknownMore(expression: Expression): CommandWord {
  return { kind: 'more', why: `what \`${writtenOf(expression)}\` holds cannot be told`, place: placeAt(expression.file, expression.span.start) };
}

/** A program's name alone, as Popen takes it. */
function isText(expression: Expression, scope: Scope): boolean {
  return expression.kind === 'text' || textsOf(expression, scope).some((text) => text.includes('ffmpeg') || text.includes('ffprobe'));
}

/** The argument that an expression is. */
export function argumentOf(value: Expression, scope: Scope): Argument {
  return { kind: 'argument', texts: textsOf(value, scope), place: placeAt(value.file, value.span.start), written: writtenOf(value), origin: originOf(value, scope, 3) };
}

/** An expression as it is written, with what the names in it were given. */
function originOf(expression: Expression, scope: Scope, depth: number): string {
  const own = expression.written ?? expression.file.text.slice(expression.span.start, Math.min(expression.span.end, expression.span.start + 500));
  if (depth === 0) return own;
  const names = [...within(expression)].filter((one) => one.kind === 'name').slice(0, 8);
  const given = names.flatMap((one) => (bindingsOf(one.name, scope) ?? []).slice(0, 4).map(({ base }) => originOf(base.value, base.scope, depth - 1)));
  return [own, ...given].join(' ').slice(0, 2000);
}

/** undefined where an expression is no list. */
function evaluate(expression: Expression, scope: Scope): readonly Words[] | undefined {
  if (scope.depth > 40) return undefined;
  const inner: Scope = { ...scope, depth: scope.depth + 1 };
  switch (expression.kind) {
    case 'list':
      return ofItems(expression.items, inner);
    case 'name':
      return ofBindings(bindingsOf(expression.name, inner));
    case 'member':
      return ofBindings(memberBindings(expression, inner));
    case 'choice': {
      const all = expression.options.map((one) => evaluate(one, inner));
      return all.some((one) => one !== undefined) ? all.flatMap((one, at) => one ?? [[unknownMore(expression.options[at] ?? expression)]]) : undefined;
    }
    case 'join': {
      const [left, right] = [evaluate(expression.left, inner), evaluate(expression.right, inner)];
      if (expression.sign !== '+' || (!left && !right)) return undefined;
      return product([left ?? [[unknownMore(expression.left)]], right ?? [[unknownMore(expression.right)]]]);
    }
    case 'each':
      return ofEach(expression, inner);
    case 'call':
      return ofCall(expression, inner);
    default:
      return undefined;
  }
}

function product(parts: readonly (readonly Words[])[]): readonly Words[] {
  let all: readonly Words[] = [[]];
  for (const part of parts) {
    all = all.flatMap((start) => part.map((end) => [...start, ...end]));
    if (all.length > most) return all;
  }
  return all;
}

function ofItems(items: readonly Given[], scope: Scope): readonly Words[] {
  return product(items.map(({ value, isSpread }) => (isSpread ? spreadOf(value, scope) : [[argumentOf(value, scope)]])));
}

/** `*x`, `x.extend(…)`: a list, or any number of arguments. `*(['-a'] if b else [])` is either. */
function spreadOf(value: Expression, scope: Scope): readonly Words[] {
  return evaluate(value, scope) ?? [[unknownMore(value)]];
}

function ofBindings(bindings: readonly Binding[] | undefined): readonly Words[] | undefined {
  if (!bindings) return undefined;
  const all = bindings.map(({ base, added, isItem }): readonly Words[] | undefined => {
    const start = isItem ? itemLists(base.value, base.scope) : evaluate(base.value, base.scope);
    if (!start) return undefined;
    return product([start, ...added.map((one) => (one.how === 'append' ? [[argumentOf(one.value, one.scope)]] : spreadOf(one.value, one.scope)))]);
  });
  if (all.every((one) => one === undefined)) return undefined;
  return all.flatMap((one, at) => {
    const base = bindings[at]?.base.value;
    return one ?? (base && !isNothing(base) ? [[unknownMore(base)]] : []);
  });
}

/** `cmd = None` before the real one. */
function isNothing(expression: Expression): boolean {
  return expression.kind === 'other' || (expression.kind === 'name' && /^(?:None|null|undefined)$/u.test(expression.name));
}

/** Each of a list of lists, for loops over commands. */
function itemLists(expression: Expression, scope: Scope): readonly Words[] | undefined {
  const lists = expression.kind === 'list' ? [{ items: expression.items, at: scope }] : (expression.kind === 'name' ? (bindingsOf(expression.name, scope) ?? []) : []).flatMap(({ base, added }) => {
    const appended = added.flatMap((one): readonly Given[] => (one.how === 'append' ? [{ name: undefined, isSpread: false, value: one.value }] : []));
    return base.value.kind === 'list' ? [{ items: [...base.value.items, ...appended], at: base.scope }] : [];
  });
  const all = lists.flatMap(({ items, at }) => items.map(({ value }) => evaluate(value, at)));
  return all.length === 0 || all.some((one) => one === undefined) ? undefined : all.flatMap((one) => one ?? []);
}

/** `[str(word) for word in words]` */
function ofEach({ element, source, name, isWhole }: Extract<Expression, { kind: 'each' }>, scope: Scope): readonly Words[] | undefined {
  const isSame = (one: Expression): boolean => (one.kind === 'name' && one.name === name) || (one.kind === 'call' && /^(?:str|os\.fspath|shlex\.quote)$/u.test(fullName(one.callee, scope) ?? '') && one.given.length === 1 && one.given.every(({ value }) => isSame(value)));
  return isSame(element) && (isWhole || source.kind === 'list') ? evaluate(source, scope) : undefined;
}

function ofCall(call: Extract<Expression, { kind: 'call' }>, scope: Scope): readonly Words[] | undefined {
  const name = fullName(call.callee, scope) ?? '';
  const [first, second] = call.given;
  if (name === 'shlex.split' && first) return shellWords(first.value, scope);
  if (/^(?:list|tuple|Array\.from|shlex\.join|subprocess\.list2cmdline)$/u.test(name) && first) return evaluate(first.value, scope);
  if (/^(?:map|filter)$/u.test(name) && second) return evaluate(second.value, scope);
  if (call.callee.kind === 'member') {
    const method = nameOfCallee(call.callee);
    if (method === 'split' && (call.given.length === 0 || (first && textsOf(first.value, scope)[0] === ' '))) return shellWords(call.callee.of, scope);
    if (method === 'copy' || method === 'slice' || method === 'flat') return call.given.length === 0 ? evaluate(call.callee.of, scope) : undefined;
    if (method === 'concat') return product([evaluate(call.callee.of, scope) ?? [[unknownMore(call.callee.of)]], ...call.given.map(({ value }) => spreadOf(value, scope))]);
    if (method === 'filter' && first) return evaluate(call.callee.of, scope);
    // `cmd.join(' ')`, and `' '.join(cmd)`, for a shell
    if (method === 'join' && first?.value.kind === 'text' && textsOf(first.value, scope)[0] === ' ') return evaluate(call.callee.of, scope);
    if (method === 'join' && first && textsOf(call.callee.of, scope)[0] === ' ') return evaluate(first.value, scope);
  }
  return returnsOf(call, scope)?.flatMap((one) => evaluate(one.value, one.scope) ?? [[unknownMore(one.value)]]);
}

/** The words of each text that an expression may be. */
function shellWords(expression: Expression, scope: Scope): readonly Words[] {
  const place = placeAt(expression.file, expression.span.start);
  const written = writtenOf(expression);
  const shown = (word: string): string => (word.includes(unknownText) && word.length < 40 && word !== unknownText ? word.replaceAll(unknownText, '…') : word.includes(unknownText) ? written : word);
  return textsOf(expression, scope).flatMap((text) => splitShell(text)).map((words) => words.map((word): CommandWord => ({ kind: 'argument', texts: [word], place, written: shown(word), origin: originOf(expression, scope, 3) })));
}
