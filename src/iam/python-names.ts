import { argumentsOf, closing, isMark, isName, nameText, stringValue, type CodeToken, type TokenRange } from './code-tokens.ts';
import type { NamedBy } from './need.ts';

/** What names come to in the Python files of one function. */
export interface Names {
  /** What an expression names a resource by; undefined when the text does not tell. */
  readonly resolve: (expression: TokenRange) => readonly NamedBy[] | undefined;
}

interface Found {
  readonly values: Map<string, TokenRange[]>;
  /** Names that are bound by anything but a plain assignment: parameters, loops, imports under another name. */
  readonly tainted: Set<string>;
  readonly attributes: Map<string, TokenRange[]>;
  /** Names that arguments are given by: `Settings(table=…)` may set an attribute. */
  readonly keywords: Set<string>;
  /** Environment variables that the code sets; `*` for all. */
  readonly setVariables: Set<string>;
}

/**
 * Reads what names are assigned in all files together, without regard to scope: a name counts as known only if each of its
 * assignments is, and nothing else binds it anywhere.
 */
export function pythonNames(files: readonly (readonly CodeToken[])[]): Names {
  const found: Found = { values: new Map(), tainted: new Set(), attributes: new Map(), keywords: new Set(), setVariables: new Set() };
  for (const tokens of files) {
    for (const statement of statementsOf(tokens)) {
      noteBindings(statement, found);
      noteAssignment(statement, found);
    }
  }
  return { resolve: (expression) => resolve(expression, found, []) };
}

function statementsOf(tokens: readonly CodeToken[]): readonly TokenRange[] {
  const statements: TokenRange[] = [];
  let from = 0;
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i]?.kind !== 'end') continue;
    if (i > from) statements.push({ tokens, from, to: i });
    from = i + 1;
  }
  return statements;
}

function noteBindings({ tokens, from, to }: TokenRange, { tainted, keywords, setVariables }: Found): void {
  for (let i = from; i < to; i++) {
    const text = nameText(tokens[i]);
    if (text !== '' && isMark(tokens[i - 1], '(,') && isMark(tokens[i + 1], '=') && !isMark(tokens[i + 2], '=')) keywords.add(text);
    if (isMark(tokens[i - 1], '.')) {
      if (text === 'environ') noteEnvironment(tokens, i, setVariables);
    } else if (text === 'def' || text === 'class') {
      tainted.add(nameText(tokens[i + 1]));
      const open = i + 2;
      if (text === 'def' && isMark(tokens[open], '(')) taintBetween(tokens, open, closing(tokens, open), tainted);
    } else if (text === 'lambda') {
      taintBetween(tokens, i, indexOfMark(tokens, i, to, ':'), tainted);
    } else if (text === 'for') {
      for (let at = i + 1; at < to && !isName(tokens[at], 'in'); at++) tainted.add(nameText(tokens[at]));
    } else if (text === 'as') {
      tainted.add(nameText(tokens[i + 1]));
    } else if (text === 'case' && i === from) {
      for (let at = i + 1; at < to; at++) tainted.add(nameText(tokens[at]));
    } else if (text === 'environ') {
      noteEnvironment(tokens, i, setVariables);
    } else if (text !== '' && isMark(tokens[i + 1], ':') && isMark(tokens[i + 2], '=')) {
      tainted.add(text);
    }
  }
}

function indexOfMark(tokens: readonly CodeToken[], from: number, to: number, mark: string): number {
  for (let i = from; i < to; i++) if (isMark(tokens[i], mark)) return i;
  return to;
}

function taintBetween(tokens: readonly CodeToken[], from: number, to: number, tainted: Set<string>): void {
  for (let i = from + 1; i < to; i++) {
    if (isMark(tokens[i - 1], '(,*') || i === from + 1) tainted.add(nameText(tokens[i]));
  }
}

/** `os.environ['X'] = …`, and everything else that may change the environment. */
function noteEnvironment(tokens: readonly CodeToken[], at: number, into: Set<string>): void {
  if (isMark(tokens[at + 1], '[')) {
    const close = closing(tokens, at + 1);
    if (isMark(tokens[close + 1], '=') && !isMark(tokens[close + 2], '=')) into.add(stringValue(tokens[at + 2]) ?? '*');
  } else if (isMark(tokens[at + 1], '.') && !['get', 'copy', 'items', 'keys', 'values'].includes(nameText(tokens[at + 2]))) {
    into.add('*');
  }
}

function noteAssignment(statement: TokenRange, found: Found): void {
  const { tokens, from, to } = statement;
  const signs = assignmentSigns(statement);
  const last = signs.at(-1);
  if (last === undefined) return;
  const value: TokenRange = { tokens, from: last + 1, to };
  let start = from;
  for (const sign of signs) {
    noteTarget({ tokens, from: start, to: sign }, value, found);
    start = sign + 1;
  }
}

/** Indices of `=` outside brackets; of `+=` and the like as well. */
function assignmentSigns({ tokens, from, to }: TokenRange): readonly number[] {
  const signs: number[] = [];
  for (let i = from; i < to; i++) {
    if (isMark(tokens[i], '([{')) {
      i = closing(tokens, i);
    } else if (isMark(tokens[i], '=')) {
      if (isMark(tokens[i + 1], '=')) i += 1;
      else if (!isMark(tokens[i - 1], '!<>')) signs.push(i);
    }
  }
  return signs;
}

function noteTarget({ tokens, from, to }: TokenRange, value: TokenRange, { values, tainted, attributes }: Found): void {
  const name = nameText(tokens[from]);
  const isAlone = to === from + 1 || isMark(tokens[from + 1], ':');
  if (name !== '' && isAlone) {
    values.set(name, [...(values.get(name) ?? []), value]);
    return;
  }
  const attribute = nameText(tokens[to - 1]);
  if (attribute !== '' && isMark(tokens[to - 2], '.')) {
    attributes.set(attribute, [...(attributes.get(attribute) ?? []), value]);
    return;
  }
  for (let i = from; i < to; i++) {
    tainted.add(nameText(tokens[i]));
    if (isMark(tokens[i - 1], '.')) attributes.set(nameText(tokens[i]), [{ tokens, from: i, to: i }]);
  }
}

function resolve(expression: TokenRange, found: Found, above: readonly string[]): readonly NamedBy[] | undefined {
  const { tokens, from, to } = expression;
  const first = tokens[from];
  if (isMark(first, '(') && closing(tokens, from) === to - 1) return resolve({ tokens, from: from + 1, to: to - 1 }, found, above);
  if (to === from + 1) {
    const text = stringValue(first);
    if (text !== undefined) return [{ kind: 'text', text }];
    return first?.kind === 'name' ? resolveName(first.text, found, above) : undefined;
  }
  if (isName(first, 'str') && isMark(tokens[from + 1], '(') && closing(tokens, from + 1) === to - 1) return resolve({ tokens, from: from + 2, to: to - 1 }, found, above);
  const variable = variableIn(expression);
  if (variable !== undefined) return found.setVariables.has(variable) || found.setVariables.has('*') ? undefined : [{ kind: 'variable', name: variable }];
  return isDotted(expression) ? resolveAttribute(nameText(tokens[to - 1]), found, above) : undefined;
}

function resolveName(name: string, found: Found, above: readonly string[]): readonly NamedBy[] | undefined {
  if (found.tainted.has(name) || above.includes(name)) return undefined;
  return union(found.values.get(name), found, [...above, name]);
}

/** `config.TABLE` of a module, or `self.table` where every assignment to an attribute of that name is known. */
function resolveAttribute(name: string, found: Found, above: readonly string[]): readonly NamedBy[] | undefined {
  const assigned = found.attributes.get(name);
  if (!assigned) return found.keywords.has(name) ? undefined : resolveName(name, found, above);
  return found.values.has(name) || above.includes(`.${name}`) ? undefined : union(assigned, found, [...above, `.${name}`]);
}

function union(values: readonly TokenRange[] | undefined, found: Found, above: readonly string[]): readonly NamedBy[] | undefined {
  if (!values || values.length === 0) return undefined;
  const all: NamedBy[] = [];
  for (const value of values) {
    const one = resolve(value, found, above);
    if (!one) return undefined;
    all.push(...one);
  }
  return all;
}

/** `os.environ['X']`, `os.environ.get('X', …)`, `os.getenv('X')`. */
function variableIn({ tokens, from, to }: TokenRange): string | undefined {
  const at = isName(tokens[from], 'os') && isMark(tokens[from + 1], '.') ? from + 2 : from;
  const name = nameText(tokens[at]);
  if (name === 'environ' && isMark(tokens[at + 1], '[') && closing(tokens, at + 1) === to - 1 && to === at + 4) return stringValue(tokens[at + 2]);
  const open = name === 'getenv' ? at + 1 : name === 'environ' && isMark(tokens[at + 1], '.') && isName(tokens[at + 2], 'get') ? at + 3 : -1;
  if (open < 0 || !isMark(tokens[open], '(') || closing(tokens, open) !== to - 1) return undefined;
  const [argument] = argumentsOf(tokens, open);
  return argument && argument.to === argument.from + 1 ? stringValue(tokens[argument.from]) : undefined;
}

function isDotted({ tokens, from, to }: TokenRange): boolean {
  for (let i = from; i < to; i++) {
    const isRight = (i - from) % 2 === 0 ? tokens[i]?.kind === 'name' : isMark(tokens[i], '.');
    if (!isRight) return false;
  }
  return (to - from) % 2 === 1;
}
