import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provideEngine, type Engine, type NoEngine } from '../../scripts/peers/engine.ts';
import { cacheFolder, createScriptHost } from '../../scripts/script-host.ts';
import { whyNoDebian } from '../../scripts/stand-in/debian.ts';
import { officialImage, provideStandIns } from '../../scripts/stand-in/images.ts';
import type { Architecture, Host } from '../../src/base/host.ts';
import { compileFfmpeg } from '../../src/build/ffmpeg/compile.ts';
import { findContainerCompiler } from '../../src/build/ffmpeg/container-toolchain.ts';
import type { FfmpegProfile } from '../../src/ffmpeg/profile.ts';
import { stageBase } from '../../src/model/built-ffmpeg-stage.ts';
import { refName } from '../../src/oci/layout.ts';
import { openStore } from '../../src/store/store.ts';
import { findCompiler, type CompilerSearch } from '../../src/tools/find-compiler.ts';

// Four compilations, and the toolchains before: a quarter of an hour on two cores of one's own.
const script = createScriptHost();
const obstacle = process.env['SHEAR_CONFORMANCE'] !== '1' ? 'npm run test:conformance runs it' : whyNoDebian(script);
const recipe: FfmpegProfile = {
  components: [{ kind: 'protocol', name: 'file' }, { kind: 'demuxer', name: 'wav' }, { kind: 'decoder', name: 'pcm_s16le' }, { kind: 'encoder', name: 'libmp3lame' }, { kind: 'encoder', name: 'pcm_s16le' }, { kind: 'filter', name: 'aresample' }, { kind: 'muxer', name: 'mp3' }, { kind: 'muxer', name: 'wav' }],
  programs: ['ffmpeg'], externals: ['lame'], licence: 'LGPL', network: false,
};

describe.skipIf(obstacle !== undefined)(`ffmpeg compiled in BuildKit${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'shear-buildkit-'));
  let engine: Engine | NoEngine;
  let host: Host;
  beforeAll(async () => {
    const { layout } = await provideStandIns(script, 'debian', cacheFolder);
    engine = await provideEngine(script, { cache: cacheFolder, layout: renamed(layout, join(folder, 'layout')) });
    const env = engine.kind === 'engine' ? engine.env : {};
    host = { ...script, env: { ...script.env, ...env }, run: async (program, args, options) => await script.run(program, args, { ...options, env: { ...env, ...options?.env } }) };
  }, 600_000);
  afterAll(async () => {
    if (engine.kind === 'engine') await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 120_000);

  const programBy = async (search: CompilerSearch, name: string): Promise<Buffer> => {
    if (search.kind === 'missing') throw new Error(search.why);
    const scratch = join(folder, name);
    mkdirSync(scratch);
    const files = await compileFfmpeg(host, openStore(join(cacheFolder, 'ffmpeg-conformance', 'store'), host.now), { recipe, compiler: search.compiler, scratch });
    return readFileSync(files.find(({ path }) => path === 'bin/ffmpeg')?.absolute ?? '');
  };

  it.each(['x86_64', 'arm64'] as const)('for %s has the bytes of a build by the same toolchain on a machine', async (architecture: Architecture) => {
    const [inContainer, own] = [await findContainerCompiler(host, architecture), await findCompiler(host, architecture)];
    const program = await programBy(inContainer, `container-${architecture}`);
    expect(program.subarray(0, 4).toString('latin1')).toBe('\u007fELF');
    // EM_X86_64 and EM_AARCH64.
    expect(program.readUInt16LE(18)).toBe(architecture === 'x86_64' ? 62 : 183);
    if (own.kind === 'missing' || inContainer.kind === 'missing' || own.compiler.id !== inContainer.compiler.id) {
      console.warn(`not compared for ${architecture}: this machine has another toolchain`);
      return;
    }
    expect(program.equals(await programBy(own, `own-${architecture}`))).toBe(true);
  }, 3_600_000);
});

/** A layout whose image answers to the name that shear's stage starts from. */
function renamed(layout: string, folder: string): string {
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { readonly manifests: readonly { readonly annotations?: Readonly<Record<string, string>> }[] };
  mkdirSync(folder);
  symlinkSync(join(layout, 'blobs'), join(folder, 'blobs'));
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const manifests = index.manifests.filter(({ annotations }) => annotations?.[refName] === officialImage).map((one) => ({ ...one, annotations: { ...one.annotations, [refName]: stageBase } }));
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ ...index, manifests }));
  return folder;
}
