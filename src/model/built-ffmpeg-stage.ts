import { hostNamesFile, hostNamesLinkFlags, hostNamesObject, hostNamesSource } from '../ffmpeg/host-names.ts';
import { configureLine, recipeOfConfigureLine, type FfmpegRecipe } from '../ffmpeg/configure-line.ts';
import type { FfmpegExternal } from '../ffmpeg/profile.ts';
import { licenceName, licenceTexts } from '../ffmpeg/licence.ts';
import { ffmpegSource } from '../ffmpeg/sources.ts';
import type { DockerfileStage } from '../syntax/dockerfile.ts';

/** Where the stage leaves `bin/` with the programs, mode 0755, and `share/ffmpeg/` with the licences. */
export const builtFfmpegRoot = '/usr/local';

/** Debian's packages with the static libraries, for builds by Docker; shear's own builds take them from source. */
const libraryPackages: Readonly<Record<FfmpegExternal, string>> = {
  zlib: 'zlib1g-dev', lame: 'libmp3lame-dev', opus: 'libopus-dev', x264: 'libx264-dev', openh264: 'libopenh264-dev', ogg: 'libogg-dev', theora: 'libtheora-dev', vorbis: 'libvorbis-dev', vpx: 'libvpx-dev', webp: 'libwebp-dev', mbedtls: 'libmbedtls-dev',
};

/** The image that the stage starts from: the release of Debian whose source package has that version. */
export const stageBase: string = `public.ecr.aws/docker/library/debian:${ffmpegSource.debian.suite}-slim`;

/**
 * The lines of a stage that compiles ffmpeg with the parts of a recipe: ordinary instructions, so that the Dockerfile builds with
 * any Docker. shear recognises the stage and takes the outcome from its store.
 * @param flags of FROM, such as `--platform=linux/arm64`.
 */
export function builtFfmpegStage(recipe: FfmpegRecipe, name: string, flags: string = ''): readonly string[] {
  const run = commands(recipe).map((line, index, all) => `${index === 0 ? 'RUN ' : '    '}${line}${index === all.length - 1 ? '' : ' \\'}`);
  const size = recipe.components === 'all' ? 'with all that it has of its own' : 'with the parts that the code needs';
  const back = recipe.components === 'all' ? [] : ['# Without the line --disable-everything it has every part of its own: 11 MB compressed.'];
  const names = recipe.network ? [`# ${hostNamesFile} looks host names up: static programs die of the C library's own way, which loads parts of another one.`] : [];
  return [`FROM ${flags === '' ? '' : `${flags} `}${stageBase} AS ${name}`, `# ffmpeg ${ffmpegSource.version} ${size}, under the ${licenceName(recipe)}`, ...back, ...names, ...run];
}

/** The recipe of a stage that `builtFfmpegStage` made, whatever its base, name and line breaks; undefined for any other. */
export function recipeOfBuiltStage(stage: DockerfileStage): FfmpegRecipe | undefined {
  const [run, ...others] = stage.instructions;
  if (!run || others.length > 0 || run.keyword !== 'RUN' || run.form !== 'shell' || run.flags.length > 0 || run.heredocs.length > 0) return undefined;
  const text = words(run.argument);
  const line = configured.exec(text)?.[1];
  if (line === undefined) return undefined;
  const recipe = recipeOfConfigureLine((line.match(/(?:[^\s']|'[^']*')+/gu) ?? []).map((word) => word.replaceAll("'", '')));
  if (!recipe) return undefined;
  const own = words(commands(recipe).join(' '));
  return own.replace(configured, '') === text.replace(configured, '') ? recipe : undefined;
}

/** The arguments of configure. */
const configured = /(?<=&& )\.\/configure ((?:[^&'"\\]|'[^']*')+)(?= && (?:make|printf) )/u;

function commands(recipe: FfmpegRecipe): readonly string[] {
  const { address, sha256 } = ffmpegSource;
  const packages = ['ca-certificates', 'curl', 'gcc', 'g++', 'libc6-dev', 'make', 'nasm', 'pkg-config', 'xz-utils', ...recipe.externals.map((name) => libraryPackages[name])];
  const licences = licenceTexts(recipe).join(' ');
  return [
    'apt-get update',
    `&& apt-get install -y --no-install-recommends ${packages.toSorted().join(' ')}`,
    `&& cd /tmp && curl -fsSL ${address ?? ''} -o ffmpeg.tar.xz`,
    `&& echo '${sha256}  ffmpeg.tar.xz' | sha256sum -c -`,
    '&& mkdir ffmpeg && tar -xf ffmpeg.tar.xz -C ffmpeg --strip-components=1 && cd ffmpeg',
    `&& ./configure ${quoted(configureLine(recipe)[0] ?? '')}`,
    ...configureLine(recipe).slice(1).map((argument) => `  ${quoted(argument)}`),
    ...(recipe.network ? hostNamesCommands : []),
    `&& make -j"$(nproc)"${recipe.network ? ` LDEXEFLAGS='${hostNamesLink}'` : ''} && make install-progs`,
    `&& mkdir -p ${builtFfmpegRoot}/share/ffmpeg && cp ${licences} ${builtFfmpegRoot}/share/ffmpeg/`,
  ];
}

/** A static program looks host names up in a way of its own. */
const hostNamesCommands: readonly string[] = [
  `&& printf '%s\\n' > ${hostNamesFile}`,
  ...hostNamesSource.trimEnd().split('\n').map((line) => `  '${line}'`),
  `&& gcc -O2 -ffunction-sections -c ${hostNamesFile} -o ${hostNamesObject}`,
];
const hostNamesLink = hostNamesLinkFlags.join(' ');

function quoted(argument: string): string {
  return argument.includes(' ') ? argument.replace('=', "='") + "'" : argument;
}

function words(text: string): string {
  return text.trim().replace(/[ \t]+/gu, ' ');
}
