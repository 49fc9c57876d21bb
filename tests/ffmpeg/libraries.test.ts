import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profileOf } from '../../src/ffmpeg/need-builder.ts';
import { compiledFfmpeg, obstacleToLong } from '../support/compiled-ffmpeg.ts';

const parts = 'demuxer:lavfi decoder:wrapped_avframe decoder:pcm_s16le filter:sine filter:testsrc2 filter:aresample filter:aformat filter:anull filter:scale filter:format filter:null ' +
  'encoder:libvorbis encoder:libtheora decoder:theora encoder:libvpx_vp8 encoder:libvpx_vp9 encoder:libwebp encoder:libwebp_anim encoder:rawvideo encoder:pcm_s16le muxer:ogg muxer:webm muxer:webp muxer:image2 muxer:framemd5 bsf:vp9_superframe ' +
  'demuxer:ogg demuxer:matroska demuxer:image_webp_pipe decoder:vorbis decoder:vp8 decoder:vp9 decoder:webp parser:vorbis parser:vp8 parser:vp9 parser:webp protocol:file protocol:pipe';
const profile = profileOf(parts.split(' ').map((part) => part.split(':')).map(([kind, name]) => ({ kind: kind as 'demuxer', name: name ?? '' })), ['ffmpeg']);
const obstacle = await obstacleToLong(profile);
const scratch = mkdtempSync(join(tmpdir(), 'shear-libraries-'));
const ffmpeg = join(scratch, 'ffmpeg');
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const sound = '-f lavfi -i sine=440:d=1:r=44100';
const picture = '-f lavfi -i testsrc2=size=96x64:rate=8:d=1';
const run = (args: string): { readonly status: number | null; readonly out: string; readonly told: string } => {
  const { status, stdout, stderr } = spawnSync(ffmpeg, ['-nostdin', '-y', '-loglevel', 'error', ...args.split(' ')], { cwd: scratch, encoding: 'utf8' });
  return { status, out: stdout, told: stderr };
};

describe.skipIf(obstacle !== undefined)(`an ffmpeg with libraries of others${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`, () => {
  let licences: readonly string[] = [];
  beforeAll(async () => {
    licences = (await compiledFfmpeg(profile, ffmpeg)).blobs.map(({ name }) => name);
  }, 1_800_000);

  it('has their licences beside it', () => {
    expect(licences).toEqual(['bin/ffmpeg', ...['BUILD.txt', 'COPYING.LGPLv2.1', 'LICENSE.md', 'COPYING.ogg', 'COPYING.theora', 'COPYING.vorbis', 'COPYING.vpx', 'COPYING.webp'].map((name) => `share/ffmpeg/${name}`)]);
  });

  it.each([
    ['Vorbis by default', `${sound} -vn out.ogg`, 'OggS', 20],
    ['Theora and Vorbis by default', `${picture} ${sound} film.ogv`, 'OggS', 8],
    ['VP8 and Vorbis', `${picture} ${sound} -c:v libvpx -b:v 200k -c:a libvorbis out.webm`, '\x1aEß£', 8],
    ['VP9 by default', `${picture} -an -b:v 200k -cpu-used 8 two.webm`, '\x1aEß£', 8],
    ['VP9 of ten bits', `${picture} -an -pix_fmt yuv420p10le -c:v libvpx-vp9 -b:v 200k -cpu-used 8 ten.webm`, '\x1aEß£', 8],
    ['a WebP picture', `${picture} -frames:v 1 out.webp`, 'RIFF', 1],
    ['a WebP picture without loss', `${picture} -frames:v 1 -c:v libwebp -lossless 1 whole.webp`, 'RIFF', 1],
  ])('writes %s, the same each time, and reads it back', (_, args, magic, frames) => {
    const output = args.split(' ').at(-1) ?? '';
    const exact = args.replace(output, `-fflags +bitexact -flags:v +bitexact -flags:a +bitexact -threads 1 ${output}`);
    expect(run(exact)).toEqual({ status: 0, out: '', told: '' });
    const first = readFileSync(join(scratch, output));
    run(exact);
    expect([first.toString('latin1', 0, 4), readFileSync(join(scratch, output)).equals(first)]).toEqual([magic, true]);
    const read = run(`-i ${output} -map 0:0 -f framemd5 -`);
    expect([read.status, read.told]).toEqual([0, '']);
    expect(read.out.split('\n').filter((line) => /^0,/u.test(line)).length).toBeGreaterThanOrEqual(frames);
  });

  it('writes moving WebP pictures', () => {
    expect(run(`${picture} -frames:v 3 -loop 0 moving.webp`).status).toBe(0);
    expect(readFileSync(join(scratch, 'moving.webp')).toString('latin1').match(/ANMF/gu)).toHaveLength(3);
  });
});
