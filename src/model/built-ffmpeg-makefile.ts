import type { Architecture } from '../base/host.ts';
import { hostNamesFile, hostNamesLinkFlags, hostNamesObject, hostNamesSource } from '../ffmpeg/host-names.ts';
import { configureLine, recipeOfConfigureLine, type FfmpegRecipe } from '../ffmpeg/configure-line.ts';
import { isVersion3, licenceTexts } from '../ffmpeg/licence.ts';
import { ffmpegSource } from '../ffmpeg/sources.ts';

/**
 * A Makefile for an `AWS::Serverless::LayerVersion` with `BuildMethod: makefile` that compiles ffmpeg with the parts of a recipe into
 * bin/ (/opt/bin in Lambda, which is on the PATH). sam runs it as it is, on a machine with gcc, make, nasm and the libraries that the
 * recipe names; shear recognises it and takes the outcome from its store. On another kind of machine it stops: what that compiles would
 * not start in Lambda.
 */
export function builtFfmpegMakefile(recipe: FfmpegRecipe, logicalId: string, architecture: Architecture = 'x86_64'): string {
  const { version, sha256, address } = ffmpegSource;
  const archive = `ffmpeg-${version}.tar.xz`;
  const licences = licenceTexts(recipe).join(' ');
  const machine = `Linux ${architecture === 'arm64' ? 'aarch64' : 'x86_64'}`;
  const commands = [
    `@test "$$(uname -sm)" = '${machine}' || { echo 'ffmpeg for this layer is compiled on ${machine}, or by shear build' >&2; exit 1; }`,
    `curl -fsSL -o ${archive} ${address ?? ''}`,
    `echo '${sha256}  ${archive}' | sha256sum -c -`,
    `mkdir -p source && tar -xf ${archive} -C source --strip-components=1`,
    `cd source && ./configure ${configureLine(recipe).map(quoted).join(' \\\n\t  ')}`,
    ...(recipe.network ? [
      `cd source && printf '%s\\n' > ${hostNamesFile} ${hostNamesSource.trimEnd().split('\n').map((line) => `'${line}'`).join(' \\\n\t  ')}`,
      `cd source && gcc -O2 -ffunction-sections -c ${hostNamesFile} -o ${hostNamesObject}`,
    ] : []),
    `$(MAKE) -C source ${recipe.programs.join(' ')}${recipe.network ? ` LDEXEFLAGS='${hostNamesLinkFlags.join(' ')}'` : ''}`,
    'mkdir -p "$(ARTIFACTS_DIR)/bin" "$(ARTIFACTS_DIR)/share/ffmpeg"',
    `cd source && cp ${recipe.programs.join(' ')} "$(ARTIFACTS_DIR)/bin/" && cp ${licences} "$(ARTIFACTS_DIR)/share/ffmpeg/"`,
  ];
  const parts = recipe.components === 'all' ? 'all that it has of its own' : 'the parts that the code needs';
  return [`# ffmpeg ${version} with ${parts}, under the ${recipe.licence}${isVersion3(recipe.externals) ? ', version 3' : ''}.`, `build-${logicalId}:`, ...commands.map((command) => `\t${command}`), ''].join('\n');
}

/** The recipe of a Makefile that `builtFfmpegMakefile` made for a layer, whatever its line breaks; undefined for any other. */
export function recipeOfBuiltMakefile(text: string, logicalId: string): FfmpegRecipe | undefined {
  const plain = text.replaceAll('\r\n', '\n');
  const line = configured.exec(plain)?.[1]?.replaceAll('\\\n', ' ');
  if (line === undefined) return undefined;
  const recipe = recipeOfConfigureLine((line.match(/(?:[^\s']|'[^']*')+/gu) ?? []).map((word) => word.replaceAll("'", '')));
  const rest = (makefile: string): string => makefile.trimEnd().replace(configured, '');
  const isOurs = recipe && (['x86_64', 'arm64'] as const).some((architecture) => rest(builtFfmpegMakefile(recipe, logicalId, architecture)) === rest(plain));
  return isOurs === true ? recipe : undefined;
}

/** The arguments of configure. */
const configured = /^\tcd source && \.\/configure ((?:[^&'"\\\n]|'[^'\n]*'|\\\n)+)$/mu;

function quoted(argument: string): string {
  return argument.includes(' ') ? argument.replace('=', "='") + "'" : argument;
}
