import { unknownText } from '../ffmpeg/filter-graph.ts';
import type { Expression } from './expression.ts';
import { bindingsOf, fullName, memberBindings, nameOfCallee, returnsOf, type Binding, type Scope } from './scope.ts';

/** More alternatives than this tell nothing. */
const most = 32;
const unknown: readonly string[] = [unknownText];

/** The texts that an expression may come to; what cannot be known stands in them as `unknownText`. */
export function textsOf(expression: Expression, scope: Scope): readonly string[] {
  const found = [...new Set(evaluate(expression, scope).map((text) => text.replace(new RegExp(`${unknownText}{2,}`, 'gu'), unknownText)))];
  return found.length > most || found.length === 0 ? unknown : found;
}

function evaluate(expression: Expression, scope: Scope): readonly string[] {
  if (scope.depth > 40) return unknown;
  const inner: Scope = { ...scope, depth: scope.depth + 1 };
  switch (expression.kind) {
    case 'text':
      return product(expression.parts.map((part) => (typeof part === 'string' ? [part] : textsOf(part, inner))));
    case 'name':
      return ofBindings(bindingsOf(expression.name, inner));
    case 'member':
      return ofMember(expression, inner);
    case 'choice':
      return expression.options.flatMap((one) => textsOf(one, inner)).filter((text) => text !== '');
    case 'join':
      return ofJoin(expression, inner);
    case 'call':
      return ofCall(expression, inner);
    case 'item':
      return ofItem(expression, inner);
    default:
      return unknown;
  }
}

function product(parts: readonly (readonly string[])[]): readonly string[] {
  let all: readonly string[] = [''];
  for (const part of parts) {
    all = all.flatMap((start) => part.map((end) => start + end));
    if (all.length > most) return unknown;
  }
  return all;
}

function ofBindings(bindings: readonly Binding[] | undefined): readonly string[] {
  if (!bindings) return unknown;
  return bindings.flatMap(({ base, added, isItem }): readonly string[] => {
    if (isItem) return itemsOf(base.value, base.scope);
    return product([textsOf(base.value, base.scope), ...added.filter(({ how }) => how === 'extend').map((one) => textsOf(one.value, one.scope))]);
  });
}

/** The texts that the items of a list may be. */
function itemsOf(expression: Expression, scope: Scope): readonly string[] {
  if (expression.kind === 'list') return expression.items.flatMap((item) => (item.isSpread ? unknown : textsOf(item.value, scope)));
  const bindings = expression.kind === 'name' ? bindingsOf(expression.name, scope) : undefined;
  return bindings?.flatMap(({ base, added, isItem }) => (isItem || added.length > 0 ? unknown : itemsOf(base.value, base.scope))) ?? unknown;
}

function ofMember(expression: Extract<Expression, { kind: 'member' }>, scope: Scope): readonly string[] {
  if (isEnvironment(expression.of, scope)) return variableTexts([expression.name], scope);
  // A temporary file's name.
  const path = expression.name === 'name' ? textsOf(expression.of, scope) : unknown;
  if (path.length > 1 || path[0] !== unknownText) return path;
  const bindings = memberBindings(expression, scope);
  return bindings ? ofBindings(bindings) : unknown;
}

function ofJoin({ sign, left, right }: Extract<Expression, { kind: 'join' }>, scope: Scope): readonly string[] {
  const before = textsOf(left, scope);
  if (sign === '+') return product([before, textsOf(right, scope)]);
  if (sign === '/') return product([before, ['/'], textsOf(right, scope)]);
  const values = right.kind === 'list' ? right.items.map(({ value }) => value) : [right];
  return before.flatMap((format) => filled(format, /%[-+0-9.]*[sdfir]/gu, values, scope));
}

/** A format with its fields filled in, in order. */
function filled(format: string, field: RegExp, values: readonly Expression[], scope: Scope): readonly string[] {
  const parts = format.split(field);
  return product(parts.flatMap((part, at) => {
    const value = values[at];
    return at === parts.length - 1 ? [[part]] : [[part], value ? textsOf(value, scope) : unknown];
  }));
}

/** Functions whose outcome is their first argument, as far as a file's name goes. */
const transparent: ReadonlySet<string> = new Set([
  'str', 'Path', 'PurePath', 'pathlib.Path', 'os.fspath', 'os.path.abspath', 'os.path.realpath', 'os.path.normpath', 'os.path.expanduser', 'shlex.quote', 'pipes.quote', 'shutil.which', 'String', 'path.resolve', 'path.normalize', 'os.path.basename', 'int', 'float', 'round',
]);

/** Methods whose outcome is what they are called on. */
const transparentMethods: ReadonlySet<string> = new Set(['strip', 'lower', 'upper', 'as_posix', 'resolve', 'absolute', 'expanduser', 'toString', 'trim', 'toLowerCase', 'encode', 'decode', 'rstrip', 'lstrip', '__str__']);

function ofCall(call: Extract<Expression, { kind: 'call' }>, scope: Scope): readonly string[] {
  const name = fullName(call.callee, scope) ?? '';
  const [first] = call.given;
  const positional = call.given.filter((one) => one.name === undefined);
  if (transparent.has(name) && first && !first.isSpread) return textsOf(first.value, scope);
  if (/^(?:os\.path|path|posixpath|path\.posix)\.join$/u.test(name) && positional.every((one) => !one.isSpread)) return product(positional.flatMap((one, at) => [...(at > 0 ? [['/']] : []), textsOf(one.value, scope)]));
  if (/(?:^|\.)(?:get_ffmpeg_exe)$/u.test(name)) return ['ffmpeg'];
  if (/(?:^|\.)(?:NamedTemporaryFile|mkstemp|mktemp|TemporaryFile)$/u.test(name)) {
    const suffix = call.given.find((one) => one.name === 'suffix') ?? (/mk[s]?temp$/u.test(name) ? positional[0] : undefined);
    return suffix ? product([[`/tmp/${unknownText}`], textsOf(suffix.value, scope)]) : [`/tmp/${unknownText}`];
  }
  if (/(?:^|\.)(?:mkdtemp|gettempdir|TemporaryDirectory|tmpdir|mkdtempSync)$/u.test(name)) return [`/tmp/${unknownText}`];
  if (/(?:^|\.)(?:generate_presigned_url|getSignedUrl|getSignedUrlPromise)$/u.test(name)) return [`https://${unknownText}`];
  if (/^os\.(?:environ\.get|getenv)$/u.test(name) && positional[0]) return variableTexts(textsOf(positional[0].value, scope), scope, positional[1] && textsOf(positional[1].value, scope));
  const own = returnsOf(call, scope);
  if (own) return own.flatMap((one) => textsOf(one.value, one.scope));
  return call.callee.kind === 'member' ? ofMethod(call, call.callee, scope) : unknown;
}

/** Python's `os.environ`, and Node's of the process. */
function isEnvironment(expression: Expression, scope: Scope): boolean {
  return /^(?:os\.environ|(?:node:)?process[.]env)$/u.test(fullName(expression, scope) ?? '');
}

/** What a variable may be by the template; undefined `fallback` where the code names none. */
function variableTexts(names: readonly string[], { program }: Scope, fallback?: readonly string[]): readonly string[] {
  const [name = '', ...others] = names;
  const known = others.length === 0 ? program.environment?.get(name) : undefined;
  if (!known) return fallback ? environment(fallback) : unknown;
  return known.isAlwaysSet ? known.texts : [...known.texts, ...(fallback ?? [])];
}

/** A program's path may be set from outside; what it is called is still the same program. */
function environment(fallback: readonly string[]): readonly string[] {
  return fallback.every((text) => /(?:^|\/)ff(?:mpeg|probe)$/u.test(text)) ? fallback : [...fallback, unknownText];
}

function ofMethod(call: Extract<Expression, { kind: 'call' }>, callee: Extract<Expression, { kind: 'member' }>, scope: Scope): readonly string[] {
  const values = call.given.map(({ value }) => value);
  const [first, second] = values;
  const { name } = callee;
  if (transparentMethods.has(name)) return textsOf(callee.of, scope);
  // Python's `', '.join(list)`, and JavaScript's `list.join(', ')`.
  if (name === 'join' && first) return /\.[cm]?[jt]sx?$/u.test(call.file.path) ? joined(textsOf(first, scope), callee.of, scope) : joined(textsOf(callee.of, scope), first, scope);
  if (name === 'joinpath') return product([textsOf(callee.of, scope), ...values.flatMap((value) => [['/'], textsOf(value, scope)])]);
  if (name === 'format') return formatted(call, textsOf(callee.of, scope), scope);
  if (name === 'with_suffix' && first) return product([unknown, textsOf(first, scope)]);
  if (name === 'with_name' && first) return product([[`${unknownText}/`], textsOf(first, scope)]);
  if ((name === 'replace' || name === 'replaceAll') && first && second) return replaced(textsOf(callee.of, scope), first, { by: second, scope });
  // `{…}.get(key, fallback)`
  if (name === 'get' && first) return [...ofItem({ ...call, kind: 'item', of: callee.of, key: first }, scope), ...(second ? textsOf(second, scope) : [])];
  return unknown;
}

/** `' '.join([...])`: with every item known, the text; else nothing is. */
function joined(separators: readonly string[], list: Expression, scope: Scope): readonly string[] {
  const source = list.kind === 'name' ? bindingsOf(list.name, scope) : undefined;
  const lists = source ? source.filter(({ isItem }) => !isItem) : [{ base: { value: list, scope }, added: [] }];
  return lists.flatMap(({ base, added }) => {
    if (base.value.kind !== 'list' || base.value.items.some(({ isSpread }) => isSpread) || added.some(({ how }) => how === 'extend')) return unknown;
    const items = [...base.value.items.map(({ value }) => textsOf(value, base.scope)), ...added.map((one) => textsOf(one.value, one.scope))];
    return product(items.flatMap((item, at) => (at > 0 ? [separators, item] : [item])));
  });
}

function formatted(call: Extract<Expression, { kind: 'call' }>, formats: readonly string[], scope: Scope): readonly string[] {
  const positional = call.given.filter((one) => one.name === undefined && !one.isSpread).map(({ value }) => value);
  return formats.flatMap((format) => {
    let next = 0;
    const values: Expression[] = [];
    for (const [, field = ''] of format.matchAll(/\{([^{}]*)\}/gu)) {
      const key = field.split(/[:!]/u)[0] ?? '';
      const value = key === '' ? positional[next++] : (call.given.find((one) => one.name === key)?.value ?? positional[Number(key)]);
      values.push(value ?? { kind: 'other', file: call.file, span: call.span });
    }
    return filled(format, /\{[^{}]*\}/gu, values, scope);
  });
}

/** Endings are swapped so: `name.replace('.mp4', '.mp3')`. */
function replaced(texts: readonly string[], from: Expression, { by, scope }: { readonly by: Expression; readonly scope: Scope }): readonly string[] {
  const [old = unknownText, ...others] = textsOf(from, scope);
  if (old.includes(unknownText) || others.length > 0) return unknown;
  return texts.flatMap((text) => textsOf(by, scope).map((one) => {
    if (text.includes(old)) return text.replaceAll(old, one);
    return text.endsWith(unknownText) && /\.\w+$/u.test(one) ? text + one : text;
  }));
}

/** `CODECS[kind]`: any value of the map, where the key is not known. */
function ofItem({ of, key }: Extract<Expression, { kind: 'item' }>, scope: Scope): readonly string[] {
  if (of.kind === 'call' && /^os\.path\.splitext$/u.test(fullName(of.callee, scope) ?? '') && of.given[0]) {
    return textsOf(of.given[0].value, scope).map((text) => (text.endsWith(unknownText) ? text : text.replace(/\.\w+$/u, '')));
  }
  if (of.kind === 'call' && /^mkstemp$/u.test(nameOfCallee(of.callee) ?? '')) return textsOf(of, scope);
  const keys = textsOf(key, scope);
  if (isEnvironment(of, scope)) return variableTexts(keys, scope);
  return mapsOf(of, scope).flatMap(({ map, at }): readonly string[] => {
    if (map.kind === 'list') {
      const item = map.items[Number(keys[0])];
      return item && keys.length === 1 && !item.isSpread ? textsOf(item.value, at) : unknown;
    }
    if (map.kind !== 'map' || !map.isWhole) return unknown;
    const hit = map.entries.filter((entry) => keys.length === 1 && !keys[0]?.includes(unknownText) && textsOf(entry.key, at)[0] === keys[0]);
    return (hit.length > 0 ? hit : map.entries).flatMap((entry) => (entry.value.kind === 'map' ? unknown : textsOf(entry.value, at)));
  });
}

function mapsOf(expression: Expression, scope: Scope): readonly { readonly map: Expression; readonly at: Scope }[] {
  const bindings = expression.kind === 'name' ? bindingsOf(expression.name, scope) : expression.kind === 'member' ? memberBindings(expression, scope) : undefined;
  if (bindings) return bindings.flatMap(({ base, added, isItem }) => (isItem || added.length > 0 ? [{ map: { kind: 'other' as const, file: expression.file, span: expression.span }, at: scope }] : [{ map: base.value, at: base.scope }]));
  return [{ map: expression, at: scope }];
}
