import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proveProfile, type Proof } from '../../src/build/ffmpeg/prove.ts';
import type { FfmpegComponent, FfmpegProfile } from '../../src/ffmpeg/profile.ts';
import type { Output } from '../../src/graph/node.ts';
import { compiledFfmpeg, compileHost, compileStore, obstacleTo } from '../support/compiled-ffmpeg.ts';

function profileWith(parts: readonly (readonly [FfmpegComponent['kind'], string])[]): FfmpegProfile {
  return { components: parts.map(([kind, name]) => ({ kind, name })), programs: ['ffmpeg'], externals: [], licence: 'LGPL', network: false };
}

/** Reads and writes PCM in WAV files. */
const wavProfile = profileWith([['demuxer', 'wav'], ['muxer', 'wav'], ['decoder', 'pcm_s16le'], ['encoder', 'pcm_s16le'], ['filter', 'aresample'], ['protocol', 'file']]);
const obstacle = await obstacleTo(wavProfile);
const scratch = mkdtempSync(join(tmpdir(), 'shear-compile-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.skipIf(obstacle !== undefined)(`a compiled ffmpeg${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`, () => {
  let output: Output;
  const ffmpeg = join(scratch, 'ffmpeg');
  beforeAll(async () => {
    output = await compiledFfmpeg(wavProfile, ffmpeg);
    writeFileSync(join(scratch, 'in.wav'), wav(44_100));
    writeFileSync(join(scratch, 'text.wav'), 'no sound at all');
  }, 600_000);

  const blob = (name: string) => {
    const found = output.blobs.find((one) => one.name === name);
    if (!found) throw new Error(`no ${name}`);
    return found.digest;
  };
  const call = (args: string, env: Readonly<Record<string, string>> = {}): { readonly status: number | null; readonly note: string } => {
    const { status, stderr } = spawnSync(ffmpeg, ['-nostdin', '-y', '-loglevel', 'error', ...args.split(' ')], { cwd: scratch, encoding: 'utf8', env: { ...process.env, ...env } });
    return { status, note: /lacks: .*/u.exec(stderr)?.[0] ?? '' };
  };

  it('is a static program that does what it was made for', () => {
    expect(execFileSync(ffmpeg, ['-version'], { encoding: 'utf8' }).split(' ').slice(0, 3).join(' ')).toBe('ffmpeg version 7.1.5');
    expect(asksForInterpreter(readFileSync(ffmpeg))).toBe(false);
    expect(call('-i in.wav -ac 1 -ar 16000 out.wav')).toEqual({ status: 0, note: '' });
    expect(readFileSync(join(scratch, 'out.wav')).readUInt32LE(24)).toBe(16_000);
  });

  it('has its licence and the way it was made beside it', () => {
    expect(output.blobs.map(({ name }) => name)).toEqual(['bin/ffmpeg', 'share/ffmpeg/BUILD.txt', 'share/ffmpeg/COPYING.LGPLv2.1', 'share/ffmpeg/LICENSE.md']);
    const about = compileStore.read(blob('share/ffmpeg/BUILD.txt'))?.toString() ?? '';
    expect(about).toContain('ffmpeg_7.1.5.orig.tar.xz  sha256:de668509caf9e35e3cd162473441fdb29538c6d96ed080292b3cf9e6fc5d558f');
    expect(about).toContain('  --enable-encoder=pcm_s16le\n');
  });

  it.each([
    ['-i in.wav -c:a libmp3lame out.wav', 'lacks: encoder libmp3lame. To get it back: build with SHEAR_FFMPEG=full, which has every part.'],
    ['-i in.wav out.mp3', 'lacks: a muxer for .mp3. To get it back: build with SHEAR_FFMPEG=full, which has every part.'],
    ['-i in.wav -af atempo=2 out.wav', 'lacks: filter atempo. To get it back: add --enable-filter=atempo to the configure line of ffmpeg (a stage of the Dockerfile, or the Makefile of its Lambda layer), or build with SHEAR_FFMPEG=full, which has every part.'],
    ['-f mp3 -i in.wav out.wav', 'lacks: demuxer mp3. To get it back: add --enable-demuxer=mp3 to the configure line of ffmpeg (a stage of the Dockerfile, or the Makefile of its Lambda layer), or build with SHEAR_FFMPEG=full, which has every part.'],
    ['-f webm -i in.wav out.wav', 'lacks: demuxer webm. To get it back: add --enable-demuxer=matroska to the configure line of ffmpeg (a stage of the Dockerfile, or the Makefile of its Lambda layer), or build with SHEAR_FFMPEG=full, which has every part.'],
    ['-i https://example.test/a.wav out.wav', 'lacks: protocol https. To get it back: add --enable-protocol=https to the configure line of ffmpeg (a stage of the Dockerfile, or the Makefile of its Lambda layer), or build with SHEAR_FFMPEG=full, which has every part.'],
    ['-i text.wav out.wav', 'lacks: a demuxer for the input (if that is not damaged: no format of this build fits it). To get it back: build with SHEAR_FFMPEG=full, which has every part.'],
    ['-i missing.wav out.wav', ''],
  ])('says what it lacks when it fails: %s', (args, note) => {
    const told = call(args);
    expect(told.status).not.toBe(0);
    expect(told.note).toBe(note);
  });

  it('says so in the log of the function when the code keeps its output to itself', () => {
    // A function whose standard error is a pipe, as Lambda's is, and which catches that of ffmpeg.
    const code = `const { stderr } = require('node:child_process').spawnSync(process.argv[1], '-nostdin -loglevel error -i in.wav -c:a libmp3lame out.wav'.split(' ')); require('node:fs').writeFileSync('caught.txt', stderr);`;
    const quiet = (env: Readonly<Record<string, string>>): string =>
      spawnSync('sh', ['-c', '"$0" -e "$1" "$2" 2>&1 | cat', process.execPath, code, ffmpeg], { cwd: scratch, encoding: 'utf8', env: { ...process.env, ...env } }).stdout;
    expect(quiet({ AWS_LAMBDA_FUNCTION_NAME: 'Fn' })).toContain('lacks: encoder libmp3lame');
    expect(readFileSync(join(scratch, 'caught.txt'), 'utf8')).toContain('lacks: encoder libmp3lame');
    expect(quiet({})).toBe('');
  });
});

/** What stands for a full build: with the parts that the other has, FLAC besides, and what makes samples. */
const whole: FfmpegProfile = profileWith([
  ...wavProfile.components.map(({ kind, name }) => [kind, name] as const), ['protocol', 'pipe'], ['demuxer', 'lavfi'], ['decoder', 'pcm_f64le'], ['filter', 'aevalsrc'], ['filter', 'volume'], ['filter', 'aformat'], ['filter', 'anull'], ['demuxer', 'flac'], ['decoder', 'flac'], ['encoder', 'flac'], ['muxer', 'flac'], ['parser', 'flac'], ['muxer', 'framemd5'],
]);
const claimed: FfmpegProfile = profileWith([['demuxer', 'wav'], ['demuxer', 'flac'], ['decoder', 'pcm_s16le'], ['decoder', 'flac'], ['encoder', 'pcm_s16le'], ['muxer', 'wav'], ['filter', 'aresample']]);

describe.skipIf(obstacle !== undefined)(`a proof with real programs${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`, () => {
  const [small, full] = [join(scratch, 'small', 'ffmpeg'), join(scratch, 'full', 'ffmpeg')];
  beforeAll(async () => {
    await compiledFfmpeg(wavProfile, small);
    await compiledFfmpeg(whole, full);
  }, 900_000);

  let count = 0;
  const prove = async (profile: FfmpegProfile, derived: string, replays: Parameters<typeof proveProfile>[2]['replays'] = []): Promise<Proof> => {
    const folder = join(scratch, `${count++}`);
    mkdirSync(folder);
    return await proveProfile(compileHost, profile, { derived: { ffmpeg: derived }, full: { ffmpeg: full }, maker: full, emulator: [], scratch: folder, replays });
  };

  it('passes a build that has what its profile names, on whole, cut and damaged samples', async () => {
    expect(await prove(wavProfile, small)).toEqual({ commands: 4, failures: [], unreached: [] });
  });

  it('fails one from which a part was left out', async () => {
    const { failures, unreached } = await prove(claimed, small);
    expect(failures.map((line) => line.replace(/ \(.*/u, ''))).toContain('ffmpeg -i sound.flac -vn -ac 1 -ar 16000 -c:a pcm_s16le -f wav out.wav: exit code 183 where the full build has 0');
    expect(unreached).toEqual(['demuxer flac', 'decoder flac']);
  });

  it('runs recorded commands on every sample, and compares all files that they write', async () => {
    const louder = { program: 'ffmpeg', words: ['-i', '<input>', '-af', 'volume=2', '<output>/o.wav'] } as const;
    expect((await prove(wavProfile, full, [louder])).failures).toEqual([]);
    expect((await prove(wavProfile, small, [louder])).failures.map((line) => line.replace(/ \(.*/u, ''))).toEqual(['ffmpeg -i pcm_s16le.wav -af volume=2 o.wav: exit code 234 where the full build has 0']);
  });
});

/** Whether an ELF file names a dynamic linker: a program header of type PT_INTERP. */
function asksForInterpreter(elf: Buffer): boolean {
  const [offset, size, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)];
  return Array.from({ length: count }, (_, at) => elf.readUInt32LE(offset + at * size)).includes(3);
}

/** A tenth of a second of stereo silence with one click. */
function wav(rate: number): Buffer {
  const data = Buffer.alloc(Math.floor(rate / 10) * 4);
  data.writeInt16LE(20_000, 400);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(2, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 4, 28);
  head.writeUInt16LE(4, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}
