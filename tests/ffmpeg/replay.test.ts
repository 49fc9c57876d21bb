import { describe, expect, it } from 'vitest';
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
  const of = (record: TraceRecord): unknown => replaysOf(record, recipe);
  it('has what stands before and behind the input, without what only changes what is said', () => {
    expect(of({ A: [command('-nostdin -loglevel error -ss 1 -i /tmp/x/a.mp4 -y -af volume=2 /tmp/x/o.wav'), command('-f mp4 -i pipe:0 -f wav pipe:1')] })).toEqual({
      replays: [{ before: ['-ss', '1'], args: ['-af', 'volume=2'], output: 'out.wav' }, { before: [], args: ['-f', 'wav'], output: 'out.bin' }], skipped: [],
    });
  });
  it('is not made of what cannot be compared, and says so', () => {
    expect(of({ A: [command('-i /tmp/a -i /tmp/b /tmp/o.wav'), command('-i /tmp/a', 'ffprobe'), command('-i /tmp/a -c:a flac /tmp/o.wav')] })).toEqual({
      replays: [], skipped: ['ffmpeg of A on events/a.json: it has several inputs', 'ffprobe of A on events/a.json: ffprobe is not tried', 'ffmpeg of A on events/a.json: this build has no encoder flac'],
    });
  });
  it('runs on every sample of the profile', () => {
    const own = proofCases(recipe, [{ before: ['-ss', '1'], args: ['-af', 'volume=2'], output: 'out.wav' }]).cases.filter(({ before }) => before !== undefined);
    expect(new Set(own.map(({ sample }) => sample.name)).size).toBe(own.length);
    expect(own.length).toBeGreaterThan(5);
  });
});
