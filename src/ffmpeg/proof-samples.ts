/** A small recording that a proof makes: what reads it, and the arguments that a full ffmpeg makes it with. */
export interface ProofSample {
  /** With its extension. */
  readonly name: string;
  /** `film`: sound and picture. */
  readonly media: 'audio' | 'video' | 'film';
  readonly demuxer: string;
  /** Any of these reads it; of a film, the first reads the picture and any other the sound. */
  readonly decoders: readonly string[];
  readonly make: readonly string[];
}

/** A file with subtitles, for samples that carry some: they are read where the others are written. */
export const captions: { readonly name: string; readonly text: string } = { name: 'captions.srt', text: '1\n00:00:00,000 --> 00:00:00,800\nHello\n\n2\n00:00:00,800 --> 00:00:01,000\nthere\n' };

const tones = '0.4*sin(2*PI*440*t)+0.2*sin(2*PI*1300*t*(1+t))';
const sound = ['-f', 'lavfi', '-i', `aevalsrc=${tones}|${tones}*0.5:s=44100:d=1.2`];
const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=176x144:rate=12:duration=1'];

function audio(name: string, demuxer: string, decoders: string, ...encode: readonly string[]): ProofSample {
  return { name, media: 'audio', demuxer, decoders: decoders.split(' '), make: [...sound, ...encode] };
}

function video(name: string, demuxer: string, decoders: string, ...encode: readonly string[]): ProofSample {
  return { name, media: 'video', demuxer, decoders: decoders.split(' '), make: [...picture, '-pix_fmt', 'yuv420p', ...encode] };
}

function film(name: string, demuxer: string, decoders: string, ...encode: readonly string[]): ProofSample {
  return { name, media: 'film', demuxer, decoders: decoders.split(' '), make: [...picture, ...sound, '-pix_fmt', 'yuv420p', ...encode, '-shortest'] };
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
  { name: 'cover.mp3', media: 'audio', demuxer: 'mp3', decoders: ['mp3float', 'mp3'], make: [...sound, ...picture, '-map', '0', '-map', '1', '-c:a', 'libmp3lame', '-c:v', 'mjpeg', '-pix_fmt:v', 'yuvj420p', '-frames:v', '1', '-disposition:v', 'attached_pic'] },
  { name: 'cover.m4a', media: 'audio', demuxer: 'mov', decoders: ['aac'], make: [...sound, ...picture, '-map', '0', '-map', '1', '-c:a', 'aac', '-c:v', 'png', '-pix_fmt:v', 'rgb24', '-frames:v', '1', '-disposition:v', 'attached_pic'] },
  film('phone.mp4', 'mov', 'h264 aac', '-c:v', 'libx264', '-c:a', 'aac'),
  film('browser.webm', 'matroska', 'vp8 opus', '-c:v', 'libvpx', '-b:v', '300k', '-c:a', 'libopus'),
  film('old.avi', 'avi', 'mpeg4 mp3float mp3', '-c:v', 'mpeg4', '-c:a', 'libmp3lame'),
  { name: 'captions.mkv', media: 'film', demuxer: 'matroska', decoders: ['h264', 'aac'], make: [...picture, ...sound, '-i', captions.name, '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-c:a', 'aac', '-c:s', 'srt', '-shortest'] },
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
  video('raw.h264', 'h264', 'h264', '-c:v', 'libx264', '-f', 'h264'),
  video('raw.hevc', 'hevc', 'hevc', '-c:v', 'libx265', '-x265-params', 'log-level=none', '-f', 'hevc'),
  video('raw.m4v', 'm4v', 'mpeg4', '-c:v', 'mpeg4', '-f', 'm4v'),
  video('raw.m1v', 'mpegvideo', 'mpeg1video', '-r', '25', '-c:v', 'mpeg1video', '-f', 'mpeg1video'),
  video('msmpeg4v2.avi', 'avi', 'msmpeg4v2', '-c:v', 'msmpeg4v2'),
  // By its name a picture is a file of pictures, by its bytes alone a stream of them.
  video('still.png', 'image2', 'png', '-pix_fmt', 'rgb24', '-frames:v', '1', '-c:v', 'png'),
  video('still.jpg', 'image2', 'mjpeg', '-pix_fmt', 'yuvj420p', '-frames:v', '1', '-c:v', 'mjpeg'),
  video('still.bmp', 'image2', 'bmp', '-pix_fmt', 'bgr24', '-frames:v', '1', '-c:v', 'bmp'),
  video('still.tiff', 'image2', 'tiff', '-pix_fmt', 'rgb24', '-frames:v', '1', '-c:v', 'tiff'),
  video('still.webp', 'image2', 'webp', '-frames:v', '1', '-c:v', 'libwebp'),
  video('png', 'image_png_pipe', 'png', '-pix_fmt', 'rgb24', '-frames:v', '1', '-c:v', 'png', '-f', 'image2pipe'),
  video('jpeg', 'image_jpeg_pipe', 'mjpeg', '-pix_fmt', 'yuvj420p', '-frames:v', '1', '-c:v', 'mjpeg', '-f', 'image2pipe'),
  video('bmp', 'image_bmp_pipe', 'bmp', '-pix_fmt', 'bgr24', '-frames:v', '1', '-c:v', 'bmp', '-f', 'image2pipe'),
  video('tiff', 'image_tiff_pipe', 'tiff', '-pix_fmt', 'rgb24', '-frames:v', '1', '-c:v', 'tiff', '-f', 'image2pipe'),
  video('webp', 'image_webp_pipe', 'webp', '-frames:v', '1', '-c:v', 'libwebp', '-f', 'image2pipe'),
];
