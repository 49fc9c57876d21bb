import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure, type Fault } from '../../../src/base/fault.ts';
import type { Host } from '../../../src/base/host.ts';
import { findAddresses, resolveRequirements, type Resolution } from '../../../src/build/python/resolve.ts';
import type { WheelTarget } from '../../../src/build/python/tags.ts';
import { testHost } from '../../support/host.ts';
import { startPackageIndex, type PackageIndex } from '../../support/package-index.ts';
import { findTestUv } from '../../support/uv.ts';
import { makeWheel } from '../../support/wheel.ts';

const uv = await findTestUv();
const target: WheelTarget = { python: { major: 3, minor: 12 }, architecture: 'x86_64', glibc: [2, 34] };
const native = (machine: string): string => `cp312-cp312-manylinux_2_28_${machine}`;
const wheels = [
  makeWheel({ name: 'app', version: '1.0', requires: ['fast-lib>=2', 'plain'] }),
  makeWheel({ name: 'fast-lib', version: '2.0', tag: native('x86_64') }),
  makeWheel({ name: 'fast-lib', version: '2.0', tag: native('aarch64') }),
  makeWheel({ name: 'fast-lib', version: '2.0', tag: 'cp312-cp312-musllinux_1_2_x86_64' }),
  makeWheel({ name: 'fast-lib', version: '3.0', tag: 'cp312-cp312-win_amd64' }),
  makeWheel({ name: 'plain', version: '1.0' }),
  makeWheel({ name: 'plain', version: '1.1' }),
  makeWheel({ name: 'old-plain', version: '1.0', requires: ['plain<1.1'] }),
  makeWheel({ name: 'windows-only', version: '1.0', tag: 'cp312-cp312-win_amd64' }),
];
const sha256 = (fileName: string): string => wheels.find((wheel) => wheel.fileName === fileName)?.sha256 ?? '';

function hostFor(url: string, env: Host['env'] = {}): Host {
  const cache = mkdtempSync(join(tmpdir(), 'shear-uv-'));
  return testHost({ env: { PATH: process.env['PATH'], HOME: cache, SHEAR_UV: uv, UV_CACHE_DIR: cache, UV_DEFAULT_INDEX: url, UV_HTTP_RETRIES: '0', ...env } });
}

function requirements(text: string, more: Readonly<Record<string, string>> = {}): { readonly cwd: string; readonly path: string } {
  const cwd = mkdtempSync(join(tmpdir(), 'shear-requirements-'));
  for (const [name, content] of Object.entries({ 'requirements.txt': text, ...more })) writeFileSync(join(cwd, name), content);
  return { cwd, path: join(cwd, 'requirements.txt') };
}

function resolve(host: Host, text: string, options: { readonly target?: WheelTarget; readonly files?: Readonly<Record<string, string>>; readonly isKnown?: boolean } = {}): Promise<Resolution> {
  const { cwd, path } = requirements(text, options.files);
  return resolveRequirements(host, { source: { kind: 'requirements', files: [path], cwd }, target: options.target ?? target, isKnown: options.isKnown ?? false, shown: (name) => name.slice(cwd.length + 1) });
}

async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const error: unknown = await work.then(() => undefined, (reason: unknown) => reason);
  if (error instanceof Failure) return error.fault;
  throw error ?? new Error('it did not fail');
}

const started = (): Promise<PackageIndex> => startPackageIndex(wheels);

describe.skipIf(uv === undefined)('resolving requirements', () => {
  it('gives one wheel per package, for the target', async () => {
    await using index = await started();
    const { wheels: found } = await resolve(hostFor(index.url), 'app\n');
    expect(found.map(({ name, version, fileName, size, sha256: hash }) => ({ name, version, fileName, size, hash }))).toEqual([
      { name: 'app', version: '1.0', fileName: 'app-1.0-py3-none-any.whl', size: wheels[0]?.bytes.length, hash: sha256('app-1.0-py3-none-any.whl') },
      { name: 'fast-lib', version: '2.0', fileName: 'fast_lib-2.0-cp312-cp312-manylinux_2_28_x86_64.whl', size: wheels[1]?.bytes.length, hash: sha256('fast_lib-2.0-cp312-cp312-manylinux_2_28_x86_64.whl') },
      { name: 'plain', version: '1.1', fileName: 'plain-1.1-py3-none-any.whl', size: wheels[6]?.bytes.length, hash: sha256('plain-1.1-py3-none-any.whl') },
    ]);
  });

  it('does not ask the index for what uv has just seen, and asks where it has not', async () => {
    await using index = await started();
    const host = hostFor(index.url);
    const first = await resolve(host, 'app\n', { isKnown: true });
    const asked = index.requests.length;
    expect(asked).toBeGreaterThan(0);
    expect((await resolve(host, 'app\n', { isKnown: true })).wheels).toEqual(first.wheels);
    expect(index.requests).toHaveLength(asked);
    await resolve(host, 'app\n');
    expect(index.requests.length).toBeGreaterThan(asked);
  });

  it('follows the architecture', async () => {
    await using index = await started();
    const { wheels: found } = await resolve(hostFor(index.url), 'fast-lib==2.0\n', { target: { ...target, architecture: 'arm64' } });
    expect(found.map(({ fileName }) => fileName)).toEqual(['fast_lib-2.0-cp312-cp312-manylinux_2_28_aarch64.whl']);
  });

  it('follows includes and constraints, and names the texts by their content', async () => {
    await using index = await started();
    const host = hostFor(index.url);
    const files = { 'more.txt': 'plain\n', 'c.txt': 'plain==1.0\n' };
    const { wheels: found, texts } = await resolve(host, '-r more.txt\n-c c.txt\n', { files });
    expect(found.map(({ name, version }) => `${name} ${version}`)).toEqual(['plain 1.0']);
    const again = await resolve(host, '-r more.txt\n-c c.txt\n', { files });
    expect(again.texts.digest).toBe(texts.digest);
    const other = await resolve(host, '-r more.txt\n-c c.txt\n', { files: { ...files, 'c.txt': 'plain==1.1\n' } });
    expect(other.texts.digest).not.toBe(texts.digest);
  });

  it('takes requirements of the command line', async () => {
    await using index = await started();
    const { cwd } = requirements('');
    const { wheels: found } = await resolveRequirements(hostFor(index.url), { source: { kind: 'requirements', files: [], texts: ['plain==1.0', 'fast-lib'], cwd }, target });
    expect(found.map(({ name, version }) => `${name} ${version}`)).toEqual(['fast-lib 2.0', 'plain 1.0']);
  });

  it('honours hashes exactly', async () => {
    await using index = await started();
    const good = sha256('fast_lib-2.0-cp312-cp312-manylinux_2_28_x86_64.whl');
    const { wheels: found } = await resolve(hostFor(index.url), `fast-lib==2.0 \\\n    --hash=sha256:${good} \\\n    --hash=sha256:${'0'.repeat(64)}\n`);
    expect(found.map((wheel) => wheel.sha256)).toEqual([good]);
    const fault = await faultOf(resolve(hostFor(index.url), `plain==1.1\nfast-lib==2.0 --hash=sha256:${'0'.repeat(64)}\n`));
    expect(fault).toMatchObject({
      code: 'dependencies/hash-mismatch',
      what: 'fast_lib-2.0-cp312-cp312-manylinux_2_28_x86_64.whl has none of the hashes that the requirements allow for fast-lib',
      place: { file: 'requirements.txt', line: 2, column: 1 },
      why: `expected sha256:${'0'.repeat(64)}\ngot      sha256:${good}`,
    });
  });

  it('tells requirements that contradict each other, where they are', async () => {
    await using index = await started();
    const fault = await faultOf(resolve(hostFor(index.url), '# two\nold-plain\nplain==1.1\n'));
    expect(fault).toMatchObject({ code: 'dependencies/unresolvable', what: 'the requirements cannot be met for CPython 3.12, x86_64, glibc 2.34', place: { file: 'requirements.txt', line: 2 } });
    expect(fault.why).toMatch(/old-plain depend on plain<1\.1/u);
    expect(fault.why).not.toMatch(/warning|127\.0\.0\.1/u);
  });

  it('tells a package without a wheel for the target, and what there is', async () => {
    await using index = await started();
    const fault = await faultOf(resolve(hostFor(index.url), 'plain\nwindows-only\n'));
    expect(fault).toMatchObject({ code: 'dependencies/no-wheel', what: 'windows-only has no wheel that runs on CPython 3.12, x86_64, glibc 2.34', place: { file: 'requirements.txt', line: 2 } });
    expect(fault.why).toContain('win_amd64');
  });

  it('tells a package that the index does not have', async () => {
    await using index = await started();
    const fault = await faultOf(resolve(hostFor(index.url), 'plain\nno-such-thing\n'));
    expect(fault).toMatchObject({ code: 'dependencies/not-in-index', what: 'the package index has no no-such-thing', place: { file: 'requirements.txt', line: 2 } });
  });

  it('tells an index that does not answer, without its credentials', async () => {
    const index = await started();
    await index[Symbol.asyncDispose]();
    const fault = await faultOf(resolve(hostFor(index.url.replace('://', '://someone:s3cret@')), 'plain\n'));
    expect(fault).toMatchObject({ code: 'network/unreachable', what: 'the package index does not answer' });
    expect(JSON.stringify(fault)).not.toContain('s3cret');
  });

  it('tells an index that refuses access', async () => {
    await using index = await startPackageIndex(wheels, { user: 'someone:s3cret' });
    expect(await faultOf(resolve(hostFor(index.url), 'plain\n'))).toMatchObject({ code: 'registry/unauthorized' });
    const { wheels: found } = await resolve(hostFor(index.url.replace('://', '://someone:s3cret@')), 'plain\n');
    expect(found.map(({ version }) => version)).toEqual(['1.1']);
  });

  it('tells a line that cannot be read', async () => {
    await using index = await started();
    expect(await faultOf(resolve(hostFor(index.url), 'plain=>1\n'))).toMatchObject({ code: 'syntax/requirements', place: { file: 'requirements.txt' } });
  });

  it('tells an include that is not there', async () => {
    await using index = await started();
    expect(await faultOf(resolve(hostFor(index.url), 'plain\n-r lost.txt\n'))).toMatchObject({ code: 'project/missing-file', what: 'lost.txt cannot be read', why: 'requirements.txt:2:1 includes it\nit is not there', place: { file: 'requirements.txt', line: 2, column: 1 } });
  });

  it('asks the index that pip is set up for, when uv has none', async () => {
    await using index = await started();
    const { wheels: found } = await resolve(hostFor(index.url, { UV_DEFAULT_INDEX: undefined, PIP_INDEX_URL: index.url, PIP_CONFIG_FILE: '/dev/null' }), 'plain\n');
    expect(found.map(({ version }) => version)).toEqual(['1.1']);
  });

  it('takes an index that gives neither size nor hash; uv then finds the hash', async () => {
    await using index = await startPackageIndex(wheels, { isHtml: true });
    const { wheels: found } = await resolve(hostFor(index.url), 'plain\n');
    expect(found).toEqual([{ name: 'plain', version: '1.1', fileName: 'plain-1.1-py3-none-any.whl', size: undefined, sha256: sha256('plain-1.1-py3-none-any.whl'), url: `${new URL(index.url).origin}/files/plain-1.1-py3-none-any.whl` }]);
  });

  it('finds addresses of locked wheels anew', async () => {
    await using index = await started();
    const host = hostFor(index.url);
    const fileName = 'fast_lib-2.0-cp312-cp312-manylinux_2_28_x86_64.whl';
    const locked = { name: 'fast-lib', version: '2.0', fileName, size: 1, sha256: sha256(fileName) };
    expect(await findAddresses(host, [locked], { target, cwd: tmpdir() })).toEqual([{ ...locked, url: `${new URL(index.url).origin}/files/${fileName}` }]);
    const fault = await faultOf(findAddresses(host, [{ ...locked, sha256: '0'.repeat(64) }], { target, cwd: tmpdir() }));
    expect(fault).toMatchObject({ code: 'dependencies/hash-mismatch', what: `the package index has another ${fileName} than shear.lock` });
  });
});
