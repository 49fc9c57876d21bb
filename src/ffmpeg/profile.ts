/** A part of ffmpeg that its configure can leave out. */
export type FfmpegComponentKind = 'demuxer' | 'decoder' | 'parser' | 'filter' | 'encoder' | 'muxer' | 'protocol' | 'bsf';

/** One part, by the name that configure has for it (`mov`, where ffmpeg itself says `mov,mp4,m4a,3gp,3g2,mj2`). */
export interface FfmpegComponent {
  readonly kind: FfmpegComponentKind;
  readonly name: string;
}

/** Libraries that ffmpeg can be built with. */
export type FfmpegExternal = 'zlib' | 'lame' | 'opus' | 'x264' | 'openh264';

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
