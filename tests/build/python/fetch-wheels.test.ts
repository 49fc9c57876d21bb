import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/base/event.ts';
import { Failure, type Fault } from '../../../src/base/fault.ts';
import type { Host } from '../../../src/base/host.ts';
import { createDownloader } from '../../../src/build/python/download.ts';
import { fetchWheels, type FetchedWheel } from '../../../src/build/python/fetch-wheels.ts';
import type { ResolvedWheel } from '../../../src/build/python/locked-wheel.ts';
import { readPackageIndexes } from '../../../src/build/python/package-index.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { testHost } from '../../support/host.ts';
import { startPackageIndex, type PackageIndex } from '../../support/package-index.ts';
import { makeWheel, type MadeWheel } from '../../support/wheel.ts';

const big = makeWheel({ name: 'big', version: '1.0', files: [{ name: 'big/data.bin', text: Buffer.alloc(300_000, 'abc'), isStored: true }] });
const small = makeWheel({ name: 'small', version: '1.0' });

function newStore(): Store {
  return openStore(mkdtempSync(join(tmpdir(), 'shear-store-')), () => 1_700_000_000_000);
}

function resolved(wheel: MadeWheel, index: PackageIndex | undefined): ResolvedWheel {
  const url = index && `${new URL(index.url).origin}/files/${wheel.fileName}`;
  return { name: wheel.name, version: '1.0', fileName: wheel.fileName, size: wheel.bytes.length, sha256: wheel.sha256, url };
}

interface Options {
  readonly store?: Store;
  readonly host?: Host;
  readonly locate?: (wheels: readonly ResolvedWheel[]) => Promise<readonly ResolvedWheel[]>;
}

function fetchAll(wheels: readonly ResolvedWheel[], { store = newStore(), host = testHost(), locate }: Options = {}): Promise<readonly FetchedWheel[]> {
  const indexes = readPackageIndexes(host, '/');
  const downloader = { ...createDownloader(host, indexes), wait: () => Promise.resolve() };
  return fetchWheels(host, wheels, { store, downloader, locate: locate ?? (() => Promise.resolve([])) });
}

async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const error: unknown = await work.then(() => undefined, (reason: unknown) => reason);
  if (error instanceof Failure) return error.fault;
  throw error ?? new Error('it did not fail');
}

describe('fetching wheels', () => {
  it('brings them into the store under their sha256, and tells how far it is', async () => {
    await using index = await startPackageIndex([big, small]);
    const events: Event[] = [];
    const store = newStore();
    const wheels = await fetchAll([resolved(small, index), resolved(big, index)], { store, host: testHost({ emit: (event) => events.push(event) }) });
    expect(wheels.map(({ path }) => path)).toEqual([small, big].map(({ sha256 }) => join(store.folder, 'blobs/sha256', sha256)));
    expect(wheels.map(({ path }) => readFileSync(path).equals(path.includes(big.sha256) ? big.bytes : small.bytes))).toEqual([true, true]);
    const total = big.bytes.length + small.bytes.length;
    expect(events.at(-1)).toEqual({ kind: 'transfer', id: 'wheels', label: '2 wheels', direction: 'download', bytes: total, total });
  });

  it('asks for nothing that the store has', async () => {
    await using index = await startPackageIndex([big, small]);
    const store = newStore();
    await fetchAll([resolved(small, index)], { store });
    const before = index.requests.length;
    for (const size of [small.bytes.length, undefined]) {
      const [wheel] = await fetchAll([{ ...resolved(small, undefined), size }], { store, locate: () => Promise.reject(new Error('asked')) });
      expect(wheel).toMatchObject({ sha256: small.sha256, size: small.bytes.length });
    }
    expect(index.requests.length).toBe(before);
  });

  it('locates what has no address, in one question', async () => {
    await using index = await startPackageIndex([big, small]);
    const asked: (readonly string[])[] = [];
    const locate: Options['locate'] = (wheels) => {
      asked.push(wheels.map(({ fileName }) => fileName));
      return Promise.resolve([resolved(small, index), resolved(big, index)]);
    };
    const wheels = await fetchAll([resolved(small, undefined), resolved(big, undefined)], { locate });
    expect(asked).toEqual([['small-1.0-py3-none-any.whl', 'big-1.0-py3-none-any.whl']]);
    expect(wheels).toHaveLength(2);
    expect(await faultOf(fetchAll([resolved(small, undefined)]))).toMatchObject({ code: 'dependencies/not-in-index', next: 'take another release: `shear lock --upgrade small`' });
  });

  it.each([[true, '/files/big-1.0-py3-none-any.whl bytes=100000-'], [false, '/files/big-1.0-py3-none-any.whl bytes=100000-']])('goes on after a cut, where the server has ranges: %s', async (hasRanges, second) => {
    await using index = await startPackageIndex([big]);
    index.faults.set(big.fileName, { kind: 'cut', after: 100_000, hasRanges });
    const [wheel] = await fetchAll([resolved(big, index)]);
    expect(wheel?.sha256).toBe(big.sha256);
    expect(index.requests).toEqual(['/files/big-1.0-py3-none-any.whl', second]);
  });

  it('tries again after a server error, and gives up in the end', async () => {
    await using index = await startPackageIndex([small]);
    index.faults.set(small.fileName, { kind: 'status', status: 500, times: 2 });
    expect(await fetchAll([resolved(small, index)])).toHaveLength(1);
    index.faults.set(small.fileName, { kind: 'status', status: 503 });
    const fault = await faultOf(fetchAll([resolved(small, index)]));
    expect(fault).toMatchObject({ code: 'network/unreachable', what: `${new URL(index.url).host} answered 503 for small-1.0-py3-none-any.whl` });
    expect(index.requests.length).toBe(3 + 5);
  });

  it.each([[404, 'dependencies/not-in-index'], [403, 'registry/unauthorized']])('tells the status %i at once', async (status, code) => {
    await using index = await startPackageIndex([small]);
    index.faults.set(small.fileName, { kind: 'status', status });
    expect(await faultOf(fetchAll([resolved(small, index)]))).toMatchObject({ code });
    expect(index.requests.length).toBe(1);
  });

  it.each(['other-bytes', 'short'] as const)('refuses a file with %s, and leaves nothing behind', async (kind) => {
    await using index = await startPackageIndex([small]);
    index.faults.set(small.fileName, { kind });
    const store = newStore();
    const fault = await faultOf(fetchAll([resolved(small, index)], { store }));
    expect(fault).toMatchObject({ code: 'dependencies/hash-mismatch', what: 'small-1.0-py3-none-any.whl arrived with other bytes than were promised' });
    expect(fault.why).toMatch(new RegExp(`^expected sha256:${small.sha256}, ${small.bytes.length} bytes\ngot      sha256:[0-9a-f]{64}$`, 'u'));
    expect([...readdirSync(join(store.folder, 'blobs/sha256')), ...readdirSync(join(store.folder, 'tmp'))]).toEqual([]);
  });

  it('takes wheels of an index that gives neither size nor hash', async () => {
    await using index = await startPackageIndex([small]);
    const [wheel] = await fetchAll([{ ...resolved(small, index), size: undefined, sha256: undefined }]);
    expect(wheel).toMatchObject({ size: small.bytes.length, sha256: small.sha256 });
  });

  it('takes wheels of local folders', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'shear-links-')), small.fileName);
    writeFileSync(path, small.bytes);
    const [wheel] = await fetchAll([{ ...resolved(small, undefined), url: pathToFileURL(path).href }]);
    expect(wheel?.sha256).toBe(small.sha256);
  });

  it.each([
    ['the index URL', (url: string) => ({ UV_DEFAULT_INDEX: url.replace('://', '://someone:s3cret@') })],
    ['uv\'s variables', (url: string) => ({ UV_INDEX: `own=${url}`, UV_INDEX_OWN_USERNAME: 'someone', UV_INDEX_OWN_PASSWORD: 's3cret' })],
    ['pip\'s variables', (url: string) => ({ PIP_INDEX_URL: url.replace('://', '://someone:s3cret@') })],
  ])('carries the credentials of %s, to that server only', async (_name, env) => {
    await using index = await startPackageIndex([small], { user: 'someone:s3cret' });
    await using other = await startPackageIndex([big]);
    const wheels = await fetchAll([resolved(small, index), resolved(big, other)], { host: testHost({ env: env(index.url) }) });
    expect(wheels).toHaveLength(2);
    expect(other.authorizations).toEqual(['']);
  });

  it('carries the credentials of netrc', async () => {
    await using index = await startPackageIndex([small], { user: 'someone:s3cret' });
    const netrc = join(mkdtempSync(join(tmpdir(), 'shear-netrc-')), 'netrc');
    writeFileSync(netrc, '# mine\nmachine example.org login a password b\nmachine 127.0.0.1\n  login someone\n  password s3cret\n');
    expect(await fetchAll([resolved(small, index)], { host: testHost({ env: { NETRC: netrc } }) })).toHaveLength(1);
  });
});
