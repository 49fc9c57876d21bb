import type { WheelTarget } from './tags.ts';

/** What a marker is held against: the function's machine, and what was asked for by name. */
export interface MarkerEnvironment {
  readonly target: WheelTarget;
  readonly extras: ReadonlySet<string>;
  /** Dependency groups, for pylock.toml. */
  readonly groups?: ReadonlySet<string>;
}

/**
 * Whether a dependency's marker (PEP 508) holds on the function's machine; undefined for a text that is none. The patch version of
 * Lambda's Python is not known beforehand: a high one stands for it, as Lambda moves to new ones by itself.
 */
export function holds(marker: string | undefined, environment: MarkerEnvironment): boolean | undefined {
  if (marker === undefined || marker.trim() === '') return true;
  const tokens = tokensOf(marker);
  if (!tokens) return undefined;
  const parser: Parser = { tokens, at: 0, environment };
  const value = either(parser);
  return parser.at === tokens.length ? value : undefined;
}

type Token = { readonly kind: 'text' | 'word' | 'operator'; readonly text: string };

interface Parser {
  readonly tokens: readonly Token[];
  at: number;
  readonly environment: MarkerEnvironment;
}

function tokensOf(marker: string): readonly Token[] | undefined {
  const found: Token[] = [];
  const pattern = /\s*(?:"([^"]*)"|'([^']*)'|(===|==|~=|!=|<=|>=|<|>|\(|\))|([A-Za-z_][\w.]*))/uy;
  while (pattern.lastIndex < marker.trimEnd().length) {
    const match = pattern.exec(marker);
    if (!match) return undefined;
    const [, double, single, operator, word] = match;
    if (operator !== undefined) found.push({ kind: 'operator', text: operator });
    else if (word === undefined) found.push({ kind: 'text', text: double ?? single ?? '' });
    else found.push({ kind: ['in', 'not', 'and', 'or'].includes(word) ? 'operator' : 'word', text: word });
  }
  return found;
}

function either(parser: Parser): boolean | undefined {
  let value = both(parser);
  while (take(parser, 'or')) {
    const next = both(parser);
    value = value === undefined || next === undefined ? undefined : value || next;
  }
  return value;
}

function both(parser: Parser): boolean | undefined {
  let value = one(parser);
  while (take(parser, 'and')) {
    const next = one(parser);
    value = value === undefined || next === undefined ? undefined : value && next;
  }
  return value;
}

function one(parser: Parser): boolean | undefined {
  if (take(parser, '(')) {
    const value = either(parser);
    return take(parser, ')') ? value : undefined;
  }
  const left = parser.tokens[parser.at++];
  const isNot = take(parser, 'not');
  const operator = parser.tokens[parser.at++];
  const right = parser.tokens[parser.at++];
  if (!left || operator?.kind !== 'operator' || !right || left.kind === 'operator' || right.kind === 'operator') return undefined;
  const value = compare(left, operator.text, right, parser.environment);
  return isNot && value !== undefined ? !value : value;
}

function take(parser: Parser, text: string): boolean {
  const token = parser.tokens[parser.at];
  if (token?.kind !== 'operator' || token.text !== text) return false;
  parser.at++;
  return true;
}

function compare(left: Token, operator: string, right: Token, environment: MarkerEnvironment): boolean | undefined {
  const set = setOf(right, environment) ?? setOf(left, environment);
  if (set) {
    const name = (left.kind === 'text' ? left : right).text.toLowerCase().replace(/[-_.]+/gu, '-');
    return operator === '==' || operator === 'in' ? set.has(name) : operator === '!=' ? !set.has(name) : undefined;
  }
  const [a, b] = [valueOf(left, environment), valueOf(right, environment)];
  if (a === undefined || b === undefined) return undefined;
  if (operator === 'in') return b.includes(a);
  const isVersion = [left, right].some((token) => token.kind === 'word' && /version$/u.test(token.text) && token.text !== 'platform_version');
  return isVersion ? compareVersions(a, operator, b) : compareTexts(a, operator, b);
}

function setOf({ kind, text }: Token, { extras, groups }: MarkerEnvironment): ReadonlySet<string> | undefined {
  if (kind !== 'word') return undefined;
  if (text === 'extra' || text === 'extras') return extras;
  return text === 'dependency_groups' ? (groups ?? new Set()) : undefined;
}

function valueOf({ kind, text }: Token, { target }: MarkerEnvironment): string | undefined {
  if (kind === 'text') return text;
  const { major, minor } = target.python;
  const values: Readonly<Record<string, string>> = {
    python_version: `${major}.${minor}`, python_full_version: `${major}.${minor}.30`, implementation_version: `${major}.${minor}.30`,
    os_name: 'posix', sys_platform: 'linux', platform_system: 'Linux', platform_machine: target.architecture === 'arm64' ? 'aarch64' : 'x86_64',
    platform_release: '', platform_version: '', platform_python_implementation: 'CPython', implementation_name: 'cpython',
  };
  return values[text];
}

function compareTexts(a: string, operator: string, b: string): boolean | undefined {
  if (operator === '==' || operator === '===') return a === b;
  if (operator === '!=') return a !== b;
  return operator === '<' ? a < b : operator === '>' ? a > b : operator === '<=' ? a <= b : operator === '>=' ? a >= b : undefined;
}

/** Versions of Python: releases with perhaps a preview behind them (`3.11.0a7`), or `3.8.*`. */
function compareVersions(a: string, operator: string, b: string): boolean | undefined {
  if (b.endsWith('.*')) {
    const isSame = `${a}.`.startsWith(b.slice(0, -1));
    return operator === '==' ? isSame : operator === '!=' ? !isSame : undefined;
  }
  const order = versionOrder(a, b);
  if (order === undefined) return undefined;
  switch (operator) {
    case '==':
    case '===':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '~=':
      return order >= 0 && `${a}.`.startsWith(`${b.split('.').slice(0, -1).join('.')}.`);
    default:
      return undefined;
  }
}

function versionOrder(a: string, b: string): number | undefined {
  const [first, second] = [releaseOf(a), releaseOf(b)];
  if (!first || !second) return undefined;
  for (let i = 0; i < Math.max(first.numbers.length, second.numbers.length); i++) {
    const difference = (first.numbers[i] ?? 0) - (second.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(second.isPreview) - Number(first.isPreview);
}

function releaseOf(text: string): { readonly numbers: readonly number[]; readonly isPreview: boolean } | undefined {
  const match = /^v?(\d+(?:\.\d+)*)((?:a|b|rc|\.?dev)\d*)?$/u.exec(text.trim());
  return match ? { numbers: (match[1] ?? '').split('.').map(Number), isPreview: match[2] !== undefined } : undefined;
}
