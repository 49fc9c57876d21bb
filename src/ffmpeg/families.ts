import type { FfmpegComponent, FfmpegComponentKind } from './profile.ts';

/**
 * Families of inputs. What users upload is not in anybody's tests, and a recording that a build cannot read fails as if it
 * were damaged; so inputs are never narrowed below these.
 */
export type InputFamily = 'sound' | 'video' | 'pictures' | 'covers' | 'captions';

const listed = (kind: FfmpegComponentKind, names: string): readonly FfmpegComponent[] => names.split(' ').map((name) => ({ kind, name }));

const pcm = 'pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_f32le pcm_u8 pcm_alaw pcm_mulaw';

/** Picture formats in files, and in the streams of others (covers, MJPEG). */
const pictures: readonly FfmpegComponent[] = [
  ...listed('demuxer', 'gif image2 image2pipe image_bmp_pipe image_gif_pipe image_jpeg_pipe image_png_pipe image_tiff_pipe image_webp_pipe'),
  ...listed('decoder', 'bmp gif mjpeg png tiff webp'),
  ...listed('parser', 'bmp gif mjpeg png webp'),
];

/** The parts of each family, named as configure names them. */
export const inputFamilies: Readonly<Record<InputFamily, readonly FfmpegComponent[]>> = {
  /** What people record and upload as sound, and the sound in what they upload as video. */
  sound: [
    ...listed('demuxer', 'aac ac3 aiff amr asf au avi caf flac flv matroska mov mp3 mpegps mpegts ogg w64 wav'),
    ...listed('decoder', `aac ac3 alac amrnb amrwb eac3 flac mp2 mp3 mp3float opus vorbis wmav1 wmav2 adpcm_ima_wav adpcm_ms ${pcm}`),
    ...listed('parser', 'aac aac_latm ac3 amr flac mpegaudio opus vorbis'),
  ],
  /** Video as phones, browsers and editors make it, as far as ffmpeg decodes it by itself (AV1 it does not). */
  video: [
    ...listed('demuxer', 'asf avi flv gif matroska mov mpegps mpegts ogg m4v mpegvideo h264 hevc'),
    ...listed('decoder', 'flv h263 h264 hevc mpeg1video mpeg2video mpeg4 msmpeg4v2 msmpeg4v3 prores theora vc1 vp6 vp6f vp8 vp9 wmv1 wmv2 wmv3'),
    ...listed('parser', 'h263 h264 hevc mpeg4video mpegvideo vc1 vp8 vp9'),
    ...pictures,
  ],
  pictures,
  /** The pictures that come with music. */
  covers: [...listed('decoder', 'bmp gif mjpeg png'), ...listed('parser', 'mjpeg png')],
  /** Text subtitles, which ffmpeg carries from one container to another unasked. */
  captions: [...listed('decoder', 'ass movtext srt ssa subrip text webvtt')],
};
