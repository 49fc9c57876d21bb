import type { Place } from '../base/source.ts';
import { decoderNamed, demuxerNamed } from './components.ts';
import { filtersOfGraph, unknownText } from './filter-graph.ts';
import { needOfGraph } from './graph-need.ts';
import type { NeedBuilder } from './need-builder.ts';
import { needOfOutput, type OutputStreams } from './output-need.ts';
import { parseCommand, type Argument, type CommandFile, type CommandWord, type OptionUse, type ParsedCommand } from './command.ts';
import type { FfmpegProgram } from './profile.ts';

/** Adds what one command needs: `words` are all behind the program's name. */
export function needOfCommand(words: readonly CommandWord[], program: FfmpegProgram, need: NeedBuilder): void {
  need.program(program);
  const command = parseCommand(words, program);
  for (const { why, place } of command.doubts) need.doubt(why, place);
  for (const name of ['file', 'pipe']) need.add('protocol', name, { kind: 'implied', by: program });
  if (program === 'ffprobe') {
    needOfProbe(command, need);
    return;
  }
  const isSound = isSoundAlone(command);
  const streams = command.outputs.map((output) => needOfOutput(isSound ? withoutVideo(output) : output, need));
  for (const option of allOptions(command)) needOfOption(option, need);
  for (const input of command.inputs) needOfInput(input, need);
  needOfStreams(streams, command, need);
}

/** Formats that hold sound and nothing else, whatever is in the file; WAV may bring a picture along. */
const soundFormats: ReadonlySet<string> = new Set(['w64', 'au', 'amr']);

/** True where every input is declared to be of such a format, and no graph draws pictures. */
function isSoundAlone(command: ParsedCommand): boolean {
  if (command.inputs.length === 0 || allOptions(command).some(({ name }) => name === 'filter_complex' || name === 'lavfi')) return false;
  return command.inputs.every(({ options }) => {
    const formats = options.filter(({ name }) => name === 'f').flatMap(({ value }) => value?.texts ?? []).map((text) => demuxerNamed(text) ?? '');
    return formats.length > 0 && formats.every((name) => soundFormats.has(name) || name.startsWith('pcm_'));
  });
}

function withoutVideo(output: CommandFile): CommandFile {
  return { ...output, options: [...output.options, { name: 'vn', stream: '', value: undefined, place: output.url.place }] };
}

/** ffprobe opens decoders to tell about streams; of the container alone it asks for less. */
function needOfProbe(command: ParsedCommand, need: NeedBuilder): void {
  for (const option of allOptions(command)) needOfOption(option, need);
  for (const input of command.inputs) needOfInput(input, need);
  if (command.inputs.length === 0) return;
  const options = allOptions(command);
  const selected = options.filter(({ name }) => name === 'select_streams').flatMap(({ value }) => value?.texts ?? []);
  need.family('sound');
  if (selected.length > 0 && selected.every((text) => text.startsWith('a'))) return;
  need.family('video');
}

function allOptions({ inputs, outputs, trailing }: ParsedCommand): readonly OptionUse[] {
  return [...inputs, ...outputs].flatMap(({ options }) => options).concat(trailing);
}

const graphOptions: ReadonlySet<string> = new Set(['vf', 'af', 'filter', 'filter_complex', 'lavfi']);

function needOfOption({ name, value, place }: OptionUse, need: NeedBuilder): void {
  const texts = value?.texts ?? [];
  if (graphOptions.has(name) && value) needOfGraph(value, need);
  if (/^(?:filter_script|filter_complex_script|\/filter|\/filter_complex)$/u.test(name)) need.doubt('the filters stand in a file of their own', place);
  if (/^(?:bsf|absf|vbsf)$/u.test(name)) {
    for (const text of texts) {
      if (text.includes(unknownText)) need.doubt('which bitstream filter it takes cannot be told', place);
      else for (const one of text.split(',')) need.add('bsf', one.split('=')[0] ?? one, { kind: 'code', place });
    }
  }
  if (/^(?:hwaccel|hwaccel_device|hwaccel_output_format|init_hw_device|filter_hw_device|vaapi_device|qsv_device)$/u.test(name)) need.doubt(`-${name} asks for hardware`, place);
  if (name === 'protocol_whitelist' && texts.some((text) => /\bhttps?\b/u.test(text))) need.network({ kind: 'code', place });
  if (name === 'target') need.doubt('-target chooses format and codecs by itself', place);
  if (name === 'map_channel') need.doubt('-map_channel went with ffmpeg 7', place);
  if (name === 'ar' || name === 'ac' || name === 'sample_fmt' || name === 'channel_layout' || name === 'async') need.add('filter', 'aresample', { kind: 'code', place });
  if (name === 'apad') need.add('filter', 'apad', { kind: 'code', place });
  if (name === 'vol') need.add('filter', 'volume', { kind: 'code', place });
  if (name === 's' || name === 'pix_fmt') need.add('filter', 'scale', { kind: 'code', place });
  if (name === 'aspect') need.add('filter', 'setdar', { kind: 'implied', by: '-aspect' });
}

/** Words in code that tell of an address. */
const addressNames = /ur[li](?![a-z])|presigned|signed_|href|_link|\blink|rtsp|rtmp|m3u8/iu;

/** Words that tell of a stream by other means than HTTP. */
const streamNames = /rtsp|rtmp|\bsrt_|\budp/iu;

/** Schemes that need no network, and the protocol behind each. */
const localSchemes: ReadonlySet<string> = new Set(['file', 'pipe', 'concat', 'concatf', 'data', 'subfile', 'cache', 'async', 'crypto', 'fd', 'md5']);

function needOfInput({ options, url }: CommandFile, need: NeedBuilder): void {
  const { place } = url;
  const formats = options.filter(({ name }) => name === 'f').flatMap(({ value }) => value?.texts ?? []);
  for (const { name, value } of options) {
    if (/^(?:c|codec|acodec|vcodec|scodec)$/u.test(name)) for (const text of value?.texts ?? []) needOfDecoder(text, place, need);
  }
  if (formats.includes('lavfi')) {
    needOfVirtualInput(url, need);
    return;
  }
  for (const format of formats) needOfFormat(format, place, need);
  needOfAddress(url, need);
}

function needOfDecoder(text: string, place: Place, need: NeedBuilder): void {
  const decoder = decoderNamed(text);
  if (decoder) need.add('decoder', decoder.name, { kind: 'code', place });
  else if (text !== 'copy') need.doubt(text.includes(unknownText) ? 'which decoder it takes cannot be told' : `ffmpeg has no decoder ${text}`, place);
}

function needOfFormat(format: string, place: Place, need: NeedBuilder): void {
  const name = demuxerNamed(format);
  if (name === undefined) {
    need.doubt(format.includes(unknownText) ? 'the format of its input cannot be told' : `ffmpeg reads no format ${format}`, place);
    return;
  }
  need.add('demuxer', name, { kind: 'code', place });
  const raw = name.startsWith('pcm_') || name === 'rawvideo' ? decoderNamed(name) : undefined;
  if (raw) need.add('decoder', raw.name, { kind: 'code', place });
}

function needOfAddress(url: Argument, need: NeedBuilder): void {
  for (const text of url.texts) {
    const scheme = /^([a-z][a-z0-9+.-]*):/u.exec(text)?.[1];
    if (scheme !== undefined && localSchemes.has(scheme)) need.add('protocol', scheme, { kind: 'code', place: url.place });
    else if (scheme === 'http' || scheme === 'https') need.network({ kind: 'code', place: url.place });
    else if (/^[a-z][a-z0-9+.-]*:\/\//u.test(text)) need.doubt(`it reads from the network (${scheme ?? ''}:)`, url.place);
    else if (text.startsWith(unknownText)) needOfUnknown(url, need);
    if (text.startsWith(unknownText)) need.unproven();
    if (/\.(?:srt|ass|ssa|vtt|sub)$/iu.test(text)) need.doubt('subtitles are put in', url.place);
    // A playlist here may name pieces that lie elsewhere.
    if (/\.m3u8$/iu.test(text)) need.network({ kind: 'code', place: url.place });
    if (/%\d*d/u.test(text)) need.add('demuxer', 'image2', { kind: 'code', place: url.place });
  }
}

/** Names tell an address from a file, and HTTP is what addresses that come to a function are of, unless the name says another. */
function needOfUnknown(url: Argument, need: NeedBuilder): void {
  const told = `${url.written} ${url.origin ?? ''}`;
  if (streamNames.test(told)) need.doubt(`${url.written} may be a stream to read from`, url.place);
  else if (addressNames.test(told)) need.network({ kind: 'code', place: url.place });
}

/** `-f lavfi`: a graph makes the frames. */
function needOfVirtualInput(url: Argument, need: NeedBuilder): void {
  need.add('demuxer', 'lavfi', { kind: 'code', place: url.place });
  for (const name of ['rawvideo', 'wrapped_avframe', 'pcm_s16le', 'pcm_f32le', 'pcm_u8', 'pcm_s32le', 'pcm_f64le']) need.add('decoder', name, { kind: 'implied', by: 'lavfi' });
  needOfGraph(url, need);
}

/** What lies between inputs and outputs: decoders by family, and what ffmpeg puts in by itself. */
function needOfStreams(streams: readonly OutputStreams[], command: ParsedCommand, need: NeedBuilder): void {
  if (command.inputs.length === 0) return;
  const graphs = allOptions(command).filter(({ name }) => graphOptions.has(name)).flatMap(({ value }) => value?.texts ?? []).flatMap((text) => filtersOfGraph(text) ?? []);
  const isEncoding = (kind: 'audio' | 'video'): boolean => streams.some((one) => one[kind] === 'encoded');
  const draws = graphs.some(({ name }) => /^(?:showwaves|showwavespic|showspectrum|showspectrumpic|showfreqs|showcqt|avectorscope|showvolume)$/u.test(name));
  if (isEncoding('audio') || draws) for (const name of ['aresample', 'aformat', 'anull']) need.add('filter', name, { kind: 'implied', by: 'ffmpeg' });
  if (isEncoding('video')) for (const name of ['scale', 'format', 'null', 'transpose', 'hflip', 'vflip', 'rotate']) need.add('filter', name, { kind: 'implied', by: 'ffmpeg' });
  // Containers and parsers of all, since nobody knows what comes in; decoders of what is decoded.
  need.family('sound');
  const takesVideo = streams.some((one) => one.video === 'encoded' || one.video === 'copied');
  if (takesVideo) need.family('video');
  if (streams.some((one) => one.video === 'cover')) {
    need.family('covers');
    for (const name of ['scale', 'format', 'null']) need.add('filter', name, { kind: 'implied', by: 'cover pictures' });
  }
  if (streams.some((one) => one.takesCaptions)) need.family('captions');
  if (takesVideo || streams.some((one) => one.audio === 'copied')) need.add('bsf', 'extract_extradata', { kind: 'implied', by: 'ffmpeg' });
}
