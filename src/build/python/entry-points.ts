import type { PythonVersion } from '../../model/function.ts';

/** What a script calls: `package.module:object.attribute`. */
export interface ScriptTarget {
  readonly module: string;
  /** With dots for attributes. */
  readonly object: string;
}

/** Groups of an entry_points.txt, each a map from name to text. */
export type EntryPoints = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Reads entry_points.txt. Source: packaging.python.org, "Entry points specification", file format. */
export function readEntryPoints(text: string): EntryPoints {
  const groups = new Map<string, Map<string, string>>();
  let group: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/u)) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) continue;
    const header = /^\[(.+)\]$/u.exec(trimmed)?.[1];
    if (header !== undefined) {
      group = groups.get(header.trim()) ?? new Map<string, string>();
      groups.set(header.trim(), group);
      continue;
    }
    const at = trimmed.indexOf('=');
    if (at > 0) group?.set(trimmed.slice(0, at).trim(), trimmed.slice(at + 1).trim());
  }
  return groups;
}

/**
 * The scripts to make, by file name; entries that name no callable are left out, as are names with a slash. pip's own
 * versioned names (`pip3.12`) follow the interpreter, not the machine that made the wheel.
 */
export function scriptsOf(entryPoints: EntryPoints, python: PythonVersion): ReadonlyMap<string, ScriptTarget> {
  const named = [...(entryPoints.get('console_scripts') ?? []), ...(entryPoints.get('gui_scripts') ?? [])];
  const scripts = new Map<string, ScriptTarget>();
  for (const [name, text] of named) {
    const [, module = '', object = ''] = /^([\w.]+)\s*:\s*([\w.]+)\s*(?:\[[^\]]*\])?$/u.exec(text) ?? [];
    if (module !== '' && /^[\w.][\w.-]*$/u.test(name) && name !== '.' && name !== '..') scripts.set(name, { module, object });
  }
  const pip = scripts.get('pip');
  if (!pip) return scripts;
  const own = [...scripts].filter(([name]) => !/^pip3?(?:\.\d+)?$/u.test(name));
  return new Map([...own, ['pip', pip], [`pip${python.major}`, pip], [`pip${python.major}.${python.minor}`, pip]]);
}

/** The program text of a script. */
export function consoleScript(interpreter: string, { module, object }: ScriptTarget): string {
  const [first = ''] = object.split('.');
  return `${shebang(interpreter)}import sys\nfrom ${module} import ${first}\n\nif __name__ == "__main__":\n    sys.exit(${object}())\n`;
}

/** Linux cuts a first line at 127 bytes (255 since 5.1) and splits it at spaces: a shell gets round both. */
function shebang(interpreter: string): string {
  if (interpreter.length <= 125 && !interpreter.includes(' ')) return `#!${interpreter}\n`;
  return `#!/bin/sh\n'''exec' "${interpreter}" "$0" "$@"\n' '''\n`;
}
