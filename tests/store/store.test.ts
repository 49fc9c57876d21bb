import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digest, digestOf, keyOf, type NodeKey } from '../../src/base/digest.ts';
import type { Output } from '../../src/graph/node.ts';
import { prune } from '../../src/store/prune.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { tag, tagged } from '../../src/store/tag.ts';
import { verify } from '../../src/store/verify.ts';
import { testImage, textLayer } from '../support/image.ts';

const hour = 3_600_000;
const start = 1_700_000_000_000;

let folder: string;
let clock: number;
let store: Store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shear-store-'));
  clock = start;
  store = openStore(join(folder, 'store'), () => clock);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const helloDigest = 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';

function record(text: string): { readonly key: NodeKey; readonly output: Output } {
  const blob = store.putBytes(Buffer.from(text));
  return { key: keyOf(text), output: { blobs: [{ name: 'out', ...blob }], data: { text, list: [1, null, true] } } };
}

function recordPath(key: NodeKey): string {
  const hex = key.slice(4);
  return join(store.folder, 'records', hex.slice(0, 2), `${hex}.json`);
}

function age(path: string, time: number): void {
  utimesSync(path, time / 1000, time / 1000);
}

describe('blobs', () => {
  it('are named by their digest and read back', () => {
    expect(store.putBytes(Buffer.from('hello'))).toEqual({ digest: helloDigest, size: 5 });
    expect(store.has(digest(helloDigest), 5)).toBe(true);
    expect(store.has(digest(helloDigest), 6)).toBe(false);
    expect(store.read(digest(helloDigest))?.toString()).toBe('hello');
    expect(readFileSync(join(folder, 'store', 'blobs', 'sha256', helloDigest.slice(7)), 'utf8')).toBe('hello');
  });

  it('arrive in pieces, and are not there before commit or after abort', async () => {
    const writer = store.begin();
    writer.write(Buffer.from('hel'));
    writer.write(Buffer.from('lo'));
    expect(store.has(digest(helloDigest))).toBe(false);
    expect(await writer.commit()).toEqual({ digest: helloDigest, size: 5 });
    writer.abort();
    expect(store.has(digest(helloDigest), 5)).toBe(true);
    const other = store.begin();
    other.write(Buffer.from('other'));
    other.abort();
    expect(readdirSync(join(store.folder, 'tmp'))).toEqual([]);
    expect(readdirSync(join(store.folder, 'blobs', 'sha256'))).toHaveLength(1);
  });

  it('that are not what was promised do not arrive', async () => {
    const writer = store.begin();
    writer.write(Buffer.from('evil!'));
    await expect(writer.commit({ digest: digest(helloDigest), size: 5 })).rejects.toMatchObject({ fault: { code: 'registry/corrupt' } });
    expect(readdirSync(join(store.folder, 'blobs', 'sha256'))).toEqual([]);
    expect(readdirSync(join(store.folder, 'tmp'))).toEqual([]);
  });

  it('that are damaged count as absent and go', () => {
    const { digest: name } = store.putBytes(Buffer.from('hello'));
    chmodSync(store.pathOf(name), 0o644);
    writeFileSync(store.pathOf(name), 'hellO');
    expect(store.read(name)).toBeUndefined();
    expect(store.has(name)).toBe(false);
  });

  it('can be imported from files', async () => {
    writeFileSync(join(folder, 'file'), 'hello');
    expect(await store.importFile(join(folder, 'file'))).toEqual({ digest: helloDigest, size: 5 });
  });
});

describe('a store that is only looked at', () => {
  it('is not made', () => {
    expect(store.has(digest(helloDigest))).toBe(false);
    expect(store.getRecord(keyOf('x'))).toBeUndefined();
    expect(existsSync(store.folder)).toBe(false);
  });
});

describe('blobs that are flushed later', () => {
  it('have their names at once, and leave nothing to wait for twice', async () => {
    const blob = store.putSoon(Buffer.from('hello'));
    expect(blob).toEqual({ digest: helloDigest, size: 5 });
    expect(readFileSync(store.pathOf(blob.digest), 'utf8')).toBe('hello');
    await store.flushed();
    await store.flushed();
    expect(store.putSoon(Buffer.from('hello'))).toEqual(blob);
    expect(readdirSync(join(store.folder, 'tmp'))).toEqual([]);
  });
});

describe('records', () => {
  it('give back the output of a key', () => {
    const { key, output } = record('a');
    store.putRecord(key, output);
    expect(openStore(store.folder, () => clock).getRecord(key)).toEqual(output);
    expect(store.getRecord(keyOf('b'))).toBeUndefined();
  });

  it('keep diffIDs and leave out absent members', () => {
    const blob = store.putBytes(Buffer.from('x'));
    const output: Output = { blobs: [{ name: 'layer', ...blob, diffId: blob.digest as never }], data: { a: 1, b: undefined } };
    store.putRecord(keyOf('k'), output);
    expect(store.getRecord(keyOf('k'))).toEqual({ blobs: output.blobs, data: { a: 1 } });
  });

  it('without their blobs count as absent and go', () => {
    const { key, output } = record('abc');
    store.putRecord(key, output);
    chmodSync(store.pathOf(output.blobs[0]!.digest), 0o644);
    truncateSync(store.pathOf(output.blobs[0]!.digest), 1);
    expect(store.getRecord(key)).toBeUndefined();
    expect(existsSync(recordPath(key))).toBe(false);
  });

  it.each([
    ['cut', (text: string) => text.slice(0, -10)],
    ['empty', () => ''],
    ['not JSON', () => 'x'],
    ['changed', (text: string) => text.replace('"text":"abc"', '"text":"abd"')],
    ['of another version', (text: string) => text.replace('"version":1', '"version":2')],
  ])('that are %s count as absent and go', (_, damage) => {
    const { key, output } = record('abc');
    store.putRecord(key, output);
    writeFileSync(recordPath(key), damage(readFileSync(recordPath(key), 'utf8')));
    expect(store.getRecord(key)).toBeUndefined();
    expect(existsSync(recordPath(key))).toBe(false);
  });

  it('speak for no other key', () => {
    const { key, output } = record('abc');
    store.putRecord(key, output);
    const other = keyOf('other');
    mkdirSync(join(recordPath(other), '..'), { recursive: true });
    writeFileSync(recordPath(other), readFileSync(recordPath(key)));
    expect(store.getRecord(other)).toBeUndefined();
  });
});

describe('tag', () => {
  it('names a manifest, in place of what had the name', async () => {
    const image = testImage(store, [textLayer(store, { a: '1' })]);
    const other = testImage(store, [textLayer(store, { a: '2' })]);
    await tag(store, 'fn:v1', image.manifest);
    await tag(store, 'a:v1', image.manifest);
    await tag(store, 'fn:v1', other.manifest);
    expect(tagged(store).map((one) => [one.annotations?.['org.opencontainers.image.ref.name'], one.digest])).toEqual([
      ['a:v1', image.manifest.digest],
      ['fn:v1', other.manifest.digest],
    ]);
  });

  it('takes over the lock of a process that died', async () => {
    const image = testImage(store, [textLayer(store, { a: '1' })]);
    const { pid } = spawnSync('true');
    const { hostname } = await import('node:os');
    writeFileSync(join(store.folder, 'index.lock'), `${pid} ${hostname()}`);
    await tag(store, 'x', image.manifest);
    expect(tagged(store)).toHaveLength(1);
    expect(readdirSync(store.folder).filter((name) => name.includes('lock'))).toEqual([]);
  });
});

describe('prune', () => {
  const settle = (): void => {
    clock += 100 * hour;
  };

  it('drops records that were not used for long, and blobs that nothing refers to', () => {
    const old = record('old');
    const recent = record('recent');
    for (const { key, output } of [old, recent]) store.putRecord(key, output);
    const loose = store.putBytes(Buffer.from('loose'));
    for (const name of readdirSync(join(store.folder, 'blobs', 'sha256'))) age(join(store.folder, 'blobs', 'sha256', name), start);
    age(recordPath(old.key), start);
    settle();
    age(recordPath(recent.key), clock - 2 * hour);
    expect(prune(store, { maxAgeMs: 50 * hour })).toMatchObject({ records: 1, blobs: 2 });
    expect(store.has(loose.digest)).toBe(false);
    expect(store.getRecord(old.key)).toBeUndefined();
    expect(store.getRecord(recent.key)).toEqual(recent.output);
  });

  it('goes below a size by dropping the longest unused first', () => {
    const records = ['a', 'b', 'c'].map((name) => record(name.repeat(10_000)));
    records.forEach(({ key, output }, i) => {
      store.putRecord(key, output);
      age(recordPath(key), start + i * hour);
      age(store.pathOf(output.blobs[0]!.digest), start);
    });
    settle();
    const report = prune(store, { maxBytes: 45_000 });
    expect(report).toMatchObject({ records: 1, blobs: 1 });
    expect(report.kept).toBeLessThan(45_000);
    expect(records.map(({ key }) => store.getRecord(key) !== undefined)).toEqual([false, true, true]);
  });

  it('leaves alone what was used a moment ago, whatever the limits', () => {
    const { key, output } = record('in use');
    store.putRecord(key, output);
    const loose = store.putBytes(Buffer.from('just written'));
    for (const path of [recordPath(key), store.pathOf(output.blobs[0]!.digest), store.pathOf(loose.digest)]) age(path, clock - hour / 2);
    expect(prune(store, { maxBytes: 0, maxAgeMs: 0 })).toMatchObject({ records: 0, blobs: 0 });
  });

  it('counts a hit as a use', () => {
    const { key, output } = record('hit');
    store.putRecord(key, output);
    for (const path of [recordPath(key), store.pathOf(output.blobs[0]!.digest)]) age(path, start);
    settle();
    expect(store.getRecord(key)).toEqual(output);
    expect(prune(store, { maxAgeMs: hour, maxBytes: 0 })).toMatchObject({ records: 0, blobs: 0 });
  });

  it('keeps images that have a name', async () => {
    const image = testImage(store, [textLayer(store, { a: '1' })]);
    await tag(store, 'keep', image.manifest);
    for (const name of readdirSync(join(store.folder, 'blobs', 'sha256'))) age(join(store.folder, 'blobs', 'sha256', name), start);
    settle();
    expect(prune(store, { maxBytes: 0 })).toMatchObject({ blobs: 0 });
    expect(store.has(image.layers[0]!.digest)).toBe(true);
  });

  it('sweeps what a killed process left', () => {
    store.putBytes(Buffer.from('x'));
    writeFileSync(join(store.folder, 'tmp', 'half'), 'written');
    age(join(store.folder, 'tmp', 'half'), start);
    settle();
    prune(store, {});
    expect(readdirSync(join(store.folder, 'tmp'))).toEqual([]);
  });
});

describe('verify', () => {
  it('finds and removes what is damaged', async () => {
    const good = record('good');
    const bad = record('bad');
    for (const { key, output } of [good, bad]) store.putRecord(key, output);
    const path = store.pathOf(bad.output.blobs[0]!.digest);
    chmodSync(path, 0o644);
    writeFileSync(path, 'BAD');
    writeFileSync(recordPath(good.key), '{');
    const report = await verify(store);
    expect(report).toEqual({ blobs: 2, records: 2, damaged: [recordPath(good.key), path] });
    expect(existsSync(path)).toBe(false);
  });
});

describe('several processes', () => {
  const script = `
    import { openStore } from ${JSON.stringify(join(import.meta.dirname, '../../src/store/store.ts'))};
    import { tag } from ${JSON.stringify(join(import.meta.dirname, '../../src/store/tag.ts'))};
    import { keyOf } from ${JSON.stringify(join(import.meta.dirname, '../../src/base/digest.ts'))};
    const [folder, name, rounds] = process.argv.slice(2);
    const store = openStore(folder, Date.now);
    console.log('ready');
    for (let i = 0; i < Number(rounds); i++) {
      const blob = store.putBytes(Buffer.alloc(200_000, String(i)));
      const writer = store.begin();
      for (let n = 0; n < 20; n++) writer.write(Buffer.alloc(50_000, name + i));
      await writer.commit();
      store.putRecord(keyOf(i), { blobs: [{ name: 'out', ...blob }], data: i });
      if (i < 20) await tag(store, name + i, { mediaType: 'application/vnd.oci.image.manifest.v1+json', ...blob });
    }
  `;
  const launch = (name: string, rounds: number): ReturnType<typeof spawn> => {
    const path = join(folder, 'worker.mts');
    writeFileSync(path, script);
    return spawn(process.execPath, ['--import', 'tsx', path, store.folder, name, String(rounds)], { cwd: join(import.meta.dirname, '../..'), stdio: ['ignore', 'pipe', 'inherit'] });
  };
  const ended = (child: ReturnType<typeof spawn>): Promise<number | null> => new Promise((resolve) => child.once('close', resolve));

  it('write one store at once without losing anything', async () => {
    const codes = await Promise.all(['a', 'b', 'c'].map((name) => ended(launch(name, 20))));
    expect(codes).toEqual([0, 0, 0]);
    expect(tagged(store)).toHaveLength(60);
    expect((await verify(store)).damaged).toEqual([]);
    for (let i = 0; i < 20; i++) expect(store.getRecord(keyOf(i))?.data).toBe(i);
  });

  it('killed at any moment leave a good store', async () => {
    for (const chunks of [1, 40, 90]) {
      const child = launch('k', 100_000);
      await new Promise((resolve) => child.stdout?.once('data', resolve));
      await new Promise<void>((resolve) => {
        const watch = (): void => {
          const count = existsSync(join(store.folder, 'blobs/sha256')) ? readdirSync(join(store.folder, 'blobs/sha256')).length : 0;
          if (count >= chunks) resolve();
          else setImmediate(watch);
        };
        watch();
      });
      child.kill('SIGKILL');
      await ended(child);
      expect((await verify(store)).damaged).toEqual([]);
    }
    await tag(store, 'after', { mediaType: 'x', ...store.putBytes(Buffer.from('1')) });
    expect(tagged(store).some((one) => one.digest === digestOf('1'))).toBe(true);
  });
});

describe('a full disk', () => {
  it('is a fault that leaves no temporary file', async () => {
    const mount = join(folder, 'small');
    mkdirSync(mount);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount]).status !== 0) {
      console.warn('skipped: only root can mount a small disk');
      return;
    }
    try {
      const small = openStore(join(mount, 'store'), () => clock);
      small.putBytes(Buffer.from('fits'));
      expect(() => small.putBytes(Buffer.alloc(2_000_000))).toThrow(expect.objectContaining({ fault: expect.objectContaining({ code: 'disk/full' }) }));
      const writer = small.begin();
      const write = (): void => {
        for (let i = 0; i < 40; i++) writer.write(Buffer.alloc(50_000, i));
      };
      expect(write).toThrow(expect.objectContaining({ fault: expect.objectContaining({ code: 'disk/full' }) }));
      expect(readdirSync(join(mount, 'store', 'tmp'))).toEqual([]);
      expect(small.putBytes(Buffer.alloc(500_000)).size).toBe(500_000);
    } finally {
      spawnSync('umount', [mount]);
    }
  });
});

describe('the store\'s files', () => {
  it('are not writable, so that a hard link elsewhere does not invite changes', () => {
    const { digest: name } = store.putBytes(Buffer.from('hello'));
    expect(statSync(store.pathOf(name)).mode & 0o777).toBe(0o444);
  });
});
