import type { ServedFunction } from './served.ts';

/** A function as a caller of Lambda's API named it. */
export interface NamedFunction {
  readonly name: string;
  readonly qualifier: string | undefined;
}

/** A function found by its name, or why there is none, in Lambda's words. */
export type FoundFunction =
  | { readonly kind: 'found'; readonly key: string; readonly fn: ServedFunction }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'missing'; readonly message: string };

/**
 * Reads a function name in any form that Lambda's Invoke API takes (API reference, "FunctionName"): `NAME`, `NAME:QUALIFIER`,
 * `ACCOUNT:function:NAME`, `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, both with a qualifier too. Undefined for other text.
 */
export function parseFunctionName(text: string): NamedFunction | undefined {
  const form = /^(?:arn:aws[\w-]*:lambda:[a-z0-9-]+:)?(?:\d{12}:function:)?([\w/-]+)(?::(\$LATEST|[\w-]+))?$/u;
  const [, name, qualifier] = form.exec(text) ?? [];
  return name === undefined ? undefined : { name, qualifier };
}

/** Finds a function by a caller's text and the `Qualifier` of the query. `arn` names a function as Lambda does in its messages. */
export function findFunction(
  functions: ReadonlyMap<string, ServedFunction>,
  text: string,
  qualifier: string | undefined,
  arn: (name: string) => string,
): FoundFunction {
  const named = parseFunctionName(text);
  if (named === undefined) {
    return { kind: 'invalid', message: `1 validation error detected: Value '${text}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?` };
  }
  if (qualifier !== undefined && named.qualifier !== undefined && qualifier !== named.qualifier) {
    return { kind: 'invalid', message: 'The derived qualifier from the function name does not match the specified qualifier.' };
  }
  const wanted = qualifier ?? named.qualifier;
  const key = functions.has(named.name) ? named.name : [...functions].find(([, fn]) => fn.names?.includes(named.name))?.[0];
  const fn = key === undefined ? undefined : functions.get(key);
  const full = `${arn(named.name)}${wanted === undefined ? '' : `:${wanted}`}`;
  if (key === undefined || fn === undefined) return { kind: 'missing', message: `Function not found: ${full}` };
  if (wanted !== undefined && wanted !== '$LATEST' && !fn.aliases?.includes(wanted)) {
    return { kind: 'missing', message: `Function not found: ${full}` };
  }
  return { kind: 'found', key, fn };
}
