import { placeAt, type Place } from '../base/source.ts';
import type { CommandWord } from '../ffmpeg/command.ts';
import { unknownText } from '../ffmpeg/filter-graph.ts';
import type { FfmpegProgram } from '../ffmpeg/profile.ts';
import { writtenOf, type Expression } from './expression.ts';
import { callsOf, fullName, nameOfCallee, type CallSite } from './scope.ts';
import type { Program } from './program.ts';
import type { StartedCommand } from './started-commands.ts';
import { textsOf } from './text-values.ts';
import { wordsOf } from './word-values.ts';

/** What libraries start, and what of it cannot be told. */
export interface LibraryUse {
  readonly commands: readonly StartedCommand[];
  readonly doubts: readonly { readonly why: string; readonly place: Place }[];
}

type Shape = (site: CallSite) => readonly (string | { readonly doubt: string })[];

const probe = 'ffprobe -of json -v info -show_format -show_streams /tmp/…';

/** A text argument by name or position; `fallback` where it is absent. */
function given({ call, scope }: CallSite, name: string, at: number, fallback: string): readonly string[] {
  const one = call.given.find((arg) => arg.name === name) ?? call.given.filter((arg) => arg.name === undefined)[at];
  if (!one || (one.value.kind === 'name' && one.value.name === 'None')) return [fallback];
  return textsOf(one.value, scope).map((text) => text.replaceAll(unknownText, '…'));
}

/** Arguments that are lists of words, as in `parameters=["-q:a", "0"]`. */
function extra({ call, scope }: CallSite, name: string): readonly string[] {
  const one = call.given.find((arg) => arg.name === name);
  if (!one || (one.value.kind === 'name' && one.value.name === 'None')) return [''];
  return wordsOf(one.value, scope, false).map((words) => words.map((word) => (word.kind === 'more' ? '***' : (word.texts[0] ?? '').replaceAll(unknownText, '…'))).join(' '));
}

const across = (first: readonly string[], second: readonly string[], make: (a: string, b: string) => string): readonly string[] => first.flatMap((a) => second.map((b) => make(a, b)));

/**
 * Commands that libraries start, by the call that makes them: `…` is what is not known, `***` any number of arguments.
 * Sources: the libraries' own code: pydub 0.25 (audio_segment.py), openai-whisper (audio.py), audioread 3 (ffdec.py), moviepy 1 and 2
 * (video/io, audio/io), imageio-ffmpeg 0.6 (_io.py).
 */
const shapes: readonly { readonly library: string; readonly call: RegExp; readonly shape: Shape }[] = [
  { library: 'pydub', call: /^from_(?:file|mp3|ogg|flv|file_using_temporary_files)$/u, shape: (site) => across(given(site, 'codec', 99, ''), extra(site, 'parameters'), (codec, more) => `ffmpeg -y ${codec === '' ? '' : `-acodec ${codec}`} -i cache:pipe:0 -acodec pcm_s16le??pcm_s24le??pcm_s32le??pcm_u8 -vn ${more} -f wav -`).concat(probe) },
  { library: 'pydub', call: /^export$/u, shape: (site) => across(given(site, 'format', 1, 'mp3'), across(given(site, 'codec', 2, ''), extra(site, 'parameters'), (codec, more) => `${codec === '' ? '' : `-acodec ${codec}`} ${more}`), (format, options) => {
    const isNative = (format === 'wav' || format === 'raw') && options.trim() === '';
    const codec = format === 'ogg' && !options.includes('-acodec') ? '-acodec libvorbis' : '';
    return isNative ? '' : `ffmpeg -y -f wav -i /tmp/… ${codec} ${options} -f ${{ m4a: 'mp4', wave: 'wav' }[format] ?? format} /tmp/…`;
  }) },
  { library: 'whisper', call: /^(?:load_model|load_audio|transcribe)$/u, shape: () => ['ffmpeg -nostdin -threads 0 -i /tmp/… -f s16le -ac 1 -acodec pcm_s16le -ar 16000 -'] },
  { library: 'whisperx', call: /^load_audio$/u, shape: () => ['ffmpeg -nostdin -threads 0 -i /tmp/… -f s16le -ac 1 -acodec pcm_s16le -ar 16000 -'] },
  { library: 'audioread', call: /^(?:audio_open|FFmpegAudioFile)$/u, shape: () => ['ffmpeg -i /tmp/… -f s16le -'] },
  { library: 'librosa', call: /^(?:load|get_duration|stream)$/u, shape: () => ['ffmpeg -i /tmp/… -f s16le -'] },
  { library: 'moviepy', call: /^(?:VideoFileClip|ffmpeg_parse_infos|FFMPEG_VideoReader)$/u, shape: () => [
    'ffmpeg -hide_banner -i /tmp/…', 'ffmpeg -ss … -i /tmp/… -ss … -loglevel error -f image2pipe -vf scale=… -sws_flags bicubic -pix_fmt rgb24??rgba -vcodec rawvideo -',
    'ffmpeg -ss … -i /tmp/… -vn -ss … -loglevel error -f s16le??s32le??f32le -acodec pcm_s16le??pcm_s32le -ar … -ac … -',
  ] },
  { library: 'moviepy', call: /^AudioFileClip$/u, shape: () => ['ffmpeg -hide_banner -i /tmp/…', 'ffmpeg -ss … -i /tmp/… -vn -ss … -loglevel error -f s16le??s32le -acodec pcm_s16le??pcm_s32le -ar … -ac … -'] },
  { library: 'moviepy', call: /^write_videofile$/u, shape: (site) => [
    ...across(given(site, 'filename', 0, '…'), across(given(site, 'codec', 2, ''), extra(site, 'ffmpeg_params'), (codec, more) => `-vcodec ${codec === '' ? 'libx264' : codec} ${more}`), (file, options) => `ffmpeg -y -loglevel error -f rawvideo -vcodec rawvideo -s … -pix_fmt rgb24??rgba -r … -an -i - -i /tmp/… -acodec copy ${options} -preset medium -pix_fmt yuv420p ${file}`),
    ...given(site, 'audio_codec', 8, 'libmp3lame').map((codec) => `ffmpeg -y -loglevel error -f s16le??s32le -acodec pcm_s16le??pcm_s32le -ar … -ac … -i - -vn -acodec ${codec} -ar … ${codec === 'aac' ? '…TEMP.m4a' : codec === 'libopus' ? '…TEMP.opus' : '…TEMP.mp3'}`),
  ] },
  { library: 'moviepy', call: /^write_audiofile$/u, shape: (site) => across(given(site, 'filename', 0, '…'), given(site, 'codec', 4, ''), (file, codec) => `ffmpeg -y -f s16le??s32le -acodec pcm_s16le??pcm_s32le -ar … -ac … -i - -vn ${codec === '' ? '' : `-acodec ${codec}`} ${file}`) },
  { library: 'moviepy', call: /^ffmpeg_extract_subclip$/u, shape: (site) => given(site, 'targetname', 3, '…').map((file) => `ffmpeg -y -ss … -i /tmp/… -t … -map 0 -vcodec copy -acodec copy ${file}`) },
  { library: 'moviepy', call: /^(?:write_gif|write_images_sequence|ffmpeg_merge_video_audio|ffmpeg_extract_audio|ffmpeg_resize|ffmpeg_movie_from_frames)$/u, shape: ({ call }) => [{ doubt: `shear does not know the commands of moviepy's ${nameOfCallee(call.callee) ?? ''}` }] },
  { library: 'imageio', call: /^(?:get_reader|read_frames|mimread|imiter|imopen|count_frames_and_secs)$/u, shape: () => ['ffmpeg -i /tmp/… -f image2pipe -pix_fmt … -vcodec rawvideo -', 'ffmpeg -i /tmp/… -map 0:v:0 -c copy -f null -'] },
  { library: 'imageio', call: /^(?:get_writer|write_frames|mimsave|mimwrite|mimsave)$/u, shape: (site) => across(given(site, 'uri', 0, '…'), given(site, 'codec', 99, 'libx264'), (file, codec) => `ffmpeg -y -f rawvideo -vcodec rawvideo -s … -pix_fmt rgb24 -r … -i - -an -vcodec ${codec} -pix_fmt yuv420p -v warning ${file}`) },
];

/** Libraries that start ffmpeg in ways that shear does not follow, by import name. */
const opaque: ReadonlyMap<string, string> = new Map([
  ['yt_dlp', 'yt_dlp chooses commands by what it downloads, streams over the network among them'], ['youtube_dl', 'youtube_dl chooses commands by what it downloads'],
  ['ffmpegio', 'shear does not know the commands of ffmpegio'], ['ffmpy', 'shear does not know the commands of ffmpy'], ['scenedetect', 'shear does not know the commands of scenedetect'],
  ['auditok', 'shear does not know the commands of auditok'], ['ffmpeg_streaming', 'shear does not know the commands of ffmpeg_streaming'], ['ffmpeg_normalize', 'shear does not know the commands of ffmpeg_normalize'], ['static_ffmpeg', 'static_ffmpeg fetches a program of its own'], ['pydub.playback', 'pydub.playback starts ffplay'],
  ['spleeter', 'shear does not know the commands of spleeter'], ['demucs', 'shear does not know the commands of demucs'], ['faster_whisper', ''], ['vidgear', 'shear does not know the commands of vidgear'],
]);

/** Commands that libraries start for a Python program. */
export function libraryCommands(program: Program): LibraryUse {
  const commands: StartedCommand[] = [];
  const doubts: { readonly why: string; readonly place: Place }[] = [];
  const imported = new Set(program.files.flatMap(({ aliases }) => [...aliases.values()].map((name) => name.split('.')[0] ?? name)));
  for (const site of callsOf(program)) {
    const name = nameOfCallee(site.call.callee) ?? '';
    const place = placeAt(site.call.file, site.call.span.start);
    for (const { library, call, shape } of shapes) {
      if (!imported.has(library) && !(library === 'imageio' && imported.has('imageio_ffmpeg'))) continue;
      if (!call.test(name) || isForeign(site, library)) continue;
      for (const line of shape(site)) {
        if (typeof line !== 'string') doubts.push({ why: line.doubt, place });
        else if (line !== '') commands.push(commandOf(line, site.call, place));
      }
    }
  }
  for (const file of program.files) {
    for (const full of new Set(file.aliases.values())) {
      const why = opaque.get(full) ?? opaque.get(full.split('.')[0] ?? '');
      const at = file.source.text.search(new RegExp(`\\b${full.split('.')[0] ?? ''}\\b`, 'u'));
      if (why !== undefined && why !== '') doubts.push({ why, place: placeAt(file.source, Math.max(0, at)) });
    }
  }
  return { commands, doubts };
}

/** `json.load` is no `librosa.load`: names that others have too count with the library before them alone. */
function isForeign({ call, scope }: CallSite, library: string): boolean {
  const name = fullName(call.callee, scope) ?? '';
  const last = name.split('.').at(-1) ?? '';
  return /^(?:load|stream|transcribe|get_reader|get_writer|load_model|get_duration)$/u.test(last) && !name.startsWith(library);
}

function commandOf(line: string, call: Expression, place: Place): StartedCommand {
  const [program = 'ffmpeg', ...words] = line.split(/\s+/u).filter((word) => word !== '');
  return {
    program: program as FfmpegProgram, place,
    words: words.map((word): CommandWord => (word === '***' ? { kind: 'more', why: `what \`${writtenOf(call)}\` adds cannot be told`, place } : { kind: 'argument', texts: word.split('??').map((one) => one.replace(/…/gu, unknownText)), place, written: word.replaceAll('…', '') })),
  };
}
