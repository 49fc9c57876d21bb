import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Event } from '../../src/base/event.ts';
import type { Host } from '../../src/base/host.ts';
import { ffmpegNode } from '../../src/build/ffmpeg/proof-plan.ts';
import type { BuildReport } from '../../src/build/report.ts';
import type { FfmpegProfile } from '../../src/ffmpeg/profile.ts';
import { nodeKey } from '../../src/graph/run.ts';
import { hexOf } from '../../src/base/digest.ts';
import { builtFfmpegStage } from '../../src/model/built-ffmpeg-stage.ts';
import { assembleImage } from '../../src/oci/image.ts';
import { writeLayout } from '../../src/oci/layout.ts';
import { build } from '../../src/session/build.ts';
import { openStore } from '../../src/store/store.ts';
import { testHost } from '../support/host.ts';
import { textLayer } from '../support/image.ts';
import { startPackageIndex, type PackageIndex } from '../support/package-index.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { makeWheel } from '../support/wheel.ts';
import { uv } from './bad-input-rig.ts';

const root = mkdtempSync(join(tmpdir(), 'shear-team-'));
const recipe: FfmpegProfile = { components: [{ kind: 'demuxer', name: 'wav' }, { kind: 'muxer', name: 'wav' }], programs: ['ffmpeg'], externals: [], licence: 'LGPL', network: false };
let index: PackageIndex;
let registry: TestRegistry;
let project: string;
let count = 0;

beforeAll(async () => {
  index = await startPackageIndex([makeWheel({ name: 'one', version: '1.0', files: [{ name: 'one/__init__.py', text: 'NAME = "one"\n' }] })]);
  const store = openStore(join(root, 'base-store'), () => 0);
  const base = assembleImage({ base: 'scratch', layers: [textLayer(store, { 'usr/local/bin/python3.12': 'not really' })], architecture: 'x86_64', changes: { env: [['PYTHON_VERSION', '3.12.1'], ['PATH', '/usr/local/bin']] } });
  if (!base.ok) throw new Error(base.error.what);
  for (const bytes of [base.value.configBytes, base.value.manifestBytes]) store.putBytes(bytes);
  for (const name of ['no-tools', 'compiler']) {
    mkdirSync(join(root, name));
    // Resolving asks for any Python; what is on the PATH may be a script.
    symlinkSync(execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim(), join(root, name, 'python3'));
  }
  writeLayout(join(root, 'base'), [{ name: 'example.test/python:3.12', image: base.value }], store);
});
afterAll(async () => {
  await index[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(async () => {
  registry = await startRegistry();
  project = join(root, `project-${count++}`);
  mkdirSync(project);
  const files = {
    'template.yaml': 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Metadata: { Dockerfile: Dockerfile, DockerContext: . }\n    Properties: { PackageType: Image }\n',
    Dockerfile: [...builtFfmpegStage(recipe, 'ffmpeg'), 'FROM example.test/python:3.12', 'COPY requirements.txt .', 'RUN pip install -r requirements.txt', 'COPY --from=ffmpeg /usr/local/bin/ffmpeg /usr/local/bin/ffmpeg', 'COPY app.py /app/', 'CMD ["app.handler"]', ''].join('\n'),
    'requirements.txt': 'one==1.0\n', 'app.py': 'x = 1\n',
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(project, path), text);
  return async () => await registry[Symbol.asyncDispose]();
});

/** One of the team: an own store, and no compiler. */
function member(name: string, env: Readonly<Record<string, string>> = {}): { readonly host: Host; readonly events: Event[]; readonly run: (isFrozen?: boolean) => Promise<BuildReport> } {
  const events: Event[] = [];
  const host = testHost({
    env: {
      HOME: join(root, 'home'), PATH: join(root, 'no-tools'), SHEAR_UV: uv, UV_DEFAULT_INDEX: index.url, UV_CACHE_DIR: join(root, `${count}-${name}`, 'uv'), PYENV_ROOT: join(root, 'no-pyenv'), DOCKER_HOST: undefined,
      SHEAR_REGISTRY_MIRRORS: `example.test=oci:${join(root, 'base')}`, SHEAR_REMOTE_CACHE: `${registry.host}/team/cache`, ...env,
    },
    cwd: project, cacheFolder: join(root, `${count}-${name}`), now: () => Date.now() + 60_000, emit: (event) => void events.push(event),
  });
  const run = async (isFrozen = false): Promise<BuildReport> => {
    rmSync(join(project, '.aws-sam'), { recursive: true, force: true });
    return await build(host, { folder: project, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen, upgrade: [], outputs: 'sam' });
  };
  return { host, events, run };
}

/** A folder for PATH with a compiler that only says who it is. */
function compilerFolder(): string {
  const folder = join(root, 'compiler');
  writeFileSync(join(folder, 'libc.a'), 'static');
  const scripts = { gcc: `case "$1" in -print-file-name=libc.a) echo ${join(folder, 'libc.a')};; *) echo "gcc 12.2.0";; esac`, ld: 'echo "ld 2.40"', nasm: 'echo "NASM version 2.16"' };
  for (const name of ['gcc', 'ld', 'nasm', 'g++', 'ar', 'strip', 'make', 'pkg-config', 'tar', 'xz']) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${scripts[name as 'gcc'] ?? 'exit 1'}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

const node = ffmpegNode(recipe, { architecture: 'x86_64', compiler: 'gcc 12.2.0; ld 2.40; NASM version 2.16; libc.a 2053dbbf6ec7' }, 'ffmpeg');

/** What a build leaves in a store, and in shear.lock; written to the remote cache. */
async function buildByFirst(): Promise<ReturnType<typeof member>> {
  const first = member('first', { SHEAR_REMOTE_CACHE_WRITE: '1', PATH: compilerFolder() });
  const store = openStore(join(first.host.cacheFolder, 'store'), first.host.now);
  store.putRecord(nodeKey(node, 1, [], []), { blobs: [{ name: 'bin/ffmpeg', ...store.putBytes(Buffer.from('program')) }], data: null });
  await first.run();
  return first;
}

const textsOf = ({ events }: ReturnType<typeof member>, kind: 'warning' | 'note'): readonly string[] => events.flatMap((event) => (event.kind === kind ? [event.text] : []));
const layersOf = (report: BuildReport): unknown => report.functions.map(({ image }) => image?.layers);

describe.skipIf(uv === undefined)('a build with a remote cache', () => {
  it('takes from it what a machine of the team made, ffmpeg without a compiler and packages without the index', async () => {
    const first = await buildByFirst();
    const made = await first.run();
    expect(textsOf(first, 'note').filter((text) => text.includes('remote cache'))).toEqual([`2 results put into the remote cache ${registry.host}/team/cache (0.0 MB)`]);
    const lock = readFileSync(join(project, 'shear.lock'), 'utf8');
    const asked = index.requests.length;
    const second = member('second');
    const taken = await second.run(true);
    expect(layersOf(taken)).toEqual(layersOf(made));
    expect([textsOf(second, 'warning'), index.requests.length - asked, readFileSync(join(project, 'shear.lock'), 'utf8') === lock]).toEqual([[], 0, true]);
    expect(taken.steps.filter(({ label }) => label.startsWith('layer:Fn/') && label.includes('wheels')).map(({ cached }) => cached)).toEqual([true]);
    // Two blobs and two records, and a manifest for each record.
    expect(registry.requests.filter(({ method }) => method === 'PUT').length).toBe(6);
  });

  it('does without it where it is down, and says so once', async () => {
    const first = await buildByFirst();
    const made = await first.run();
    registry.faults.push({ path: /manifests/u, kind: { status: 403 } });
    const second = member('second', { PATH: compilerFolder() });
    const store = openStore(join(second.host.cacheFolder, 'store'), second.host.now);
    store.putRecord(nodeKey(node, 1, [], []), { blobs: [{ name: 'bin/ffmpeg', ...store.putBytes(Buffer.from('program')) }], data: null });
    expect(layersOf(await second.run())).toEqual(layersOf(made));
    expect(textsOf(second, 'warning')).toHaveLength(1);
    expect(textsOf(second, 'warning')[0]).toMatch(/^the remote cache \S+ is left out, because it cannot be read: \S+ answered 403/u);
  });

  it('takes no other ffmpeg than the one that shear.lock names', async () => {
    await buildByFirst();
    const forger = member('forger', { SHEAR_REMOTE_CACHE_WRITE: '1', PATH: compilerFolder() });
    for (const name of registry.manifests.keys()) if (name.endsWith(hexOf(nodeKey(node, 1, [], [])))) registry.manifests.delete(name);
    const lock = readFileSync(join(project, 'shear.lock'), 'utf8');
    const store = openStore(join(forger.host.cacheFolder, 'store'), forger.host.now);
    store.putRecord(nodeKey(node, 1, [], []), { blobs: [{ name: 'bin/ffmpeg', ...store.putBytes(Buffer.from('malware')) }], data: null });
    await forger.run();
    writeFileSync(join(project, 'shear.lock'), lock);
    const victim = member('victim');
    // The package index of this test has no prebuilt one either.
    await expect(victim.run()).rejects.toThrow('the package index has no imageio-ffmpeg');
    expect(textsOf(victim, 'warning')[0]).toBe(`an entry of the remote cache ${registry.host}/team/cache is not taken: it is another ffmpeg than shear.lock names`);
    expect(textsOf(victim, 'warning')[1]).toMatch(/^ffmpeg is taken whole from the pinned package/u);
  });
});
