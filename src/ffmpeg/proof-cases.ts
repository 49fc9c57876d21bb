import type { FfmpegComponentKind, FfmpegProfile } from './profile.ts';
import type { Replay } from './replay.ts';
import { proofSamples, type ProofSample } from './proof-samples.ts';

/** One command that a derived build and a full one run alike. */
export interface ProofCase {
  readonly sample: ProofSample;
  /** Before the input. */
  readonly before?: readonly string[];
  /** Between input and output. */
  readonly args: readonly string[];
  /** File name of the output. */
  readonly output: string;
}

interface OutputWay {
  readonly media: 'audio' | 'video';
  readonly encoder: string;
  readonly muxer: string;
  readonly args: readonly string[];
  readonly output: string;
}

const way = (media: OutputWay['media'], encoder: string, muxer: string, output: string, ...args: readonly string[]): OutputWay => ({ media, encoder, muxer, output, args: [media === 'audio' ? '-vn' : '-an', ...args] });

const ways: readonly OutputWay[] = [
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
const audioFilters: Readonly<Record<string, string>> = {
  adelay: 'adelay=100', afade: 'afade=d=0.5', aresample: 'aresample=22050', asetpts: 'asetpts=PTS-STARTPTS', atempo: 'atempo=1.25', atrim: 'atrim=0.2:0.9', loudnorm: 'loudnorm', pan: 'pan=mono|c0=c0',
  silenceremove: 'silenceremove=start_periods=1', volume: 'volume=0.5', highpass: 'highpass=200', lowpass: 'lowpass=3000', aformat: 'aformat=channel_layouts=mono', dynaudnorm: 'dynaudnorm', silencedetect: 'silencedetect',
};
const videoFilters: Readonly<Record<string, string>> = {
  crop: 'crop=100:80', fps: 'fps=4', format: 'format=yuv420p', hflip: 'hflip', pad: 'pad=200:160:10:8', scale: 'scale=88:-2', select: 'select=gt(n\\,3)', setpts: 'setpts=PTS-STARTPTS', setsar: 'setsar=1',
  thumbnail: 'thumbnail=6', tile: 'tile=2x2', transpose: 'transpose=1', trim: 'trim=0.2:0.8', vflip: 'vflip',
};

/** The commands that a proof of a profile runs on whole samples, recorded ones on all of them; and the parts that none of them reaches. */
export function proofCases({ components }: FfmpegProfile, replays: readonly Replay[] = []): { readonly cases: readonly ProofCase[]; readonly unreached: readonly string[] } {
  const has = (kind: FfmpegComponentKind, name: string): boolean => components.some((one) => one.kind === kind && one.name === name);
  const samples = proofSamples.filter(({ demuxer, decoders }) => has('demuxer', demuxer) && decoders.some((name) => has('decoder', name)));
  const outputs = ways.filter(({ encoder, muxer }) => has('encoder', encoder) && has('muxer', muxer));
  const cases: ProofCase[] = [];
  for (const media of ['audio', 'video'] as const) {
    const [first, ...others] = outputs.filter((one) => one.media === media);
    const [sample, ...moreSamples] = samples.filter((one) => one.media === media);
    if (!first || !sample) continue;
    // Every input to one output, and every output from one input.
    cases.push(...[sample, ...moreSamples].map((one) => ({ sample: one, args: first.args, output: first.output })));
    cases.push(...others.map(({ args, output }) => ({ sample, args, output })));
    const filters = Object.entries(media === 'audio' ? audioFilters : videoFilters).filter(([name]) => has('filter', name));
    cases.push(...filters.map(([, text]) => ({ sample, args: [media === 'audio' ? '-af' : '-vf', text, ...first.args], output: first.output })));
  }
  cases.push(...replays.flatMap((replay) => samples.map((sample) => ({ sample, ...replay }))));
  return { cases, unreached: unreachedParts(components, samples, outputs) };
}

function unreachedParts(components: FfmpegProfile['components'], samples: readonly ProofSample[], outputs: readonly OutputWay[]): readonly string[] {
  const reached = new Set([
    ...samples.flatMap(({ demuxer, decoders }) => [`demuxer ${demuxer}`, ...decoders.map((name) => `decoder ${name}`)]),
    ...outputs.flatMap(({ encoder, muxer }) => [`encoder ${encoder}`, `muxer ${muxer}`]),
    ...Object.keys({ ...audioFilters, ...videoFilters }).map((name) => `filter ${name}`),
  ]);
  return components.filter(({ kind }) => kind === 'demuxer' || kind === 'decoder' || kind === 'encoder' || kind === 'muxer' || kind === 'filter').map(({ kind, name }) => `${kind} ${name}`).filter((part) => !reached.has(part));
}
