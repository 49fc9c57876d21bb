import { bsfTable, decoderTable, demuxerTable, encoderTable, filterTable, flagTable, muxerTable, outsideTable, parserTable, protocolTable } from './component-table.ts';
import type { FfmpegComponentKind } from './profile.ts';

/** A muxer, and what it takes where a command names no codec; `undefined` where it takes no stream of that kind. */
export interface Muxer {
  /** configure's name. */
  readonly name: string;
  readonly extensions: readonly string[];
  readonly audio: string | undefined;
  readonly video: string | undefined;
  readonly subtitle: string | undefined;
}

/** An encoder or decoder. */
export interface Codec {
  /** configure's name. */
  readonly name: string;
  readonly codec: string;
}

const records = (table: string): readonly (readonly string[])[] => table.split(';').filter((line) => line !== '').map((line) => line.trim().split(' '));
const known = (text: string | undefined): string | undefined => (text === '-' ? undefined : text);

const muxers = new Map<string, Muxer>();
const muxersByExtension = new Map<string, Muxer>();
for (const [name = '', runtime = '', extensions = '-', audio, video, subtitle] of records(muxerTable)) {
  const muxer: Muxer = { name, extensions: known(extensions)?.split(',') ?? [], audio: known(audio), video: known(video), subtitle: known(subtitle) };
  for (const one of runtime.split(',')) muxers.set(one, muxer);
  for (const extension of muxer.extensions) if (!muxersByExtension.has(extension) || runtime === extension) muxersByExtension.set(extension, muxer);
}
const preferred: Readonly<Record<string, string>> = { m4v: 'ipod', mp4: 'mp4', mkv: 'matroska', mpg: 'mpeg', vob: 'vob', aac: 'adts' };
for (const [extension, name] of Object.entries(preferred)) {
  const muxer = muxers.get(name);
  if (muxer) muxersByExtension.set(extension, muxer);
}

const demuxers = new Map<string, string>();
for (const word of demuxerTable.split(' ')) {
  const [name = '', runtime = name] = word.split('=');
  for (const one of [runtime, ...runtime.split(',')]) if (one !== '') demuxers.set(one, name);
}

interface NamedCodec extends Codec {
  readonly isExperimental: boolean;
}
const codecs = (table: string): ReadonlyMap<string, NamedCodec> => new Map(records(table).map(([name = '', runtime = '', codec = '', flag]) => [runtime, { name, codec, isExperimental: flag === 'x' }]));
const encoders = codecs(encoderTable);
const decoders = codecs(decoderTable);
const outside = new Map(records(outsideTable).map(([part = '', ...names]) => [part, names]));
const sets = { filter: new Set(filterTable.split(' ')), parser: new Set(parserTable.split(' ')), bsf: new Set(bsfTable.split(' ')), protocol: new Set(protocolTable.split(' ')) };
const flags: ReadonlySet<string> = new Set(flagTable.split(' '));

/** The muxer of that name, as `-f` takes it: in any case. Source: libavutil/avstring.c, av_match_name. */
export function muxerNamed(name: string): Muxer | undefined {
  return muxers.get(name) ?? muxers.get(name.toLowerCase());
}

/** The muxer that ffmpeg chooses for a file's ending, without its dot. */
export function muxerOfExtension(extension: string): Muxer | undefined {
  return muxersByExtension.get(extension.toLowerCase());
}

/** What `-f` takes for the muxer, and `-c` for the encoder, that configure knows by that name; undefined for a name that it does not know. */
export function commandName(kind: 'muxer' | 'encoder', name: string): string | undefined {
  const table: Iterable<readonly [string, { readonly name: string }]> = kind === 'muxer' ? muxers : encoders;
  for (const [own, part] of table) if (part.name === name) return own;
  return undefined;
}

/** The kinds of stream that containers take a codec for by themselves; other codecs are in no container's defaults. */
export function mediaOfCodec(codec: string): readonly ('audio' | 'video')[] {
  return (['audio', 'video'] as const).filter((media) => [...muxers.values()].some((muxer) => muxer[media] === codec && !isCover(muxer, media)));
}

/** What a container of sound takes as video is the picture on its cover. */
function isCover(muxer: Muxer, media: 'audio' | 'video'): boolean {
  return media === 'video' && muxer.audio !== undefined && muxer.video === 'png';
}

/** configure's name of the demuxer that `-f` names, or that ffmpeg says; any of its names will do, in any case. */
export function demuxerNamed(name: string): string | undefined {
  return demuxers.get(name) ?? demuxers.get(name.toLowerCase());
}

/** The encoder of that name, as `-c` takes it; a codec's own name stands for its default encoder. */
export function encoderNamed(name: string): Codec | undefined {
  return encoders.get(name) ?? encoderOfCodec(name);
}

/** The encoder that a full build chooses for a codec. */
export function encoderOfCodec(codec: string): Codec | undefined {
  const all = [...encoders.values()].filter((one) => one.codec === codec);
  return all.find((one) => !one.isExperimental) ?? all[0];
}

/** The decoder of that name, as `-c` before an input takes it. */
export function decoderNamed(name: string): Codec | undefined {
  return decoders.get(name) ?? [...decoders.values()].find((one) => one.codec === name);
}

/** True for a filter, parser, bitstream filter or protocol that this version of ffmpeg has. */
export function isKnownPart(kind: 'filter' | 'parser' | 'bsf' | 'protocol', name: string): boolean {
  return name !== '' && sets[kind].has(name);
}

/** Libraries that a part needs, and `gpl`, `nonfree` or `version3` where it may be used under that alone. */
export function outsideOf(kind: FfmpegComponentKind, name: string): readonly string[] {
  return outside.get(`${kind}:${name}`) ?? [];
}

/** True for an option of ffmpeg's or ffprobe's that takes no value, `no` before it or not. */
export function isFlag(option: string): boolean {
  return flags.has(option) || (option.startsWith('no') && flags.has(option.slice(2)));
}

/** A part that is asked for by another name than configure has for it: `demuxer mp4` is `mov`. */
export interface RenamedPart {
  readonly kind: 'demuxer' | 'muxer' | 'encoder' | 'decoder';
  readonly asked: string;
  readonly name: string;
}

/** All of them; a codec's name asks for what a full build takes for it. */
export function renamedParts(): readonly RenamedPart[] {
  const codecsOf = (table: ReadonlyMap<string, NamedCodec>): readonly string[] => [...new Set([...table.values()].map(({ codec }) => codec))];
  const all: readonly RenamedPart[] = [
    ...[...demuxers].map(([asked, name]): RenamedPart => ({ kind: 'demuxer', asked, name })),
    ...[...muxers].map(([asked, { name }]): RenamedPart => ({ kind: 'muxer', asked, name })),
    ...[...encoders].map(([asked, { name }]): RenamedPart => ({ kind: 'encoder', asked, name })),
    ...codecsOf(encoders).flatMap((asked): readonly RenamedPart[] => (encoders.has(asked) ? [] : [{ kind: 'encoder', asked, name: encoderOfCodec(asked)?.name ?? asked }])),
    ...codecsOf(decoders).flatMap((asked): readonly RenamedPart[] => (decoders.has(asked) ? [] : [{ kind: 'decoder', asked, name: decoderNamed(asked)?.name ?? asked }])),
  ];
  return all.filter(({ asked, name }) => asked !== name && !asked.includes(','));
}
