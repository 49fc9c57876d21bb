import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, watch, type FSWatcher } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { verify } from '../../src/store/verify.ts';
import { changes, digestsOf, goodFiles, openTestProject, snapshotOf, startRig, uv, type Files, type Project, type Rig } from '../session/bad-input-rig.ts';

const bin = join(import.meta.dirname, '..', '..', 'dist', 'shear.cjs');
const isRunnable = existsSync(bin) && uv !== undefined && !existsSync('/var/run/docker.sock');
const isRoot = process.getuid?.() === 0;

let rig: Rig;
/** The good files with their lock: nothing is left to resolve. */
let locked: string;
let good: readonly string[];
let count = 0;
beforeAll(async () => {
  if (!isRunnable) return;
  rig = await startRig();
  const first = await rig.project();
  locked = join(rig.root, 'locked');
  cpSync(first.folder, locked, { recursive: true, filter: (path) => !path.includes('.aws-sam') });
  good = digestsOf(await fresh().build());
});
afterAll(async () => await rig?.[Symbol.asyncDispose]());

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** No Python on this path: bytecode is not what these tests are about. */
const path = `/usr/bin:/bin:${join(process.execPath, '..')}`;

function environment(cache: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return {
    PATH: path, HOME: join(rig.root, 'home'), SHEAR_CACHE: cache, UV_DEFAULT_INDEX: rig.index.url, UV_CACHE_DIR: join(rig.root, 'uv'), SHEAR_UV: uv ?? '',
    SHEAR_REGISTRY_MIRRORS: `example.test=${rig.registry.url}`, PYENV_ROOT: '/nonexistent', ...more,
  };
}

function start(args: readonly string[], options: { readonly cache: string; readonly env?: Readonly<Record<string, string>>; readonly uid?: number; readonly program?: string }): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [options.program ?? bin, ...args], { env: environment(options.cache, options.env), ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }) });
  const texts = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (texts.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (texts.err += chunk.toString()));
  return { child, ended: new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, ...texts }))) };
}

/** A project of its own with an empty cache of its own. */
function fresh(): Project {
  const folder = join(rig.root, `process-${count++}`);
  cpSync(locked, folder, { recursive: true });
  return openTestProject(folder, `${folder}-cache`, environment(`${folder}-cache`));
}

async function isSound(cache: string): Promise<readonly string[]> {
  return (await verify(openStore(join(cache, 'store'), Date.now))).damaged;
}

interface Built {
  readonly functions: readonly { readonly image?: { readonly digest: string }; readonly zip?: { readonly sha256: string } }[];
}

function digestsIn(json: string): readonly string[] {
  return (JSON.parse(json) as Built).functions.map((fn) => fn.image?.digest ?? fn.zip?.sha256 ?? '');
}

describe.runIf(isRunnable)('several processes', () => {
  it('build two projects on one empty cache at once as they do alone', async () => {
    const [a, b] = [fresh(), fresh()];
    const ends = await Promise.all([a, a, b, b].map(async ({ folder }) => await start(['build', '--json', '--quiet', '--project', folder], { cache: a.cache }).ended));
    expect(ends.map(({ code, err }) => [code, err])).toEqual([[0, ''], [0, ''], [0, ''], [0, '']]);
    for (const { out } of ends) expect(digestsIn(out)).toEqual(good);
    expect(await isSound(a.cache)).toEqual([]);
  });
});

/** How many builds are killed; `npm run test:soak` has more. */
const moments = process.env['SHEAR_SOAK'] === undefined ? 6 : 40;

/** A small generator, so that the points are the same in every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** Counts what a build does from outside: requests that it makes, and changes that it makes to its folders. */
function onEvents(project: Project, told: (event: number) => void): () => void {
  let seen = 0;
  const event = (): void => told(++seen);
  rig.registry.onRequest = event;
  const store = join(project.cache, 'store');
  const folders = [project.folder, join(project.folder, '.aws-sam'), join(project.folder, '.aws-sam/shear'), join(project.folder, '.aws-sam/build'), join(store, 'tmp'), join(store, 'blobs/sha256'), join(store, 'records')];
  const watchers = folders.map((folder): FSWatcher => {
    mkdirSync(folder, { recursive: true });
    return watch(folder, event);
  });
  return () => {
    rig.registry.onRequest = undefined;
    for (const watcher of watchers) watcher.close();
  };
}

describe.runIf(isRunnable)('a process that is killed', () => {
  it('at any moment leaves a store and a project that the next build uses', async () => {
    const measured = fresh();
    let events = 0;
    const stop = onEvents(measured, (event) => void (events = event));
    expect((await start(['build', '--project', measured.folder], { cache: measured.cache }).ended).code).toBe(0);
    stop();
    expect(events).toBeGreaterThan(20);
    const random = numbers(20_240_611);
    let killed = 0;
    while (killed < moments) {
      const project = fresh();
      const point = 1 + Math.floor(((killed + random.next().value) / moments) * events * 0.85);
      let child: ChildProcess | undefined;
      const unwatch = onEvents(project, (event) => void (event >= point && child?.kill('SIGKILL')));
      const run = start(['build', '--project', project.folder], { cache: project.cache });
      child = run.child;
      const { signal } = await run.ended;
      unwatch();
      // A process may be done before its moment comes: events that follow closely are told as one, or late on a busy machine.
      if (signal === 'SIGKILL') killed++;
      else events = Math.min(events, point);
      expect(digestsOf(await project.build()), `killed at event ${point}`).toEqual(good);
      expect(await project.damaged()).toEqual([]);
      expect(readdirSync(join(project.folder, '.aws-sam/build')).toSorted()).toEqual(['Image.tar', 'Zip', 'template.yaml']);
      expect(readdirSync(join(project.folder, '.aws-sam/build/Zip')).toSorted()).toEqual(readdirSync(join(measured.folder, '.aws-sam/build/Zip')).toSorted());
    }
  }, 1_200_000);

  it('by an interruption ends with 130, leaves nothing half-written and loses no time waiting', async () => {
    const project = fresh();
    const before = project.snapshot();
    rig.registry.faults.push({ path: /blobs/u, kind: { status: 503, headers: { 'retry-after': '50' } } });
    const run = start(['build', '--quiet', '--project', project.folder], { cache: project.cache });
    rig.registry.onRequest = (asked) => void (asked.includes('/blobs/') && run.child.kill('SIGINT'));
    const { code, err } = await run.ended;
    rig.registry.onRequest = undefined;
    rig.registry.faults.length = 0;
    expect({ code, err }).toEqual({ code: 130, err: 'interrupted\n' });
    expect(changes(before, project.snapshot()).filter((one) => !/^\.aws-sam(?:\/shear)?$/u.test(one))).toEqual([]);
    expect(existsSync(join(project.cache, 'store/tmp')) ? readdirSync(join(project.cache, 'store/tmp')) : []).toEqual([]);
    expect(digestsOf(await project.build())).toEqual(good);
  });
});

describe.runIf(isRunnable)('a secret', () => {
  it('is in no output and in no file', async () => {
    const project = fresh();
    const env = { UV_DEFAULT_INDEX: 'http://me:hunter2@127.0.0.1:9/simple/?sig=hunter2', SHEAR_REGISTRY_MIRRORS: `example.test=${rig.registry.url.replace('//', '//me:hunter2@')}`, UV_HTTP_RETRIES: '0' };
    project.write({ 'zip/requirements.txt': 'two\nthree\n' });
    const bad = await start(['build', '--json', '--verbose', '--project', project.folder], { cache: project.cache, env }).ended;
    expect(bad.code).toBe(3);
    expect(bad.err).toContain('the package index does not answer');
    project.write(goodFiles);
    const fine = await start(['build', '--json', '--verbose', '--project', project.folder], { cache: project.cache, env: { ...env, UV_DEFAULT_INDEX: rig.index.url.replace('//', '//me:hunter2@') } }).ended;
    expect(fine.code).toBe(0);
    expect([bad, fine].some(({ out, err }) => (out + err).includes('hunter2'))).toBe(false);
    for (const folder of [join(project.folder, '.aws-sam'), project.cache]) {
      const found = spawnSync('grep', ['-rl', 'hunter2', folder], { encoding: 'utf8' });
      expect(found.stdout).toBe('');
    }
  });

  it('nor is a stack trace without --verbose', async () => {
    const project = fresh();
    project.write({ 'template.yaml': 'Resources: [\n' });
    const { code, err } = await start(['build', '--project', project.folder], { cache: project.cache }).ended;
    expect({ code, lines: err.split('\n')[0], trace: /^ {4}at /mu.test(err) }).toEqual({ code: 2, lines: 'error: the indentation does not fit what is above', trace: false });
  });
});

/** A small file system in memory; undefined where that is not allowed. */
function smallDisk(name: string, kilobytes: number): { readonly folder: string; readonly grow: (kilobytes: number) => void; readonly [Symbol.dispose]: () => void } | undefined {
  const folder = join(rig.root, name);
  mkdirSync(folder, { recursive: true });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder]).status !== 0) return undefined;
  return {
    folder,
    grow: (size) => void spawnSync('mount', ['-o', `remount,size=${size}k`, folder]),
    [Symbol.dispose]: () => void spawnSync('umount', [folder]),
  };
}

const canMount = isRunnable && isRoot && process.platform === 'linux' && spawnSync('unshare', ['--mount', 'true']).status === 0;
if (!canMount) console.warn('tests with a full disk are skipped: they need root on Linux, to mount a small file system');

describe.runIf(canMount)('a full disk', () => {
  it('under the cache is told, and the store serves once there is room', async () => {
    using disk = smallDisk('full-cache', 200);
    if (!disk) return;
    const project = fresh();
    project.write({ 'zip/big.bin': randomBytes(400_000) });
    const cache = join(disk.folder, 'cache');
    const before = project.snapshot();
    const { code, err } = await start(['build', '--quiet', '--project', project.folder], { cache }).ended;
    expect(code).toBe(3);
    expect(err).toMatch(/^error: no space left on the disk while writing .*\n {2}next: free some space .*\[disk\/full\]\n$/u);
    expect(changes(before, project.snapshot()).filter((one) => !/^\.aws-sam(?:\/shear)?$/u.test(one))).toEqual([]);
    expect(readdirSync(join(cache, 'store/tmp'))).toEqual([]);
    expect(await isSound(cache)).toEqual([]);
    disk.grow(10_000);
    project.write({ 'zip/big.bin': '' });
    rmSync(join(project.folder, 'zip/big.bin'));
    const again = await start(['build', '--json', '--project', project.folder], { cache }).ended;
    expect(digestsIn(again.out)).toEqual(good);
  });

  it('under the project is told, and the last build stays', async () => {
    using disk = smallDisk('full-project', 3000);
    if (!disk) return;
    const folder = join(disk.folder, 'project');
    cpSync(locked, folder, { recursive: true });
    const project = openTestProject(folder, join(rig.root, 'full-project-cache'), environment(join(rig.root, 'full-project-cache')));
    expect((await start(['build', '--project', folder], { cache: project.cache }).ended).code).toBe(0);
    project.write({ 'zip/app.py': 'changed\n', 'zip/big.bin': randomBytes(700_000), 'image/app.py': 'changed\n', 'image/big.bin': randomBytes(700_000) });
    const built = snapshotOf(join(folder, '.aws-sam/build'));
    const { code, err } = await start(['build', '--project', folder], { cache: project.cache }).ended;
    expect({ code, isTold: err.includes('[disk/full]') }).toEqual({ code: 3, isTold: true });
    expect(changes(built, snapshotOf(join(folder, '.aws-sam/build')))).toEqual([]);
    expect(await isSound(project.cache)).toEqual([]);
    project.write(goodFiles);
    for (const name of ['zip/big.bin', 'image/big.bin']) rmSync(join(folder, name));
    const again = await start(['build', '--json', '--project', folder], { cache: project.cache }).ended;
    expect(digestsIn(again.out)).toEqual(good);
  });
});

const nobody = 65_534;
const image: Files = {
  'template.yaml': 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Metadata: { Dockerfile: Dockerfile, DockerContext: . }\n    Properties: { PackageType: Image }\n',
  Dockerfile: 'FROM scratch\nCOPY . /app/\nCMD ["/app"]\n', 'app.txt': 'x', 'sub/b.txt': 'y',
};

describe.runIf(isRunnable && isRoot)('a user who may not', () => {
  const asNobody = async (spoil: (folder: string) => void): Promise<Ended> => {
    const folder = join(rig.root, `nobody-${count++}`);
    const cache = `${folder}-cache`;
    for (const parent of [rig.root, folder, cache]) mkdirSync(parent, { recursive: true });
    chmodSync(rig.root, 0o755);
    cpSync(join(bin, '..'), join(rig.root, 'dist'), { recursive: true });
    openTestProject(folder, cache, {}).write(image);
    spawnSync('chown', ['-R', String(nobody), folder, cache]);
    spoil(folder);
    return await start(['build', '--project', folder], { cache, uid: nobody, program: join(rig.root, 'dist', 'shear.cjs') }).ended;
  };

  it.each<readonly [string, (folder: string) => void, number, RegExp]>([
    ['read a file', (folder) => chmodSync(join(folder, 'app.txt'), 0), 2, /app\.txt cannot be read \(EACCES\)\n {2}next: check its permissions/u],
    ['list a folder', (folder) => chmodSync(join(folder, 'sub'), 0), 2, /sub cannot be read \(EACCES\)\n {2}next: check its permissions/u],
    ['read the template', (folder) => chmodSync(join(folder, 'template.yaml'), 0), 2, /template\.yaml cannot be read \(EACCES\)\n {2}at template\.yaml:1:1/u],
    ['read the Dockerfile', (folder) => chmodSync(join(folder, 'Dockerfile'), 0), 2, /Dockerfile cannot be read \(EACCES\)\n {2}at Dockerfile:1:1/u],
    ['write into the project', (folder) => void spawnSync('chown', ['-R', '0', folder]), 3, /\.aws-sam\/shear cannot be written \(EACCES\)\n {2}next: check who owns the folder/u],
    ['write into the cache', (folder) => void spawnSync('chown', ['-R', '0', `${folder}-cache`]), 3, /cache\/store cannot be written \(EACCES\)\n {2}next: .*SHEAR_CACHE/u],
  ])('%s is told so', async (_, spoil, code, text) => {
    const ended = await asNobody(spoil);
    expect({ code: ended.code, err: ended.err }).toEqual({ code, err: expect.stringMatching(text) as string });
  });

  it('does anything else is let alone', async () => {
    expect((await asNobody(() => undefined)).code).toBe(0);
  });
});
