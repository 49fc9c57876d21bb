import { basename, dirname } from 'node:path';
import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { readPackageIndexes } from '../build/python/package-index.ts';
import type { CompiledRequirements, RequirementsTarget } from '../rules/knowledge.ts';
import type { RequirementsUse } from '../rules/requirements-use.ts';
import { normalizedProjectName } from '../syntax/requirements.ts';
import { findPython } from '../tools/find-python.ts';
import { runTool } from '../tools/find-tool.ts';
import { provideTool } from '../tools/provide-tool.ts';

/** Minor versions of glibc that uv has a platform for (`uv pip compile --help`, --python-platform). */
const knownGlibcs: readonly number[] = [17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40];

/**
 * Compiles requirements to versions and hashes with the user's uv and indexes: from wheels alone where that is possible.
 * The failures name no file, as the same text in another fails alike: `dependencies/unresolvable` (`why` is all that uv said), `network/unreachable`, `tool/missing`.
 */
export async function compileRequirements(host: Host, use: RequirementsUse, target: RequirementsTarget): Promise<CompiledRequirements> {
  const { text: input } = use.source.requirements.source;
  const wheels = await compileText(host, use, { text: input, target, flags: ['--generate-hashes', '--only-binary', ':all:'] });
  // An index that fails now and answers a moment later must not make packages with wheels look like ones without.
  throwIfUnasked(wheels);
  const result = wheels.code === 0 ? wheels : await compileText(host, use, { text: input, target, flags: ['--generate-hashes'] });
  if (result.code !== 0) {
    throwIfUnasked(result);
    throw failure('dependencies/unresolvable', `no set of packages meets it on Python ${target.python.major}.${target.python.minor}`, { why: result.stderr.trim() });
  }
  const text = annotated(result.stdout, use);
  return { text, versions: versionsIn(text), isWheelsOnly: wheels.code === 0, ...(wheels.code === 0 ? {} : { sourceOnly: withoutWheels(wheels.stderr) }) };
}

/** Throws `network/unreachable` where uv failed because an index did not answer, or was not to be asked (UV_OFFLINE). */
function throwIfUnasked({ code, stderr }: { readonly code: number; readonly stderr: string }): void {
  if (code === 0) return;
  const isOffline = /network was disabled|network connectivity is disabled|not found in the cache/iu.test(stderr);
  if (isOffline) throw failure('network/unreachable', 'uv is told to go without the network (UV_OFFLINE), and its cache does not have all', { why: stderr.trim() });
  const isNetwork = /error sending request|client error \(Connect\)|dns error|Connection refused|connection (?:reset|closed)|timed out|server error|Failed to fetch|\b(?:401|403)\b/iu.test(stderr) && !/No solution found/u.test(stderr);
  if (isNetwork) throw failure('network/unreachable', `an index that it needs does not answer: ${lastCause(stderr)}`, { why: stderr.trim() });
}

/** uv: "hint: Wheels are required for `docopt` because building from source is disabled". */
function withoutWheels(stderr: string): readonly string[] {
  return [...new Set(Array.from(stderr.matchAll(/Wheels are required for `([\w.-]+)/gu), (match) => normalizedProjectName(match[1] ?? '')))];
}

/** What to compile: the text of a requirements file, for a machine, with further flags of `uv pip compile`. */
export interface Compilation {
  readonly text: string;
  readonly target: RequirementsTarget;
  readonly flags: readonly string[];
}

/** Runs `uv pip compile` on a text as if it stood in the file of `use`. Fails with `tool/missing`; what uv says otherwise is returned. */
export async function compileText(host: Host, use: RequirementsUse, { text, target, flags }: Compilation): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const uv = await provideTool(host, 'uv');
  const cwd = dirname(use.source.path);
  const python = await findPython(host, target.python);
  const minor = knownGlibcs.findLast((known) => known <= target.glibc[1]) ?? 17;
  const args = [
    'pip', 'compile', '-', '--no-header', '--color', 'never', '--no-progress', ...flags,
    '--python-version', `${target.python.major}.${target.python.minor}`,
    '--python-platform', `${target.architecture === 'arm64' ? 'aarch64' : 'x86_64'}-manylinux_2_${minor}`,
    ...(python ? ['--python', python.path] : []),
  ];
  const hasIndex = use.source.requirements.lines.some((line) => line.kind === 'option' && /index|find-links/u.test(line.name));
  const { env } = readPackageIndexes(host, cwd, hasIndex);
  return await runTool(host, uv, args, {
    cwd,
    input: text.replace(/^\uFEFF/u, ''),
    env: { ...env, UV_PYTHON_DOWNLOADS: 'never', UV_CUSTOM_COMPILE_COMMAND: undefined, UV_OUTPUT_FILE: undefined, RUST_LOG: undefined, NO_COLOR: '1' },
  });
}

/** Versions by normalised name in what `uv pip compile` wrote. */
export function versionsIn(text: string): ReadonlyMap<string, string> {
  return new Map(Array.from(text.matchAll(/^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)/gmu), (match) => [normalizedProjectName(match[1] ?? ''), match[2] ?? '']));
}

/** uv names its standard input as the origin; people know it by the file. */
function annotated(text: string, use: RequirementsUse): string {
  const name = basename(use.source.path).replace(/\.txt$/u, '.in');
  return text.replace(/\r\n/gu, '\n').replace(/(?<=#\s+(?:via\s+)?)-r -(?=\s*$)/gmu, `-r ${name}`);
}

function lastCause(stderr: string): string {
  const address = /(https?:\/\/[^\s/]*)/u.exec(stderr)?.[1]?.replace(/\/\/[^@]*@/u, '//');
  const causes = Array.from(stderr.matchAll(/cause:\s*(.+)/gu), (match) => match[1] ?? '');
  return [...(address === undefined ? [] : [address]), causes.at(-1) ?? 'uv gave no reason'].join(': ');
}
