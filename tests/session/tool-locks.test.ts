import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Event } from '../../src/base/event.ts';
import { Failure } from '../../src/base/fault.ts';
import { build, type BuildOptions } from '../../src/session/build.ts';
import { testHost } from '../support/host.ts';
import { startPackageIndex, type PackageIndex } from '../support/package-index.ts';
import { findTestUv } from '../support/uv.ts';
import { makeWheel, type MadeWheel } from '../support/wheel.ts';

const uv = await findTestUv();
const root = mkdtempSync(join(tmpdir(), 'shear-tool-locks-'));
const wheel = (name: string, version: string, requires: readonly string[] = []): MadeWheel =>
  makeWheel({ name, version, requires, files: [{ name: `${name}.py`, text: `VERSION = "${version}"\n` }] });

/** `one` needs `two`, and `only_windows` elsewhere; with the extra `fast` also `three`. */
const needs = ['two>=1\nProvides-Extra: fast', 'only-windows ; sys_platform == "win32"', 'three ; extra == "fast"'];
const made = {
  one: wheel('one', '1.0', needs), newer: wheel('one', '1.1', needs), two: wheel('two', '2.0'), three: wheel('three', '3.0'),
  windows: wheel('only_windows', '1.0'), tool: wheel('devtool', '9.0'), old: wheel('backport', '1.0'), current: wheel('backport', '2.0'),
};
let index: PackageIndex;
let project: string;
let count = 0;
let events: Event[];

const template = (more = ''): string => `Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
${more}    Properties: { CodeUri: src, Handler: app.handler, Runtime: python3.12 }
`;

beforeAll(async () => {
  index = await startPackageIndex(Object.values(made));
});
afterAll(async () => {
  await index[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  project = join(root, `project-${count++}`);
  events = [];
  write({ 'template.yaml': template(), 'src/app.py': 'import one\n\n\ndef handler(event, context):\n    return one.VERSION\n' });
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
}

const host = () => testHost({
  env: { HOME: join(root, 'home'), PATH: '/usr/bin:/bin', SHEAR_UV: uv, UV_DEFAULT_INDEX: index.url, UV_CACHE_DIR: join(root, '.uv'), PYENV_ROOT: join(root, 'no-pyenv'), DOCKER_HOST: undefined },
  cwd: project, cacheFolder: join(root, 'cache'), now: () => Date.now() + 60_000, emit: (event) => void events.push(event),
});
const run = async (options: Partial<BuildOptions> = {}) =>
  await build(host(), { folder: project, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: false, upgrade: [], outputs: 'sam', ...options });
const inUv = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await host().run(uv ?? '', args, { cwd: join(project, 'src'), env: { UV_PYTHON_DOWNLOADS: 'never' } });
  if (code !== 0) throw new Error(stderr);
  return stdout;
};

/** `name version` of what a build put beside the code. */
function installed(): readonly string[] {
  const folder = join(project, '.aws-sam/build/Fn');
  return ['one', 'two', 'three', 'only_windows', 'devtool', 'backport'].flatMap((name) => {
    const path = join(folder, `${name}.py`);
    return existsSync(path) ? [`${name} ${/"(.*)"/u.exec(readFileSync(path, 'utf8'))?.[1] ?? ''}`] : [];
  });
}

const warnings = (): readonly string[] => events.flatMap((event) => (event.kind === 'warning' ? [event.text] : []));
const faultOf = async (work: Promise<unknown>) => await work.then(() => undefined, (error: unknown) => (error instanceof Failure ? error.fault : error));
const entry = ({ fileName, sha256 }: MadeWheel): string => `    {file = "${fileName}", hash = "sha256:${sha256}"},\n`;

const pyproject = '[project]\nname = "app"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["one[fast]<1.1"]\n[dependency-groups]\ndev = ["devtool"]\n';

describe.skipIf(uv === undefined)('a zip function whose tool keeps a lock of its own', () => {
  it('has what uv.lock names for its machine and its run time, as uv itself would export it', async () => {
    write({ 'src/pyproject.toml': pyproject });
    await inUv('lock');
    await run();
    expect(installed()).toEqual(['one 1.0', 'two 2.0', 'three 3.0']);
    const exported = await inUv('export', '--frozen', '--no-emit-project', '--no-default-groups', '--no-hashes', '--no-header', '--no-annotate');
    expect(exported.trim().split('\n').filter((line) => !line.includes('win32')).map((line) => line.split(' ')[0]?.replace('==', ' '))).toEqual(['one 1.0', 'three 3.0', 'two 2.0']);
    expect(warnings()).toEqual(['Fn: the 3 packages of src/uv.lock are installed; `sam build` would install none, since there is no requirements.txt']);
  });

  it('is built with python-uv as sam would, without sam and without a word', async () => {
    write({ 'template.yaml': template('    Metadata: { BuildMethod: python-uv }\n'), 'src/pyproject.toml': pyproject });
    await inUv('lock');
    expect((await run()).functions).toMatchObject([{ name: 'Fn', engine: 'native' }]);
    expect(installed()).toEqual(['one 1.0', 'two 2.0', 'three 3.0']);
    expect(warnings()).toEqual([]);
  });

  it('is left to sam where uv.lock takes something from a folder', async () => {
    write({ 'template.yaml': template('    Metadata: { BuildMethod: python-uv }\n'), 'src/lib/pyproject.toml': '[project]\nname = "lib"\nversion = "0"\n', 'src/pyproject.toml': `${pyproject.replace('"one[fast]<1.1"', '"lib"')}[tool.uv.sources]\nlib = { path = "lib" }\n` });
    await inUv('lock');
    expect(await faultOf(run())).toMatchObject({ code: 'project/unsupported', what: 'Fn is built by python-uv: shear cannot install from uv.lock, since it takes lib from the folder lib, which shear leaves to sam, and sam is not installed' });
  });

  it('follows a lock that changes, records the files in shear.lock, and refuses a change when frozen', async () => {
    write({ 'src/pyproject.toml': pyproject });
    await inUv('lock');
    await run();
    await run({ isFrozen: true });
    write({ 'src/pyproject.toml': pyproject.replace('<1.1', '') });
    await inUv('lock', '--upgrade');
    expect(await faultOf(run({ isFrozen: true }))).toMatchObject({ code: 'lock/drift', what: 'the requirements of Fn changed since shear.lock was written, and --frozen takes nothing that is not locked' });
    await run();
    expect(installed()).toEqual(['one 1.1', 'two 2.0', 'three 3.0']);
    await run({ upgrade: ['one'] });
    expect(events.flatMap((event) => (event.kind === 'note' ? [event.text] : []))).toContain('one is moved by `uv lock --upgrade-package one`: shear takes the version that the lock has');
  });

  it('has what poetry.lock has for the group main, in the form of Poetry 2', async () => {
    write({
      'src/pyproject.toml': '[project]\nname = "app"\nversion = "0"\ndependencies = ["one[fast] (>=1.0,<1.1)"]\n',
      'src/poetry.lock': `[[package]]\nname = "one"\nversion = "1.0"\noptional = false\npython-versions = ">=3.8"\ngroups = ["main", "dev"]\nfiles = [\n${entry(made.one)}]\n
[[package]]\nname = "two"\nversion = "2.0"\noptional = false\ngroups = ["main"]\nmarkers = "python_version >= \\"3.9\\" and (platform_machine == \\"x86_64\\" or sys_platform == \\"darwin\\")"\nfiles = [\n${entry(made.two)}]\n
[[package]]\nname = "only-windows"\nversion = "1.0"\noptional = false\ngroups = ["main"]\nmarkers = {main = "sys_platform == 'win32'"}\nfiles = [\n${entry(made.windows)}]\n
[[package]]\nname = "backport"\nversion = "1.0"\noptional = false\ngroups = ["main"]\nmarkers = "python_full_version < \\"3.11.0a7\\""\nfiles = [\n${entry(made.old)}]\n
[[package]]\nname = "backport"\nversion = "2.0"\noptional = false\ngroups = ["main"]\nmarkers = "python_version >= \\"3.11\\""\nfiles = [\n${entry(made.current)}]\n
[[package]]\nname = "devtool"\nversion = "9.0"\noptional = false\ngroups = ["dev"]\nfiles = [\n${entry(made.tool)}]\n
[metadata]\nlock-version = "2.1"\npython-versions = ">=3.8"\n`,
    });
    await run();
    expect(installed()).toEqual(['one 1.0', 'two 2.0', 'backport 2.0']);
  });

  it('has what an older poetry.lock leads to from pyproject.toml', async () => {
    write({
      'src/pyproject.toml': '[tool.poetry]\nname = "app"\n[tool.poetry.dependencies]\npython = "^3.9"\none = { version = "<1.1", extras = ["fast"] }\nbackport = [{ version = "1.0", python = "<3.11" }, { version = "2.0", python = "^3.11" }]\n[tool.poetry.group.dev.dependencies]\ndevtool = "*"\n',
      'src/poetry.lock': `[[package]]\nname = "one"\nversion = "1.0"\noptional = false\npython-versions = ">=3.8"\nfiles = [\n${entry(made.one)}]\n
[package.dependencies]\nonly-windows = {version = "*", markers = "sys_platform == \\"win32\\""}\nthree = {version = "*", optional = true, markers = "extra == \\"fast\\""}\ntwo = ">=1"\n
[package.extras]\nfast = ["three"]\n
${[['two', '2.0', made.two, '*'], ['three', '3.0', made.three, '*'], ['only-windows', '1.0', made.windows, '*'], ['devtool', '9.0', made.tool, '*'], ['backport', '1.0', made.old, '>=3.8,<3.11'], ['backport', '2.0', made.current, '>=3.11']]
  .map(([name, version, file, python]) => `[[package]]\nname = "${String(name)}"\nversion = "${String(version)}"\noptional = false\npython-versions = "${String(python)}"\nfiles = [\n${entry(file as MadeWheel)}]\n`).join('\n')}
[metadata]\nlock-version = "2.0"\n`,
    });
    await run();
    expect(installed()).toEqual(['one 1.0', 'two 2.0', 'three 3.0', 'backport 2.0']);
  });

  it('has what Pipfile.lock has in its section default, with one of its hashes', async () => {
    const locked = (file: MadeWheel, version: string, more: object = {}): object => ({ hashes: [`sha256:${'0'.repeat(64)}`, `sha256:${file.sha256}`], version: `==${version}`, ...more });
    write({ 'src/Pipfile': '[packages]\none = "<1.1"\n', 'src/Pipfile.lock': JSON.stringify({ _meta: {}, default: { one: locked(made.one, '1.0', { index: 'pypi' }), two: locked(made.two, '2.0'), 'only-windows': locked(made.windows, '1.0', { markers: "sys_platform == 'win32'" }) }, develop: { devtool: locked(made.tool, '9.0') } }, undefined, 4) });
    await run();
    expect(installed()).toEqual(['one 1.0', 'two 2.0']);
    write({ 'src/Pipfile.lock': readFileSync(join(project, 'src/Pipfile.lock'), 'utf8').replace(made.two.sha256, '1'.repeat(64)) });
    expect(await faultOf(run())).toMatchObject({ code: 'dependencies/hash-mismatch', place: { file: 'src/Pipfile.lock', line: 12 } });
  });

  it('has what pdm.lock and pylock.toml have', async () => {
    write({
      'src/pyproject.toml': pyproject,
      'src/pdm.lock': `[metadata]\ngroups = ["default", "dev"]\nstrategy = ["inherit_metadata"]\n
[[package]]\nname = "one"\nversion = "1.0"\ngroups = ["default"]\nfiles = [\n${entry(made.one)}]\n
[[package]]\nname = "one"\nversion = "1.0"\nextras = ["fast"]\ngroups = ["default"]\nfiles = [\n${entry(made.one)}]\n
[[package]]\nname = "only-windows"\nversion = "1.0"\ngroups = ["default"]\nmarker = "sys_platform == \\"win32\\""\nfiles = [\n${entry(made.windows)}]\n
[[package]]\nname = "devtool"\nversion = "9.0"\ngroups = ["dev"]\nfiles = [\n${entry(made.tool)}]\n`,
    });
    await run();
    expect(installed()).toEqual(['one 1.0']);
    rmSync(join(project, 'src/pdm.lock'));
    await inUv('lock');
    await inUv('export', '--frozen', '--no-emit-project', '--no-default-groups', '--format', 'pylock.toml', '--output-file', 'pylock.toml');
    for (const name of ['uv.lock', 'pyproject.toml']) rmSync(join(project, 'src', name));
    await run();
    expect(installed()).toEqual(['one 1.0', 'two 2.0', 'three 3.0']);
  });

  it('is packed as sam packs it, and says so, where its packages may come another way or cannot be had', async () => {
    write({ 'src/pyproject.toml': pyproject, 'template.yaml': template().replace('Runtime: python3.12', 'Runtime: python3.12, Layers: ["arn:aws:lambda:eu-west-1:123456789012:layer:deps:1"]') });
    await inUv('lock');
    await run();
    expect(warnings()).toEqual(['Fn: uv.lock is not installed, since a Lambda layer may bring its packages: a requirements.txt beside it would be']);
    write({ 'template.yaml': template(), 'src/poetry.lock': '[[package]]\nname = "one"\nversion = "1.0"\ngroups = ["main"]\n[package.source]\ntype = "git"\nurl = "https://example.org/one.git"\n' });
    rmSync(join(project, 'src/uv.lock'));
    events = [];
    await run();
    expect({ said: warnings(), installed: installed() }).toEqual({ said: ['Fn: src/poetry.lock is not installed, since it takes one from a repository'], installed: [] });
  });

  it('installs requirements.txt alone where there is one, and ships no virtual environment and no .env', async () => {
    write({ 'src/pyproject.toml': pyproject, 'src/requirements.txt': 'two\n', 'src/.venv/lib/x.py': '', 'src/.env': 'KEY=1\n' });
    await inUv('lock');
    await run();
    expect({ installed: installed(), shipped: ['.venv', '.env', 'app.py'].map((name) => existsSync(join(project, '.aws-sam/build/Fn', name))) }).toEqual({ installed: ['two 2.0'], shipped: [false, false, true] });
  });

  it('fails with its place where the lock has no wheel for the machine', async () => {
    write({ 'src/pyproject.toml': '[project]\nname = "app"\nversion = "0"\n', 'src/poetry.lock': `[[package]]\nname = "one"\nversion = "1.0"\ngroups = ["main"]\nfiles = [\n    {file = "one-1.0-cp39-cp39-win_amd64.whl", hash = "sha256:${'0'.repeat(64)}"},\n]\n` });
    expect(await faultOf(run())).toMatchObject({ code: 'dependencies/no-wheel', place: { file: 'src/poetry.lock', line: 2 }, why: 'its wheels in poetry.lock are one-1.0-cp39-cp39-win_amd64.whl' });
  });
});
