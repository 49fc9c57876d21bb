import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/fault.ts';
import type { Lock } from '../../src/lock/lock.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import { assembleImage } from '../../src/oci/image.ts';
import { writeLayout } from '../../src/oci/layout.ts';
import { openProject } from '../../src/project/open.ts';
import { build, type BuildOptions } from '../../src/session/build.ts';
import { movedBases } from '../../src/session/moved-bases.ts';
import { openStore } from '../../src/store/store.ts';
import { testHost } from '../support/host.ts';
import { textLayer } from '../support/image.ts';
import { startPackageIndex, type PackageIndex } from '../support/package-index.ts';
import { findTestUv } from '../support/uv.ts';
import { makeWheel } from '../support/wheel.ts';

const uv = await findTestUv();
const root = mkdtempSync(join(tmpdir(), 'shear-lock-'));
const wheel = (name: string, version: string) => makeWheel({ name, version, files: [{ name: `${name}.py`, text: `VERSION = "${version}"\n` }] });
let yesterday: PackageIndex;
let today: PackageIndex;
let project: string;
let count = 0;

const template = `Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Metadata: { Dockerfile: Dockerfile, DockerContext: . }
    Properties: { PackageType: Image }
`;
const dockerfile = 'FROM example.test/python:3.12\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt --target /var/task\nCOPY app.py /var/task/\nCMD ["app.handler"]\n';

/** A base image under `example.test/python:3.12`; its digest. */
function publish(content: string): string {
  const store = openStore(join(root, 'base-store'), () => 0);
  const base = assembleImage({ base: 'scratch', layers: [textLayer(store, { 'usr/local/bin/python3.12': content })], architecture: 'x86_64', changes: { env: [['PYTHON_VERSION', '3.12.1'], ['PATH', '/usr/local/bin']] } });
  if (!base.ok) throw new Error(base.error.what);
  for (const bytes of [base.value.configBytes, base.value.manifestBytes]) store.putBytes(bytes);
  rmSync(join(root, 'base'), { recursive: true, force: true });
  writeLayout(join(root, 'base'), [{ name: 'example.test/python:3.12', image: base.value }], store);
  return store.putBytes(base.value.manifestBytes).digest;
}

beforeAll(async () => {
  yesterday = await startPackageIndex([wheel('one', '1.0'), wheel('two', '2.0')]);
  today = await startPackageIndex([wheel('one', '1.0'), wheel('one', '1.1'), wheel('two', '2.0'), wheel('two', '2.1')]);
});
afterAll(async () => {
  await yesterday[Symbol.asyncDispose]();
  await today[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  project = join(root, `project-${count++}`);
  publish('first');
  write({ 'template.yaml': template, Dockerfile: dockerfile, 'requirements.txt': 'one\ntwo\n', 'app.py': 'import one, two\n' });
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
}

const hostOf = (index: PackageIndex) => testHost({
  env: { HOME: join(root, 'home'), PATH: process.env['PATH'], SHEAR_UV: uv, UV_DEFAULT_INDEX: index.url, UV_CACHE_DIR: join(project, '.uv'), SHEAR_REGISTRY_MIRRORS: `example.test=oci:${join(root, 'base')}`, PYENV_ROOT: join(root, 'no-pyenv') },
  cwd: project, cacheFolder: join(root, 'cache'), now: () => Date.now() + 60_000,
});

const run = async (options: Partial<BuildOptions> = {}, index: PackageIndex = yesterday) =>
  await build(hostOf(index), { folder: project, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: false, upgrade: [], outputs: 'none', ...options });

const lock = (): Lock => JSON.parse(readFileSync(join(project, 'shear.lock'), 'utf8')) as Lock;
const versions = (): readonly string[] => Object.values(lock().wheels).map(({ name, version }) => `${name} ${version}`).toSorted();
const refusal = async (options: Partial<BuildOptions>): Promise<string | undefined> =>
  await run(options).then(() => undefined, (error: unknown) => (error instanceof Failure ? `${error.fault.code}: ${error.fault.why ?? error.fault.what}` : String(error)));

function tamper(change: (text: string) => string): void {
  writeFileSync(join(project, 'shear.lock'), change(readFileSync(join(project, 'shear.lock'), 'utf8')));
}

describe.skipIf(uv === undefined || existsSync('/var/run/docker.sock'))('shear.lock', () => {
  it('predicts the layers below the application, whatever the code is', async () => {
    await run();
    const first = lock().functions['Fn']?.foundation;
    expect(first).toMatch(/^sha256:[0-9a-f]{64}$/u);
    write({ 'app.py': 'import one\n' });
    await run();
    expect(lock().functions['Fn']?.foundation).toBe(first);
    write({ 'requirements.txt': 'one\n' });
    await run();
    expect(lock().functions['Fn']?.foundation).not.toBe(first);
  });

  it('tells, when frozen, that the same inputs gave other layers than the lock predicts', async () => {
    await run();
    expect(await refusal({ isFrozen: true })).toBeUndefined();
    const made = lock().functions['Fn']?.foundation ?? '';
    tamper((text) => text.replace(made, `sha256:${'0'.repeat(64)}`));
    expect(await refusal({ isFrozen: true })).toBe(`lock/drift: function Fn builds to the image foundation ${made}, the lock predicts sha256:${'0'.repeat(64)}`);
  });

  it('stays as another machine wrote it where only the tools differ', async () => {
    await run();
    tamper((text) => text.replace(/"shear": "[^"]*"/u, '"shear": "0.0.1"').replace(lock().functions['Fn']?.foundation ?? '', `sha256:${'0'.repeat(64)}`));
    const theirs = readFileSync(join(project, 'shear.lock'), 'utf8');
    await run();
    expect(await refusal({ isFrozen: true })).toBeUndefined();
    expect(readFileSync(join(project, 'shear.lock'), 'utf8')).toBe(theirs);
  });

  it('moves one package, and everything only when asked', async () => {
    await run();
    await run({}, today);
    expect(versions()).toEqual(['one 1.0', 'two 2.0']);
    await run({ upgrade: ['One'] }, today);
    expect(versions()).toEqual(['one 1.1', 'two 2.0']);
    await run({ upgrade: 'all' }, today);
    expect(versions()).toEqual(['one 1.1', 'two 2.1']);
  });

  it('moves one package of a compiled requirements file', async () => {
    write({ 'requirements.in': 'one\ntwo\n' });
    write({ 'requirements.txt': await compiled(yesterday) });
    await run();
    await run({ upgrade: ['two'] }, today);
    expect(versions()).toEqual(['one 1.0', 'two 2.1']);
    expect(readFileSync(join(project, 'requirements.txt'), 'utf8')).toMatch(/^one==1\.0 [\s\S]*^two==2\.1 /mu);
  });

  it('refuses to move what it does not have', async () => {
    await run();
    expect(await refusal({ upgrade: ['three'] })).toBe('usage: nothing in shear.lock is named three');
  });

  it('keeps the base image until it is moved, in the lock and where a Dockerfile names its digest', async () => {
    const first = publish('first');
    await run();
    const second = publish('second');
    await run();
    expect(lock().bases['example.test/python:3.12']?.x86_64?.digest).toBe(first);
    await run({ upgrade: ['python'] });
    expect(lock().bases['example.test/python:3.12']?.x86_64?.digest).toBe(second);

    write({ Dockerfile: dockerfile.replace('3.12', `3.12@${first}`) });
    const host = hostOf(yesterday);
    const opened = await openProject(host, { folder: project });
    const given = { project: opened, model: resolveModel(opened, {}), upgrade: 'all' as const };
    const { changes, moved } = await movedBases(host, openStore(join(root, 'cache', 'store'), host.now), given);
    expect(changes.map(({ path, after }) => [path, after])).toEqual([['Dockerfile', dockerfile.replace('3.12', `3.12@${second}`)]]);
    expect(moved).toEqual([{ file: 'Dockerfile', line: 1, tagged: 'example.test/python:3.12', from: first, to: second }]);
  });
});

async function compiled(index: PackageIndex): Promise<string> {
  const { stdout } = await hostOf(index).run(uv ?? 'uv', ['pip', 'compile', 'requirements.in', '--generate-hashes', '--no-header', '--python-version', '3.12'], { cwd: project, env: { UV_PYTHON_DOWNLOADS: 'never' } });
  return stdout;
}
