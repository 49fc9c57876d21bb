import { once } from '../base/once.ts';
import type { SourceFile, Span } from '../base/source.ts';
import { pythonTokens, type PythonToken } from './python-tokens.ts';

/** A module that a file imports. */
export interface ImportedModule {
  /** Dotted; starts with dots when relative. `from a import b` gives `a`, and `a.b` among `members`. */
  readonly name: string;
  /** Of the dotted name. */
  readonly span: Span;
  /** What `from … import` takes; empty for `import`, `*` for all. */
  readonly members: readonly string[];
  /** True when it does not run on every load: inside a function, an `if`, a `try` or the like. */
  readonly conditional: boolean;
}

/** An import whose module the text alone does not tell. */
export interface DynamicImport {
  readonly span: Span;
  readonly why: string;
}

/** What a Python file imports. */
export interface PythonImports {
  readonly modules: readonly ImportedModule[];
  readonly dynamic: readonly DynamicImport[];
}

/**
 * The imports of a Python file, read from its tokens: `import`, `from … import`, and `importlib.import_module` or
 * `__import__` with a literal. Strings and comments are not taken for code. Calls with anything but a literal, and
 * `exec` and `runpy`, are listed as dynamic.
 */
export const importsOf: (source: SourceFile) => PythonImports = once((source) => {
  const tokens = pythonTokens(source);
  const modules: ImportedModule[] = [];
  const dynamic: DynamicImport[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token?.kind !== 'name') continue;
    const line = { isStart: startsStatement(tokens, i), conditional: indentOf(tokens, i) > 0 };
    if (token.text === 'import' && line.isStart) modules.push(...plainImports(tokens, i + 1, line.conditional));
    else if (token.text === 'from' && line.isStart) modules.push(...fromImports(tokens, i + 1, line.conditional));
    else readCall(tokens, i, { modules, dynamic });
  }
  return { modules, dynamic };
});

/** Import names of a file, top level only and without the relative ones: `boto3`, `numpy`. */
export function topLevelNames(imports: PythonImports): ReadonlySet<string> {
  return new Set(imports.modules.filter((module) => !module.name.startsWith('.')).map((module) => module.name.split('.')[0] ?? ''));
}

/** A statement starts after the end of a line, `;`, or the colon of a one-line block. */
function startsStatement(tokens: readonly PythonToken[], index: number): boolean {
  const before = tokens[index - 1];
  if (before?.kind === 'end') return true;
  return before?.kind === 'other' && before.text === ':' && !isInsideBrackets(tokens, index);
}

function isInsideBrackets(tokens: readonly PythonToken[], index: number): boolean {
  let depth = 0;
  for (let i = index - 1; i >= 0; i--) {
    const token = tokens[i];
    if (token?.kind === 'end') break;
    if (token?.kind !== 'other') continue;
    if (')]}'.includes(token.text)) depth += 1;
    if ('([{'.includes(token.text)) depth -= 1;
    if (depth < 0) return true;
  }
  return false;
}

/** The indentation of the line a token stands on; a one-line block counts as indented. */
function indentOf(tokens: readonly PythonToken[], index: number): number {
  for (let i = index - 1; i >= 0; i--) {
    const token = tokens[i];
    if (token?.kind === 'end') return token.indent;
    if (token?.kind === 'other' && token.text === ':') return 1;
  }
  return 0;
}

/** Keywords that end a module's name. */
const joining: ReadonlySet<string> = new Set(['import', 'as']);

interface DottedName {
  readonly name: string;
  readonly span: Span;
  readonly next: number;
}

/** `a.b.c`, `.`, `..a` from a token on; undefined when there is none. */
function dottedName(tokens: readonly PythonToken[], from: number): DottedName | undefined {
  const first = tokens[from];
  let index = from;
  let name = '';
  for (let token = tokens[index]; token; token = tokens[++index]) {
    if (isOther(token, '.')) name += '.';
    else if (token.kind === 'name' && !joining.has(token.text) && (name === '' || name.endsWith('.'))) name += token.text;
    else break;
  }
  const last = tokens[index - 1];
  return first && last && name !== '' ? { name, span: { start: first.span.start, end: last.span.end }, next: index } : undefined;
}

function plainImports(tokens: readonly PythonToken[], from: number, conditional: boolean): readonly ImportedModule[] {
  const modules: ImportedModule[] = [];
  for (let found = dottedName(tokens, from); found; ) {
    modules.push({ name: found.name, span: found.span, members: [], conditional });
    let next = found.next;
    if (isName(tokens[next], 'as')) next += 2;
    found = isOther(tokens[next], ',') ? dottedName(tokens, next + 1) : undefined;
  }
  return modules;
}

function fromImports(tokens: readonly PythonToken[], from: number, conditional: boolean): readonly ImportedModule[] {
  const module = dottedName(tokens, from);
  if (!module || !isName(tokens[module.next], 'import')) return [];
  const members: string[] = [];
  let isAlias = false;
  for (let i = module.next + 1; tokens[i] && tokens[i]?.kind !== 'end'; i++) {
    const token = tokens[i];
    if (isOther(token, '*')) members.push('*');
    if (token?.kind !== 'name') continue;
    if (token.text === 'as') isAlias = true;
    else if (isAlias) isAlias = false;
    else members.push(token.text);
  }
  return [{ name: module.name, span: module.span, members, conditional }];
}

const importCalls = new Set(['import_module', '__import__']);
const runCalls: ReadonlyMap<string, string> = new Map([
  ['exec', 'exec runs code that the text does not show'],
  ['run_module', 'runpy runs a module by name'],
  ['run_path', 'runpy runs a file by name'],
]);

/** `import_module("x")` and `__import__("x")` with a literal are imports; everything else of the kind is dynamic. */
function readCall(tokens: readonly PythonToken[], index: number, into: { readonly modules: ImportedModule[]; readonly dynamic: DynamicImport[] }): void {
  const token = tokens[index];
  if (token?.kind !== 'name' || !isOther(tokens[index + 1], '(') || isName(tokens[index - 1], 'def')) return;
  const span = { start: token.span.start, end: tokens[index + 2]?.span.end ?? token.span.end };
  const runs = runCalls.get(token.text);
  // `cursor.exec(…)` is somebody else's method.
  if (runs !== undefined && !(token.text === 'exec' && isOther(tokens[index - 1], '.'))) into.dynamic.push({ span, why: runs });
  if (!importCalls.has(token.text)) return;
  const argument = tokens[index + 2];
  const after = tokens[index + 3];
  if (argument?.kind === 'string' && argument.value !== undefined && (isOther(after, ')') || isOther(after, ','))) {
    into.modules.push({ name: argument.value, span: argument.span, members: [], conditional: indentOf(tokens, index) > 0 });
    return;
  }
  into.dynamic.push({ span, why: `the module that ${token.text} imports is not a literal` });
}

function isName(token: PythonToken | undefined, text: string): boolean {
  return token?.kind === 'name' && token.text === text;
}

function isOther(token: PythonToken | undefined, text: string): boolean {
  return token?.kind === 'other' && token.text === text;
}
