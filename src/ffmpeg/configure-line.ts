import { isVersion3 } from './licence.ts';
import type { FfmpegComponent, FfmpegComponentKind, FfmpegExternal, FfmpegProfile } from './profile.ts';

/** A profile, or everything that ffmpeg has of its own. */
export type FfmpegRecipe = Omit<FfmpegProfile, 'components'> & { readonly components: readonly FfmpegComponent[] | 'all' };

const kinds: readonly FfmpegComponentKind[] = ['protocol', 'demuxer', 'muxer', 'parser', 'decoder', 'encoder', 'bsf', 'filter'];

/** In the order that they are built in. ffmpeg itself knows nothing of ogg, which Theora and Vorbis need. */
const externalFlags: Readonly<Record<Exclude<FfmpegExternal, 'ogg'>, string>> = {
  zlib: '--enable-zlib', lame: '--enable-libmp3lame', opus: '--enable-libopus', x264: '--enable-libx264', openh264: '--enable-libopenh264',
  theora: '--enable-libtheora', vorbis: '--enable-libvorbis', vpx: '--enable-libvpx', webp: '--enable-libwebp', mbedtls: '--enable-mbedtls',
};
const externalNames = Object.keys(externalFlags) as readonly (keyof typeof externalFlags)[];

/** ffmpeg's virtual input device; a demuxer to whoever writes `-f lavfi`. */
const virtualInput = 'lavfi';

/**
 * The arguments for ffmpeg's configure that build a recipe as static programs: the same for equal recipes, whatever their
 * order. They name neither machine nor compiler. Sections are dropped where nothing refers to them; assembler is kept,
 * since leaving it out takes 1.5 times as long and gives other PCM.
 */
export function configureLine(recipe: FfmpegRecipe): readonly string[] {
  const { components, programs, externals, licence, network } = recipe;
  const hasVirtualInput = components !== 'all' && components.some(({ kind, name }) => kind === 'demuxer' && name === virtualInput);
  return [
    '--prefix=/usr/local',
    ...(components === 'all' ? [] : ['--disable-everything']),
    '--disable-autodetect',
    ...(network ? [] : ['--disable-network']),
    '--disable-doc', '--disable-debug', '--disable-ffplay',
    ...(['ffmpeg', 'ffprobe'] as const).flatMap((program) => (programs.includes(program) ? [] : [`--disable-${program}`])),
    ...(components === 'all' || hasVirtualInput ? [] : ['--disable-avdevice']),
    '--disable-shared', '--enable-static',
    ...(licence === 'LGPL' ? [] : ['--enable-gpl']),
    ...(licence === 'nonfree' ? ['--enable-nonfree'] : []),
    ...(isVersion3(externals) ? ['--enable-version3'] : []),
    ...externalNames.filter((name) => externals.includes(name)).map((name) => externalFlags[name]),
    ...(components === 'all' ? [] : componentFlags(components)),
    ...(externals.length === 0 ? [] : ['--pkg-config-flags=--static']),
    '--extra-cflags=-ffunction-sections -fdata-sections',
    '--extra-ldflags=-static -Wl,--gc-sections -Wl,--build-id=none',
  ];
}

function componentFlags(components: readonly FfmpegComponent[]): readonly string[] {
  const flags = kinds.flatMap((kind) => {
    const names = [...new Set(components.filter((one) => one.kind === kind && one.name !== virtualInput).map(({ name }) => name))];
    return names.length === 0 ? [] : [`--enable-${kind}=${names.toSorted().join(',')}`];
  });
  return components.some(({ kind, name }) => kind === 'demuxer' && name === virtualInput) ? [...flags, `--enable-indev=${virtualInput}`] : flags;
}

/** The recipe that a configure line of `configureLine` came from, parts added by hand or not; undefined for any other. */
export function recipeOfConfigureLine(line: readonly string[]): FfmpegRecipe | undefined {
  const components: FfmpegComponent[] = line.flatMap((argument) => {
    const [, kind, names = ''] = /^--enable-([a-z]+)=(.+)$/u.exec(argument) ?? [];
    if (kind === 'indev') return [{ kind: 'demuxer' as const, name: virtualInput }];
    const known = kinds.find((one) => one === kind);
    return known === undefined ? [] : names.split(',').map((name) => ({ kind: known, name }));
  });
  const recipe: FfmpegRecipe = {
    components: line.includes('--disable-everything') ? components : 'all',
    programs: (['ffmpeg', 'ffprobe'] as const).filter((program) => !line.includes(`--disable-${program}`)),
    externals: externalsOf(externalNames.filter((name) => line.includes(externalFlags[name]))),
    licence: line.includes('--enable-nonfree') ? 'nonfree' : line.includes('--enable-gpl') ? 'GPL' : 'LGPL',
    network: !line.includes('--disable-network'),
  };
  const again = configureLine(recipe);
  // Whoever takes out --disable-everything alone has every part; what is listed besides then means nothing.
  const isRest = (argument: string): boolean => (recipe.components === 'all' ? !isListed(argument) : !isPart(argument));
  const [own, given] = [again.filter(isRest), line.filter(isRest)];
  return own.length === given.length && own.every((argument, at) => argument === given[at]) ? recipe : undefined;
}

/** Parts may be added anywhere, in arguments of their own. */
function isPart(argument: string): boolean {
  const kind = /^--enable-([a-z]+)=/u.exec(argument)?.[1];
  return kind === 'indev' || kinds.some((one) => one === kind);
}

function externalsOf(names: readonly FfmpegExternal[]): readonly FfmpegExternal[] {
  return names.includes('theora') || names.includes('vorbis') ? ['ogg', ...names] : names;
}

function isListed(argument: string): boolean {
  return argument === '--disable-avdevice' || isPart(argument);
}
