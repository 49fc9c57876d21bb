import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultExits, type FaultCode } from '../../src/base/fault.ts';
import { serveIndex } from '../support/image.ts';
import { startPackageIndex, type IndexFault } from '../support/package-index.ts';
import { sha256, type TestRegistry } from '../support/registry.ts';
import { handZip, makeWheel, type HandMember, type MadeWheel } from '../support/wheel.ts';
import { changes, digestsOf, openTestProject, startRig, uv, type Files, type Project, type Rig } from './bad-input-rig.ts';

let rig: Rig;
let count = 0;
let good: Promise<readonly string[]> | undefined;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig[Symbol.asyncDispose]());

const template = 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Metadata: { Dockerfile: Dockerfile, DockerContext: . }\n    Properties: { PackageType: Image }\n';
const files: Files = { 'template.yaml': template, Dockerfile: 'FROM example.test/python:3.12\nCOPY app.py /var/task/\nCMD ["app.handler"]\n', 'app.py': '' };

/** A project on an empty store. */
function cold(env: Project['env'] = {}): Project {
  const folder = join(rig.root, `cold-${count++}`);
  const project = openTestProject(folder, `${folder}-cache`, {
    HOME: join(rig.root, 'home'), PATH: process.env['PATH'], SHEAR_UV: uv, PYENV_ROOT: '/nonexistent', DOCKER_HOST: undefined, UV_CACHE_DIR: join(rig.root, 'uv'),
    SHEAR_REGISTRY_MIRRORS: `example.test=${rig.registry.url}`, UV_DEFAULT_INDEX: rig.index.url,
    // Its pauses between attempts are seconds long.
    UV_HTTP_RETRIES: '0', ...env,
  });
  project.write(files);
  return project;
}

interface RegistryCase {
  readonly spoil: (registry: TestRegistry, project: Project) => void;
  readonly code: FaultCode | 'none';
  readonly text?: RegExp;
  readonly next?: RegExp;
}

const now = { 'retry-after': '0' };
const layer = (): string => rig.base.layers[0]?.digest ?? '';
const cases: Readonly<Record<string, RegistryCase>> = {
  'wants a login': { spoil: (registry) => { registry.auth = { kind: 'basic', user: 'me', password: 'right' }; }, code: 'registry/unauthorized', text: /answered 401/u, next: /docker login/u },
  'refuses a password': {
    spoil: (registry, project) => {
      registry.auth = { kind: 'basic', user: 'me', password: 'right' };
      project.write({ '../docker/config.json': JSON.stringify({ auths: { [registry.host]: { username: 'me', password: 'hunter2-wrong' } } }) });
      project.env = { ...project.env, DOCKER_CONFIG: join(rig.root, 'docker') };
    },
    code: 'registry/unauthorized', next: /docker login/u,
  },
  'answers 403': { spoil: (registry) => registry.faults.push({ path: /manifests/u, kind: { status: 403 } }), code: 'registry/unauthorized' },
  'has no such repository': { spoil: (_, project) => project.write({ Dockerfile: 'FROM example.test/other:1\n' }), code: 'registry/not-found', next: /check the spelling in FROM/u },
  'has no such tag': { spoil: (_, project) => project.write({ Dockerfile: 'FROM example.test/python:3.13\n' }), code: 'registry/not-found', next: /tags like it: 3\.12/u },
  'answers 429 for ever': { spoil: (registry) => registry.faults.push({ path: /manifests/u, kind: { status: 429, headers: now } }), code: 'registry/rate-limited', next: /wait a few minutes/u },
  'answers 429 for an hour': { spoil: (registry) => registry.faults.push({ path: /manifests/u, kind: { status: 429, headers: { 'retry-after': '3600' } } }), code: 'registry/rate-limited' },
  'answers 429 twice': { spoil: (registry) => registry.faults.push({ path: /manifests/u, times: 2, kind: { status: 429, headers: now } }), code: 'none' },
  'answers 500 for ever': { spoil: (registry) => registry.faults.push({ path: /manifests/u, kind: { status: 500, headers: now } }), code: 'registry/unavailable', next: /try again later/u },
  'answers 500 to a layer': { spoil: (registry) => registry.faults.push({ path: new RegExp(layer(), 'u'), kind: { status: 500, headers: now } }), code: 'registry/unavailable' },
  'has lost a layer': { spoil: (registry) => void registry.blobs.delete(`python/${layer()}`), code: 'registry/not-found' },
  'has lost the config': { spoil: (registry) => void registry.blobs.delete(`python/${rig.base.config.digest}`), code: 'registry/not-found' },
  'serves a layer too short': { spoil: (registry) => registry.faults.push({ path: new RegExp(layer(), 'u'), kind: { truncateTo: 20 } }), code: 'registry/corrupt' },
  'serves another layer': { spoil: (registry) => registry.faults.push({ path: new RegExp(layer(), 'u'), kind: { bytes: Buffer.alloc(rig.base.layers[0]?.size ?? 0, 1) } }), code: 'registry/corrupt', text: /served something else/u },
  'serves a longer layer': { spoil: (registry) => registry.faults.push({ path: new RegExp(layer(), 'u'), kind: { bytes: Buffer.alloc(100_000, 1) } }), code: 'registry/corrupt' },
  'cuts a layer once': { spoil: (registry) => registry.faults.push({ path: new RegExp(layer(), 'u'), times: 1, kind: { cutAfter: 30 } }), code: 'none' },
  'serves another config': { spoil: (registry) => registry.faults.push({ path: new RegExp(rig.base.config.digest, 'u'), kind: { bytes: Buffer.from('{}') } }), code: 'registry/corrupt' },
  'serves a web page': { spoil: (registry) => registry.faults.push({ path: /manifests/u, kind: { bytes: Buffer.from('<html>') } }), code: 'image/invalid' },
  'serves JSON of another kind': { spoil: (registry) => registry.faults.push({ path: /manifests/u, kind: { bytes: Buffer.from('{"schemaVersion":2,"layers":3}') } }), code: 'image/invalid' },
  'serves null': { spoil: (registry) => registry.faults.push({ path: /manifests/u, kind: { bytes: Buffer.from('null') } }), code: 'image/invalid' },
  'serves another manifest than FROM pins': { spoil: (registry, project) => { project.write({ Dockerfile: `FROM example.test/python:3.12@${rig.base.manifest.digest}\n` }); registry.faults.push({ path: /manifests/u, kind: { bytes: Buffer.from('{}') } }); }, code: 'registry/corrupt' },
  'has no image for the architecture': { spoil: (registry) => void serveIndex(registry, 'python', '3.12', [{ mediaType: rig.base.manifest.mediaType, digest: rig.base.manifest.digest, size: 1, platform: { os: 'linux', architecture: 'arm64' } }]), code: 'registry/not-found', text: /it has: linux\/arm64/u },
  'redirects for ever': { spoil: (registry) => registry.faults.push({ path: /manifests/u, kind: { redirect: registry.url } }), code: 'registry/protocol', text: /more than 5 redirects/u },
  'is not there': { spoil: (_, project) => { project.env = { ...project.env, SHEAR_REGISTRY_MIRRORS: 'example.test=http://127.0.0.1:9' }; }, code: 'network/unreachable', text: /nothing listens there/u },
  'is behind a proxy that is not there': { spoil: (_, project) => { project.env = { ...project.env, SHEAR_REGISTRY_MIRRORS: 'example.test=https://192.0.2.1', HTTPS_PROXY: 'http://me:hunter2@127.0.0.1:9' }; }, code: 'network/unreachable', text: /the proxy 127\.0\.0\.1:9 cannot be reached \(ECONNREFUSED\)/u, next: /HTTPS_PROXY/u },
  'is behind a proxy without an address': { spoil: (_, project) => { project.env = { ...project.env, SHEAR_REGISTRY_MIRRORS: 'example.test=https://192.0.2.1', HTTPS_PROXY: 'http://me:hunter2@:x/' }; }, code: 'usage', text: /^HTTPS_PROXY is not the address of a proxy$/mu },
  'is a malformed mirror': { spoil: (_, project) => { project.env = { ...project.env, SHEAR_REGISTRY_MIRRORS: 'http://me:hunter2@example.test' }; }, code: 'usage' },
};

describe('a registry', () => {
  it.each(Object.entries(cases))('that %s', async (_, { spoil, code, text = /./u, next = /./u }) => {
    const project = cold();
    const { registry } = rig;
    const [blobs, manifests] = [new Map(registry.blobs), new Map(registry.manifests)];
    spoil(registry, project);
    const before = project.snapshot();
    const failed = await project.fails();
    registry.faults.length = 0;
    registry.auth = { kind: 'none' };
    for (const [key, value] of blobs) registry.blobs.set(key, value);
    for (const [key, value] of manifests) registry.manifests.set(key, value);
    expect({ code: failed.code, exit: failed.exit, text: failed.text }).toEqual({ code, exit: code === 'none' ? 0 : faultExits[code], text: expect.stringMatching(text) as string });
    expect(failed.text).not.toContain('hunter2');
    if (code !== 'none') {
      if (code !== 'usage') expect(failed.place).toBe('Dockerfile:1:1');
      expect(failed.fault?.next).toMatch(next);
      expect(changes(before, project.snapshot()).filter((path) => !/^\.aws-sam(?:\/shear)?$/u.test(path))).toEqual([]);
    }
    expect(await project.damaged()).toEqual([]);
    project.write(files);
    project.env = { ...project.env, HTTPS_PROXY: undefined, SHEAR_REGISTRY_MIRRORS: `example.test=${registry.url}` };
    expect(digestsOf(await project.build())).toEqual(await (good ??= cold().build().then(digestsOf)));
  });
});

const evil = (members: readonly HandMember[], name = 'evil'): MadeWheel => makeWheel({ name, version: '1.0', files: members });
const raw = (bytes: Buffer): MadeWheel => ({ ...makeWheel({ name: 'evil', version: '1.0' }), bytes, sha256: sha256(bytes).slice(7) });
const wheels: Readonly<Record<string, readonly [MadeWheel, FaultCode | 'none', RegExp]>> = {
  'names a file outside': [evil([{ name: '../../evil.py', text: 'x' }]), 'archive/hostile', /leaves its folder/u],
  'names an absolute path': [evil([{ name: '/tmp/evil.py', text: 'x' }]), 'archive/hostile', /absolute path/u],
  'holds a link and a file below it': [evil([{ name: 'evil', text: '/tmp', mode: 0o120777, isStored: true }, { name: 'evil/x.py', text: 'x' }]), 'archive/corrupt', /both as a file and as a folder/u],
  'holds a link': [evil([{ name: 'evil', text: '/tmp', mode: 0o120777, isStored: true }]), 'none', /./u],
  'is a bomb': [raw(handZip([{ name: 'evil.py', text: 'x' }], (record) => record.writeUInt32LE(0xf0000000, 24))), 'archive/corrupt', /./u],
  'is no zip': [raw(Buffer.from('hello')), 'archive/corrupt', /no good wheel/u],
  'has no metadata': [raw(handZip([{ name: 'evil.py', text: 'x' }])), 'archive/corrupt', /./u],
  'holds a file where a folder is': [evil([{ name: 'a', text: 'x' }, { name: 'a/b.py', text: 'x' }]), 'archive/corrupt', /holds a both as a file and as a folder/u],
};

describe.skipIf(uv === undefined)('a package index', () => {
  const zipFiles: Files = {
    'template.yaml': 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties: { CodeUri: code, Handler: app.handler, Runtime: python3.12 }\n',
    'code/app.py': 'import one\n', 'code/requirements.txt': '# packages\nevil\n',
  };
  const check = async (project: Project, code: FaultCode | 'none', text: RegExp): Promise<void> => {
    project.write(zipFiles);
    const before = project.snapshot();
    const failed = await project.fails();
    expect({ code: failed.code, exit: failed.exit, text: failed.text }).toEqual({ code, exit: code === 'none' ? 0 : faultExits[code], text: expect.stringMatching(text) as string });
    expect(failed.text).not.toContain('hunter2');
    expect(await project.damaged()).toEqual([]);
    if (code === 'none') return;
    expect(failed.fault?.next).toMatch(/./u);
    expect(changes(before, project.snapshot()).filter((path) => !/^\.aws-sam(?:\/shear)?$/u.test(path))).toEqual([]);
  };

  it.each(Object.entries(wheels))('with a wheel that %s', async (_, [wheel, code, text]) => {
    await using index = await startPackageIndex([wheel]);
    await check(cold({ UV_DEFAULT_INDEX: index.url, UV_CACHE_DIR: join(rig.root, `uv-${count}`) }), code, text);
  });

  it.each<readonly [string, IndexFault, FaultCode | 'none', RegExp]>([
    ['serves other bytes', { kind: 'other-bytes' }, 'archive/corrupt', /no good wheel/u],
    ['serves too few bytes', { kind: 'short' }, 'dependencies/hash-mismatch', /./u],
    ['lost the file', { kind: 'status', status: 404 }, 'dependencies/not-in-index', /404/u],
    ['wants a login for the file', { kind: 'status', status: 401 }, 'registry/unauthorized', /401/u],
    ['answers 500', { kind: 'status', status: 500 }, 'network/unreachable', /does not answer/u],
  ])('that %s', async (_, fault, code, text) => {
    const wheel = makeWheel({ name: 'evil', version: '1.0', files: [{ name: 'evil.py', text: `${'x = 1\n'.repeat(500)}# ${Math.PI}\n` }] });
    await using index = await startPackageIndex([wheel]);
    index.faults.set(wheel.fileName, fault);
    await check(cold({ UV_DEFAULT_INDEX: index.url.replace('//', '//me:hunter2@'), UV_CACHE_DIR: join(rig.root, `uv-${count}`) }), code, text);
  });

  it('whose file is no longer the one that shear.lock names', async () => {
    const wheel = makeWheel({ name: 'evil', version: '1.0' });
    await using index = await startPackageIndex([wheel]);
    const env = { UV_DEFAULT_INDEX: index.url, UV_CACHE_DIR: join(rig.root, `uv-${count}`) };
    const first = cold(env);
    first.write(zipFiles);
    const good = digestsOf(await first.build());
    const second = cold(env);
    second.write({ 'shear.lock': readFileSync(join(first.folder, 'shear.lock')) });
    index.faults.set(wheel.fileName, { kind: 'other-bytes' });
    await check(second, 'dependencies/hash-mismatch', /expected sha256:\w{64}, \d+ bytes\ngot {6}sha256:\w{64}/u);
    index.faults.clear();
    expect(digestsOf(await second.build())).toEqual(good);
  });

  it('that is not there, and one that refuses', async () => {
    await check(cold({ UV_DEFAULT_INDEX: 'http://me:hunter2@127.0.0.1:9/simple/?token=hunter2', UV_CACHE_DIR: join(rig.root, `uv-${count}`) }), 'network/unreachable', /does not answer/u);
    await using index = await startPackageIndex([makeWheel({ name: 'evil', version: '1.0' })], { user: 'me:right' });
    await check(cold({ UV_DEFAULT_INDEX: index.url.replace('//', '//me:hunter2@'), UV_CACHE_DIR: join(rig.root, `uv-${count}`) }), 'registry/unauthorized', /refuses access/u);
  });
});

describe('an archive as base', () => {
  const tar = (name: string, script: string): string => {
    const folder = join(rig.root, `tar-${count++}`);
    mkdirSync(folder);
    execFileSync('python3', ['-c', `import tarfile, io\nt = tarfile.open(${JSON.stringify(join(folder, name))}, 'w')\ndef add(name, data=b'', **more):\n  i = tarfile.TarInfo(name)\n  i.size = len(data)\n  for k, v in more.items(): setattr(i, k, v)\n  t.addfile(i, io.BytesIO(data))\n${script}\nt.close()\n`]);
    return join(folder, name);
  };
  it.each<readonly [string, () => string, FaultCode]>([
    ['is not there', () => 'docker-archive:/nonexistent.tar', 'image/invalid'],
    ['is no tar', () => { writeFileSync(join(rig.root, 'no.tar'), 'hello'.repeat(500)); return `docker-archive:${join(rig.root, 'no.tar')}`; }, 'archive/corrupt'],
    ['is empty', () => { writeFileSync(join(rig.root, 'empty.tar'), ''); return `docker-archive:${join(rig.root, 'empty.tar')}`; }, 'archive/corrupt'],
    ['is a folder', () => { mkdirSync(join(rig.root, 'a-folder'), { recursive: true }); return `oci-archive:${join(rig.root, 'a-folder')}`; }, 'image/invalid'],
    ['leaves its folder', () => `docker-archive:${tar('a.tar', "add('../../evil', b'x')")}`, 'archive/hostile'],
    ['is absolute', () => `docker-archive:${tar('a.tar', "add('/etc/evil', b'x')")}`, 'image/invalid'],
    ['has links in circles', () => `docker-archive:${tar('a.tar', "add('a/layer.tar', type=tarfile.SYMTYPE, linkname='../b/layer.tar')\nadd('b/layer.tar', type=tarfile.SYMTYPE, linkname='../a/layer.tar')\nadd('manifest.json', b'[{\"Config\":\"c.json\",\"Layers\":[\"a/layer.tar\"]}]')\nadd('c.json', b'{}')")}`, 'image/invalid'],
    ['has a manifest of nonsense', () => `docker-archive:${tar('a.tar', "add('manifest.json', b'[null, 3]')")}`, 'image/invalid'],
    ['is cut off', () => { const path = tar('a.tar', "add('blobs/sha256/x', b'y' * 5000)"); writeFileSync(path, readFileSync(path).subarray(0, 2000)); return `docker-archive:${path}`; }, 'archive/corrupt'],
    ['holds a huge JSON', () => `docker-archive:${tar('a.tar', "add('manifest.json', b' ' * 9000000)")}`, 'archive/hostile'],
    ['is a layout that is not there', () => 'oci:/nonexistent', 'image/invalid'],
  ])('that %s', async (_, make, code) => {
    const project = cold();
    project.write({ Dockerfile: `FROM ${make()}\n` });
    const failed = await project.fails();
    expect({ code: failed.code, place: failed.place, text: failed.text }).toEqual({ code, place: 'Dockerfile:1:1', text: failed.text });
    expect(failed.fault?.next).toMatch(/./u);
    expect(existsSync(join(project.folder, 'shear.lock'))).toBe(false);
    expect(await project.damaged()).toEqual([]);
  });
});
