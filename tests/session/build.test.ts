import { appendFileSync, chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Failure, type FaultCode } from '../../src/base/fault.ts';
import type { Host } from '../../src/base/host.ts';
import type { BuildReport } from '../../src/build/report.ts';
import { validateImage } from '../../src/oci/validate.ts';
import { assembleImage } from '../../src/oci/image.ts';
import { openLayout, writeLayout } from '../../src/oci/layout.ts';
import { build, type BuildOptions } from '../../src/session/build.ts';
import { replay } from '../../src/session/replay.ts';
import { openStore } from '../../src/store/store.ts';
import { findPython } from '../../src/tools/find-python.ts';
import { testHost } from '../support/host.ts';
import { textLayer } from '../support/image.ts';
import { startPackageIndex, type PackageIndex } from '../support/package-index.ts';
import { makeWheel } from '../support/wheel.ts';
import { dockerfile, goodFiles, uv, type Files } from './bad-input-rig.ts';

const root = mkdtempSync(join(tmpdir(), 'shear-session-'));
let index: PackageIndex;
let project: string;
let count = 0;

beforeAll(async () => {
  index = await startPackageIndex([
    makeWheel({ name: 'one', version: '1.0', files: [{ name: 'one/__init__.py', text: 'NAME = "one"\n' }] }),
    makeWheel({ name: 'two', version: '2.0', files: [{ name: 'two.py', text: 'NAME = "two"\n' }] }),
  ]);
  const store = openStore(join(root, 'base-store'), () => 0);
  const layers = [textLayer(store, { 'usr/local/bin/python3.12': 'not really' })];
  const base = assembleImage({ base: 'scratch', layers, architecture: 'x86_64', changes: { env: [['PYTHON_VERSION', '3.12.1'], ['PATH', '/usr/local/bin']] } });
  if (!base.ok) throw new Error(base.error.what);
  store.putBytes(base.value.configBytes);
  store.putBytes(base.value.manifestBytes);
  writeLayout(join(root, 'base'), [{ name: 'example.test/python:3.12', image: base.value }], store);
});
afterAll(async () => {
  await index[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  project = join(root, `project-${count++}`);
  write(goodFiles);
});

function write(files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
}

function hostOf(cache: string, warnings: string[] = []): Host {
  const env = {
    HOME: join(root, 'home'), PATH: process.env['PATH'], SHEAR_UV: uv, UV_DEFAULT_INDEX: index.url, UV_CACHE_DIR: join(root, cache, 'uv'),
    SHEAR_REGISTRY_MIRRORS: `example.test=oci:${join(root, 'base')}`, PYENV_ROOT: join(root, 'no-pyenv'), DOCKER_HOST: undefined,
  };
  return testHost({
    env, cwd: project, cacheFolder: join(root, cache),
    // Ahead of the files' times: two builds within 20 ms, as here, would look closer instead of believing them.
    now: () => Date.now() + 60_000,
    emit: (event) => void (event.kind === 'warning' && warnings.push(event.text)),
  });
}

async function run(options: Partial<BuildOptions> = {}, cache: string = 'cache'): Promise<BuildReport> {
  return await build(hostOf(cache), {
    folder: project, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: false, upgrade: [], outputs: 'sam', ...options,
  });
}

async function faultOf(work: Promise<unknown>): Promise<{ readonly code: FaultCode; readonly place: string }> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, place } = error.fault;
    return { code, place: place ? `${place.file}:${place.line}` : '' };
  }
  throw new Error('it did not fail');
}

/** Undefined, as for the command line, when the whole build has to do it. */
async function replayed(): Promise<BuildReport | undefined> {
  const { env, cacheFolder, now } = hostOf('cache');
  return await replay({ folder: project, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: false }, { env, cacheFolder, now }).catch(() => undefined);
}

/** A lock that a living process of this machine has. */
const readLock = (): string => `${process.pid} ${hostname()} ${readFileSync(`/proc/${process.pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[19] ?? ''}`;

const imageOf = (report: BuildReport) => report.functions.find((fn) => fn.name === 'Image')!.image!;

describe.skipIf(uv === undefined || existsSync('/var/run/docker.sock'))('building a project', () => {
  it('leaves what sam reads, a valid image as layout and archive, and a lock', async () => {
    const report = await run();
    const image = imageOf(report);
    expect(image.layers.map((layer) => layer.role)).toEqual(['base', 'dependencies', 'application', 'application', 'application']);
    expect(readFileSync(join(project, '.aws-sam/build/template.yaml'), 'utf8')).toContain('ImageUri: "Image.tar"');
    expect(existsSync(join(project, '.aws-sam/build/Image.tar'))).toBe(true);
    const files = readdirSync(join(project, '.aws-sam/build/Zip')).filter((name) => name !== '__pycache__');
    expect(files.toSorted()).toEqual(['app.py', 'requirements.txt', 'two-2.0.dist-info', 'two.py']);
    const layout = openLayout(join(project, image.layout!));
    expect(await validateImage(layout.manifests[0]!, layout)).toEqual([]);
    expect(readFileSync(join(project, 'shear.lock'), 'utf8')).toContain('"one-1.0-py3-none-any.whl"');
  });

  it('does nothing when nothing changed', async () => {
    await run();
    await run();
    const again = await run();
    expect(again.unchanged).toBe(true);
    expect(again.functions.every((fn) => fn.cached)).toBe(true);
  });

  it('builds a copied project from its own files', async () => {
    const first = imageOf(await run()).digest;
    await run();
    await run();
    const original = project;
    project = join(root, `project-${count++}`);
    cpSync(original, project, { recursive: true, preserveTimestamps: true });
    appendFileSync(join(project, 'image/app.py'), '# of the copy\n');
    const copied = await run();
    expect(copied.unchanged).toBe(false);
    expect(imageOf(copied).digest).not.toBe(first);
  });

  it('makes one layer anew after a change of one file', async () => {
    const before = imageOf(await run()).layers.map((layer) => layer.digest);
    appendFileSync(join(project, 'image/app.py'), '# changed\n');
    const report = await run();
    const after = imageOf(report).layers.map((layer) => layer.digest);
    expect(after.filter((digest) => !before.includes(digest))).toHaveLength(1);
    expect(report.steps.filter((step) => !step.cached).map((step) => step.label)).toEqual(['layer:Image/3-copy', 'image:Image']);
  });

  it('sees new, renamed and removed files, also in a folder that was listed before', async () => {
    const first = imageOf(await run()).digest;
    write({ 'image/more/b.py': '' });
    const second = imageOf(await run()).digest;
    rmSync(join(project, 'image/more'), { recursive: true });
    expect(second).not.toBe(first);
    expect(imageOf(await run()).digest).toBe(first);
  });

  it('sees what sam wiped, and files that took over from absent ones', async () => {
    await run();
    rmSync(join(project, '.aws-sam/build'), { recursive: true });
    expect((await run()).unchanged).toBe(false);
    expect(existsSync(join(project, '.aws-sam/build/template.yaml'))).toBe(true);
    write({ 'image/Dockerfile.dockerignore': 'app.py\n' });
    expect((await run()).steps.some((step) => !step.cached)).toBe(true);
  });

  it('gives the same bytes in another folder, with another store', async () => {
    const first = await run();
    const there = project;
    project = join(root, `elsewhere-${count++}`);
    write(Object.fromEntries(['template.yaml', 'image/Dockerfile', 'image/requirements.txt', 'image/app.py', 'image/.dockerignore', 'zip/app.py', 'zip/requirements.txt'].map((path) => [path, readFileSync(join(there, path), 'utf8')])));
    const second = await run({}, 'other-cache');
    expect(imageOf(second).digest).toBe(imageOf(first).digest);
    expect(second.functions.find((fn) => fn.name === 'Zip')?.zip?.sha256).toBe(first.functions.find((fn) => fn.name === 'Zip')?.zip?.sha256);
  });

  it('asks nobody outside once the store is warm, and takes nothing new when frozen', async () => {
    await run();
    rmSync(join(project, '.aws-sam'), { recursive: true });
    const asked = index.requests.length;
    await run({ isFrozen: true });
    expect(index.requests.length).toBe(asked);
    write({ 'image/requirements.txt': 'one\ntwo\n' });
    expect(await faultOf(run({ isFrozen: true }))).toEqual({ code: 'lock/drift', place: '' });
    expect(imageOf(await run()).layers).toHaveLength(5);
  });

  it('makes again what the store has lost or damaged', async () => {
    const digest = imageOf(await run()).layers.at(1)!.digest;
    const blob = join(root, 'cache', 'store', 'blobs', 'sha256', digest.slice('sha256:'.length));
    rmSync(blob);
    rmSync(join(project, '.aws-sam'), { recursive: true });
    expect(imageOf(await run()).layers.at(1)?.digest).toBe(digest);
    expect(existsSync(blob)).toBe(true);
  });

  it('compiles only the new wheel when a requirement is added, to the same bytes as an empty store gives', async (context) => {
    const python = await findPython(testHost({ env: process.env }), { major: 3, minor: 12 });
    if (!python) return context.skip('no Python 3.12 on this machine');
    const compiled: string[] = [];
    const host = (cache: string): Host => {
      const plain = hostOf(cache);
      const { env } = plain;
      return {
        ...plain, env: { ...env, PATH: `${dirname(python.path)}:${env['PATH'] ?? ''}` },
        run: (program, args, options) => {
          if (args.includes('-B')) compiled.push(...(JSON.parse(String(options?.input ?? '')) as { readonly sources: readonly (readonly unknown[])[] }).sources.map((source) => String(source.at(-1))));
          return plain.run(program, args, options);
        },
      };
    };
    const make = async (cache: string): Promise<BuildReport> => await build(host(cache), { folder: project, template: undefined, profile: 'default', parameterOverrides: {}, only: ['Image'], isFrozen: false, upgrade: [], outputs: 'sam' });
    await make('bytecode');
    expect(compiled).toEqual([expect.stringMatching(/\/one\/__init__\.py$/u)]);
    compiled.length = 0;
    write({ 'image/requirements.txt': 'one\ntwo\n' });
    const grown = await make('bytecode');
    expect(compiled).toEqual([expect.stringMatching(/\/two\.py$/u)]);
    rmSync(join(project, '.aws-sam'), { recursive: true });
    expect(imageOf(await make('no-bytecode')).digest).toBe(imageOf(grown).digest);
  });

  it('builds one function and leaves the others as they were built', async () => {
    await run();
    const report = await run({ only: ['Zip'] });
    expect(report.functions.map((fn) => fn.name)).toEqual(['Zip']);
    expect(await faultOf(run({ only: ['Nobody'] }))).toEqual({ code: 'usage', place: '' });
  });

  it('exchanges the layer of an edited file, to the same bytes as a whole build', async () => {
    const first = imageOf(await run());
    appendFileSync(join(project, 'image/app.py'), '# edited\n');
    const exchanged = await replayed();
    const image = imageOf(exchanged!);
    expect(exchanged!.steps.map((step) => step.cached)).toEqual([false]);
    expect(image.layers.map((layer, at) => layer.digest === first.layers[at]!.digest)).toEqual([true, true, true, true, false]);
    expect((await run()).unchanged).toBe(true);
    const layout = openLayout(join(project, image.layout!));
    expect(await validateImage(layout.manifests[0]!, layout)).toEqual([]);
    const archive = readFileSync(join(project, '.aws-sam/build/Image.tar'));
    rmSync(join(project, '.aws-sam'), { recursive: true });
    expect(imageOf(await run()).digest).toBe(image.digest);
    expect(readFileSync(join(project, '.aws-sam/build/Image.tar')).equals(archive)).toBe(true);
    expect(readdirSync(join(project, image.layout!, 'blobs/sha256')).length).toBe(image.layers.length + 2);
  });

  it.each<readonly [string, () => void]>([
    ['a new file', () => write({ 'image/new.py': '' })],
    ['a file that went', () => rmSync(join(project, 'image/app.py'))],
    ['a new mode', () => chmodSync(join(project, 'image/app.py'), 0o755)],
    ['a link in its place', () => { rmSync(join(project, 'image/app.py')); symlinkSync('requirements.txt', join(project, 'image/app.py')); }],
    ['a requirement, which is copied too', () => appendFileSync(join(project, 'image/requirements.txt'), '# more\n')],
    ['the Dockerfile, which is copied too', () => appendFileSync(join(project, 'image/Dockerfile'), '# more\n')],
    ['the code of a zip function', () => appendFileSync(join(project, 'zip/app.py'), '# more\n')],
    ['the template', () => appendFileSync(join(project, 'template.yaml'), '# more\n')],
    ['an archive that somebody removed', () => { rmSync(join(project, '.aws-sam/build/Image.tar')); appendFileSync(join(project, 'image/app.py'), '# more\n'); }],
    ['a blob that is gone', () => { rmSync(join(root, 'cache/store'), { recursive: true }); appendFileSync(join(project, 'image/app.py'), '# more\n'); }],
    ['a build under way', () => { writeFileSync(join(project, '.aws-sam/shear/lock'), readLock()); appendFileSync(join(project, 'image/app.py'), '# more\n'); }],
  ])('leaves %s to the whole build', async (_, edit) => {
    await run();
    edit();
    await expect(replayed()).resolves.toBeUndefined();
  });

  it.each<readonly [string, Readonly<Record<string, string>>, FaultCode, string]>([
    ['a COPY of a file that is not there', { 'image/Dockerfile': `${dockerfile}COPY gone.txt ./\n` }, 'build/missing-source', 'image/Dockerfile:7'],
    ['a line for BuildKit without an engine', { 'image/Dockerfile': `${dockerfile}RUN make\n` }, 'build/unsupported-instruction', 'image/Dockerfile:7'],
    ['a broken Dockerfile', { 'image/Dockerfile': 'FORM x\n' }, 'syntax/dockerfile', 'image/Dockerfile:1'],
    ['a broken template', { 'template.yaml': 'Resources: [\n' }, 'syntax/yaml', 'template.yaml:1'],
    ['a package that nobody has', { 'image/requirements.txt': 'three\n' }, 'dependencies/not-in-index', 'image/requirements.txt:1'],
    ['a base that is not there', { 'image/Dockerfile': 'FROM example.test/other:1\n' }, 'network/unreachable', 'image/Dockerfile:1'],
    ['a broken lock', { 'shear.lock': '{' }, 'lock/invalid', 'shear.lock:1'],
  ])('says what is wrong with %s, and leaves what was built', async (_, files, code, place) => {
    await run();
    const built = readFileSync(join(project, '.aws-sam/build/template.yaml'), 'utf8');
    const before = existsSync(join(project, 'shear.lock')) ? readFileSync(join(project, 'shear.lock'), 'utf8') : '';
    write(files);
    expect(await faultOf(run())).toEqual({ code, place });
    expect(readFileSync(join(project, '.aws-sam/build/template.yaml'), 'utf8')).toBe(built);
    if (!('shear.lock' in files)) expect(readFileSync(join(project, 'shear.lock'), 'utf8')).toBe(before);
    expect(existsSync(join(project, '.aws-sam/build/Image.tar'))).toBe(true);
  });
});
