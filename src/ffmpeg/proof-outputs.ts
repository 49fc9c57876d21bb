import { commandName, encoderNamed, mediaOfCodec, muxerNamed } from './components.ts';
import type { FfmpegProfile } from './profile.ts';

/** A way to write a sample, by the parts that it is to reach. */
export interface OutputWay {
  readonly media: 'audio' | 'video';
  /** configure's names. */
  readonly encoder: string;
  readonly muxer: string;
  /** Between the input and the output. */
  readonly args: readonly string[];
  /** File name of the output. */
  readonly output: string;
}

const way = (media: OutputWay['media'], encoder: string, muxer: string, output: string, ...args: readonly string[]): OutputWay => ({ media, encoder, muxer, output, args: [media === 'audio' ? '-vn' : '-an', ...args] });

/** The commonest ways to write, the first of each kind for every input. */
export const commonOutputs: readonly OutputWay[] = [
  way('audio', 'pcm_s16le', 'wav', 'out.wav', '-ac', '1', '-ar', '16000', '-c:a', 'pcm_s16le', '-f', 'wav'),
  way('audio', 'pcm_s16le', 'pcm_s16le', 'out.raw', '-c:a', 'pcm_s16le', '-f', 's16le'),
  way('audio', 'pcm_f32le', 'pcm_f32le', 'out.raw', '-c:a', 'pcm_f32le', '-f', 'f32le'),
  way('audio', 'libmp3lame', 'mp3', 'out.mp3', '-c:a', 'libmp3lame', '-f', 'mp3'),
  way('audio', 'aac', 'ipod', 'out.m4a', '-c:a', 'aac', '-f', 'ipod'),
  way('audio', 'aac', 'mp4', 'out.mp4', '-c:a', 'aac', '-f', 'mp4'),
  way('audio', 'aac', 'adts', 'out.aac', '-c:a', 'aac', '-f', 'adts'),
  way('audio', 'flac', 'flac', 'out.flac', '-c:a', 'flac', '-f', 'flac'),
  way('audio', 'libopus', 'ogg', 'out.ogg', '-c:a', 'libopus', '-f', 'ogg'),
  way('audio', 'libopus', 'webm', 'out.webm', '-c:a', 'libopus', '-f', 'webm'),
  way('video', 'png', 'image2', 'out.png', '-frames:v', '1', '-c:v', 'png', '-update', '1', '-f', 'image2'),
  way('video', 'mjpeg', 'image2', 'out.jpg', '-frames:v', '1', '-c:v', 'mjpeg', '-update', '1', '-f', 'image2'),
  way('video', 'mjpeg', 'mjpeg', 'out.mjpeg', '-c:v', 'mjpeg', '-f', 'mjpeg'),
  way('video', 'gif', 'gif', 'out.gif', '-c:v', 'gif', '-f', 'gif'),
  way('video', 'libx264', 'mp4', 'out.mp4', '-c:v', 'libx264', '-preset', 'ultrafast', '-f', 'mp4'),
  way('video', 'libopenh264', 'mp4', 'out.mp4', '-c:v', 'libopenh264', '-pix_fmt', 'yuv420p', '-f', 'mp4'),
  way('video', 'rawvideo', 'rawvideo', 'out.raw', '-c:v', 'rawvideo', '-f', 'rawvideo'),
];

/** Filters, each in a way that it is commonly used. */
export const audioFilters: Readonly<Record<string, string>> = {
  adelay: 'adelay=100', afade: 'afade=d=0.5', aresample: 'aresample=22050', asetpts: 'asetpts=PTS-STARTPTS', atempo: 'atempo=1.25', atrim: 'atrim=0.2:0.9', loudnorm: 'loudnorm', pan: 'pan=mono|c0=c0',
  silenceremove: 'silenceremove=start_periods=1', volume: 'volume=0.5', highpass: 'highpass=200', lowpass: 'lowpass=3000', aformat: 'aformat=channel_layouts=mono', dynaudnorm: 'dynaudnorm', silencedetect: 'silencedetect',
};
export const videoFilters: Readonly<Record<string, string>> = {
  crop: 'crop=100:80', fps: 'fps=4', format: 'format=yuv420p', hflip: 'hflip', pad: 'pad=200:160:10:8', scale: 'scale=88:-2', select: 'select=gt(n\\,3)', setpts: 'setpts=PTS-STARTPTS', setsar: 'setsar=1',
  thumbnail: 'thumbnail=6', tile: 'tile=2x2', transpose: 'transpose=1', trim: 'trim=0.2:0.8', vflip: 'vflip',
};

/** Filters that need others beside them. */
export const filterGraphs: Readonly<Record<'audio' | 'video', readonly { readonly filters: readonly string[]; readonly text: string }[]>> = {
  audio: [{ filters: ['asplit', 'amix'], text: 'asplit[a][b];[a][b]amix' }, { filters: ['asplit', 'concat'], text: 'asplit[a][b];[a][b]concat=v=0:a=1' }],
  video: [{ filters: ['split', 'palettegen', 'paletteuse'], text: 'split[a][b];[a]palettegen[p];[b][p]paletteuse' }, { filters: ['split', 'overlay'], text: 'split[a][b];[a][b]overlay=10:10' }],
};

/** Ways for those encoders and muxers of a profile that no common way writes with: for each a few that may work. */
export function furtherOutputs({ components }: FfmpegProfile, reached: readonly OutputWay[]): readonly OutputWay[] {
  const names = (kind: 'encoder' | 'muxer'): readonly string[] => [...new Set(components.filter((one) => one.kind === kind).map(({ name }) => name))];
  const pairs = names('encoder').flatMap((encoder) => names('muxer').flatMap((muxer): readonly OutputWay[] => wayWith(encoder, muxer)));
  const isNew = (one: OutputWay): boolean => !reached.some(({ muxer }) => muxer === one.muxer) || !reached.some(({ encoder }) => encoder === one.encoder);
  const perPart = new Map<string, number>();
  return pairs.filter(isNew).filter(({ encoder, muxer }) => {
    const counts = [`encoder ${encoder}`, `muxer ${muxer}`].map((part) => {
      const count = perPart.get(part) ?? 0;
      perPart.set(part, count + 1);
      return count;
    });
    return counts.some((count) => count < 3);
  });
}

function wayWith(encoder: string, muxer: string): readonly OutputWay[] {
  const [codec, format] = [commandName('encoder', encoder), commandName('muxer', muxer)];
  const container = format === undefined ? undefined : muxerNamed(format);
  if (codec === undefined || format === undefined || !container) return [];
  // It hands over the addresses of frames: what is written of them into files means nothing.
  if (encoder === 'wrapped_avframe' && muxer !== 'null') return [];
  return mediaOfCodec(encoderNamed(codec)?.codec ?? '').filter((media) => container[media] !== undefined || muxer === 'null').map((media): OutputWay => {
    const still = muxer === 'image2' ? ['-frames:v', '1', '-update', '1'] : [];
    return way(media, encoder, muxer, `out.${container.extensions[0] ?? 'bin'}`, ...still, media === 'audio' ? '-c:a' : '-c:v', codec, '-f', format);
  });
}
