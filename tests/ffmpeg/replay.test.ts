import { describe, expect, it } from 'vitest';
import type { FfmpegRecipe } from '../../src/ffmpeg/configure-line.ts';
import { mergeProfiles } from '../../src/ffmpeg/merge-profiles.ts';
import { proofCases } from '../../src/ffmpeg/proof-cases.ts';
import { readyProfiles } from '../../src/ffmpeg/ready-profiles.ts';
import { replaysOf } from '../../src/ffmpeg/replay.ts';
import { printTraceRecord, profileOfTrace, readTraceRecord, type TracedCommand, type TraceRecord } from '../../src/ffmpeg/trace-record.ts';

const command = (argv: string, program: TracedCommand['program'] = 'ffmpeg'): TracedCommand => ({ event: 'events/a.json', program, argv: argv.split(' '), components: [{ kind: 'demuxer', name: 'mov' }] });
const recipe = mergeProfiles([readyProfiles.speech, profileOfTrace([command('-i /tmp/a.mp4 -af volume=2 /tmp/o.wav')])]);

describe('a record of a trace', () => {
  it('reads as it was written, sorted, each command once', () => {
    const text = printTraceRecord({ Two: [], One: [command('-i /tmp/a /tmp/o.wav'), command('-i /tmp/a /tmp/o.wav')] });
    expect(text).toBe(`{
  "schema": 1,
  "functions": {
    "One": [
      {"event":"events/a.json","program":"ffmpeg","argv":["-i","/tmp/a","/tmp/o.wav"],"components":["demuxer mov"]}
    ],
    "Two": []
  }
}
`);
    expect(readTraceRecord(text)).toEqual({ One: [command('-i /tmp/a /tmp/o.wav')], Two: [] });
  });
  it.each([['no JSON', 'x'], ['another schema', '{"schema":2,"functions":{}}'], ['a list', '[]']])('is none where it is %s', (_what, text) => {
    expect(readTraceRecord(text)).toBeUndefined();
  });
  it('leaves out parts whose names are none', () => {
    const text = '{"schema":1,"functions":{"A":[{"event":"e","program":"ffmpeg","argv":[],"components":["demuxer mov; rm -rf /","demuxer mov","thing x"]},{"event":1}]}}';
    expect(readTraceRecord(text)).toEqual({ A: [{ event: 'e', program: 'ffmpeg', argv: [], components: [{ kind: 'demuxer', name: 'mov' }] }] });
  });
});

describe('a replay', () => {
  const exact = '-fflags +bitexact -flags:v +bitexact -flags:a +bitexact';
  const every: FfmpegRecipe = { ...recipe, components: 'all' };
  const linesOf = (record: TraceRecord, own: FfmpegRecipe = recipe): readonly string[] => {
    const { replays, skipped } = replaysOf(record, own);
    expect(skipped).toEqual([]);
    return replays.map(({ program, words }) => [program, ...words].join(' '));
  };
  it('has what stands before and behind the input, without what only changes what is said', () => {
    expect(linesOf({ A: [command('-nostdin -loglevel error -ss 1 -i /tmp/x/a.mp4 -y -af volume=2 /tmp/x/o.wav'), command('-f mp4 -i pipe:0 -f wav pipe:1')] })).toEqual([
      `ffmpeg -i <input> -f wav ${exact} <output>/out.bin`, `ffmpeg -ss 1 -i <input> -af volume=2 ${exact} <output>/o.wav`,
    ]);
  });
  it.each([
    ['several inputs', '-i /tmp/a.mp3 -i /tmp/b.mp3 -map 1:a /tmp/o.wav', `-i <input> -i <input> -map 1:a ${exact} <output>/o.wav`],
    ['what ffmpeg makes up', '-f lavfi -i anullsrc -i /tmp/b.mp3 -map 1:a /tmp/o.wav', `-f lavfi -i anullsrc -i <input> -map 1:a ${exact} <output>/o.wav`],
    ['bare samples', '-f s16le -ar 16000 -i - /tmp/o.wav', `-f s16le -ar 16000 -i <input> ${exact} <output>/o.wav`],
    ['many files', '-i /tmp/a.mp3 -f segment -segment_time 1/2 /tmp/x/o-%03d.wav', `-i <input> -f segment -segment_time 1/2 ${exact} <output>/o-%03d.wav`],
    ['files beside the output', '-i /tmp/a.mp3 -f segment -segment_list /tmp/x/list.csv /tmp/x/o-%03d.wav', `-i <input> -f segment -segment_list <output>/list.csv ${exact} <output>/o-%03d.wav`],
    ['its own exactness', '-i /tmp/a.mp3 -fflags +genpts /tmp/o.wav', `-i <input> -fflags +genpts -flags:v +bitexact -flags:a +bitexact <output>/o.wav`],
  ])('has %s', (_what, argv, words) => {
    expect(linesOf({ A: [command(argv)] }, every)).toEqual([`ffmpeg ${words}`]);
  });
  it('asks ffprobe about each sample', () => {
    const asked = { A: [command('-v error -show_entries stream=channels -i /tmp/a.mp3 -of csv', 'ffprobe'), command('-show_format /tmp/a.mp3', 'ffprobe')] };
    expect(linesOf(asked, { ...every, programs: ['ffmpeg', 'ffprobe'] })).toEqual(['ffprobe -show_entries stream=channels -i <input> -of csv', 'ffprobe -show_format <input>']);
  });
  it('is not made of what cannot be compared, and says so', () => {
    expect(replaysOf({ A: [command('-i /tmp/a -af arnndn=m=/opt/a.rnnn /tmp/o.wav'), command('-f concat -i /tmp/list /tmp/o.wav'), command('-i /tmp/a -'), command('-i /tmp/a')] }, every)).toEqual({
      replays: [], skipped: ['it names other files', 'its input is a list of files', 'what it writes cannot be compared', 'it has no input or no output'].map((why) => `ffmpeg of A on events/a.json: ${why}`),
    });
    expect(replaysOf({ A: [command('-i /tmp/a', 'ffprobe'), command('-i /tmp/a -c:a flac /tmp/o.wav')] }, recipe)).toEqual({
      replays: [], skipped: ['ffprobe of A on events/a.json: this build has no ffprobe', 'ffmpeg of A on events/a.json: this build has no encoder flac'],
    });
  });
  it('runs on every sample of the profile', () => {
    const own = proofCases(recipe, [{ program: 'ffmpeg', words: ['-ss', '1', '-i', '<input>', '<output>/out.wav'] }]).filter(({ words }) => words[0] === '-ss');
    expect(new Set(own.map(({ sample }) => sample.name)).size).toBe(own.length);
    expect(own.length).toBeGreaterThan(5);
  });
});
