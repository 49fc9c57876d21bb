import { chmodSync, closeSync, existsSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { digest } from '../../src/base/digest.ts';
import type { Event } from '../../src/base/event.ts';
import { Failure, type Fault } from '../../src/base/fault.ts';
import type { FfmpegProfile } from '../../src/ffmpeg/profile.ts';
import { ffmpegSource } from '../../src/ffmpeg/sources.ts';
import type { Lock } from '../../src/lock/lock.ts';
import { builtFfmpegMakefile } from '../../src/model/built-ffmpeg-makefile.ts';
import { build } from '../../src/session/build.ts';
import { openStore } from '../../src/store/store.ts';
import { testHost } from '../support/host.ts';

const root = mkdtempSync(join(tmpdir(), 'shear-container-'));
const recipe: FfmpegProfile = { components: [{ kind: 'demuxer', name: 'wav' }, { kind: 'muxer', name: 'wav' }], programs: ['ffmpeg'], externals: [], licence: 'LGPL', network: false };
let project: string;
let cache: string;
let events: Event[];
let count = 0;
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What docker's buildx would do: answers to the questions, or what a compilation leaves. What it was given stays beside it. */
const buildx = (behaviour: string): string => `#!/bin/sh
case "$1 $2" in
  "version --format") echo amd64; exit 0;;
  "buildx version") echo buildx 0.13; exit 0;;
esac
for word; do case "$word" in type=local,dest=*) out="\${word#type=local,dest=}";; esac; last="$word"; done
mkdir -p "$out"
case "$*" in
  *" --file - "*)
    cat > "$KEPT/question"
    echo "gcc (Debian 14.2.0-19) 14.2.0" > "$out/gcc"; echo "GNU ld 2.44" > "$out/linker"; echo "NASM version 2.16.03 compiled on Jul 13" > "$out/nasm"; echo "0123456789abcdef  /usr/lib/libc.a" > "$out/libc"
    exit 0;;
esac
cp "$last/build.sh" "$last/Dockerfile" "$KEPT/"; ls "$last" > "$KEPT/context"
${behaviour}
`;
const good = `mkdir -p "$out/ffmpeg" && cd "$out/ffmpeg"
echo '#define CONFIG_WAV_DEMUXER 1' > config_components.h; echo '#define CONFIG_WAV_MUXER 1' >> config_components.h; : > config.h
echo program > ffmpeg; echo licence > COPYING.LGPLv2.1; echo licence > LICENSE.md`;

function tools(docker: string | undefined): string {
  const folder = join(root, `tools-${count++}`);
  mkdirSync(folder);
  for (const name of ['sh', 'mkdir', 'cat', 'ls', 'cp', 'echo']) symlinkSync(execFileSync('/bin/sh', ['-c', `command -v ${name} | grep / || echo /bin/${name}`], { encoding: 'utf8' }).trim(), join(folder, name));
  if (docker !== undefined) {
    writeFileSync(join(folder, 'docker'), docker);
    chmodSync(join(folder, 'docker'), 0o755);
  }
  return folder;
}

beforeEach(() => {
  [project, cache, events] = [join(root, `project-${count}`), join(root, `cache-${count++}`), []];
  const files = {
    'template.yaml': 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Media:\n    Type: AWS::Serverless::LayerVersion\n    Metadata: { BuildMethod: makefile }\n    Properties: { ContentUri: ffmpeg/ }\n',
    'ffmpeg/Makefile': builtFfmpegMakefile(recipe, 'Media'),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  // The source is taken for there by its size alone, and nothing here unpacks it.
  const store = openStore(join(cache, 'store'), () => 0);
  store.prepare();
  const file = openSync(store.pathOf(digest(`sha256:${ffmpegSource.sha256}`)), 'w');
  ftruncateSync(file, ffmpegSource.size);
  closeSync(file);
});

const run = async (path: string, env: Readonly<Record<string, string>> = {}): Promise<unknown> =>
  await build(
    testHost({ env: { HOME: join(root, 'home'), PATH: path, KEPT: project, ...env }, cwd: project, cacheFolder: cache, now: () => Date.now() + 60_000, emit: (event) => void events.push(event) }),
    { folder: project, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: false, upgrade: [], outputs: 'sam' },
  );
const failureOf = async (work: Promise<unknown>): Promise<Fault | undefined> => await work.then(() => undefined, (error: unknown) => (error instanceof Failure ? error.fault : undefined));
const kept = (name: string): string => readFileSync(join(project, name), 'utf8');

describe('a machine with a Docker engine and no toolchain', () => {
  it('compiles in BuildKit, by the commands of its own toolchain', async () => {
    await run(tools(buildx(good)));
    expect(readFileSync(join(project, '.aws-sam/build/Media/bin/ffmpeg'), 'utf8')).toBe('program\n');
    const lock = JSON.parse(kept('shear.lock')) as Lock;
    expect(Object.values(lock.ffmpeg).map(({ results }) => results.x86_64?.compiler)).toEqual(['gcc (Debian 14.2.0-19) 14.2.0; GNU ld 2.44; NASM version 2.16.03; libc.a 0123456789ab']);
    expect(kept('question').split('\n').slice(0, 2)).toEqual([
      'FROM --platform=linux/amd64 public.ecr.aws/docker/library/debian:trixie-slim AS toolchain',
      'RUN apt-get update && apt-get install -y --no-install-recommends bzip2 g++ gcc libc6-dev make nasm pkg-config xz-utils && rm -rf /var/lib/apt/lists/*',
    ]);
    // BuildKit makes the toolchain once: the compilation starts from the same lines.
    expect(kept('Dockerfile').split('\n').slice(0, 2)).toEqual(kept('question').split('\n').slice(0, 2));
    expect(kept('context').trim().split('\n')).toEqual(['Dockerfile', 'build.sh', 'ffmpeg.tar', 'shear-note.c']);
    const script = kept('build.sh');
    expect(script).toContain("(cd /shear/ffmpeg && ./configure --prefix=/usr/local --disable-everything --disable-autodetect --disable-network --disable-doc --disable-debug --disable-ffplay --disable-ffprobe --disable-avdevice --disable-shared --enable-static --enable-demuxer=wav --enable-muxer=wav '--extra-cflags=-ffunction-sections -fdata-sections' '--extra-ldflags=-static -Wl,--gc-sections -Wl,--build-id=none') || {");
    expect(script).toMatch(/\(cd \/shear\/ffmpeg && make -j"\$jobs" ffmpeg 'LDEXEFLAGS=[^']*shear-note\.o'\) \|\| \{/u);
    expect(events.filter(({ kind }) => kind === 'warning')).toEqual([]);
  });

  it('compiles across for the other architecture', async () => {
    writeFileSync(join(project, 'template.yaml'), kept('template.yaml').replace('BuildMethod: makefile', 'BuildMethod: makefile, BuildArchitecture: arm64'));
    writeFileSync(join(project, 'ffmpeg/Makefile'), builtFfmpegMakefile(recipe, 'Media', 'arm64'));
    await run(tools(buildx(good)));
    expect(kept('question')).toContain('FROM --platform=linux/amd64 ');
    expect(kept('question')).toContain(' g++-aarch64-linux-gnu ');
    expect(kept('build.sh')).toContain('--enable-cross-compile --cross-prefix=aarch64-linux-gnu- --arch=aarch64');
  });

  it('takes the base from a mirror', async () => {
    await run(tools(buildx(good)), { SHEAR_REGISTRY_MIRRORS: 'public.ecr.aws=http://127.0.0.1:5000/mirror' });
    expect(kept('question').split('\n')[0]).toBe('FROM --platform=linux/amd64 127.0.0.1:5000/mirror/docker/library/debian:trixie-slim AS toolchain');
  });

  it.each([
    ['configure', "echo '#9 4.5 ERROR: libx264 not found' >&2; echo '#9 4.6 shear could not go on with: configure' >&2; exit 1", 'ffmpeg cannot be configured so', 'ERROR: libx264 not found'],
    ['make', "echo '#9 60.1 libavutil/mem.c:1: error: no space' >&2; echo '#9 60.2 shear could not go on with: make' >&2; exit 1", 'ffmpeg could not be compiled', 'libavutil/mem.c:1: error: no space'],
    ['the engine', "echo 'ERROR: failed to solve: no such host' >&2; exit 1", 'BuildKit could not compile ffmpeg', 'ERROR: failed to solve: no such host'],
  ])('tells why %s failed', async (_, behaviour, what, why) => {
    const fault = await failureOf(run(tools(buildx(behaviour))));
    expect([fault?.code, fault?.what, fault?.why?.split('\n')[0]]).toEqual(['build/failed', what, why]);
    expect(existsSync(join(project, 'shear.lock'))).toBe(false);
  });

  it('tells of a part that the source does not have', async () => {
    const fault = await failureOf(run(tools(buildx(good.replaceAll('CONFIG_WAV_MUXER', 'CONFIG_OTHER')))));
    expect(fault?.what).toBe('ffmpeg 7.1.5 has no muxer wav');
  });

  it('says what is missing of both where neither is there', async () => {
    const fault = await failureOf(run(tools('#!/bin/sh\nexit 1\n'), { UV_OFFLINE: '1' }));
    const warning = events.find(({ kind }) => kind === 'warning');
    expect(warning?.kind === 'warning' ? warning.text : fault).toMatch(/gcc, g\+\+, ar, strip, make, pkg-config, tar, xz, nasm are not installed .*; no Docker engine answers$/u);
  });
});
