/** A small recording that a proof makes: what reads it, and the arguments that a full ffmpeg makes it with. */
export interface ProofSample {
  /** With its extension. */
  readonly name: string;
  readonly media: 'audio' | 'video';
  readonly demuxer: string;
  /** Any of these reads it. */
  readonly decoders: readonly string[];
  readonly make: readonly string[];
}

const tones = '0.4*sin(2*PI*440*t)+0.2*sin(2*PI*1300*t*(1+t))';
const sound = ['-f', 'lavfi', '-i', `aevalsrc=${tones}|${tones}*0.5:s=44100:d=1.2`];
const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=176x144:rate=12:duration=1'];

function audio(name: string, demuxer: string, decoders: string, ...encode: readonly string[]): ProofSample {
  return { name, media: 'audio', demuxer, decoders: decoders.split(' '), make: [...sound, ...encode] };
}

function video(name: string, demuxer: string, decoders: string, ...encode: readonly string[]): ProofSample {
  return { name, media: 'video', demuxer, decoders: decoders.split(' '), make: [...picture, '-pix_fmt', 'yuv420p', ...encode] };
}

const pcm = ['pcm_s16le', 'pcm_s24le', 'pcm_s32le', 'pcm_f32le', 'pcm_u8', 'pcm_alaw', 'pcm_mulaw', 'adpcm_ima_wav', 'adpcm_ms'];

/** One for every common container and codec; a full build with the usual libraries can make them all. */
export const proofSamples: readonly ProofSample[] = [
  ...pcm.map((codec) => audio(`${codec}.wav`, 'wav', codec, '-c:a', codec)),
  audio('sound.w64', 'w64', 'pcm_s16le', '-c:a', 'pcm_s16le'),
  audio('sound.aiff', 'aiff', 'pcm_s16be', '-c:a', 'pcm_s16be'),
  audio('sound24.aiff', 'aiff', 'pcm_s24be', '-c:a', 'pcm_s24be'),
  audio('sound.au', 'au', 'pcm_s16be', '-c:a', 'pcm_s16be'),
  audio('sound.caf', 'caf', 'pcm_s16be', '-c:a', 'pcm_s16be'),
  audio('alac.caf', 'caf', 'alac', '-c:a', 'alac'),
  audio('sound.mp3', 'mp3', 'mp3float mp3', '-c:a', 'libmp3lame', '-b:a', '96k'),
  audio('variable.mp3', 'mp3', 'mp3float mp3', '-c:a', 'libmp3lame', '-q:a', '4'),
  audio('sound.mp2', 'mp3', 'mp2 mp2float', '-c:a', 'mp2', '-f', 'mp2'),
  audio('sound.aac', 'aac', 'aac', '-c:a', 'aac', '-f', 'adts'),
  audio('sound.m4a', 'mov', 'aac', '-c:a', 'aac'),
  audio('alac.m4a', 'mov', 'alac', '-c:a', 'alac'),
  audio('sound.3gp', 'mov', 'amrnb', '-ac', '1', '-ar', '8000', '-c:a', 'libopencore_amrnb', '-b:a', '12.2k'),
  audio('sound.amr', 'amr', 'amrnb', '-ac', '1', '-ar', '8000', '-c:a', 'libopencore_amrnb', '-b:a', '12.2k'),
  audio('wide.amr', 'amr', 'amrwb', '-ac', '1', '-ar', '16000', '-c:a', 'libvo_amrwbenc'),
  audio('sound.flac', 'flac', 'flac', '-c:a', 'flac'),
  audio('vorbis.ogg', 'ogg', 'vorbis', '-c:a', 'libvorbis'),
  audio('opus.ogg', 'ogg', 'opus', '-c:a', 'libopus'),
  audio('flac.ogg', 'ogg', 'flac', '-c:a', 'flac'),
  audio('opus.webm', 'matroska', 'opus', '-c:a', 'libopus'),
  audio('vorbis.webm', 'matroska', 'vorbis', '-c:a', 'libvorbis'),
  audio('aac.mka', 'matroska', 'aac', '-c:a', 'aac'),
  audio('mp3.mka', 'matroska', 'mp3float mp3', '-c:a', 'libmp3lame'),
  audio('flac.mka', 'matroska', 'flac', '-c:a', 'flac'),
  audio('sound.ac3', 'ac3', 'ac3', '-c:a', 'ac3'),
  audio('eac3.mka', 'matroska', 'eac3', '-c:a', 'eac3'),
  audio('wma1.wma', 'asf', 'wmav1', '-c:a', 'wmav1'),
  audio('wma2.wma', 'asf', 'wmav2', '-c:a', 'wmav2'),
  audio('mp3.flv', 'flv', 'mp3float mp3', '-c:a', 'libmp3lame'),
  audio('aac.flv', 'flv', 'aac', '-c:a', 'aac'),
  audio('pcm.avi', 'avi', 'pcm_s16le', '-c:a', 'pcm_s16le'),
  audio('mp3.avi', 'avi', 'mp3float mp3', '-c:a', 'libmp3lame'),
  audio('aac.ts', 'mpegts', 'aac', '-c:a', 'aac', '-f', 'mpegts'),
  audio('mp2.ts', 'mpegts', 'mp2 mp2float', '-c:a', 'mp2', '-f', 'mpegts'),
  audio('ac3.ts', 'mpegts', 'ac3', '-c:a', 'ac3', '-f', 'mpegts'),
  audio('mp2.mpg', 'mpegps', 'mp2 mp2float', '-c:a', 'mp2', '-f', 'mpeg'),
  video('h264.mp4', 'mov', 'h264', '-c:v', 'libx264', '-preset', 'fast', '-g', '6'),
  video('hevc.mp4', 'mov', 'hevc', '-c:v', 'libx265', '-x265-params', 'log-level=none', '-tag:v', 'hvc1'),
  video('mpeg4.mp4', 'mov', 'mpeg4', '-c:v', 'mpeg4'),
  video('prores.mov', 'mov', 'prores', '-pix_fmt', 'yuv422p10le', '-c:v', 'prores_ks'),
  video('mjpeg.mov', 'mov', 'mjpeg', '-pix_fmt', 'yuvj420p', '-c:v', 'mjpeg'),
  video('h263.3gp', 'mov', 'h263', '-c:v', 'h263'),
  video('vp8.webm', 'matroska', 'vp8', '-c:v', 'libvpx', '-b:v', '300k'),
  video('vp9.webm', 'matroska', 'vp9', '-c:v', 'libvpx-vp9', '-b:v', '300k', '-cpu-used', '5'),
  video('h264.mkv', 'matroska', 'h264', '-c:v', 'libx264'),
  video('hevc.mkv', 'matroska', 'hevc', '-c:v', 'libx265', '-x265-params', 'log-level=none'),
  video('mpeg4.avi', 'avi', 'mpeg4', '-c:v', 'mpeg4'),
  video('mjpeg.avi', 'avi', 'mjpeg', '-pix_fmt', 'yuvj420p', '-c:v', 'mjpeg'),
  video('msmpeg4.avi', 'avi', 'msmpeg4v3', '-c:v', 'msmpeg4'),
  video('h264.flv', 'flv', 'h264', '-c:v', 'libx264'),
  video('flv1.flv', 'flv', 'flv', '-c:v', 'flv'),
  video('wmv1.wmv', 'asf', 'wmv1', '-c:v', 'wmv1'),
  video('wmv2.wmv', 'asf', 'wmv2', '-c:v', 'wmv2'),
  video('h264.ts', 'mpegts', 'h264', '-c:v', 'libx264', '-f', 'mpegts'),
  video('hevc.ts', 'mpegts', 'hevc', '-c:v', 'libx265', '-x265-params', 'log-level=none', '-f', 'mpegts'),
  video('mpeg2.ts', 'mpegts', 'mpeg2video', '-r', '25', '-c:v', 'mpeg2video', '-f', 'mpegts'),
  video('mpeg1.mpg', 'mpegps', 'mpeg1video', '-r', '25', '-c:v', 'mpeg1video', '-f', 'mpeg'),
  video('theora.ogv', 'ogg', 'theora', '-c:v', 'libtheora'),
  video('moving.gif', 'gif', 'gif', '-pix_fmt', 'rgb8', '-c:v', 'gif'),
  video('still.png', 'image_png_pipe', 'png', '-pix_fmt', 'rgb24', '-frames:v', '1', '-c:v', 'png'),
  video('still.jpg', 'image_jpeg_pipe', 'mjpeg', '-pix_fmt', 'yuvj420p', '-frames:v', '1', '-c:v', 'mjpeg'),
  video('still.bmp', 'image_bmp_pipe', 'bmp', '-pix_fmt', 'bgr24', '-frames:v', '1', '-c:v', 'bmp'),
  video('still.webp', 'image_webp_pipe', 'webp', '-frames:v', '1', '-c:v', 'libwebp'),
];
