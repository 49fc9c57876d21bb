import type { FfmpegComponent, FfmpegComponentKind, FfmpegProfile } from './profile.ts';

const parts = (kind: FfmpegComponentKind, names: string): readonly FfmpegComponent[] => names.split(/\s+/u).filter((name) => name !== '').map((name) => ({ kind, name }));

const pcm = 'pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_f32le pcm_u8 pcm_alaw pcm_mulaw';

/** What people upload as sound, and the sound of what they upload as video; named as configure names them. */
const soundInputs: readonly FfmpegComponent[] = [
  ...parts('demuxer', 'aac ac3 aiff amr asf au avi caf flac flv matroska mov mp3 mpegps mpegts ogg w64 wav'),
  ...parts('decoder', `aac ac3 alac amrnb amrwb eac3 flac mp2 mp3 mp3float opus vorbis wmav1 wmav2 adpcm_ima_wav adpcm_ms ${pcm}`),
  ...parts('parser', 'aac aac_latm ac3 amr flac mpegaudio opus vorbis'),
];

/** The video codecs that are common, and that ffmpeg decodes by itself. */
const videoInputs: readonly FfmpegComponent[] = [
  ...parts('demuxer', 'asf avi flv gif image2 image2pipe matroska mov mpegps mpegts ogg png_pipe jpeg_pipe webp_pipe bmp_pipe'),
  ...parts('decoder', 'bmp flv gif h263 h264 hevc mjpeg mpeg1video mpeg2video mpeg4 msmpeg4v2 msmpeg4v3 png prores theora vc1 vp6 vp6f vp8 vp9 webp wmv1 wmv2 wmv3'),
  ...parts('parser', 'bmp gif h263 h264 hevc mjpeg mpeg4video mpegvideo png vc1 vp8 vp9 webp'),
];

const files = parts('protocol', 'file pipe');

/** Speech recognition: any common recording to PCM. */
const speech: FfmpegProfile = {
  components: [...soundInputs, ...parts('encoder', 'pcm_s16le'), ...parts('muxer', 'wav pcm_s16le null'), ...parts('filter', 'aresample aformat anull'), ...files],
  programs: ['ffmpeg'], externals: [], licence: 'LGPL', network: false,
};

/** Any common recording to the common formats of sound. */
const audio: FfmpegProfile = {
  components: [
    ...soundInputs, ...parts('encoder', 'aac flac libmp3lame libopus pcm_s16le'), ...parts('muxer', 'adts flac ipod matroska mp3 mp4 null ogg opus pcm_s16le wav webm'),
    ...parts('filter', 'adelay aformat afade amix anull aresample asetpts atempo atrim concat loudnorm pan silenceremove volume'), ...parts('bsf', 'aac_adtstoasc'), ...files,
  ],
  programs: ['ffmpeg'], externals: ['lame', 'opus'], licence: 'LGPL', network: false,
};

/** One picture out of any common video or picture. */
const thumbnails: FfmpegProfile = {
  components: [
    ...videoInputs, ...parts('encoder', 'gif mjpeg png wrapped_avframe'), ...parts('muxer', 'gif image2 image2pipe mjpeg null'),
    ...parts('filter', 'crop format fps null palettegen paletteuse scale select setsar split thumbnail tile transpose'), ...parts('bsf', 'h264_mp4toannexb hevc_mp4toannexb vp9_superframe_split'), ...files,
  ],
  programs: ['ffmpeg'], externals: ['zlib'], licence: 'LGPL', network: false,
};

/** Any common video to H.264 and AAC in MP4. */
const transcode: FfmpegProfile = {
  components: [
    ...videoInputs, ...soundInputs, ...parts('encoder', 'aac libopenh264 mjpeg'), ...parts('muxer', 'hls image2 mp4 mpegts null'),
    ...parts('filter', 'aformat anull aresample crop format fps null pad scale setsar transpose'), ...parts('bsf', 'aac_adtstoasc h264_mp4toannexb hevc_mp4toannexb vp9_superframe_split'), ...files,
  ],
  programs: ['ffmpeg'], externals: ['openh264', 'zlib'], licence: 'LGPL', network: false,
};

/** Profiles for the commonest needs. */
export const readyProfiles: Readonly<Record<'speech' | 'audio' | 'thumbnails' | 'transcode', FfmpegProfile>> = { speech, audio, thumbnails, transcode };
