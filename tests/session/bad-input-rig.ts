import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Failure, faultExits, type Fault } from '../../src/base/fault.ts';
import type { Host } from '../../src/base/host.ts';
import { printPlace } from '../../src/base/source.ts';
import type { BuildReport } from '../../src/build/report.ts';
import { build, type BuildOptions } from '../../src/session/build.ts';
import { openStore } from '../../src/store/store.ts';
import { verify } from '../../src/store/verify.ts';
import { testHost } from '../support/host.ts';
import { template } from '../support/image-and-zip-template.ts';
import { serveImage, textLayer } from '../support/image.ts';
import { startPackageIndex, type PackageIndex } from '../support/package-index.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { findTestUv } from '../support/uv.ts';
import { makeWheel, type MadeWheel } from '../support/wheel.ts';
import { assembleImage, type AssembledImage } from '../../src/oci/image.ts';

export const uv: string | undefined = await findTestUv();

/** Files of a project, by path. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

export const dockerfile: string = `FROM example.test/python:3.12
WORKDIR /var/task
COPY requirements.txt ./
RUN pip install -r requirements.txt --target .
COPY . .
CMD ["app.handler"]
`;

export const goodFiles: Files = {
  'template.yaml': template,
  'image/Dockerfile': dockerfile, 'image/requirements.txt': 'one\n', 'image/app.py': 'import one\n', 'image/.dockerignore': 'Dockerfile\n',
  'zip/app.py': 'import two\n', 'zip/requirements.txt': 'two\n',
};

/** What a failed run told, as the command line would. */
export interface Told {
  readonly exit: number;
  readonly code: string;
  readonly place: string;
  readonly fault: Fault | undefined;
  /** All texts of the fault. */
  readonly text: string;
}

/** A registry, a package index, and projects that are built from them. */
export interface Rig extends AsyncDisposable {
  /** Absolute; everything is below it. */
  readonly root: string;
  readonly index: PackageIndex;
  readonly registry: TestRegistry;
  readonly base: AssembledImage;
  /** A new project that has been built once, with its lock. */
  readonly project: () => Promise<Project>;
  /** Of every function, as a build of the good files gives them. */
  readonly goodDigests: () => Promise<readonly string[]>;
  /** Gives a project its good files back, all but what was built. */
  readonly restore: (project: Project) => void;
  readonly wheels: MadeWheel[];
}

/** A project on disk. */
export interface Project {
  readonly folder: string;
  /** Absolute. */
  cache: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Warnings. */
  readonly events: string[];
  /** Called when a step starts, with its label. */
  onStep: ((label: string) => void) | undefined;
  signal: AbortSignal;
  readonly write: (files: Files) => void;
  readonly host: () => Host;
  readonly build: (options?: Partial<BuildOptions>) => Promise<BuildReport>;
  /** Builds and tells how that failed. */
  readonly fails: (options?: Partial<BuildOptions>) => Promise<Told>;
  /** Every path with mode and content. */
  readonly snapshot: () => ReadonlyMap<string, string>;
  /** Paths of what the store found damaged. */
  readonly damaged: () => Promise<readonly string[]>;
}

/** The digests of a build. */
export function digestsOf(report: BuildReport): readonly string[] {
  return report.functions.map((fn) => fn.image?.digest ?? fn.zip?.sha256 ?? '');
}

/** Paths that differ between two snapshots. */
export function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
}

/** Runs something that must fail. */
export async function told(work: () => Promise<unknown>): Promise<Told> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Failure)) return { exit: 70, code: 'defect', place: '', fault: undefined, text: error instanceof Error ? (error.stack ?? '') : String(error) };
    const { fault } = error;
    const text = [fault.what, fault.excerpt, fault.why, fault.next].filter((part) => part !== undefined).join('\n');
    return { exit: faultExits[fault.code], code: fault.code, place: fault.place ? printPlace(fault.place) : '', fault, text };
  }
  return { exit: 0, code: 'none', place: '', fault: undefined, text: 'it did not fail' };
}

/** Every path below a folder with its mode and content. */
export function snapshotOf(folder: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const walk = (path: string): void => {
    for (const name of readdirSync(join(folder, path)).toSorted()) {
      const below = join(path, name);
      const absolute = join(folder, below);
      const stat = lstatSync(absolute, { throwIfNoEntry: false });
      // A name that is no UTF-8: enough that it is there.
      if (!stat) {
        found.set(below, 'unreadable name');
        continue;
      }
      const content = stat.isFile() ? createHash('sha256').update(readFileSync(absolute)).digest('hex') : stat.isSymbolicLink() ? readlinkSync(absolute) : '';
      found.set(below, `${stat.mode.toString(8)} ${content}`);
      if (stat.isDirectory()) walk(below);
    }
  };
  if (existsSync(folder)) walk('');
  return found;
}

export async function startRig(): Promise<Rig> {
  const root = mkdtempSync(join(tmpdir(), 'shear-bad-input-'));
  const wheels = [
    makeWheel({ name: 'one', version: '1.0', files: [{ name: 'one/__init__.py', text: 'NAME = "one"\n' }] }),
    makeWheel({ name: 'two', version: '2.0', files: [{ name: 'two.py', text: 'NAME = "two"\n' }] }),
  ];
  const index = await startPackageIndex(wheels);
  const registry = await startRegistry();
  const source = openStore(join(root, 'base-store'), () => 0);
  const layers = [textLayer(source, { 'usr/local/bin/python3.12': 'not really' })];
  const base = assembleImage({ base: 'scratch', layers, architecture: 'x86_64', changes: { env: [['PYTHON_VERSION', '3.12.1'], ['PATH', '/usr/local/bin']] } });
  if (!base.ok) throw new Error(base.error.what);
  source.putBytes(base.value.configBytes);
  source.putBytes(base.value.manifestBytes);
  serveImage(registry, 'python', '3.12', base.value, (digest) => readFileSync(join(root, 'base-store', 'blobs', 'sha256', digest.slice(7))));
  let count = 0;
  let first: string | undefined;
  let good: readonly string[] | undefined;
  const env = { HOME: join(root, 'home'), PATH: process.env['PATH'], SHEAR_UV: uv, UV_DEFAULT_INDEX: index.url, UV_CACHE_DIR: join(root, 'uv'), SHEAR_REGISTRY_MIRRORS: `example.test=${registry.url},docker.io=http://127.0.0.1:9`, PYENV_ROOT: join(root, 'no-pyenv'), DOCKER_HOST: undefined };
  const rig: Rig = {
    root, index, registry, base: base.value, wheels,
    project: async () => {
      const project = openTestProject(join(root, `project-${count++}`), join(root, 'cache'), env);
      if (first === undefined) project.write(goodFiles);
      else cpSync(first, project.folder, { recursive: true });
      if (first === undefined) {
        good = digestsOf(await project.build());
        // Resolved once: the others start from its lock.
        first = join(root, 'first');
        cpSync(project.folder, first, { recursive: true, filter: (path) => !path.includes('.aws-sam') });
        return project;
      }
      await project.build();
      return project;
    },
    goodDigests: async () => {
      if (!good) await rig.project();
      return good ?? [];
    },
    restore: ({ folder }) => {
      // The system's own rm: Node's cannot name what is no UTF-8.
      spawnSync('find', ['.', '-mindepth', '1', '-maxdepth', '1', '-not', '-name', '.aws-sam', '-exec', 'rm', '-rf', '{}', '+'], { cwd: folder });
      if (first !== undefined) cpSync(first, folder, { recursive: true });
      if (existsSync(join(folder, '.aws-sam')) && !lstatSync(join(folder, '.aws-sam')).isDirectory()) rmSync(join(folder, '.aws-sam'));
      const built = join(folder, '.aws-sam/build');
      if (existsSync(built) && !lstatSync(built).isDirectory()) rmSync(built);
    },
    [Symbol.asyncDispose]: async () => {
      await index[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
      spawnSync('rm', ['-rf', root]);
    },
  };
  return rig;
}

/** A project in a folder, by its own cache and environment. */
export function openTestProject(folder: string, cache: string, env: Project['env']): Project {
  mkdirSync(folder, { recursive: true });
  const project: Project = {
    folder, cache, env, events: [],
    onStep: undefined,
    signal: new AbortController().signal,
    write: (files) => {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
        chmodSync(join(folder, path), 0o644);
      }
    },
    host: () => testHost({
      env: project.env, cwd: folder, cacheFolder: project.cache, signal: project.signal,
      // Ahead of the files' times: builds within 20 ms of a change, as here, would look closer instead of believing them.
      now: () => Date.now() + 60_000,
      emit: (event) => {
        if (event.kind === 'warning') project.events.push(event.text);
        if (event.kind === 'step-started') project.onStep?.(event.label);
      },
    }),
    build: async (options = {}) => await build(project.host(), { folder, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: false, upgrade: [], outputs: 'sam', ...options }),
    fails: async (options) => await told(async () => await project.build(options)),
    snapshot: () => snapshotOf(folder),
    damaged: async () => (await verify(openStore(join(project.cache, 'store'), Date.now))).damaged,
  };
  return project;
}
