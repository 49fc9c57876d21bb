import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/base/fault.ts';
import { createDownloader } from '../../../src/build/python/download.ts';
import { fetchWheels, type FetchedWheel } from '../../../src/build/python/fetch-wheels.ts';
import { prefixLayout, targetLayout, type InstallLayout } from '../../../src/build/python/install-layout.ts';
import { mergeEntries } from '../../../src/build/python/merge-entries.ts';
import { readPackageIndexes } from '../../../src/build/python/package-index.ts';
import { resolveRequirements } from '../../../src/build/python/resolve.ts';
import { wheelEntries } from '../../../src/build/python/wheel.ts';
import { readContent } from '../../../src/oci/content.ts';
import { openStore } from '../../../src/store/store.ts';
import { findPython } from '../../../src/tools/find-python.ts';
import { testHost } from '../../support/host.ts';
import { findTestUv } from '../../support/uv.ts';

// This test uses the network: it takes real wheels from the machine's package index and compares with the real pip.
const packages = ['requests', 'numpy', 'pydub', 'pillow', 'boto3', 'awslambdaric', 'click', 'setuptools', 'pip', 'wheel', 'pyyaml', 'flask'];
const folder = mkdtempSync(join(tmpdir(), 'shear-pip-'));
const host = testHost({ arch: process.arch === 'arm64' ? 'arm64' : 'x86_64', env: { ...process.env, SHEAR_UV: await findTestUv() } });
const version = { major: 3, minor: 12 };
const python = await findPython(host, version);
const wheels = python && host.env['SHEAR_UV'] ? await fetchReal() : [];

async function fetchReal(): Promise<readonly FetchedWheel[]> {
  try {
    const source = { kind: 'requirements', files: [], texts: packages, cwd: folder } as const;
    const resolution = await resolveRequirements(host, { source, target: { python: version, architecture: host.arch, glibc: [2, 28] } });
    const store = openStore(join(folder, 'store'), Date.now);
    return await fetchWheels(host, resolution.wheels, { store, downloader: createDownloader(host, readPackageIndexes(host, folder)), locate: () => Promise.resolve([]) });
  } catch (error) {
    if (!(error instanceof Failure) || error.fault.code !== 'network/unreachable') throw error;
    console.warn(`the comparison with pip is skipped: ${error.message}`);
    return [];
  }
}

/** Installs the very same files with pip, without looking anywhere else. */
async function pipInstall(out: string, args: readonly string[]): Promise<void> {
  const links = join(folder, 'files');
  mkdirSync(links, { recursive: true });
  for (const wheel of wheels) copyFileSync(wheel.path, join(links, wheel.fileName));
  const names = wheels.map(({ name, version: release }) => `${name}==${release}`);
  const env = { PIP_TARGET: undefined, PIP_PREFIX: undefined, PIP_FIND_LINKS: undefined, PIP_ROOT_USER_ACTION: 'ignore' };
  const result = await host.run('/bin/sh', ['-c', 'umask 022; exec "$@"', 'sh', python?.path ?? '', '-m', 'pip', 'install', '--quiet', '--no-deps', '--no-index', '--find-links', links, '--ignore-installed', '--disable-pip-version-check', ...args, out, ...names], { env });
  expect(result).toMatchObject({ code: 0 });
}

/** Everything that differs between pip's folder and our entries, but for the differences that `wheelEntries` documents. */
function differences(out: string, layout: InstallLayout): readonly string[] {
  const { entries, collisions } = mergeEntries(wheels.map((wheel) => ({ owner: wheel.fileName, entries: wheelEntries(wheel.path, wheel, layout) })));
  const ours = new Map(entries.map((entry) => [entry.path, entry]));
  const theirs = (readdirSync(out, { recursive: true }) as string[]).filter((path) => !/(?:__pycache__|\.pyc)$|^(?:lib\/python3\.12\/site-packages\/)?[^/]+\.dist-info\/REQUESTED$/u.test(path));
  const found = collisions.map(({ path }) => `collision at ${path}`);
  for (const path of theirs) {
    const entry = ours.get(path);
    const info = statSync(join(out, path));
    ours.delete(path);
    if (!entry || entry.kind === 'link') found.push(`missing ${path}`);
    else if (entry.mode !== (info.mode & 0o777)) found.push(`mode of ${path}`);
    else if (entry.kind === 'file' && !isAlike(path, Buffer.from(readContent(entry)), readFileSync(join(out, path)))) found.push(`content of ${path}`);
  }
  return [...found, ...[...ours.keys()].map((path) => `extra ${path}`)];
}

function isAlike(path: string, ours: Buffer, theirs: Buffer): boolean {
  if (ours.equals(theirs)) return true;
  if (path.endsWith('.dist-info/RECORD')) return recordLines(ours) === recordLines(theirs);
  // Wrappers: the same interpreter, the same import, the same call.
  return /(?:^|\/)bin\/[^/]+$/u.test(path) && wrapperFacts(ours) === wrapperFacts(theirs) && wrapperFacts(ours).split('\n').length === 3;
}

/** Without wrappers, whose hashes differ, REQUESTED, bytecode of test suites, which is not made, and where pip says that scripts are: where it made them. */
function recordLines(text: Buffer): string {
  return text.toString().split('\r\n').filter((line) => !/^[^/]+\.dist-info\/REQUESTED,|\/tests?\/(?:.*\/)?__pycache__\//u.test(line)).map((line) => line.replace(/^(?:\.\.\/)*bin\/([^,]+),.*$/u, 'bin/$1')).toSorted().join('\n');
}

function wrapperFacts(text: Buffer): string {
  return text.toString().split('\n').filter((line) => /^(?:#!|from )|sys\.exit/u.test(line)).join('\n');
}

describe.skipIf(wheels.length === 0)('the same wheels installed by pip', () => {
  const options = { interpreter: python?.path ?? '', python: version, installer: 'pip', hasBytecode: false } as const;

  it('leave the same below --target', async () => {
    const out = join(folder, 'target');
    await pipInstall(out, ['--no-compile', '--target']);
    expect(differences(out, targetLayout('', options))).toEqual([]);
  });

  it('leave the same below --prefix, bytecode in RECORD included', async () => {
    const out = join(folder, 'prefix');
    await pipInstall(out, ['--prefix']);
    expect(differences(out, prefixLayout('', { ...options, hasBytecode: true }))).toEqual([]);
  });

  it('are complete for importlib.metadata and pip', async () => {
    const out = join(folder, 'ours');
    for (const entry of mergeEntries(wheels.map((wheel) => ({ owner: wheel.fileName, entries: wheelEntries(wheel.path, wheel, targetLayout('', options)) }))).entries) {
      if (entry.kind === 'folder') mkdirSync(join(out, entry.path), { recursive: true });
      if (entry.kind === 'file') writeFileSync((mkdirSync(dirname(join(out, entry.path)), { recursive: true }), join(out, entry.path)), readContent(entry), { mode: entry.mode });
    }
    const program = 'import sys, importlib.metadata as m; d = list(m.distributions(path=[sys.argv[1]])); print(len(d), [str(f) for x in d for f in x.files if not f.locate().exists()])';
    expect((await host.run(python?.path ?? '', ['-c', program, out])).stdout.trim()).toBe(`${wheels.length} []`);
    const listed = await host.run(python?.path ?? '', ['-m', 'pip', 'list', '--path', out, '--format', 'freeze', '--disable-pip-version-check']);
    expect(listed.stdout.trim().split('\n')).toHaveLength(wheels.length);
  });
});
