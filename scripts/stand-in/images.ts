import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../src/base/host.ts';
import type { ImageLayer } from '../../src/oci/descriptor.ts';
import { assembleImage, type AssembledImage, type ImageChanges } from '../../src/oci/image.ts';
import { writeLayer } from '../../src/oci/layer.ts';
import { writeLayout } from '../../src/oci/layout.ts';
import { sortEntries } from '../../src/oci/tar.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import type { Python } from '../../src/tools/find-python.ts';
import { Failure } from '../../src/base/fault.ts';
import type { TreeEntry } from '../../src/base/tree.ts';
import { makeOnce } from '../peers/make-once.ts';
import { debianLayer, pipSettings } from './debian.ts';
import { withParents } from './disk-entries.ts';
import { lambdaTree } from './lambda-tree.ts';
import { nearestPython, pythonTree } from './python-tree.ts';
import { systemTree } from './system-tree.ts';

/** `host`: this machine's own files, made in seconds by anyone. `debian`: apt and pip work in it; needs root and debootstrap. */
export type Flavour = 'host' | 'debian';

/** Stand-ins for the images that examples and tests are built on. */
export interface StandIn {
  /** Absolute; an OCI image layout with both images under their full names. */
  readonly layout: string;
  readonly flavour: Flavour;
  readonly python: Python;
}

/** The names that stand-ins answer to. */
export const officialImage = 'public.ecr.aws/docker/library/python:3.12';
/** AWS's own base image. */
export const lambdaImage = 'public.ecr.aws/lambda/python:3.12';

/** Raised when what the images hold changes. */
const version = 3;

/** The stand-ins of a flavour, made on first use and kept below `cache`. */
export async function provideStandIns(host: Host, flavour: Flavour, cache: string): Promise<StandIn> {
  const python = await nearestPython(host);
  const folder = join(cache, 'stand-in', `v${version}-${flavour}-${python.version}-${host.arch}`);
  const layout = join(folder, 'layout');
  await makeOnce(host, folder, () => existsSync(join(layout, 'index.json')), async () => await make(host, flavour, python, folder));
  return { layout, flavour, python };
}

async function make(host: Host, flavour: Flavour, python: Python, folder: string): Promise<void> {
  host.emit({ kind: 'note', text: `making stand-in base images (${flavour}) from this machine's Python ${python.version}, once` });
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    const store = openStore(join(work, 'store'), host.now);
    const system = flavour === 'debian' ? await debianLayer(host, store, join(work, 'root')) : await layer(store, await systemTree(host), 'files of the host');
    const official = await officialStandIn(host, store, python, { work, system });
    const lambda = await lambdaStandIn(host, store, python, { work, system });
    writeLayout(join(work, 'layout'), [{ name: officialImage, image: official }, { name: lambdaImage, image: lambda }], store);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    renameSync(join(work, 'layout'), join(folder, 'layout'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

interface Making {
  readonly work: string;
  readonly system: ImageLayer;
}

async function officialStandIn(host: Host, store: Store, python: Python, { work, system }: Making): Promise<AssembledImage> {
  const tree = await pythonTree(host, python, 'usr/local', join(work, 'official'));
  const settings = await pipSettings(host);
  return assemble(store, [system, await layer(store, [...tree, ...settings], `Python ${python.version}`)], {
    env: [
      ['PATH', '/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin'],
      ['LANG', 'C.UTF-8'],
      ['PYTHON_VERSION', python.version],
    ],
    cmd: ['python3'],
  });
}

async function lambdaStandIn(host: Host, store: Store, python: Python, { work, system }: Making): Promise<AssembledImage> {
  const tree = await pythonTree(host, python, 'var/lang', join(work, 'lambda'));
  const settings = await pipSettings(host);
  const runtime = await lambdaTree(host, python, join(work, 'runtime'));
  const layers = [system, await layer(store, [...tree, ...settings], `Python ${python.version}`), await layer(store, runtime, 'the Lambda runtime client')];
  return assemble(store, layers, {
    env: [
      ['PATH', '/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin'],
      ['LD_LIBRARY_PATH', '/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib'],
      ['LANG', 'en_US.UTF-8'],
      ['TZ', ':/etc/localtime'],
      ['LAMBDA_TASK_ROOT', '/var/task'],
      ['LAMBDA_RUNTIME_DIR', '/var/runtime'],
      ['PYTHON_VERSION', python.version],
    ],
    entrypoint: ['/lambda-entrypoint.sh'],
    workingDir: '/var/task',
  });
}

async function layer(store: Store, entries: readonly TreeEntry[], createdBy: string): Promise<ImageLayer> {
  return await writeLayer(sortEntries(withParents(entries)), store, { createdBy });
}

function assemble(store: Store, layers: readonly ImageLayer[], changes: ImageChanges): AssembledImage {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
  const image = assembleImage({ base: 'scratch', layers, changes, architecture });
  if (!image.ok) throw new Failure(image.error);
  store.putBytes(image.value.configBytes);
  store.putBytes(image.value.manifestBytes);
  return image.value;
}
