import { once } from '../base/once.ts';
import { dottedName, within, type Expression, type Given } from './expression.ts';
import type { CodeFile, CodeFunction, Program, Statement } from './program.ts';

/** Where an expression is looked at. */
export interface Scope {
  readonly program: Program;
  readonly file: CodeFile;
  /** Of the file's statements. */
  readonly index: number;
  readonly within: CodeFunction | undefined;
  /** Calls that lead here, innermost last: what the parameters of each function are. */
  readonly calls: readonly { readonly fn: CodeFunction; readonly given: readonly Given[]; readonly scope: Scope }[];
  /** How many steps have been followed. */
  readonly depth: number;
}

/** An expression with the scope that it is looked at in. */
export interface Scoped {
  readonly value: Expression;
  readonly scope: Scope;
}

/** What a name comes to: a value, and what is added to it afterwards. */
export interface Binding {
  readonly base: Scoped;
  readonly added: readonly (Scoped & { readonly how: 'append' | 'extend' })[];
  /** The name gets one of the items. */
  readonly isItem: boolean;
}

/** A call in the program. */
export interface CallSite {
  readonly call: Extract<Expression, { kind: 'call' }>;
  readonly scope: Scope;
}

const deepest = 24;

/** All calls of a program. */
export const callsOf: (program: Program) => readonly CallSite[] = once((program) =>
  program.files.flatMap((file) => file.statements.flatMap((statement, index) => [...within(statement.value)].flatMap((call): readonly CallSite[] =>
    call.kind === 'call' ? [{ call, scope: { program, file, index, within: statement.within, calls: [], depth: 0 } }] : []))));

const callsByName: (program: Program) => ReadonlyMap<string, readonly CallSite[]> = once((program) => grouped(callsOf(program)));

function grouped(calls: readonly CallSite[]): ReadonlyMap<string, readonly CallSite[]> {
  const found = new Map<string, CallSite[]>();
  for (const site of calls) {
    const name = nameOfCallee(site.call.callee);
    if (name === undefined) continue;
    const known = found.get(name) ?? [];
    known.push(site);
    found.set(name, known);
  }
  return found;
}

/** The last name of what is called: `run` of `subprocess.run`. */
export function nameOfCallee(callee: Expression): string | undefined {
  return callee.kind === 'name' || callee.kind === 'member' ? callee.name : undefined;
}

/** The full name of what is called, imports followed: `subprocess.run` for `sp.run` and for `run`. */
export function fullName(callee: Expression, { file }: Scope): string | undefined {
  const name = dottedName(callee);
  if (name === undefined) return undefined;
  const [first = '', ...rest] = name.split('.');
  return [file.aliases.get(first) ?? first, ...rest].join('.');
}

/** What a name may come to; undefined when the program does not tell. */
export function bindingsOf(name: string, scope: Scope): readonly Binding[] | undefined {
  if (scope.depth > deepest) return undefined;
  for (let fn = scope.within; fn; fn = fn.outer) {
    const own = localBindings(name, scope, fn);
    if (own.length > 0) return own;
    if (fn.parameters.some((one) => one.name === name)) return parameterBindings(name, scope, fn);
  }
  const top = localBindings(name, { ...scope, within: undefined, index: scope.within ? scope.file.statements.length : scope.index }, undefined);
  if (top.length > 0) return top;
  const imported = scope.file.aliases.get(name);
  return imported === undefined ? undefined : moduleBindings(imported, scope);
}

/** `settings.CODEC`, `self.codec`. */
export function memberBindings(expression: Extract<Expression, { kind: 'member' }>, scope: Scope): readonly Binding[] | undefined {
  if (scope.depth > deepest) return undefined;
  const full = fullName(expression, scope);
  const module = full === undefined ? undefined : moduleBindings(full, scope);
  if (module && module.length > 0) return module;
  const target = `.${expression.name}`;
  const assigned = scope.program.files.flatMap((file) => bindingsIn(file, (one) => (one.kind === 'assign' && (one.target === target || (one.within === undefined && one.target === expression.name))), scope));
  return assigned.length > 0 ? assigned : undefined;
}

/** `package.settings.CODEC`: the name at the top of that file. */
function moduleBindings(full: string, scope: Scope): readonly Binding[] | undefined {
  const parts = full.split('.');
  const name = parts.at(-1) ?? '';
  const module = parts.slice(0, -1).join('/');
  const file = fileOf(module, scope.program);
  if (!file) return undefined;
  const found = localBindings(name, { ...scope, file, within: undefined, index: file.statements.length, depth: scope.depth + 1 }, undefined);
  return found.length > 0 ? found : undefined;
}

/** The file that an import names, without its ending and what leads up from the importing one. */
function fileOf(module: string, program: Program): CodeFile | undefined {
  const nameOf = ({ source }: CodeFile): string => source.path.replace(/(?:\/__init__)?\.\w+$/u, '');
  return module === '' ? undefined : program.files.find((file) => nameOf(file) === module || nameOf(file).endsWith(`/${module}`));
}

function bindingsIn(file: CodeFile, isIt: (statement: Statement) => boolean, scope: Scope): readonly Binding[] {
  return file.statements.flatMap((statement, index): readonly Binding[] =>
    isIt(statement) ? [{ base: { value: statement.value, scope: { ...scope, file, index, within: statement.within, calls: [], depth: scope.depth + 1 } }, added: [], isItem: false }] : []);
}

/** Assignments before a place, each with all that is added up to there; those after it where none is before. */
function localBindings(name: string, scope: Scope, fn: CodeFunction | undefined): readonly Binding[] {
  const own = scope.file.statements.map((statement, index) => ({ statement, index })).filter(({ statement }) => statement.within === fn);
  const bound = own.filter(({ statement }) => (statement.kind === 'assign' && statement.target === name) || (statement.kind === 'loop' && statement.name === name) || (statement.kind === 'assign' && statement.target === `?${name}`));
  const before = reaching(bound.filter(({ index }) => index < scope.index), scope.file.statements[scope.index]?.blocks ?? []);
  return (before.length > 0 ? before : bound).map(({ statement, index }): Binding => {
    const at = (one: number): Scope => ({ ...scope, index: one, depth: scope.depth + 1 });
    const added = own.filter((one) => one.index > index && one.index < scope.index).flatMap((one) => addedBy(one.statement, name).map((addition) => ({ ...addition, scope: at(one.index) })));
    // `handle, path = mkstemp(…)`
    const isPart = statement.kind === 'assign' && statement.target.startsWith('?') && !(statement.value.kind === 'call' && nameOfCallee(statement.value.callee) === 'mkstemp');
    const value: Expression = isPart || (statement.kind === 'loop' && !statement.isAlone) ? { kind: 'other', file: statement.value.file, span: statement.value.span } : statement.value;
    return { base: { value, scope: at(index) }, added, isItem: statement.kind === 'loop' };
  });
}

/** Without assignments that a later one always overwrites before the place in those blocks is reached; a loop may have no turn. */
function reaching<T extends { readonly statement: Statement }>(bound: readonly T[], blocks: readonly number[]): readonly T[] {
  const last = bound.findLastIndex(({ statement }) => statement.kind === 'assign' && statement.blocks.every((block, at) => block === blocks[at]));
  return bound.slice(Math.max(0, last));
}

/** `x += …`, `x.append(…)`, `x.extend(…)`, `x.push(…)`. */
function addedBy(statement: Statement, name: string): readonly { readonly value: Expression; readonly how: 'append' | 'extend' }[] {
  if (statement.kind === 'extend') return statement.target === name ? [{ value: statement.value, how: 'extend' }] : [];
  const { value } = statement;
  if (value.kind !== 'call' || value.callee.kind !== 'member' || dottedName(value.callee.of) !== name) return [];
  const how = { append: 'append', push: 'append', insert: 'append', extend: 'extend', unshift: 'append' }[value.callee.name] as 'append' | 'extend' | undefined;
  if (how === undefined) return [];
  const given = value.callee.name === 'insert' ? value.given.slice(1) : value.given;
  return given.map((one) => ({ value: one.value, how: one.isSpread ? 'extend' : how }));
}

/** What callers give for a parameter. */
function parameterBindings(name: string, scope: Scope, fn: CodeFunction): readonly Binding[] | undefined {
  const at = fn.parameters.findIndex((one) => one.name === name);
  const parameter = fn.parameters[at];
  if (!parameter) return undefined;
  const known = scope.calls.findLast((one) => one.fn === fn);
  const sites = known ? [{ given: known.given, scope: known.scope }] : (callsByName(scope.program).get(fn.name) ?? []).filter((site) => site.scope.within !== fn).map((site) => ({ given: site.call.given, scope: { ...site.scope, depth: scope.depth + 1 } }));
  const found: Binding[] = [];
  for (const { given, scope: outer } of sites) {
    if (parameter.isRest) {
      const items = given.slice(at).filter((one) => one.name === undefined);
      const [first] = items;
      const base: Expression = first ? { kind: 'list', items, file: first.value.file, span: first.value.span } : { kind: 'list', items: [], file: scope.file.source, span: { start: 0, end: 0 } };
      found.push({ base: { value: base, scope: { ...outer, depth: scope.depth + 1 } }, added: [], isItem: false });
      continue;
    }
    const one = given.find((arg) => arg.name === name) ?? given.filter((arg) => arg.name === undefined)[at];
    const value = one && !one.isSpread && !given.slice(0, at + 1).some((arg) => arg.isSpread) ? one.value : one ? undefined : parameter.fallback;
    if (!value) return undefined;
    found.push({ base: { value, scope: { ...outer, depth: scope.depth + 1 } }, added: [], isItem: false });
  }
  return found.length > 0 ? found : undefined;
}

/** What a function of the program gives back, where one of that name is called. */
export function returnsOf(call: Extract<Expression, { kind: 'call' }>, scope: Scope): readonly Scoped[] | undefined {
  const name = nameOfCallee(call.callee);
  if (name === undefined || scope.depth > deepest || scope.calls.some(({ fn }) => fn.name === name)) return undefined;
  const imported = call.callee.kind === 'name' ? fileOf(scope.file.aliases.get(name) ?? '', scope.program) : undefined;
  const found = scope.program.files.flatMap((file) => {
    const fn = file.functions.find((one) => one.name === name || (file === imported && one.name === 'exports'));
    if (!fn) return [];
    return file.statements.flatMap((statement, index) => (statement.kind === 'return' && statement.within === fn
      ? [{ value: statement.value, scope: { ...scope, file, index, within: fn, calls: [...scope.calls, { fn, given: call.given, scope }], depth: scope.depth + 1 } }] : []));
  });
  return found.length > 0 ? found : undefined;
}
