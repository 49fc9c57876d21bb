import { describe, expect, it } from 'vitest';
import type { CommandWord } from '../../src/ffmpeg/command.ts';
import { needOfCommand } from '../../src/ffmpeg/command-need.ts';
import { unknownText } from '../../src/ffmpeg/filter-graph.ts';
import { needBuilder } from '../../src/ffmpeg/need-builder.ts';
import type { FfmpegComponent } from '../../src/ffmpeg/profile.ts';

const place = { file: 'app.py', line: 1, column: 1 };

/** `…` is what the code does not tell; `…NAME` has that name in the code; `***` are any number of arguments. */
function wordsOf(text: string): readonly CommandWord[] {
  return (text.match(/'[^']*'|\S+/gu) ?? []).map((word) => {
    if (word === '***') return { kind: 'more', why: 'more arguments follow', place };
    const bare = word.replaceAll("'", '');
    const texts = bare.split('??').map((one) => one.replace(/…\w*/gu, unknownText));
    return { kind: 'argument', texts, place, written: bare.replaceAll('…', '') };
  });
}

function needOf(text: string): ReturnType<typeof needBuilder> {
  const need = needBuilder();
  const [program, ...words] = text.split(' ');
  needOfCommand(wordsOf(words.join(' ')), program === 'ffprobe' ? 'ffprobe' : 'ffmpeg', need);
  return need;
}

const show = (parts: readonly FfmpegComponent[], isFamily: boolean): string =>
  parts.filter(({ evidence }) => (evidence?.every((one) => one.kind === 'family') ?? false) === isFamily).map(({ kind, name }) => `${kind}:${name}`).join(' ');
const own = (text: string): string => show(needOf(text).profile().components, false);
const families = (text: string): readonly string[] =>
  [...new Set(needOf(text).profile().components.flatMap(({ evidence }) => (evidence ?? []).flatMap((one) => (one.kind === 'family' ? [one.family] : []))))].toSorted();
const doubts = (text: string): readonly string[] => needOf(text).doubts().map(({ why }) => why);

const files = 'protocol:file protocol:pipe';
const sound = 'filter:aformat filter:anull filter:aresample';
const picture = 'filter:format filter:hflip filter:null filter:rotate filter:scale filter:transpose filter:vflip';

describe('what a command needs', () => {
  it.each([
    ['ffmpeg -i …in -ar 16000 -ac 1 /tmp/…x.wav', `encoder:pcm_s16le ${sound} muxer:wav ${files}`],
    ['ffmpeg -y -i in.mp3 -acodec pcm_s16le -f s16le -', `encoder:pcm_s16le ${sound} muxer:pcm_s16le ${files}`],
    ['ffmpeg -ss …t -i …video -vframes 1 -q:v 2 -vf scale=320:-1 …out.jpg', `bsf:extract_extradata encoder:mjpeg ${picture} muxer:image2 ${files}`],
    ['ffmpeg -i in.mp4 -vn -af loudnorm=I=-16:TP=-1.5,afade=t=in -c:a aac out.m4a', `bsf:aac_adtstoasc bsf:vp9_superframe encoder:aac filter:afade filter:aformat filter:anull filter:aresample filter:loudnorm muxer:ipod ${files}`],
    ['ffmpeg -i in -c copy -map 0:a out.mp4', `bsf:aac_adtstoasc bsf:extract_extradata bsf:vp9_superframe muxer:mp4 ${files}`],
    ['ffmpeg -i in.wav -f null -', `bsf:extract_extradata encoder:pcm_s16le encoder:wrapped_avframe filter:aformat filter:anull filter:aresample filter:format filter:hflip filter:null filter:rotate filter:scale filter:transpose filter:vflip muxer:null ${files}`],
    ['ffmpeg -f lavfi -i anullsrc=r=16000 -t 1 out.wav', `decoder:pcm_f32le decoder:pcm_f64le decoder:pcm_s16le decoder:pcm_s32le decoder:pcm_u8 decoder:rawvideo decoder:wrapped_avframe demuxer:lavfi encoder:pcm_s16le filter:aformat filter:anull filter:anullsrc filter:aresample muxer:wav ${files}`],
    ['ffmpeg -version', files],
  ])('%s', (command, expected) => {
    expect(doubts(command)).toEqual([]);
    expect(own(command)).toBe(expected);
  });

  it('never narrows inputs below a family', () => {
    expect(families('ffmpeg -i in.mp3 out.wav')).toEqual(['sound']);
    expect(families('ffmpeg -i in.mp3 out.mp3')).toEqual(['covers', 'sound']);
    expect(families('ffmpeg -i in.mp4 -vn out.mp3')).toEqual(['sound']);
    expect(families('ffmpeg -i in.mp4 -frames:v 1 out.png')).toEqual(['sound', 'video']);
    expect(families('ffprobe -show_format in.mp4')).toEqual(['sound', 'video']);
    expect(families('ffprobe -select_streams a:0 -show_streams in.mp4')).toEqual(['sound']);
  });

  it('takes the licence and the libraries from what is asked for', () => {
    const pick = (text: string): unknown => {
      const { licence, externals } = needOf(text).profile();
      return [licence, ...externals];
    };
    expect(pick('ffmpeg -i a out.wav')).toEqual(['LGPL']);
    expect(pick('ffmpeg -i a -vn out.mp3')).toEqual(['LGPL', 'lame']);
    expect(pick('ffmpeg -i a -c:v libx264 -an out.mp4')).toEqual(['GPL', 'x264', 'zlib']);
    expect(pick('ffmpeg -i a out.mp4')).toEqual(['GPL', 'x264', 'zlib']);
    expect(pick('ffmpeg -i a -vf eq=contrast=2 out.png')).toEqual(['GPL', 'zlib']);
    expect(pick('ffmpeg -i a -vn -c:a libopus out.ogg')).toEqual(['LGPL', 'opus']);
    expect(pick('ffmpeg -i a -vn out.ogg')).toEqual(['LGPL', 'ogg', 'vorbis']);
    expect(pick('ffmpeg -f wav -i a -acodec libvorbis -f ogg out')).toEqual(['LGPL', 'ogg', 'theora', 'vorbis', 'zlib']);
    expect(pick('ffmpeg -f s16le -ar 16000 -ac 1 -i - out.ogg')).toEqual(['LGPL', 'ogg', 'vorbis']);
    expect(pick('ffmpeg -f mp3 -i a out.ogg')).toEqual(['LGPL', 'ogg', 'theora', 'vorbis', 'zlib']);
    expect(pick('ffmpeg -i a out.webm')).toEqual(['LGPL', 'opus', 'vpx', 'zlib']);
    expect(pick('ffmpeg -i a -c:v libvpx -c:a libvorbis out.webm')).toEqual(['LGPL', 'ogg', 'vorbis', 'vpx', 'zlib']);
    expect(pick('ffmpeg -i a -frames:v 1 out.webp')).toEqual(['LGPL', 'webp', 'zlib']);
    expect(pick('ffmpeg -i https://example.com/a.mp3 out.wav')).toEqual(['LGPL', 'mbedtls', 'zlib']);
  });

  it.each([
    ['ffmpeg -i a *** out.mp4', ['more arguments follow']],
    ['ffmpeg -i a …out', ['the format of `out` cannot be told: its ending is not known']],
    ['ffmpeg -i a -c:v …codec out.mp4', ['which encoder `codec` is cannot be told']],
    ['ffmpeg -i a -c:v copy??libx264 -c:a copy out.mp4', []],
    ['ffmpeg -i rtmp://example.com/a -vn out.mp3', ['it reads from the network (rtmp:)']],
    ['ffmpeg -i s3://bucket/a.mp3 out.wav', ['it reads from the network (s3:)']],
    ['ffmpeg -i a -f flv -vn -c:a aac rtmp://example.com/a', ['it writes to the network (rtmp:)']],
    ['ffmpeg -i …rtsp_url -vn out.mp3', ['rtsp_url may be a stream to read from']],
    ['ffmpeg -i a -vf subtitles=a.srt -c:v libx264 out.mp4', ['the filter subtitles needs libass (subtitles), which shear does not build']],
    ['ffmpeg -i a -c:v libsvtav1 -an out.mp4', ['the encoder libsvtav1 needs libsvtav1, which shear does not build']],
    ['ffmpeg -i a -vf …chain out.png', ['which filters `chain` has cannot be told']],
    ['ffmpeg -hwaccel cuda -i a out.png', ['-hwaccel asks for hardware']],
    ['ffmpeg -i a out.qqq', ['ffmpeg writes no format .qqq']],
    ['ffmpeg -i a -c:a nosuch out.wav', ['ffmpeg has no encoder nosuch']],
  ])('doubts %s', (command, expected) => {
    expect(doubts(command)).toEqual(expected);
  });
});
