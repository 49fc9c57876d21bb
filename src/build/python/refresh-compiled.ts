import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { failure } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import { parseRequirements } from '../../syntax/requirements.ts';
import { findPython } from '../../tools/find-python.ts';
import { runTool } from '../../tools/find-tool.ts';
import { provideTool } from '../../tools/provide-tool.ts';
import { readPackageIndexes } from './package-index.ts';
import type { Upgrade } from '../upgrade.ts';
import { platformOf } from './resolve.ts';
import type { WheelTarget } from './tags.ts';

/** The source that a compiled requirements file was made from, `requirements.in` beside it; undefined when there is none. */
export function sourceOfCompiled(path: string): string | undefined {
  if (!path.endsWith('.txt')) return undefined;
  const source = path.replace(/\.txt$/u, '.in');
  return existsSync(source) && isFullyHashed(path) ? source : undefined;
}

/** True when every requirement of a file has hashes: then the file names everything, and nothing is left to resolve. */
export function isFullyHashed(path: string): boolean {
  const parsed = parseRequirements({ path, text: readFileSync(path, 'utf8') });
  if (!parsed.ok) return false;
  const { lines } = parsed.value;
  const requirements = lines.filter((line) => line.kind === 'requirement');
  return requirements.length > 0 && requirements.every((line) => line.hashes.length > 0) && !lines.some((line) => line.kind === 'include' || line.kind === 'editable' || line.kind === 'location');
}

/** True when the source asks for a package that the compiled file does not have: the surest sign that it is out of date. */
export function lacksSomething(source: string, compiled: string): boolean {
  const names = (path: string): ReadonlySet<string> => {
    const parsed = parseRequirements({ path, text: readFileSync(path, 'utf8') });
    return new Set(parsed.ok ? parsed.value.lines.flatMap((line) => (line.kind === 'requirement' ? [line.normalizedName] : [])) : []);
  };
  const has = names(compiled);
  return [...names(source)].some((name) => !has.has(name));
}

/** A compiled requirements file, and what of it may move. */
export interface CompileWish {
  /** Absolute paths. */
  readonly source: string;
  readonly compiled: string;
  readonly target: WheelTarget;
  readonly upgrade: Upgrade;
}

/** PEP 508; the names of images that are moved with it are none. */
function isPackageName(name: string): boolean {
  return /^[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?$/u.test(name);
}

/**
 * Compiles a source again, keeping the versions that the compiled file has wherever they still fit, and writes the
 * compiled file when that changes it. Fails with `dependencies/unresolvable`, `tool/missing`.
 * @returns whether the file changed.
 */
export async function refreshCompiled(host: Host, { source, compiled, target, upgrade }: CompileWish): Promise<boolean> {
  const uv = await provideTool(host, 'uv');
  const python = await findPython(host, target.python);
  const scratch = await mkdtemp(join(tmpdir(), 'shear-compile-'));
  try {
    const output = join(scratch, basename(compiled));
    const before = readFileSync(compiled, 'utf8');
    writeFileSync(output, before);
    const args = [
      'pip', 'compile', '-', '--output-file', output, '--generate-hashes', '--no-header', '--color', 'never', '--no-progress', '--quiet', '--only-binary', ':all:',
      '--python-version', `${target.python.major}.${target.python.minor}`, '--python-platform', platformOf(target),
      ...(upgrade === 'all' ? ['--upgrade'] : upgrade.flatMap((name) => (isPackageName(name) ? ['--upgrade-package', name] : []))),
      ...(python ? ['--python', python.path] : []),
    ];
    const { env } = readPackageIndexes(host, dirname(source));
    const result = await runTool(host, uv, args, {
      cwd: dirname(source), input: readFileSync(source, 'utf8').replace(/^\uFEFF/u, ''),
      env: { ...env, UV_PYTHON_DOWNLOADS: 'never', UV_CUSTOM_COMPILE_COMMAND: undefined, UV_OUTPUT_FILE: undefined, NO_COLOR: '1' },
    });
    if (result.code !== 0) {
      throw failure('dependencies/unresolvable', `${basename(source)} cannot be resolved for Python ${target.python.major}.${target.python.minor}`, { why: result.stderr.trim(), next: `change what ${basename(source)} asks for` });
    }
    const text = readFileSync(output, 'utf8').replace(/(?<=#\s+(?:via\s+)?)-r -(?=\s*$)/gmu, `-r ${basename(source)}`);
    if (text === before) return false;
    writeFileSync(`${compiled}.shear-tmp`, text);
    renameSync(`${compiled}.shear-tmp`, compiled);
    return true;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
