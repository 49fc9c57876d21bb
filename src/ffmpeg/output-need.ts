import type { Place } from '../base/source.ts';
import { encoderNamed, encoderOfCodec, muxerNamed, muxerOfExtension, type Muxer } from './components.ts';
import type { CommandFile, OptionUse } from './command.ts';
import { unknownText } from './filter-graph.ts';
import type { NeedBuilder } from './need-builder.ts';

/** What becomes of the streams that go into an output. */
export interface OutputStreams {
  readonly audio: StreamUse;
  /** `cover`: pictures that come with music alone. */
  readonly video: StreamUse | 'cover';
  readonly takesCaptions: boolean;
}
type StreamUse = 'none' | 'copied' | 'encoded';

const nothing: OutputStreams = { audio: 'none', video: 'none', takesCaptions: false };

/** Adds an output's muxers and encoders. */
export function needOfOutput(output: CommandFile, need: NeedBuilder): OutputStreams {
  const formats = formatsOf(output, need);
  const all = formats.map((format) => needOfFormat(format, output, need));
  return all.reduce(merged, nothing);
}

function merged(a: OutputStreams, b: OutputStreams): OutputStreams {
  const most = <T extends string>(order: readonly T[], ...both: readonly T[]): T => both.reduce((x, y) => (order.indexOf(x) > order.indexOf(y) ? x : y));
  return {
    audio: most(['none', 'copied', 'encoded'], a.audio, b.audio),
    video: most(['none', 'cover', 'copied', 'encoded'], a.video, b.video),
    takesCaptions: a.takesCaptions || b.takesCaptions,
  };
}

/** A muxer, and the codec that a picture's file ending asks for. */
interface Format {
  readonly muxer: Muxer;
  readonly picture: string | undefined;
}

/** Codecs of pictures by file ending. Source: libavformat/img2.c, whose first entry for an ending counts. */
const pictureCodecs: Readonly<Record<string, string>> = {
  jpg: 'mjpeg', jpeg: 'mjpeg', png: 'png', bmp: 'bmp', tif: 'tiff', tiff: 'tiff', webp: 'webp', gif: 'gif', ppm: 'ppm', pgm: 'pgm', pbm: 'pbm', tga: 'targa', jp2: 'jpeg2000', jxl: 'jpegxl', yuv: 'rawvideo', y: 'rawvideo',
};

/** Muxers that write several files of another format. */
const segmenters: ReadonlySet<string> = new Set(['segment', 'stream_segment']);

function formatsOf({ options, url }: CommandFile, need: NeedBuilder): readonly Format[] {
  const { place } = url;
  const named = options.filter(({ name }) => name === 'f').flatMap(({ value }) => value?.texts ?? []);
  const endings = url.texts.map((text) => /\.([A-Za-z0-9]+)$/u.exec(text)?.[1]?.toLowerCase());
  for (const text of url.texts) {
    if (/^https?:/u.test(text)) need.network({ kind: 'code', place });
    else if (/^[a-z][a-z0-9+.-]*:\/\//u.test(text) && !text.startsWith('file:')) need.doubt(`it writes to the network (${text.split(':')[0] ?? ''}:)`, place);
  }
  const found: Format[] = [];
  const add = (muxer: Muxer, picture: string | undefined): void => {
    need.add('muxer', muxer.name, { kind: 'code', place });
    found.push({ muxer, picture });
  };
  for (const name of named) {
    const muxer = muxerNamed(name);
    if (!muxer) need.doubt(name.includes(unknownText) ? 'the format of its output cannot be told' : `ffmpeg writes no format ${name}`, place);
    else if (muxer.name === 'tee' || muxer.name === 'fifo') need.doubt(`the formats behind ${muxer.name} are not read`, place);
    else {
      for (const ending of endings) add(muxer, muxer.name.startsWith('image2') ? pictureCodecs[ending ?? ''] : undefined);
      if (segmenters.has(muxer.name)) for (const ending of endings) addEnding(ending);
    }
  }
  function addEnding(ending: string | undefined): void {
    const muxer = ending === undefined ? undefined : muxerOfExtension(ending);
    if (muxer) add(muxer, muxer.name === 'image2' ? pictureCodecs[ending ?? ''] : undefined);
    else need.doubt(ending === undefined ? `the format of \`${url.written}\` cannot be told: its ending is not known` : `ffmpeg writes no format .${ending}`, place);
  }
  if (named.length === 0) endings.forEach(addEnding);
  return found;
}

/** Muxers that take pictures with music alone; others take any video. Source: libavformat/mp3enc.c, flacenc.c, aiffenc.c. */
const coverOnly: ReadonlySet<string> = new Set(['mp3', 'flac', 'aiff', 'tta', 'ape', 'oga']);

function needOfFormat({ muxer, picture }: Format, output: CommandFile, need: NeedBuilder): OutputStreams {
  const { options, url } = output;
  const has = (name: string): boolean => options.some((one) => one.name === name);
  const mapped = mappedStreams(options);
  const takes = (letter: 'a' | 'v' | 's', off: string, normal: string | undefined): boolean => !has(off) && (mapped === undefined ? normal !== undefined : mapped.has(letter) && (normal !== undefined || mapped.isPlain(letter)));
  const isSegment = segmenters.has(muxer.name);
  if (isSegment) return nothing;
  const audio = takes('a', 'an', muxer.audio) ? codecsOf(options, 'a', muxer.audio, { need, place: url.place }) : undefined;
  const video = takes('v', 'vn', muxer.video) ? codecsOf(options, 'v', picture ?? muxer.video, { need, place: url.place }) : undefined;
  const asksForCaptions = options.some(({ name, stream, value }) => (name === 'scodec' || (/^(?:c|codec)$/u.test(name) && stream.startsWith('s'))) && value?.texts.some((text) => text !== 'copy') === true);
  if (asksForCaptions && !has('sn')) need.doubt('subtitles are made', url.place);
  const takesCaptions = !has('sn') && muxer.subtitle !== undefined && mapped === undefined;
  const captions = takesCaptions ? encoderOfCodec(muxer.subtitle ?? '') : undefined;
  if (captions) need.add('encoder', captions.name, { kind: 'implied', by: `the muxer ${muxer.name}` });
  for (const bsf of impliedFilters(muxer.name)) need.add('bsf', bsf, { kind: 'implied', by: `the muxer ${muxer.name}` });
  const namesVideo = options.some(({ name, stream }) => /^(?:vcodec|vf|r|s|frames|vframes|pix_fmt)$/u.test(name) || (/^(?:c|codec|filter|b|frames)$/u.test(name) && stream.startsWith('v')));
  const isCover = coverOnly.has(muxer.name) && !namesVideo && mapped === undefined;
  return { audio: audio ?? 'none', video: video === undefined ? 'none' : isCover ? 'cover' : video, takesCaptions };
}

/** What `-map` takes; undefined without one. */
function mappedStreams(options: readonly OptionUse[]): { readonly has: (letter: 'a' | 'v' | 's') => boolean; readonly isPlain: (letter: string) => boolean } | undefined {
  const maps = options.filter(({ name }) => name === 'map').flatMap(({ value }) => value?.texts ?? []).filter((text) => !text.startsWith('-'));
  if (maps.length === 0) return undefined;
  const letters = maps.map((text) => (text.startsWith('[') ? '*' : (/^[^:]*:([avsdtV])(?=$|[:?])/u.exec(text)?.[1]?.toLowerCase() ?? '*')));
  return { has: (letter) => letters.includes('*') || letters.includes(letter), isPlain: (letter) => letters.includes(letter) };
}

interface Around {
  readonly need: NeedBuilder;
  readonly place: Place;
}

/** Adds the encoders of one kind of stream. */
function codecsOf(options: readonly OptionUse[], letter: 'a' | 'v', normal: string | undefined, { need, place }: Around): 'copied' | 'encoded' {
  const given = options.filter(({ name, stream }) => name === `${letter}codec` || (/^(?:c|codec)$/u.test(name) && (stream === '' || stream.startsWith(letter) || /^\d/u.test(stream))));
  const specific = given.filter(({ name, stream }) => name === `${letter}codec` || stream.startsWith(letter));
  const uses = specific.length > 0 ? specific : given;
  let isEncoded = false;
  for (const use of uses) {
    for (const text of use.value?.texts ?? []) {
      if (text === 'copy') continue;
      isEncoded = true;
      const encoder = encoderNamed(text);
      if (text.includes(unknownText)) need.doubt(`which encoder \`${use.value?.written ?? ''}\` is cannot be told`, use.place);
      else if (encoder) need.add('encoder', encoder.name, { kind: 'code', place: use.value?.place ?? use.place });
      else need.doubt(`ffmpeg has no encoder ${text}`, use.place);
    }
  }
  if (uses.length > 0) return isEncoded ? 'encoded' : 'copied';
  const encoder = normal === undefined ? undefined : encoderOfCodec(normal);
  if (encoder) need.add('encoder', encoder.name, { kind: 'code', place });
  else need.doubt(`which encoder it takes by default cannot be told`, place);
  return 'encoded';
}

/** Bitstream filters that muxers put in by themselves. Source: `check_bitstream` in libavformat. */
function impliedFilters(muxer: string): readonly string[] {
  if (/^(?:mp4|mov|ipod|psp|tgp|tg2|ismv|f4v|flv|matroska|matroska_audio|latm)$/u.test(muxer)) return ['aac_adtstoasc', 'vp9_superframe'];
  if (muxer === 'webm') return ['vp9_superframe'];
  if (/^(?:mpegts|hls|segment|dash)$/u.test(muxer)) return ['aac_adtstoasc', 'h264_mp4toannexb', 'hevc_mp4toannexb'];
  if (/^(?:avi|h264|hevc|rtp|mpeg2video)$/u.test(muxer)) return ['h264_mp4toannexb', 'hevc_mp4toannexb'];
  return [];
}
