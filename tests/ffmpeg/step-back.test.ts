import { describe, expect, it } from 'vitest';
import type { FfmpegNeed, FfmpegProfile } from '../../src/ffmpeg/profile.ts';
import { beyondEveryPart, beyondPrebuilt, everyPartOf } from '../../src/ffmpeg/step-back.ts';

const profile: FfmpegProfile = { components: [{ kind: 'encoder', name: 'libx264' }], programs: ['ffprobe'], externals: ['x264'], licence: 'GPL', network: false };
const needWith = (...whys: readonly string[]): Extract<FfmpegNeed, { kind: 'unbounded' }> => ({ kind: 'unbounded', profile, commands: [], doubts: whys.map((why) => ({ why, place: undefined })) });

describe('a need that cannot be told', () => {
  it('is met by every part of ffmpeg\'s own with the libraries that were seen', () => {
    expect(everyPartOf(profile)).toEqual({ components: 'all', programs: ['ffmpeg', 'ffprobe'], externals: ['lame', 'opus', 'x264', 'zlib'], licence: 'GPL', network: false });
  });

  it.each([
    ['what `event["options"]` holds cannot be told', false, false],
    ['the format of `out` cannot be told: its ending is not known', false, false],
    ['run.sh calls it too, and shear reads calls in Python and JavaScript alone', false, false],
    ['the filter subtitles needs libass (subtitles), which shear does not build', true, false],
    ['subtitles are made', true, false],
    ['source may be an address to read from', true, true],
    ['it reads from the network (rtmp:)', true, true],
    ['it writes to the network (rtmp:)', true, true],
    ['a filter reads from the network', true, true],
    ['-hwaccel asks for hardware', true, true],
    ['ffmpeg has no encoder h264_nvenc2', true, true],
    ['-map_channel went with ffmpeg 7', true, true],
  ])('%s: beyond every part %s, beyond the prebuilt one %s', (why, everyPart, prebuilt) => {
    const need = needWith('which filters `f` has cannot be told', why);
    expect([beyondEveryPart(need) !== undefined, beyondPrebuilt(need) !== undefined]).toEqual([everyPart, prebuilt]);
  });
});
