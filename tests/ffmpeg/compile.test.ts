import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/fault.ts';
import { ffmpegNode } from '../../src/build/ffmpeg/proof-plan.ts';
import { ffmpegBuild } from '../../src/build/steps/ffmpeg-build.ts';
import { provideSource } from '../../src/build/ffmpeg/provide-source.ts';
import { stepTable } from '../../src/build/steps/step-table.ts';
import type { FfmpegProfile } from '../../src/ffmpeg/profile.ts';
import { ffmpegSource } from '../../src/ffmpeg/sources.ts';
import { nodeKey } from '../../src/graph/run.ts';
import type { Output } from '../../src/graph/node.ts';
import { openStore } from '../../src/store/store.ts';
import { findCompiler } from '../../src/tools/find-compiler.ts';
import { testHost } from '../support/host.ts';

const profile: FfmpegProfile = {
  components: ([['demuxer', 'wav'], ['muxer', 'wav'], ['decoder', 'pcm_s16le'], ['encoder', 'pcm_s16le'], ['filter', 'aresample'], ['protocol', 'file']] as const).map(([kind, name]) => ({ kind, name })),
  programs: ['ffmpeg'], externals: [], licence: 'LGPL', network: false,
};

// Kept between runs: compiling takes half a minute.
const cache = join(import.meta.dirname, '..', '..', '.cache', 'ffmpeg-tests');
const host = testHost({ env: { PATH: process.env['PATH'], HOME: process.env['HOME'], SHEAR_FFMPEG_SOURCE: process.env['SHEAR_FFMPEG_SOURCE'] }, cacheFolder: cache, now: Date.now });
const store = openStore(join(cache, 'store'), host.now);
const search = await findCompiler(host, host.arch);
const obstacle = search.kind === 'missing' ? search.why : await provideSource(host, store, ffmpegSource).then(() => undefined, (error: unknown) => (error instanceof Failure ? error.fault.what : String(error)));
const scratch = mkdtempSync(join(tmpdir(), 'shear-compile-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.skipIf(obstacle !== undefined)(`a compiled ffmpeg${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`, () => {
  let output: Output;
  const ffmpeg = join(scratch, 'ffmpeg');
  beforeAll(async () => {
    const node = ffmpegNode(profile, { architecture: host.arch, compiler: search.kind === 'found' ? search.compiler.id : '' }, 'ffmpeg');
    const key = nodeKey(node, stepTable['ffmpeg-build']?.version ?? 0, [], []);
    output = store.getRecord(key) ?? (await ffmpegBuild({ host, store, projectFolder: scratch })({ node, outputs: [], listings: [] }));
    store.putRecord(key, output);
    writeFileSync(ffmpeg, readFileSync(store.pathOf(blob('bin/ffmpeg'))), { mode: 0o755 });
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
    const about = store.read(blob('share/ffmpeg/BUILD.txt'))?.toString() ?? '';
    expect(about).toContain('ffmpeg_7.1.5.orig.tar.xz  sha256:de668509caf9e35e3cd162473441fdb29538c6d96ed080292b3cf9e6fc5d558f');
    expect(about).toContain('  --enable-encoder=pcm_s16le\n');
  });

  it.each([
    ['-i in.wav -c:a libmp3lame out.wav', 'lacks: encoder libmp3lame. To get it back: add --enable-encoder=libmp3lame to the ffmpeg stage of the Dockerfile, or build with SHEAR_FFMPEG=full, which has every part.'],
    ['-i in.wav out.mp3', 'lacks: a muxer for .mp3. To get it back: build with SHEAR_FFMPEG=full, which has every part.'],
    ['-i in.wav -af atempo=2 out.wav', 'lacks: filter atempo. To get it back: add --enable-filter=atempo to the ffmpeg stage of the Dockerfile, or build with SHEAR_FFMPEG=full, which has every part.'],
    ['-f mp3 -i in.wav out.wav', 'lacks: demuxer mp3. To get it back: add --enable-demuxer=mp3 to the ffmpeg stage of the Dockerfile, or build with SHEAR_FFMPEG=full, which has every part.'],
    ['-i https://example.test/a.wav out.wav', 'lacks: protocol https. To get it back: add --enable-protocol=https to the ffmpeg stage of the Dockerfile, or build with SHEAR_FFMPEG=full, which has every part.'],
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
