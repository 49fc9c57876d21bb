import { failure, type Failure } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import { provideTool } from '../../tools/provide-tool.ts';
import { findPython, type Python } from '../../tools/find-python.ts';
import { runTool, type Tool } from '../../tools/find-tool.ts';
import type { ResolvedWheel } from './locked-wheel.ts';
import { readPackageIndexes } from './package-index.ts';
import { parsePylock, type LockedPackage } from './pylock.ts';
import { readRequirementTexts, type DependencySource, type RequirementTexts } from './requirement-texts.ts';
import { printTarget, resolutionFailure } from './resolution-failure.ts';
import { bestWheel, type WheelTarget } from './tags.ts';

/** What to resolve, and for which machine. */
export interface ResolveRequest {
  readonly source: DependencySource;
  readonly target: WheelTarget;
  /** How a path is printed; as it is when absent. */
  readonly shown?: (path: string) => string;
  /** Take only what is asked for, without what that depends on. */
  readonly withoutDependencies?: boolean;
  /** True when the same packages have just been looked up, so that uv's own cache has all that is needed: then the index is not asked again. */
  readonly isKnown?: boolean;
  /** An interpreter of this machine, best of the target's version; looked for when absent. */
  readonly python?: Python;
}

/** The outcome of a resolution: every package once, by name. */
export interface Resolution {
  readonly wheels: readonly ResolvedWheel[];
  readonly texts: RequirementTexts;
  /** Of the uv that resolved. */
  readonly uvVersion: string;
}

/** glibc versions that uv has a platform for (`uv pip compile --help`, --python-platform). */
const knownGlibcs: readonly number[] = [17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40];

/**
 * Resolves requirements with the user's uv, indexes and settings to one wheel per package for the target. Hashes in
 * the requirements are honoured exactly. Packages without a fitting wheel are failures: nothing is built on the host.
 * Fails with `dependencies/unresolvable`, `dependencies/not-in-index`, `dependencies/no-wheel`,
 * `dependencies/hash-mismatch`, `network/unreachable`, `registry/unauthorized`, `syntax/requirements`, `tool/missing`.
 */
export async function resolveRequirements(host: Host, request: ResolveRequest): Promise<Resolution> {
  const { source, target } = request;
  const texts = readRequirementTexts(source, request.shown);
  const uv = await provideTool(host, 'uv');
  if (source.files.length === 0 && (source.texts ?? []).length === 0) return { wheels: [], texts, uvVersion: uv.version };
  const result = await compile(host, uv, request, texts);
  if (result.code !== 0) throw resolutionFailure(result.stderr, { texts, target, source });
  const packages = parsePylock(result.stdout, source.cwd);
  return { wheels: packages.map((entry) => chooseWheel(entry, texts, target)), texts, uvVersion: uv.version };
}

/**
 * Finds where wheels are now, by exact name and version: for those that a lock names, whose addresses it does not have.
 * @param cwd absolute folder whose uv settings count.
 * @returns the wheels that the index has, with addresses. Fails with `dependencies/hash-mismatch` when the index has
 * another file under a wheel's name, and as `resolveRequirements` does.
 */
export async function findAddresses(host: Host, wheels: readonly ResolvedWheel[], where: { readonly target: WheelTarget; readonly cwd: string; readonly python?: Python }): Promise<readonly ResolvedWheel[]> {
  const source: DependencySource = { kind: 'requirements', files: [], texts: wheels.map(({ name, version }) => `${name}==${version}`), cwd: where.cwd };
  const texts = readRequirementTexts(source);
  const request: ResolveRequest = { source, withoutDependencies: true, ...where };
  const result = await compile(host, await provideTool(host, 'uv'), request, texts);
  if (result.code !== 0) throw resolutionFailure(result.stderr, { texts, source, target: where.target });
  const offered = new Map(parsePylock(result.stdout, where.cwd).flatMap((entry) => entry.wheels.map((wheel) => [wheel.fileName, wheel])));
  return wheels.flatMap((wheel) => {
    const found = offered.get(wheel.fileName);
    if (found?.sha256 !== undefined && wheel.sha256 !== undefined && found.sha256 !== wheel.sha256) {
      throw failure('dependencies/hash-mismatch', `the package index has another ${wheel.fileName} than shear.lock`, {
        why: `expected sha256:${wheel.sha256}\ngot      sha256:${found.sha256}`,
        next: `find out why the file changed; \`shear lock --upgrade ${wheel.name}\` accepts the new one`,
      });
    }
    return found ? [{ ...wheel, url: found.url }] : [];
  });
}

async function compile(host: Host, uv: Tool, request: ResolveRequest, texts: RequirementTexts): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const { source, target } = request;
  const own = source.texts ?? [];
  // uv wants some interpreter; told which, it does not start all that it can find (measured: 0.8 instead of 1.1 s).
  const python = request.python ?? (await findPython(host, target.python));
  const args = [
    'pip', 'compile', ...source.files, ...(own.length > 0 ? ['-'] : []),
    ...(source.constraints ?? []).flatMap((path) => ['--constraints', path]),
    '--format', 'pylock.toml', '--no-header', '--no-annotate', '--color', 'never', '--no-progress', '--only-binary', ':all:',
    '--python-version', `${target.python.major}.${target.python.minor}`, '--python-platform', platformOf(target),
    ...(request.withoutDependencies === true ? ['--no-deps'] : []), ...(python ? ['--python', python.path] : []),
  ];
  const { env } = readPackageIndexes(host, source.cwd, texts.hasIndex);
  const run = async (more: readonly string[]): ReturnType<typeof compile> => await runTool(host, uv, [...args, ...more], {
    cwd: source.cwd,
    input: own.map((line) => `${line}\n`).join(''),
    // A Python of the target's version is not needed to resolve wheels, and uv would try to download one.
    env: { ...env, UV_PYTHON_DOWNLOADS: 'never', UV_CUSTOM_COMPILE_COMMAND: undefined, UV_OUTPUT_FILE: undefined, RUST_LOG: undefined, NO_COLOR: '1' },
  });
  const known = request.isKnown === true ? await run(['--offline']) : undefined;
  return known?.code === 0 ? known : await run([]);
}

/** uv's name for a machine. Fails with `project/unsupported` for a glibc older than uv knows. */
export function platformOf({ architecture, glibc }: WheelTarget): string {
  const minor = glibc[0] === 2 ? knownGlibcs.findLast((known) => known <= glibc[1]) : undefined;
  if (minor === undefined) {
    throw failure('project/unsupported', `wheels for glibc ${glibc.join('.')} cannot be resolved`, {
      why: 'the oldest that uv knows is 2.17',
      next: 'build on a newer base image',
    });
  }
  return `${architecture === 'arm64' ? 'aarch64' : 'x86_64'}-manylinux_2_${minor}`;
}

function chooseWheel(entry: LockedPackage, texts: RequirementTexts, target: WheelTarget): ResolvedWheel {
  const allowed = texts.hashes.get(entry.name);
  const fitting = bestWheel(entry.wheels, target);
  const wheel = allowed === undefined ? fitting : bestWheel(entry.wheels.filter(({ sha256 }) => sha256 === undefined || allowed.has(sha256)), target);
  if (wheel) return allowed?.size === 1 && wheel.sha256 === undefined ? { ...wheel, sha256: [...allowed][0] } : wheel;
  const place = texts.places.get(entry.name);
  if (fitting && allowed) throw hashMismatch(entry, fitting, { allowed, place });
  const others = entry.wheels.map(({ fileName }) => fileName);
  throw failure('dependencies/no-wheel', `${entry.name} ${entry.version ?? ''} has no wheel that runs on ${printTarget(target)}`.replace('  ', ' '), {
    place,
    why: others.length > 0 ? `its wheels are ${others.join(', ')}` : `it comes as ${entry.source === 'directory' ? 'a folder' : entry.source === 'vcs' ? 'a repository' : 'source'} only, and nothing is built on this machine`,
    next: `choose a release of ${entry.name} with such a wheel, or build the function with the buildkit engine, which compiles it in the base image`,
  });
}

function hashMismatch(
  entry: LockedPackage,
  wheel: ResolvedWheel,
  found: { readonly allowed: ReadonlySet<string>; readonly place: { readonly file: string; readonly line: number; readonly column: number } | undefined },
): Failure {
  return failure('dependencies/hash-mismatch', `${wheel.fileName} has none of the hashes that the requirements allow for ${entry.name}`, {
    place: found.place,
    why: `expected ${[...found.allowed].map((hash) => `sha256:${hash}`).join(' or ')}\ngot      sha256:${wheel.sha256 ?? ''}`,
    next: 'if the requirements are right, the index serves another file under this name: find out why; else lock again (`uv pip compile --generate-hashes`, `pip-compile --generate-hashes`)',
  });
}
