import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configureLine, type FfmpegRecipe } from '../../ffmpeg/configure-line.ts';
import { licenceTexts, isVersion3 } from '../../ffmpeg/licence.ts';
import { externalSources, ffmpegSource } from '../../ffmpeg/sources.ts';
import type { Compiler } from '../../tools/find-compiler.ts';
import type { BuiltFile } from './compile.ts';

/** The licences that a build is under, and from what and how it was made, as files beside the programs. */
export async function licenceFiles(recipe: FfmpegRecipe, compiler: Compiler, scratch: string): Promise<readonly BuiltFile[]> {
  const about = join(scratch, 'BUILD.txt');
  await writeFile(about, aboutText(recipe, compiler));
  return [
    { path: 'share/ffmpeg/BUILD.txt', absolute: about },
    ...licenceTexts(recipe).map((name) => ({ path: `share/ffmpeg/${name}`, absolute: join(scratch, 'ffmpeg', name) })),
    ...recipe.externals.map((name) => ({ path: `share/ffmpeg/COPYING.${name}`, absolute: join(scratch, name, externalSources[name].licenceFile) })),
  ];
}

function aboutText(recipe: FfmpegRecipe, compiler: Compiler): string {
  const sources = [ffmpegSource, ...recipe.externals.map((name) => externalSources[name])];
  const quoted = configureLine(recipe).map((argument) => (argument.includes(' ') ? `'${argument}'` : argument));
  return [
    `ffmpeg ${ffmpegSource.version}, under the ${recipe.licence === 'nonfree' ? 'GPL, with parts that may not be passed on' : recipe.licence}${isVersion3(recipe.externals) ? ', version 3' : ''}; unchanged source but for ${linkedIn(recipe)}.`,
    '', 'Sources:', ...sources.map(({ name, version, fileName, sha256 }) => `  ${name} ${version}  ${fileName}  sha256:${sha256}`),
    '', 'Configured with:', ...quoted.map((argument) => `  ${argument}`), '', `Compiled by: ${compiler.id}`, '',
  ].join('\n');
}

function linkedIn({ components, network }: FfmpegRecipe): string {
  const note = 'a note that is linked in and names parts that are missing';
  if (!network) return note;
  const names = 'a look-up of host names that is linked in, and a line of mbedTLS that lets servers sign by RSA-PSS under TLS 1.2';
  return components === 'all' ? names : `${note}, and ${names}`;
}
