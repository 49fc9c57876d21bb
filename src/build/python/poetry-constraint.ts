import type { PythonVersion } from '../../model/function.ts';

/**
 * Whether a constraint of Poetry's (`^3.9`, `>=3.8,<4.0`, `~3.11 || 3.13.*`) allows a version of Python, whatever its patch; undefined for
 * one that cannot be read. Source: Poetry's documentation, "Dependency specification".
 */
export function allowsPython(constraint: string | undefined, python: PythonVersion): boolean | undefined {
  if (constraint === undefined || constraint.trim() === '' || constraint.trim() === '*') return true;
  const ways = constraint.split(/\s*\|\|?\s*/u).map((way) => allOf(way, python));
  return ways.includes(true) ? true : ways.includes(undefined) ? undefined : false;
}

function allOf(text: string, python: PythonVersion): boolean | undefined {
  const parts = Array.from(text.matchAll(/(\^|~=?|>=|<=|==|!=|>|<|=)?\s*([\d.]+(?:\*)?|\*)/gu));
  if (parts.length === 0 || text.replace(/(\^|~=?|>=|<=|==|!=|>|<|=)?\s*([\d.]+(?:\*)?|\*)/gu, '').replace(/[\s,]/gu, '') !== '') return undefined;
  return parts.every(([, operator, version = '']) => version === '*' || allowedBy(operator ?? '==', version, python));
}

function allowedBy(operator: string, version: string, { major, minor }: PythonVersion): boolean {
  const [first = 0, second] = version.replace(/\.?\*$/u, '').split('.').map(Number);
  const patch = version.replace(/\.?\*$/u, '').split('.').length > 2 ? Number(version.split('.')[2]) : undefined;
  const order = major - first || (second === undefined ? 0 : minor - second);
  switch (operator) {
    case '^':
      return major === first && order >= 0;
    case '~':
    case '~=':
      return second === undefined || (operator === '~=' && patch === undefined) ? major === first && order >= 0 : order === 0;
    case '>=':
      return order >= 0;
    case '>':
      return order > 0 || (order === 0 && patch !== undefined);
    case '<=':
      return order < 0 || (order === 0 && (patch === undefined || patch > 0));
    case '<':
      return order < 0 || (order === 0 && patch !== undefined && patch > 0);
    case '!=':
      return patch !== undefined || order !== 0;
    default:
      return order === 0;
  }
}
