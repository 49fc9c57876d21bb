/** Plain data read without knowing its shape. */
export type Fields = Readonly<Record<string, unknown>>;

/** The map that a value is; an empty one for anything else. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** True for maps, not for lists. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A scalar as text; undefined for maps, lists and null. */
export function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** A list's scalars as texts; one scalar counts as a list. */
export function wordsOf(value: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.flatMap((one) => wordOf(one) ?? []);
}

/** The logical ID in `{Ref: X}` or `{Fn::GetAtt: [X, …]}`; a plain text stands for itself. */
export function referenceOf(value: unknown): string | undefined {
  const { Ref: ref, 'Fn::GetAtt': attribute } = fieldsOf(value);
  return wordOf(ref) ?? wordsOf(attribute)[0]?.split('.')[0] ?? wordOf(value);
}
