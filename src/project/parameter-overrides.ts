import type { SamConfig } from './project.ts';
import { parametersOf, type SamParameter, type SamValue } from './samconfig.ts';

/** The commands whose parameter_overrides count, in the order in which they are asked. */
const commands = ['build', 'deploy', 'sync'] as const;

/**
 * The template parameters that samconfig gives: `parameter_overrides` of build, else deploy, else sync (each with
 * `global` under it), in all the forms that sam reads.
 */
export function parameterOverrides(samconfig: SamConfig | undefined, environment: string): ReadonlyMap<string, string> {
  for (const command of commands) {
    const parameter = overridesOf(samconfig, environment, command);
    if (parameter) return readOverrides(parameter.value);
  }
  return new Map();
}

function overridesOf(samconfig: SamConfig | undefined, environment: string, command: string): SamParameter | undefined {
  return parametersOf(samconfig, environment, command).find((parameter) => parameter.name === 'parameter_overrides');
}

/**
 * Reads a `parameter_overrides` value: a string of `Name=value` or `ParameterKey=Name,ParameterValue=value` words, a
 * list of such strings or of tables, or a table. Names of files (`file://…`) are left out: they are read by sam alone.
 */
export function readOverrides(value: SamValue): ReadonlyMap<string, string> {
  if (typeof value === 'string') return readWords(value);
  if (Array.isArray(value)) return new Map(value.flatMap((item: SamValue) => [...readOverrides(item)]));
  if (value === null || typeof value !== 'object') return new Map();
  return new Map(Object.entries(value).flatMap(([name, given]) => {
    const text = overrideText(given);
    return text === undefined ? [] : [[name, text] as const];
  }));
}

/** A list becomes a comma-separated text and a boolean `True` or `False`, as sam's Python prints it. */
function overrideText(value: SamValue): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map((item: SamValue) => overrideText(item) ?? '').join(',');
  return undefined;
}

const quoted = String.raw`"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\\.|[^\s"'\\])+`;
const word = new RegExp(String.raw`(?:^|\s)(?:ParameterKey=("?[A-Za-z0-9]+"?),ParameterValue=(${quoted}|)|("?[A-Za-z0-9]+"?)=(${quoted}|))(?=\s|$)`, 'gu');

function readWords(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const match of text.matchAll(word)) {
    const name = match[1] ?? match[3];
    if (name !== undefined) values.set(unquote(name), unquote(match[2] ?? match[4] ?? ''));
  }
  return values;
}

function unquote(text: string): string {
  const inner = /^(["'])(.*)\1$/su.exec(text)?.[2] ?? text;
  return inner.replace(/\\(.)/gsu, '$1');
}
