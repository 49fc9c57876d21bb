import type { SourceFile, Span } from '../base/source.ts';

/** An expression of Python or JavaScript, as far as following the arguments of a command needs. */
export type Expression = { readonly file: SourceFile; readonly span: Span; readonly written?: string } & (
  /** A string with what is filled in. */
  | { readonly kind: 'text'; readonly parts: readonly (string | Expression)[] }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'member'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'call'; readonly callee: Expression; readonly given: readonly Given[] }
  | { readonly kind: 'list'; readonly items: readonly Given[] }
  | { readonly kind: 'map'; readonly entries: readonly { readonly key: Expression; readonly value: Expression }[]; readonly isWhole: boolean }
  | { readonly kind: 'join'; readonly sign: '+' | '%' | '/'; readonly left: Expression; readonly right: Expression }
  /** One of several. */
  | { readonly kind: 'choice'; readonly options: readonly Expression[] }
  | { readonly kind: 'item'; readonly of: Expression; readonly key: Expression }
  /** `[f(x) for x in xs]`, a generator as well. */
  | { readonly kind: 'each'; readonly element: Expression; readonly source: Expression; readonly name: string; readonly isWhole: boolean }
  /** A value that cannot be told, and what is evaluated for it: the sides of a comparison, the body of a lambda. */
  | { readonly kind: 'other'; readonly parts?: readonly Expression[] }
);

/** An argument or an item. */
export interface Given {
  readonly name: string | undefined;
  /** `*x`, `**x`, `...x`. */
  readonly isSpread: boolean;
  readonly value: Expression;
}

/** The expression as the code has it, in one line. */
export function writtenOf({ file, span, written }: Expression): string {
  const text = (written ?? file.text.slice(span.start, span.end)).replace(/\s+/gu, ' ');
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The dotted name that an expression is: `subprocess.run`; undefined for anything else. */
export function dottedName(expression: Expression): string | undefined {
  if (expression.kind === 'name') return expression.name;
  if (expression.kind !== 'member') return undefined;
  const of = dottedName(expression.of);
  return of === undefined ? undefined : `${of}.${expression.name}`;
}

/** All expressions inside one, itself first. */
export function* within(expression: Expression): Iterable<Expression> {
  yield expression;
  for (const part of partsOf(expression)) yield* within(part);
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'text':
      return expression.parts.filter((part) => typeof part !== 'string');
    case 'member':
      return [expression.of];
    case 'call':
      return [expression.callee, ...expression.given.map(({ value }) => value)];
    case 'list':
      return expression.items.map(({ value }) => value);
    case 'map':
      return expression.entries.flatMap(({ key, value }) => [key, value]);
    case 'join':
      return [expression.left, expression.right];
    case 'choice':
      return expression.options;
    case 'item':
      return [expression.of, expression.key];
    case 'each':
      return [expression.element, expression.source];
    case 'other':
      return expression.parts ?? [];
    default:
      return [];
  }
}
