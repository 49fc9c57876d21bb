import type { FfmpegRecipe } from './configure-line.ts';
import type { FfmpegDoubt, FfmpegExternal, FfmpegNeed, FfmpegProfile } from './profile.ts';

/** Doubts that a library would settle which shear does not build; prebuilt programs have many. */
const library = /which shear does not build$|^subtitles are made$/u;

/** Doubts that no static program would settle: a protocol, a device, a part that there is not. */
const outside = /\b(?:reads|read) from the network|^it writes to the network|may be (?:an address|a stream) to read from$|asks for hardware$|^ffmpeg (?:has|reads|writes) no |went with ffmpeg 7$/u;

/** Small libraries for formats that options name often and ffmpeg has no encoder of its own for. */
const always: readonly FfmpegExternal[] = ['zlib', 'lame', 'opus'];

/** A build with every part that ffmpeg has of its own, and the libraries that a profile asks for. */
export function everyPartOf(profile: FfmpegProfile): FfmpegRecipe {
  return { ...profile, components: 'all', programs: [...new Set(['ffmpeg' as const, ...profile.programs])].toSorted(), externals: [...new Set([...always, ...profile.externals])].toSorted() };
}

/** Why not even every part of ffmpeg's own surely serves a need that cannot be told; undefined when it does. */
export function beyondEveryPart({ doubts }: Extract<FfmpegNeed, { kind: 'unbounded' }>): FfmpegDoubt | undefined {
  return doubts.find(({ why }) => library.test(why) || outside.test(why));
}

/** Why not even the pinned prebuilt program surely serves it: it crashes on host names, and has no more protocols and devices. */
export function beyondPrebuilt({ doubts }: Extract<FfmpegNeed, { kind: 'unbounded' }>): FfmpegDoubt | undefined {
  return doubts.find(({ why }) => outside.test(why));
}
