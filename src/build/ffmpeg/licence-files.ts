import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configureLine, type FfmpegRecipe } from '../../ffmpeg/configure-line.ts';
import { externalSources, ffmpegSource } from '../../ffmpeg/sources.ts';
import type { Compiler } from '../../tools/find-compiler.ts';
import type { BuiltFile } from './compile.ts';

/** The licences that a build is under, and from what and how it was made, as files beside the programs. */
export async function licenceFiles(recipe: FfmpegRecipe, compiler: Compiler, scratch: string): Promise<readonly BuiltFile[]> {
  const own = recipe.licence === 'LGPL' ? ['COPYING.LGPLv2.1'] : ['COPYING.LGPLv2.1', 'COPYING.GPLv2'];
  const about = join(scratch, 'BUILD.txt');
  await writeFile(about, aboutText(recipe, compiler));
  return [
    { path: 'share/ffmpeg/BUILD.txt', absolute: about },
    ...[...own, 'LICENSE.md'].map((name) => ({ path: `share/ffmpeg/${name}`, absolute: join(scratch, 'ffmpeg', name) })),
    ...recipe.externals.map((name) => ({ path: `share/ffmpeg/COPYING.${name}`, absolute: join(scratch, name, externalSources[name].licenceFile) })),
  ];
}

function aboutText(recipe: FfmpegRecipe, compiler: Compiler): string {
  const sources = [ffmpegSource, ...recipe.externals.map((name) => externalSources[name])];
  const quoted = configureLine(recipe).map((argument) => (argument.includes(' ') ? `'${argument}'` : argument));
  return [
    `ffmpeg ${ffmpegSource.version}, under the ${recipe.licence === 'nonfree' ? 'GPL, with parts that may not be passed on' : recipe.licence}; unchanged source but for a note that is linked in and names parts that are missing.`,
    '', 'Sources:', ...sources.map(({ name, version, fileName, sha256 }) => `  ${name} ${version}  ${fileName}  sha256:${sha256}`),
    '', 'Configured with:', ...quoted.map((argument) => `  ${argument}`), '', `Compiled by: ${compiler.id}`, '',
  ].join('\n');
}
