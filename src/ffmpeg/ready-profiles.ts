import { inputFamilies } from './families.ts';
import type { FfmpegComponent, FfmpegComponentKind, FfmpegProfile } from './profile.ts';

const { sound, video } = inputFamilies;

const parts = (kind: FfmpegComponentKind, names: string): readonly FfmpegComponent[] => names.split(/\s+/u).filter((name) => name !== '').map((name) => ({ kind, name }));

const files = parts('protocol', 'file pipe');

/** Speech recognition: any common recording to PCM. */
const speech: FfmpegProfile = {
  components: [...sound, ...parts('encoder', 'pcm_s16le'), ...parts('muxer', 'wav pcm_s16le null'), ...parts('filter', 'aresample aformat anull'), ...files],
  programs: ['ffmpeg'], externals: [], licence: 'LGPL', network: false,
};

/** Any common recording to the common formats of sound. */
const audio: FfmpegProfile = {
  components: [
    ...sound, ...parts('encoder', 'aac flac libmp3lame libopus pcm_s16le'), ...parts('muxer', 'adts flac ipod matroska mp3 mp4 null ogg opus pcm_s16le wav webm'),
    ...parts('filter', 'adelay aformat afade amix anull aresample asetpts atempo atrim concat loudnorm pan silenceremove volume'), ...parts('bsf', 'aac_adtstoasc'), ...files,
  ],
  programs: ['ffmpeg'], externals: ['lame', 'opus'], licence: 'LGPL', network: false,
};

/** One picture out of any common video or picture. */
const thumbnails: FfmpegProfile = {
  components: [
    ...video, ...parts('encoder', 'gif mjpeg png wrapped_avframe'), ...parts('muxer', 'gif image2 image2pipe mjpeg null'),
    ...parts('filter', 'crop format fps null palettegen paletteuse scale select setsar split thumbnail tile transpose'), ...parts('bsf', 'h264_mp4toannexb hevc_mp4toannexb vp9_superframe_split'), ...files,
  ],
  programs: ['ffmpeg'], externals: ['zlib'], licence: 'LGPL', network: false,
};

/** Any common video to H.264 and AAC in MP4. */
const transcode: FfmpegProfile = {
  components: [
    ...video, ...sound, ...parts('encoder', 'aac libopenh264 mjpeg'), ...parts('muxer', 'hls image2 mp4 mpegts null'),
    ...parts('filter', 'aformat anull aresample crop format fps null pad scale setsar transpose'), ...parts('bsf', 'aac_adtstoasc h264_mp4toannexb hevc_mp4toannexb vp9_superframe_split'), ...files,
  ],
  programs: ['ffmpeg'], externals: ['openh264', 'zlib'], licence: 'LGPL', network: false,
};

/** Profiles for the commonest needs. */
export const readyProfiles: Readonly<Record<'speech' | 'audio' | 'thumbnails' | 'transcode', FfmpegProfile>> = { speech, audio, thumbnails, transcode };
