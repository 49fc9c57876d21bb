import { readFileSync } from 'node:fs';
import { failure } from '../base/fault.ts';

/** Variables by function (its name or logical ID), or for all under `Parameters`. */
export function readVariables(path: string | undefined): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  if (path === undefined) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/u, ''));
    if (typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'object' && one !== null)) return value as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    throw new Error('a map of maps is expected');
  } catch (error) {
    throw failure('usage', `the variables in ${path} cannot be read`, { why: error instanceof Error ? error.message : undefined, cause: error, next: 'give a JSON file such as {"FunctionName": {"VARIABLE": "value"}}' });
  }
}
