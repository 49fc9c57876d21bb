import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { failure, type Failure } from '../../base/fault.ts';
import type { Host, ProcessResult } from '../../base/host.ts';
import { configureLine, type FfmpegRecipe } from '../../ffmpeg/configure-line.ts';
import { externalSources, ffmpegSource } from '../../ffmpeg/sources.ts';
import type { Store } from '../../store/store.ts';
import type { Compiler } from '../../tools/find-compiler.ts';
import { additionArguments, additionsOf, linkArguments, type Addition } from './additions.ts';
import { libraryCommands, type BuildCommand } from './libraries.ts';
import { licenceFiles } from './licence-files.ts';
import { provideSource } from './provide-source.ts';

/** A file that a build leaves, by its path below /usr/local. */
export interface BuiltFile {
  readonly path: string;
  /** Absolute, in the scratch folder. */
  readonly absolute: string;
}

/** What is compiled, with what, and where. */
export interface CompileRequest {
  readonly recipe: FfmpegRecipe;
  readonly compiler: Compiler;
  /** Absolute; an empty folder of the caller's, who removes it. */
  readonly scratch: string;
}

/** Nothing of the user's environment may reach the compiler: flags in it would change the bytes. */
const cleanEnvironment: Readonly<Record<string, string | undefined>> = {
  LC_ALL: 'C', TZ: 'UTC', SOURCE_DATE_EPOCH: '0',
  ...Object.fromEntries(['CFLAGS', 'CXXFLAGS', 'CPPFLAGS', 'LDFLAGS', 'ASFLAGS', 'CC', 'CXX', 'AR', 'AS', 'LD', 'NM', 'STRIP', 'RANLIB', 'MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'CPATH', 'C_INCLUDE_PATH', 'LIBRARY_PATH', 'PKG_CONFIG_PATH', 'CONFIG_SITE', 'DESTDIR'].map((name) => [name, undefined])),
};

/**
 * Compiles static ffmpeg programs from pinned source. The outcome depends on recipe and compiler alone, not on the folder.
 * Fails with `build/failed` and the telling lines, also when the source has no part of a name that the recipe asks for.
 */
export async function compileFfmpeg(host: Host, store: Store, request: CompileRequest): Promise<readonly BuiltFile[]> {
  const { recipe, compiler, scratch } = request;
  if (compiler.container) await (await import('./compile-in-container.ts')).compileInContainer(host, store, request, compiler.container);
  else await compileHere(host, store, request);
  const programs = recipe.programs.map((name) => ({ path: `bin/${name}`, absolute: join(scratch, 'ffmpeg', name) }));
  return [...programs, ...(await licenceFiles(recipe, compiler, scratch))];
}

async function compileHere(host: Host, store: Store, request: CompileRequest): Promise<void> {
  const { recipe, compiler, scratch } = request;
  const libraries = join(scratch, 'lib');
  const source = join(scratch, 'ffmpeg');
  const env = { ...cleanEnvironment, PKG_CONFIG_LIBDIR: join(libraries, 'lib', 'pkgconfig') };
  await unpack(host, await provideSource(host, store, ffmpegSource), source);
  const jobs = availableParallelism();
  for (const library of recipe.externals) {
    const folder = join(scratch, library);
    await unpack(host, await provideSource(host, store, externalSources[library]), folder);
    for (const command of libraryCommands(library, compiler, { prefix: libraries, jobs })) await runQuietly(host, command, { cwd: folder, env, what: library });
  }
  await configure(host, request, { source, env });
  const additions = additionsOf(recipe);
  for (const addition of additions) await compileAddition({ host, compiler }, addition, source);
  const made = await makeWithProgress(host, ['-n', '10', 'make', `-j${jobs}`, ...recipe.programs, ...linkArguments(additions)], { cwd: source, env });
  if (made.code !== 0) throw failed('ffmpeg could not be compiled', made, tellingLines.make);
}

async function unpack(host: Host, archive: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { code, stderr } = await host.run('tar', ['-xf', archive, '-C', folder, '--strip-components=1', '--no-same-owner']);
  if (code !== 0) throw failure('archive/corrupt', `a source archive could not be unpacked into ${folder}`, { why: stderr.trim().split('\n').slice(-3).join('\n') });
}

/** The arguments of ffmpeg's configure. */
export function configureArguments({ recipe, compiler }: Pick<CompileRequest, 'recipe' | 'compiler'>): readonly string[] {
  const cross = compiler.prefix === '' ? [] : ['--enable-cross-compile', `--cross-prefix=${compiler.prefix}`, `--arch=${compiler.architecture === 'arm64' ? 'aarch64' : 'x86_64'}`, '--target-os=linux', '--pkg-config=pkg-config'];
  // Relative: ffmpeg keeps its configure line in the program.
  const libraries = recipe.externals.length === 0 ? [] : ['--extra-cflags=-I../lib/include', '--extra-ldflags=-L../lib/lib'];
  return [...configureLine(recipe), ...cross, ...libraries];
}

async function configure(host: Host, request: CompileRequest, { source, env }: { readonly source: string; readonly env: Readonly<Record<string, string | undefined>> }): Promise<void> {
  const result = await host.run('nice', ['-n', '10', './configure', ...configureArguments(request)], { cwd: source, env });
  if (result.code !== 0) throw failed('ffmpeg cannot be configured so', result, tellingLines.configure, configureLog(source));
  refuseMissing(request.recipe, source, result.stderr);
}

/** Fails with `build/failed` when what was configured in a folder lacks a part that the recipe asks for. */
export function refuseMissing(recipe: FfmpegRecipe, source: string, told: string): void {
  const missing = missingParts(recipe, source);
  if (missing.length > 0) {
    throw failure('build/failed', `ffmpeg ${ffmpegSource.version} has no ${missing.slice(0, 5).join(', no ')}`, {
      why: told.split('\n').filter((line) => line.startsWith('WARNING')).slice(0, 5).join('\n'),
      next: 'correct the name, or leave it out of the configure line',
    });
  }
}

/** configure only warns of a name that it does not know, or of a part whose library is not there, and goes on without. */
function missingParts({ components }: FfmpegRecipe, source: string): readonly string[] {
  if (components === 'all') return [];
  const made = ['config_components.h', 'config.h'].map((name) => readFileSync(join(source, name), 'utf8')).join('\n');
  const has = (macro: string): boolean => made.includes(`#define CONFIG_${macro.toUpperCase()} 1\n`);
  return components.filter(({ kind, name }) => !has(`${name}_${kind === 'demuxer' && name === 'lavfi' ? 'indev' : kind}`)).map(({ kind, name }) => `${kind} ${name}`);
}

/** The last errors of configure's log: they come just before its end. */
function configureLog(source: string): readonly string[] {
  const path = join(source, 'ffbuild', 'config.log');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8').split('\n').filter((line) => /error|cannot find|undefined reference|not found/iu.test(line)).slice(-4);
}

async function compileAddition({ host, compiler }: { readonly host: Host; readonly compiler: Compiler }, addition: Addition, source: string): Promise<void> {
  const { file, text, what } = addition;
  await writeFile(join(source, file), text);
  const result = await host.run(`${compiler.prefix}gcc`, additionArguments(addition), { cwd: source, env: cleanEnvironment });
  if (result.code !== 0) throw failed(`${what} could not be compiled`, result, /error/u);
}

async function runQuietly(host: Host, { program, args, env }: BuildCommand, { cwd, env: common, what }: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>>; readonly what: string }): Promise<void> {
  const result = await host.run('nice', ['-n', '10', program, ...args], { cwd, env: { ...common, ...env } });
  if (result.code !== 0) throw failed(`${what} could not be built`, result, tellingLines.library);
}

/** make says what it compiles on standard output, which a host gives only at the end; a shell turns it round. */
async function makeWithProgress(host: Host, args: readonly string[], options: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> }): Promise<ProcessResult> {
  const started = host.now();
  let told = started;
  let files = 0;
  return await host.run('sh', ['-c', 'exec "$0" "$@" 1>&2', 'nice', ...args], {
    ...options,
    onStderr: (text) => {
      files += text.match(/^(?:CC|X86ASM|AS)\t/gmu)?.length ?? 0;
      if (host.now() - told < 10_000) return;
      told = host.now();
      host.emit({ kind: 'note', text: `compiling ffmpeg: ${files} files in ${Math.round((told - started) / 1000)} s` });
    },
  });
}

/** Lines that tell why a program failed. */
export const tellingLines: Readonly<Record<'configure' | 'make' | 'library', RegExp>> = { configure: /^ERROR|^Unknown option|not found/u, make: /error:|Error \d|undefined reference|No space left/u, library: /error|not found/iu };

/** A compilation that failed, with its telling lines. */
export function failed(what: string, { stdout, stderr }: Pick<ProcessResult, 'stdout' | 'stderr'>, telling: RegExp, more: readonly string[] = []): Failure {
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  const chosen = lines.filter((line) => telling.test(line)).slice(0, 6);
  return failure('build/failed', what, {
    why: [...(chosen.length > 0 ? chosen : lines.slice(-6)), ...more].join('\n'),
    next: 'build with SHEAR_FFMPEG=prebuilt to take the pinned program meanwhile',
  });
}
