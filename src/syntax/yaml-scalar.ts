import type { YamlScalar } from './yaml.ts';

/**
 * What a plain (unquoted) scalar means by YAML 1.1, as CloudFormation and sam read it: `yes` and `on` are booleans, `0123`
 * is octal, `1:30` counts in sixties. Dates stay text, since a template's `2010-09-09` is a name.
 * Source: YAML 1.1 type repository (null, bool, int, float); `y` and `n` stay text there as in sam's reader.
 */
export function plainValue(text: string): YamlScalar['value'] {
  const first = text.charCodeAt(0);
  if (Number.isNaN(first)) return null;
  // Most scalars are names: only these first characters can begin anything else.
  if (!startsTyped(first)) return text;
  if (nulls.has(text)) return null;
  const truth = booleans.get(text);
  if (truth !== undefined) return truth;
  return plainNumber(text) ?? text;
}

/** A bare word of a JSON document; undefined for what JSON does not know. */
export function jsonValue(text: string): YamlScalar['value'] | undefined {
  if (text === 'null') return null;
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/u.test(text) ? Number(text) : undefined;
}

const nulls: ReadonlySet<string> = new Set(['~', 'null', 'Null', 'NULL']);

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((text) => [text, true] as const),
  ...['no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((text) => [text, false] as const),
]);

function startsTyped(code: number): boolean {
  return (code >= 48 && code <= 57) || '+-.~nNyYtToOfF'.includes(String.fromCharCode(code));
}

function plainNumber(text: string): number | undefined {
  const negative = text.startsWith('-');
  const body = text.replace(/^[-+]/u, '');
  const magnitude = integer(body) ?? float(body);
  return magnitude === undefined ? undefined : negative ? -magnitude : magnitude;
}

function integer(body: string): number | undefined {
  const digits = body.replaceAll('_', '');
  if (/^0b[01_]+$/u.test(body)) return radix(digits.slice(2), 2);
  if (/^0[0-7_]+$/u.test(body)) return radix(digits, 8);
  if (/^0x[0-9a-fA-F_]+$/u.test(body)) return radix(digits.slice(2), 16);
  if (/^(?:0|[1-9][0-9_]*)$/u.test(body)) return Number(digits);
  return /^[1-9][0-9_]*(?::[0-5]?[0-9])+$/u.test(body) ? sexagesimal(digits) : undefined;
}

function radix(digits: string, base: 2 | 8 | 16): number | undefined {
  return digits === '' ? undefined : Number.parseInt(digits, base);
}

function float(body: string): number | undefined {
  if (/^\.(?:inf|Inf|INF)$/u.test(body)) return Infinity;
  if (/^\.(?:nan|NaN|NAN)$/u.test(body)) return NaN;
  const digits = body.replaceAll('_', '');
  // An exponent needs its sign, and a dot before it: `1e5` is text.
  if (/^(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?$/u.test(body)) return Number(digits);
  return /^[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/u.test(body) ? sexagesimal(digits) : undefined;
}

function sexagesimal(digits: string): number {
  return digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}
