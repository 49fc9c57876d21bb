import { constants } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../../base/host.ts';
import { externalSources, ffmpegSource } from '../../ffmpeg/sources.ts';
import type { Store } from '../../store/store.ts';
import type { ContainerToolchain } from '../../tools/find-compiler.ts';
import { additionArguments, additionsOf, linkArguments } from './additions.ts';
import { stripBuildKit } from './buildkit-log.ts';
import { configureArguments, failed, refuseMissing, tellingLines, type CompileRequest } from './compile.ts';
import { buildxArguments } from './container-toolchain.ts';
import { libraryCommands } from './libraries.ts';
import { provideSource } from './provide-source.ts';

/** Where everything lies in the container. Nothing of it reaches the bytes. */
const root = '/shear';

/** What a failing command says last, before its name. */
const mark = 'shear could not go on with: ';

/**
 * Compiles in BuildKit, by the commands that a machine's own toolchain gets, and leaves in the scratch folder what that leaves there:
 * programs, licences and what configure decided. The sources go along as files: the container needs the network for its packages alone.
 */
export async function compileInContainer(host: Host, store: Store, request: CompileRequest, { machine, stage }: ContainerToolchain): Promise<void> {
  const { recipe, scratch } = request;
  const context = join(scratch, 'context');
  await mkdir(context, { recursive: true });
  for (const source of [ffmpegSource, ...recipe.externals.map((name) => externalSources[name])]) {
    await copyFile(await provideSource(host, store, source), join(context, archiveOf(source.name)), constants.COPYFILE_FICLONE);
  }
  for (const { file, text } of additionsOf(recipe)) await writeFile(join(context, file), text);
  await writeFile(join(context, 'build.sh'), buildScript(request));
  await writeFile(join(context, 'Dockerfile'), [...stage, 'FROM toolchain AS build', `COPY . ${root}/`, `RUN sh ${root}/build.sh`, 'FROM scratch', 'COPY --from=build /out/ /', ''].join('\n'));
  const result = await host.run('docker', buildxArguments(host, machine, { out: scratch, context, file: join(context, 'Dockerfile') }), { onStderr: createProgress(host) });
  const lines = stripBuildKit(result.stderr);
  const log = { stdout: '', stderr: lines.join('\n') };
  if (result.code !== 0) {
    const what = lines.find((line) => line.startsWith(mark))?.slice(mark.length);
    if (what === undefined) throw failed('BuildKit could not compile ffmpeg', log, /ERROR|error/u);
    if (what === 'configure') throw failed('ffmpeg cannot be configured so', log, tellingLines.configure);
    if (what === 'make') throw failed('ffmpeg could not be compiled', log, tellingLines.make);
    throw failed(`${what} could not be built`, log, tellingLines.library);
  }
  refuseMissing(recipe, join(scratch, 'ffmpeg'), log.stderr);
}

/** The commands of a build as a script: what the machine's own compiler is given one by one. */
function buildScript(request: CompileRequest): string {
  const { recipe, compiler } = request;
  const prefix = `${root}/lib`;
  const lines = ['set -e', 'export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=0', `export PKG_CONFIG_LIBDIR=${prefix}/lib/pkgconfig`, 'jobs=$(nproc)'];
  const add = (what: string, folder: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): void => {
    const variables = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)} `).join('');
    lines.push(`(cd ${quoted(folder)} && ${variables}${words.map((word) => (word === jobsWord ? '-j"$jobs"' : quoted(word))).join(' ')}) || { echo ${quoted(mark + what)} >&2; exit 1; }`);
  };
  const unpack = (name: string): void => {
    add(name, root, ['mkdir', '-p', name]);
    add(name, root, ['tar', '-xf', archiveOf(name), '-C', name, '--strip-components=1', '--no-same-owner']);
  };
  const source = `${root}/${ffmpegSource.name}`;
  unpack(ffmpegSource.name);
  for (const library of recipe.externals) {
    unpack(library);
    for (const { program, args, env } of libraryCommands(library, compiler, { prefix, jobs: 0 })) add(library, `${root}/${library}`, [program, ...args.map((word) => (word === '-j0' ? jobsWord : word))], env);
  }
  add('configure', source, ['./configure', ...configureArguments(request)]);
  const additions = additionsOf(recipe);
  for (const addition of additions) {
    add(addition.what, source, ['cp', `${root}/${addition.file}`, '.']);
    add(addition.what, source, [`${compiler.prefix}gcc`, ...additionArguments(addition)]);
  }
  add('make', source, ['make', jobsWord, ...recipe.programs, ...linkArguments(additions)]);
  lines.push(`mkdir -p /out/${ffmpegSource.name}`, `cd ${source} && cp config.h config_components.h ${recipe.programs.join(' ')} COPYING.* LICENSE.md /out/${ffmpegSource.name}/`);
  for (const name of recipe.externals) {
    const path = `${name}/${externalSources[name].licenceFile}`;
    lines.push(`cd ${root} && mkdir -p "$(dirname /out/${path})" && cp ${path} /out/${path}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Stands for make's flag with the number of the container's processors. */
const jobsWord = '-j$jobs';

function archiveOf(name: string): string {
  return `${name}.tar`;
}

function quoted(word: string): string {
  return /^[\w./=:,+-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function createProgress(host: Host): (text: string) => void {
  const started = host.now();
  let told = started;
  let files = 0;
  return (text) => {
    files += text.match(/^#\d+ [\d.]+ (?:CC|X86ASM|AS)\t/gmu)?.length ?? 0;
    if (host.now() - told < 10_000 || files === 0) return;
    told = host.now();
    host.emit({ kind: 'note', text: `compiling ffmpeg in BuildKit: ${files} files in ${Math.round((told - started) / 1000)} s` });
  };
}
