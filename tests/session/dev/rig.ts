import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Host } from '../../../src/base/host.ts';
import { assembleImage } from '../../../src/oci/image.ts';
import { writeLayout } from '../../../src/oci/layout.ts';
import { build, type BuildOptions } from '../../../src/session/build.ts';
import { createDevBuilder } from '../../../src/session/dev/builder.ts';
import { startLoop, type DevLoop, type LoopEvent, type LoopOptions } from '../../../src/session/dev/loop.ts';
import { openStore } from '../../../src/store/store.ts';
import { testHost } from '../../support/host.ts';
import { template } from '../../support/image-and-zip-template.ts';
import { textLayer } from '../../support/image.ts';

export const projectFiles: Readonly<Record<string, string>> = {
  'template.yaml': template,
  'image/Dockerfile': 'FROM example.test/python:3.12\nWORKDIR /var/task\nCOPY . .\nCMD ["app.handler"]\n',
  'image/app.py': 'VERSION = 1\n', 'image/.dockerignore': 'Dockerfile\n*.log\n', 'image/data/one.txt': '1\n',
  'zip/app.py': 'VERSION = 1\n',
};

/** A project on disk, and the loop that builds it. */
export interface Rig {
  readonly root: string;
  readonly project: string;
  readonly host: Host;
  readonly options: BuildOptions;
  readonly events: LoopEvent[];
  readonly write: (path: string, text: string) => void;
  readonly at: (path: string) => string;
  /** Starts the loop and waits for its first build. */
  readonly start: (more?: Partial<LoopOptions>) => Promise<DevLoop>;
  /** Digests of what the project builds to, by a build of its own in an empty cache. */
  readonly freshDigests: () => Promise<Readonly<Record<string, string>>>;
  /** Digests of the last good build of the loop. */
  readonly digests: () => Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** Makes the project; `files` are written over the usual ones. */
export function createRig(files: Readonly<Record<string, string>> = projectFiles): Rig {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'shear-dev-'));
  const project = join(root, 'project');
  const at = (path: string): string => join(project, path);
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  makeBase(root);
  const controller = new AbortController();
  const hostFor = (cache: string): Host => testHost({
    env: { HOME: join(root, 'home'), PATH: process.env['PATH'], SHEAR_REGISTRY_MIRRORS: `example.test=oci:${join(root, 'base')}`, PYENV_ROOT: join(root, 'no-pyenv'), DOCKER_HOST: undefined },
    cwd: project, cacheFolder: join(root, cache), now: Date.now, signal: controller.signal,
  });
  const host = hostFor('cache');
  const options: BuildOptions = { folder: project, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: false, upgrade: [], outputs: 'sam' };
  const events: LoopEvent[] = [];
  let loop: DevLoop | undefined;
  return {
    root, project, host, options, events, write, at,
    start: async (more = {}) => {
      loop = startLoop(host, { folder: project, builder: createDevBuilder(host, options, undefined), onEvent: (event) => void events.push(event), onFunctions: () => Promise.resolve(), ...more });
      await loop.settled();
      return loop;
    },
    freshDigests: async () => digestsOf(await build(hostFor('fresh'), options)),
    digests: () => {
      const last = events.findLast((event) => event.kind === 'built');
      if (!last) throw new Error('nothing was built');
      return digestsOf(last.build.report);
    },
    close: async () => {
      controller.abort();
      await loop?.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function digestsOf({ functions }: { readonly functions: readonly { readonly name: string; readonly image?: { readonly digest: string }; readonly zip?: { readonly sha256: string } }[] }): Readonly<Record<string, string>> {
  return Object.fromEntries(functions.map((fn) => [fn.name, fn.image?.digest ?? fn.zip?.sha256 ?? '']));
}

function makeBase(root: string): void {
  const store = openStore(join(root, 'base-store'), () => 0);
  const layers = [textLayer(store, { 'usr/local/bin/python3.12': 'not really' })];
  const base = assembleImage({ base: 'scratch', layers, architecture: 'x86_64', changes: { env: [['PYTHON_VERSION', '3.12.1'], ['PATH', '/usr/local/bin']] } });
  if (!base.ok) throw new Error(base.error.what);
  store.putBytes(base.value.configBytes);
  store.putBytes(base.value.manifestBytes);
  writeLayout(join(root, 'base'), [{ name: 'example.test/python:3.12', image: base.value }], store);
}
