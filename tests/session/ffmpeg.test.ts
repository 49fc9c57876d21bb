import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Event } from '../../src/base/event.ts';
import { Failure, type Fault } from '../../src/base/fault.ts';
import type { Host } from '../../src/base/host.ts';
import { everyPart, ffmpegNode, proofNodes } from '../../src/build/ffmpeg/proof-plan.ts';
import { stepTable } from '../../src/build/steps/step-table.ts';
import type { FfmpegRecipe } from '../../src/ffmpeg/configure-line.ts';
import type { FfmpegProfile } from '../../src/ffmpeg/profile.ts';
import { nodeKey } from '../../src/graph/run.ts';
import type { Lock } from '../../src/lock/lock.ts';
import { builtFfmpegMakefile } from '../../src/model/built-ffmpeg-makefile.ts';
import { builtFfmpegStage } from '../../src/model/built-ffmpeg-stage.ts';
import { assembleImage } from '../../src/oci/image.ts';
import { writeLayout } from '../../src/oci/layout.ts';
import { build, type BuildOptions } from '../../src/session/build.ts';
import { noteFfmpegEvidence } from '../../src/session/note-ffmpeg-evidence.ts';
import { proveFfmpeg } from '../../src/session/prove-ffmpeg.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { findCompiler } from '../../src/tools/find-compiler.ts';
import { testHost } from '../support/host.ts';
import { textLayer } from '../support/image.ts';

const root = mkdtempSync(join(tmpdir(), 'shear-ffmpeg-'));
let project: string;
let cache: string;
let count = 0;

const recipe: FfmpegProfile = { components: [{ kind: 'demuxer', name: 'wav' }, { kind: 'muxer', name: 'wav' }], programs: ['ffmpeg'], externals: [], licence: 'LGPL', network: false };
const template = `Transform: AWS::Serverless-2016-10-31
Resources:
${['One', 'Two'].map((name) => `  ${name}:
    Type: AWS::Serverless::Function
    Metadata: { Dockerfile: Dockerfile, DockerContext: . }
    Properties: { PackageType: Image }
`).join('')}`;

function dockerfileFor(wanted: FfmpegRecipe): string {
  return [
    ...builtFfmpegStage(wanted, 'ffmpeg'), 'FROM example.test/base:1', 'COPY app.py /var/task/',
    'COPY --from=ffmpeg /usr/local/bin/ffmpeg /opt/bin/ffmpeg', 'COPY --from=ffmpeg /usr/local/share/ffmpeg /opt/share/ffmpeg', 'CMD ["app.handler"]', '',
  ].join('\n');
}

/** A folder for PATH with programs that only say who they are. */
function compilerFolder(name: string, version: string): string {
  const folder = join(root, name);
  const says = (text: string): string => `#!/bin/sh\n${text}\n`;
  write(folder, {
    gcc: says(`case "$1" in -print-file-name=libc.a) echo ${join(folder, 'libc.a')};; *) echo "gcc ${version}";; esac`), 'libc.a': 'static',
    ld: says('echo "ld 2.40"'), nasm: says('echo "NASM version 2.16"'), ...Object.fromEntries(['g++', 'ar', 'strip', 'make', 'pkg-config', 'tar', 'xz'].map((one) => [one, says('exit 1')])),
  });
  for (const one of ['gcc', 'ld', 'nasm', 'g++', 'ar', 'strip', 'make', 'pkg-config', 'tar', 'xz']) chmodSync(join(folder, one), 0o755);
  return folder;
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

beforeEach(() => {
  project = join(root, `project-${count++}`);
  cache = join(root, `cache-${count}`);
  write(project, { 'template.yaml': template, Dockerfile: dockerfileFor(recipe), 'app.py': 'x = 1\n' });
  const store = openStore(join(root, 'base-store'), () => 0);
  const base = assembleImage({ base: 'scratch', layers: [textLayer(store, { 'etc/base': 'base' })], architecture: 'x86_64' });
  if (!base.ok) throw new Error(base.error.what);
  for (const bytes of [base.value.configBytes, base.value.manifestBytes]) store.putBytes(bytes);
  if (!existsSync(join(root, 'base'))) writeLayout(join(root, 'base'), [{ name: 'example.test/base:1', image: base.value }], store);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const hostWith = (path: string, env: Readonly<Record<string, string>> = {}, events: Event[] = []): Host =>
  testHost({ env: { HOME: join(root, 'home'), PATH: path, SHEAR_REGISTRY_MIRRORS: `example.test=oci:${join(root, 'base')}`, ...env }, cwd: project, cacheFolder: cache, now: () => Date.now() + 60_000, emit: (event) => void events.push(event) });

const defaults = (): BuildOptions => ({ folder: project, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: false, upgrade: [], outputs: 'sam' });

const run = async (host: Host, options: Partial<BuildOptions> = {}) => await build(host, { ...defaults(), ...options });

const failureOf = async (work: Promise<unknown>): Promise<Fault | undefined> =>
  await work.then(() => undefined, (error: unknown) => (error instanceof Failure ? error.fault : undefined));

const lock = (): Lock => JSON.parse(readFileSync(join(project, 'shear.lock'), 'utf8')) as Lock;

const buildVersion = stepTable['ffmpeg-build']?.version ?? 0;

/** The outcome of a proof in the store, as an earlier one left it, and a build with every part. */
async function keepProof(host: Host, failures: readonly string[]): Promise<void> {
  const store = openStore(join(cache, 'store'), host.now);
  const search = await findCompiler(host, 'x86_64');
  if (search.kind === 'missing') throw new Error(search.why);
  const builtFor = { architecture: 'x86_64', compiler: search.compiler.id } as const;
  const derived = ffmpegNode(recipe, builtFor, 'derived');
  const { full, proof } = proofNodes(recipe, derived, builtFor);
  const whole = ffmpegNode(everyPart(recipe), builtFor, 'every part');
  const output = { blobs: [{ name: 'bin/ffmpeg', ...store.putBytes(Buffer.from('full program')) }], data: null };
  for (const node of [full, whole]) store.putRecord(nodeKey(node, buildVersion, [], []), output);
  const built = store.getRecord(nodeKey(derived, buildVersion, [], []));
  if (!built) throw new Error('nothing was derived');
  store.putRecord(nodeKey(proof, stepTable['ffmpeg-proof']?.version ?? 0, [built, output], []), { blobs: [], data: { commands: 7, failures, unreached: [] } });
}

/** What a build by that compiler would have left in the store. */
async function keepBuild(host: Host, program: string, wanted: FfmpegRecipe = recipe): Promise<void> {
  const store: Store = openStore(join(cache, 'store'), host.now);
  const search = await findCompiler(host, 'x86_64');
  if (search.kind === 'missing') throw new Error(search.why);
  const key = nodeKey(ffmpegNode(wanted, { architecture: 'x86_64', compiler: search.compiler.id }, ''), buildVersion, [], []);
  store.putRecord(key, { blobs: [{ name: 'bin/ffmpeg', ...store.putBytes(Buffer.from(program)) }, { name: 'share/ffmpeg/BUILD.txt', ...store.putBytes(Buffer.from('how')) }], data: null });
}

describe('a function with a derived ffmpeg', () => {
  it('gets it as an image layer of its own below the rest, shared with other functions', async () => {
    const host = hostWith(compilerFolder('twelve', '12.2.0'));
    await keepBuild(host, 'program');
    const report = await run(host);
    const [one, two] = report.functions.map((fn) => fn.image?.layers ?? []);
    expect(one?.map(({ role }) => role)).toEqual(['base', 'ffmpeg', 'ffmpeg', 'application']);
    expect(two).toEqual(one);
    expect(lock().ffmpeg).toEqual({
      'ffmpeg-7.1.5-82257bdce12a': {
        version: '7.1.5',
        sources: { 'ffmpeg_7.1.5.orig.tar.xz': 'sha256:de668509caf9e35e3cd162473441fdb29538c6d96ed080292b3cf9e6fc5d558f' },
        configure: "--prefix=/usr/local --disable-everything --disable-autodetect --disable-network --disable-doc --disable-debug --disable-ffplay --disable-ffprobe --disable-avdevice --disable-shared --enable-static --enable-demuxer=wav --enable-muxer=wav '--extra-cflags=-ffunction-sections -fdata-sections' '--extra-ldflags=-static -Wl,--gc-sections -Wl,--build-id=none'",
        results: { x86_64: { compiler: 'gcc 12.2.0; ld 2.40; NASM version 2.16; libc.a 2053dbbf6ec7', digest: 'sha256:21dca68f81cb4aaf219dec4683d6496c588359ef8dd6474d740afea1e34c3094' } },
      },
    });
  });

  it('takes the build that the lock names from the store, whatever compiler is here, and leaves the lock as it is', async () => {
    const first = hostWith(compilerFolder('twelve', '12.2.0'));
    await keepBuild(first, 'program');
    await run(first);
    const before = readFileSync(join(project, 'shear.lock'), 'utf8');
    for (const path of [compilerFolder('fourteen', '14.1.0'), join(root, 'nothing')]) {
      rmSync(join(project, '.aws-sam'), { recursive: true });
      await run(hostWith(path), { isFrozen: path.endsWith('nothing') });
      expect(readFileSync(join(project, 'shear.lock'), 'utf8')).toBe(before);
    }
  });

  it('is refused when frozen and the store has lost the build that the lock names', async () => {
    const first = hostWith(compilerFolder('twelve', '12.2.0'));
    await keepBuild(first, 'program');
    await run(first);
    rmSync(cache, { recursive: true });
    rmSync(join(project, '.aws-sam'), { recursive: true });
    const other = hostWith(compilerFolder('fourteen', '14.1.0'));
    const fault = await failureOf(run(other, { isFrozen: true }));
    expect(fault?.code).toBe('tool/missing');
    expect(fault?.why).toBe(`locked for gcc 12.2.0; ld 2.40; NASM version 2.16; libc.a 2053dbbf6ec7
here is    gcc 14.1.0; ld 2.40; NASM version 2.16; libc.a 2053dbbf6ec7`);
    // A look at the lock compiles nothing and finds nothing wrong with it.
    expect(await failureOf(run(other, { isFrozen: true, outputs: 'none' }))).toBeUndefined();
  });

  it('is out of date in the lock when the stage asks for other parts', async () => {
    const host = hostWith(compilerFolder('twelve', '12.2.0'));
    await keepBuild(host, 'program');
    await run(host);
    write(project, { Dockerfile: dockerfileFor({ ...recipe, components: [...recipe.components, { kind: 'muxer', name: 'mp3' }] }) });
    const fault = await failureOf(run(host, { isFrozen: true, outputs: 'none' }));
    expect([fault?.code, fault?.why]).toEqual(['lock/drift', `ffmpeg build ffmpeg-7.1.5-82257bdce12a is in the lock, and the project no longer has it
ffmpeg build ffmpeg-7.1.5-c696379533ad is not in the lock
function One#ffmpeg takes ffmpeg-7.1.5-c696379533ad, the lock says ffmpeg-7.1.5-82257bdce12a
function Two#ffmpeg takes ffmpeg-7.1.5-c696379533ad, the lock says ffmpeg-7.1.5-82257bdce12a`]);
  });

  it('has every part where the proof failed, and only there', async () => {
    const events: Event[] = [];
    const host = hostWith(compilerFolder('twelve', '12.2.0'), {}, events);
    await keepBuild(host, 'program');
    await keepProof(host, []);
    await run(host);
    expect(Object.keys(lock().ffmpeg)).toEqual(['ffmpeg-7.1.5-82257bdce12a']);
    expect(await proveFfmpeg(host, { ...defaults(), outputs: 'none' })).toEqual([{ name: 'ffmpeg-7.1.5-82257bdce12a', architecture: 'x86_64', commands: 7, failures: [], unreached: [] }]);
    expect(lock().ffmpeg['ffmpeg-7.1.5-82257bdce12a']?.results.x86_64?.proved).toBe(7);
    await keepProof(host, ['-f wav of cut.wav: exit code 1 where the full build has 0']);
    rmSync(join(project, '.aws-sam'), { recursive: true });
    await run(host);
    expect(Object.values(lock().ffmpeg).map(({ configure }) => configure.includes('--disable-everything'))).toEqual([false]);
    expect(events.flatMap((event) => (event.kind === 'warning' ? [event.text] : []))).toEqual([
      'ffmpeg is built with every part that it has of its own: with those alone that the code needs it did otherwise (-f wav of cut.wav: exit code 1 where the full build has 0)',
    ]);
  });

  it('has in the lock why each part is there, which nothing is compared with', async () => {
    write(project, { 'app.py': 'import subprocess\n\ndef handler(event, context):\n    subprocess.run(["ffmpeg", "-i", "/tmp/a.mp3", "-af", "volume=2", "/tmp/o.wav"], check=True)\n' });
    const host = hostWith(compilerFolder('twelve', '12.2.0'));
    await keepBuild(host, 'program');
    await run(host);
    await noteFfmpegEvidence(host, defaults());
    const text = readFileSync(join(project, 'shear.lock'), 'utf8');
    expect(text.split('\n').filter((line) => /"(?:de)?muxer/u.test(line))).toEqual(['        "demuxer wav: any common sound",', '        "muxer wav: app.py:4"']);
    write(project, { 'app.py': `\n\n${readFileSync(join(project, 'app.py'), 'utf8')}` });
    expect(await failureOf(run(host, { isFrozen: true, outputs: 'none' }))).toBeUndefined();
    await run(host);
    expect(readFileSync(join(project, 'shear.lock'), 'utf8')).toBe(text);
  });

  it('has in the lock why it is every part, where the arguments cannot be told', async () => {
    const every = { ...recipe, components: 'all', externals: ['zlib'] } as const;
    write(project, { Dockerfile: dockerfileFor(every), 'app.py': 'import subprocess\n\ndef handler(event, context):\n    subprocess.run(["ffmpeg", "-i", "/tmp/a.mp3", *event["options"], "/tmp/o.wav"], check=True)\n' });
    const host = hostWith(compilerFolder('twelve', '12.2.0'));
    await keepBuild(host, 'program', every);
    await run(host);
    await noteFfmpegEvidence(host, defaults());
    expect(Object.values(lock().ffmpeg).map(({ evidence }) => evidence)).toEqual([['every part: what `event["options"]` holds cannot be told (app.py:4)']]);
  });

  it('is told of until a proof has passed', async () => {
    const events: Event[] = [];
    const host = hostWith(compilerFolder('twelve', '12.2.0'), {}, events);
    const notes = (): readonly string[] => events.splice(0).flatMap((event) => (event.kind === 'note' ? [event.text] : []));
    await keepBuild(host, 'program');
    await run(host);
    expect(notes()).toEqual(['ffmpeg-7.1.5-82257bdce12a has just the parts that the code needs, and was never held against a full build: `shear lock --prove` does that', 'shear.lock written: commit it, so that every build takes the same packages and base images']);
    await keepProof(host, []);
    await proveFfmpeg(host, { ...defaults(), outputs: 'none' });
    rmSync(join(project, '.aws-sam'), { recursive: true });
    await run(host);
    expect(notes()).toEqual([]);
  });

  it('is refused where the same compiler makes another program than the lock says', async () => {
    const host = hostWith(compilerFolder('twelve', '12.2.0'));
    await keepBuild(host, 'program');
    await run(host);
    await keepBuild(host, 'another program');
    rmSync(join(project, '.aws-sam'), { recursive: true });
    const fault = await failureOf(run(host, { isFrozen: true }));
    expect([fault?.code, /ffmpeg build \S+ builds to sha256:\w+ for x86_64, the lock says sha256:/u.test(fault?.why ?? '')]).toEqual(['lock/drift', true]);
  });
});

describe('a Lambda layer with a derived ffmpeg', () => {
  const layerTemplate = `Transform: AWS::Serverless-2016-10-31
Resources:
  FfmpegLayer:
    Type: AWS::Serverless::LayerVersion
    Metadata: { BuildMethod: makefile }
    Properties: { ContentUri: ffmpeg/ }
`;
  it('is a zip with the program in bin/, taken from the store instead of running the Makefile', async () => {
    write(project, { 'template.yaml': layerTemplate, 'ffmpeg/Makefile': builtFfmpegMakefile(recipe, 'FfmpegLayer') });
    const host = hostWith(compilerFolder('twelve', '12.2.0'));
    await keepBuild(host, 'program');
    const report = await run(host);
    expect(report.functions.map(({ name, package: kind }) => [name, kind])).toEqual([['FfmpegLayer', 'layer']]);
    const folder = join(project, '.aws-sam', 'build', 'FfmpegLayer');
    expect(readFileSync(join(folder, 'bin', 'ffmpeg'), 'utf8')).toBe('program');
    expect([statSync(join(folder, 'bin', 'ffmpeg')).mode & 0o777, existsSync(join(folder, 'share', 'ffmpeg', 'BUILD.txt'))]).toEqual([0o755, true]);
    expect(lock().layers).toEqual({ FfmpegLayer: { platform: 'linux/amd64', wheels: [], ffmpeg: 'ffmpeg-7.1.5-82257bdce12a' } });
  });
});

describe('what stands in the way of compiling', () => {
  const told = async (host: Host): Promise<readonly (string | undefined)[]> => {
    const fault = await failureOf(run(host));
    expect([existsSync(join(project, 'shear.lock')), existsSync(join(project, '.aws-sam', 'build', 'template.yaml'))]).toEqual([false, false]);
    return [fault?.code, fault?.what];
  };
  it('an archive that is not the source', async () => {
    write(project, { 'ffmpeg.tar.xz': 'something else' });
    const host = hostWith(compilerFolder('twelve', '12.2.0'), { SHEAR_FFMPEG_SOURCE: join(project, 'ffmpeg.tar.xz') });
    expect(await told(host)).toEqual(['dependencies/hash-mismatch', `${join(project, 'ffmpeg.tar.xz')} is not the source of ffmpeg 7.1.5`]);
  });
  it('an archive that is not there', async () => {
    expect(await told(hostWith(compilerFolder('twelve', '12.2.0'), { SHEAR_FFMPEG_SOURCE: '/nowhere.tar.xz' }))).toEqual(['usage', 'SHEAR_FFMPEG_SOURCE names /nowhere.tar.xz, which is not there']);
  });
  it('a choice that does not exist', async () => {
    expect(await told(hostWith(compilerFolder('twelve', '12.2.0'), { SHEAR_FFMPEG: 'small' }))).toEqual(['usage', 'SHEAR_FFMPEG is small']);
  });
  it('no compiler, where addresses on the network are read', async () => {
    write(project, { Dockerfile: dockerfileFor({ ...recipe, network: true }) });
    expect(await told(hostWith(join(root, 'nothing')))).toEqual(['tool/missing', 'ffmpeg is to read from the network and cannot be compiled here, and the pinned package crashes on host names']);
  });
  it('no compiler, where ffprobe is needed, which no package has', async () => {
    write(project, { Dockerfile: dockerfileFor({ ...recipe, programs: ['ffmpeg', 'ffprobe'] }) });
    expect(await told(hostWith(join(root, 'nothing')))).toEqual(['tool/missing', 'ffprobe cannot be compiled here, and the pinned package has none']);
  });
});
