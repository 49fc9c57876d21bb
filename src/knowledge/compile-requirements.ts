import { basename, dirname } from 'node:path';
import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { readPackageIndexes } from '../build/python/package-index.ts';
import type { CompiledRequirements, RequirementsTarget } from '../rules/knowledge.ts';
import type { RequirementsUse } from '../rules/requirements-use.ts';
import { normalizedProjectName } from '../syntax/requirements.ts';
import { findPython } from '../tools/find-python.ts';
import { runTool, type Tool } from '../tools/find-tool.ts';
import { provideTool } from '../tools/provide-tool.ts';

/** Minor versions of glibc that uv has a platform for (`uv pip compile --help`, --python-platform). */
const knownGlibcs: readonly number[] = [17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40];

/**
 * Compiles requirements to versions and hashes with the user's uv and indexes: from wheels alone where that is possible.
 * Fails with `dependencies/unresolvable`, `tool/missing`.
 */
export async function compileRequirements(host: Host, use: RequirementsUse, target: RequirementsTarget): Promise<CompiledRequirements> {
  const uv = await provideTool(host, 'uv');
  const wheels = await compile(host, uv, use, target, ['--only-binary', ':all:']);
  const result = wheels.code === 0 ? wheels : await compile(host, uv, use, target, []);
  if (result.code !== 0) {
    const name = use.source.requirements.source.path;
    throw failure('dependencies/unresolvable', `${name} cannot be resolved for Python ${target.python.major}.${target.python.minor}: ${firstLine(result.stderr)}`, { why: result.stderr.trim() });
  }
  const text = annotated(result.stdout, use);
  return { text, versions: versionsIn(text), isWheelsOnly: wheels.code === 0 };
}

async function compile(host: Host, uv: Tool, use: RequirementsUse, target: RequirementsTarget, more: readonly string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const { text } = use.source.requirements.source;
  const cwd = dirname(use.source.path);
  const python = await findPython(host, target.python);
  const minor = knownGlibcs.findLast((known) => known <= target.glibc[1]) ?? 17;
  const args = [
    'pip', 'compile', '-', '--generate-hashes', '--no-header', '--color', 'never', '--no-progress', ...more,
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

/** uv names its standard input as the origin; people know it by the file. */
function annotated(text: string, use: RequirementsUse): string {
  const name = basename(use.source.path).replace(/\.txt$/u, '.in');
  return text.replace(/\r\n/gu, '\n').replace(/(?<=#\s+(?:via\s+)?)-r -(?=\s*$)/gmu, `-r ${name}`);
}

function versionsIn(text: string): ReadonlyMap<string, string> {
  return new Map(Array.from(text.matchAll(/^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)/gmu), (match) => [normalizedProjectName(match[1] ?? ''), match[2] ?? '']));
}

function firstLine(text: string): string {
  return text.split('\n').map((line) => line.replace(/^[\s×╰─▶│]+|^error:\s*/gu, '').trim()).find((line) => line !== '' && !line.startsWith('warning')) ?? 'uv gave no reason';
}
