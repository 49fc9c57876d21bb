import type { Place } from '../base/source.ts';

/** A part of ffmpeg that its configure can leave out. */
export type FfmpegComponentKind = 'demuxer' | 'decoder' | 'parser' | 'filter' | 'encoder' | 'muxer' | 'protocol' | 'bsf';

/** Why a part is in a profile. */
export type FfmpegEvidence =
  /** The text of the code asks for it. */
  | { readonly kind: 'code'; readonly place: Place }
  /** ffmpeg named it while the function handled an event. */
  | { readonly kind: 'event'; readonly event: string }
  /** Belongs to a documented family of inputs. */
  | { readonly kind: 'family'; readonly family: string }
  /** ffmpeg puts it in by itself. */
  | { readonly kind: 'implied'; readonly by: string };

/** One part, by the name that configure has for it (`mov`, where ffmpeg itself says `mov,mp4,m4a,3gp,3g2,mj2`). */
export interface FfmpegComponent {
  readonly kind: FfmpegComponentKind;
  readonly name: string;
  /** Absent in ready profiles and where only a configure line is known; no part of the profile's key. */
  readonly evidence?: readonly FfmpegEvidence[];
}

/** Libraries that ffmpeg can be built with. */
export type FfmpegExternal = 'zlib' | 'lame' | 'opus' | 'x264' | 'openh264' | 'ogg' | 'theora' | 'vorbis' | 'vpx' | 'webp' | 'mbedtls';

export type FfmpegProgram = 'ffmpeg' | 'ffprobe';

/** What of ffmpeg a project needs. */
export interface FfmpegProfile {
  readonly components: readonly FfmpegComponent[];
  readonly programs: readonly FfmpegProgram[];
  readonly externals: readonly FfmpegExternal[];
  readonly licence: 'LGPL' | 'GPL' | 'nonfree';
  /** True when a protocol over the network is needed. */
  readonly network: boolean;
}

/** Something that keeps the need from being told. */
export interface FfmpegDoubt {
  /** A sentence without full stop. */
  readonly why: string;
  readonly place: Place | undefined;
}

/** What code needs of ffmpeg. */
export type FfmpegNeed =
  /** Nothing is seen to call it. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'profile';
      readonly profile: FfmpegProfile;
      readonly commands: readonly FfmpegCommandSeen[];
      /** False where an input may be an address for all that the code tells. */
      readonly isLocal: boolean;
    }
  /** Any part may be asked for; what was seen all the same is in `profile`. */
  | { readonly kind: 'unbounded'; readonly doubts: readonly FfmpegDoubt[]; readonly profile: FfmpegProfile; readonly commands: readonly FfmpegCommandSeen[] };

/** A command of the code, for people: what cannot be told stands as `…`. */
export interface FfmpegCommandSeen {
  readonly text: string;
  readonly place: Place;
}

/** A profile as sorted JSON without evidence: equal for equal builds. */
export function canonicalProfile({ components, programs, externals, licence, network }: FfmpegProfile): string {
  const names = [...new Set(components.map(({ kind, name }) => `${kind}:${name}`))].toSorted();
  return JSON.stringify({ components: names, programs: [...new Set(programs)].toSorted(), externals: [...new Set(externals)].toSorted(), licence, network });
}
