import type { Lock } from './lock.ts';

/**
 * A lock as text: JSON, members sorted by code unit, one entry of a section a line, so that a diff shows what changed
 * and two branches that lock different things merge. Ends with a newline; LF only. Equal locks print equally.
 */
export function printLock(lock: Lock): string {
  const sections: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['bases', lock.bases],
    ['ffmpeg', lock.ffmpeg],
    ['functions', lock.functions],
    ['layers', lock.layers],
    ['tools', lock.tools],
    ['wheels', lock.wheels],
  ];
  const lines = sections.map(([name, entries]) => `  ${JSON.stringify(name)}: ${printSection(name, entries)}`);
  return `{\n  "schema": ${lock.schema},\n${lines.join(',\n')}\n}\n`;
}

function printSection(name: string, entries: Readonly<Record<string, unknown>>): string {
  const keys = sortedKeys(entries);
  if (keys.length === 0) return '{}';
  const isLong = name === 'functions' || name === 'layers';
  const lines = keys.map((key) => `    ${JSON.stringify(key)}: ${isLong || Array.isArray((entries[key] as { readonly evidence?: unknown }).evidence) ? printBuild(entries[key]) : printLine(entries[key])}`);
  return `{\n${lines.join(',\n')}\n  }`;
}

/** A build's members one a line, its wheels too: what changes most often. */
function printBuild(value: unknown): string {
  const build = value as Readonly<Record<string, unknown>>;
  const lines = sortedKeys(build).map((key) => `      ${JSON.stringify(key)}: ${printMember(build[key])}`);
  return `{\n${lines.join(',\n')}\n    }`;
}

function printMember(value: unknown): string {
  if (!Array.isArray(value)) return printLine(value);
  const items = value.toSorted((a: string, b: string) => (a < b ? -1 : 1)).map((item) => `        ${printLine(item)}`);
  return items.length === 0 ? '[]' : `[\n${items.join(',\n')}\n      ]`;
}

/** JSON on one line, with a space after colons and commas. */
function printLine(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const object = value as Readonly<Record<string, unknown>>;
  const members = sortedKeys(object).map((key) => `${JSON.stringify(key)}: ${printLine(object[key])}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

function sortedKeys(object: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(object).filter((key) => object[key] !== undefined).toSorted((a, b) => (a < b ? -1 : 1));
}
