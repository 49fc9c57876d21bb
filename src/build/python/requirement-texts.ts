import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { digestOf, keyOf, type NodeKey } from '../../base/digest.ts';
import { failure } from '../../base/fault.ts';
import { printPlace, type Place } from '../../base/source.ts';
import { normalizeName } from './wheel-name.ts';

/** What dependencies are resolved from; locks of tools need no resolving (`tool-lock.ts`). */
export type DependencySource =
  | {
      readonly kind: 'requirements';
      /** Absolute paths of requirements files, in the order of the command line. */
      readonly files: readonly string[];
      /** Requirements on the command line itself. */
      readonly texts?: readonly string[];
      /** Absolute paths. */
      readonly constraints?: readonly string[];
      /** Absolute folder that relative paths in `texts` start from. */
      readonly cwd: string;
    };

/** All texts that a source is made of, includes followed. */
export interface RequirementTexts {
  /** Names the texts' content whatever their place: what a lock was resolved from. */
  readonly digest: NodeKey;
  /** sha256 values that a package's files may have, by normalised name; packages without hashes are absent. */
  readonly hashes: ReadonlyMap<string, ReadonlySet<string>>;
  /** Where each package is asked for. */
  readonly places: ReadonlyMap<string, { readonly file: string; readonly line: number; readonly column: number }>;
  /** True when a text names an index of its own. */
  readonly hasIndex: boolean;
}

/**
 * Reads a source's files and what they include by `-r` and `-c`. Fails with `project/missing-file`.
 * @param shown how a path is printed.
 */
export function readRequirementTexts(source: DependencySource, shown: (path: string) => string = (path) => path): RequirementTexts {
  const texts: { readonly role: string; readonly path: string; readonly text: string }[] = [];
  const seen = new Set<string>();
  const add = (path: string, role: string, from: Place | undefined): void => {
    if (seen.has(`${role} ${path}`)) return;
    seen.add(`${role} ${path}`);
    const text = readText(path, shown, from);
    texts.push({ role, path, text });
    for (const line of logicalLines(text)) {
      const include = /^(?:-(r|c)\s*|--(requirement|constraint)(?:\s+|=))(\S.*)$/u.exec(line.text);
      const target = include?.[3]?.trim();
      if (target !== undefined && !/^[a-z]+:\/\//iu.test(target)) add(resolve(dirname(path), target), include?.[1] ?? include?.[2]?.[0] ?? 'r', { file: shown(path), line: line.number, column: 1 });
    }
  };
  for (const path of source.files) add(path, 'r', undefined);
  for (const path of source.constraints ?? []) add(path, 'c', undefined);
  const own = (source.texts ?? []).join('\n');
  const lines = [...texts.flatMap((file) => logicalLines(file.text).map((line) => ({ ...line, file: shown(file.path) }))), ...logicalLines(own).map((line) => ({ ...line, file: '' }))];
  return {
    digest: keyOf([...texts.map(({ role, path, text }) => [role, basename(path), digestOf(text)]), own]),
    hashes: hashesOf(lines),
    places: new Map(lines.flatMap((line) => (line.file === '' ? [] : [[nameOf(line.text), { file: line.file, line: line.number, column: 1 }]] as const)).toReversed()),
    hasIndex: lines.some((line) => /^(?:-i\b|--index-url|--extra-index-url|--no-index|--default-index)/u.test(line.text)),
  };
}

interface LogicalLine {
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

/** Lines with their continuations joined, without comments. */
function logicalLines(text: string): readonly LogicalLine[] {
  const found: LogicalLine[] = [];
  let open: { text: string; number: number } | undefined;
  for (const [index, line] of text.replace(/^\ufeff/u, '').split(/\r\n|\r|\n/u).entries()) {
    open ??= { text: '', number: index + 1 };
    const isOpen = line.endsWith('\\') && !/^\s*#/u.test(line);
    open.text += isOpen ? line.slice(0, -1) : line;
    if (isOpen) continue;
    found.push({ text: open.text.replace(/(?:^|\s)#.*$/u, '').trim(), number: open.number });
    open = undefined;
  }
  if (open) found.push({ text: open.text.trim(), number: open.number });
  return found.filter((line) => line.text !== '');
}

function hashesOf(lines: readonly LogicalLine[]): ReadonlyMap<string, ReadonlySet<string>> {
  const hashes = new Map<string, Set<string>>();
  for (const { text } of lines) {
    const own = Array.from(text.matchAll(/--hash[=\s]\s*sha256:([0-9a-f]{64})/giu), (match) => (match[1] ?? '').toLowerCase());
    if (own.length === 0) continue;
    const name = nameOf(text);
    hashes.set(name, new Set([...(hashes.get(name) ?? []), ...own]));
  }
  return hashes;
}

function nameOf(text: string): string {
  return normalizeName(/^[A-Za-z0-9][\w.-]*/u.exec(text)?.[0] ?? '');
}

function readText(path: string, shown: (path: string) => string, from: Place | undefined): string {
  try {
    const found = statSync(path);
    if (!found.isFile()) throw new Error(found.isDirectory() ? 'it is a folder' : 'it is not an ordinary file');
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
  } catch (cause) {
    const isText = !(cause instanceof TypeError);
    throw failure(isText ? 'project/missing-file' : 'project/not-utf8', `${shown(path)} ${isText ? 'cannot be read' : 'is not UTF-8'}`, {
      place: from ?? { file: shown(path), line: 1, column: 1 },
      why: [from === undefined ? 'the build installs from it' : `${printPlace(from)} includes it`, ...(isText ? reasonOf(cause) : [])].join('\n'),
      next: isText ? 'correct the path, or add the file' : 'save the file as UTF-8 and run the same command again',
      cause,
    });
  }
}

/** In words, without the system's repeating of the path. */
function reasonOf(cause: unknown): readonly string[] {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ENOENT') return ['it is not there'];
  if (code === 'ELOOP') return ['it is a link that leads to itself'];
  return code === '' && cause instanceof Error ? [cause.message] : [`the system says ${code}`];
}
