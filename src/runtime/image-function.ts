import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Host } from '../base/host.ts';
import { failure } from '../base/fault.ts';
import type { Backend } from './backend.ts';
import { contain } from './bubblewrap.ts';
import { inContainer, loadLayers } from './container.ts';
import { functionVariables } from './environment.ts';
import type { Launch } from './launch.ts';
import type { RootLayer } from './rootfs.ts';
import { unpackPlain } from './plain-root.ts';
import { unpackSplit, type SplitRoot } from './split-root.ts';
import type { PrepareOptions, Prepared } from './zip-function.ts';
import { bootArguments, listExtensions, writeBootstrap } from './zip-function.ts';

/** What of an image's config says how it is run, ImageConfig of the template merged over it. */
export interface ImageRun {
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** `''` means the root folder. */
  readonly workingDir: string;
}

/** A function as an image whose layers are on this machine. */
export interface ImageArtefact {
  readonly kind: 'image';
  /** From the base up. */
  readonly layers: readonly RootLayer[];
  /** How many of them, from the base up, rarely change; absent where that is not known. */
  readonly stable?: number | undefined;
  readonly config: ImageRun;
}

/** The template's ImageConfig over an image's own config: each of the three replaces its counterpart alone. */
export function withImageConfig(
  config: ImageRun,
  over: {
    readonly command?: readonly string[] | undefined;
    readonly entryPoint?: readonly string[] | undefined;
    readonly workingDirectory?: string | undefined;
  },
): ImageRun {
  return {
    env: config.env,
    entrypoint: over.entryPoint ?? config.entrypoint,
    cmd: over.command ?? config.cmd,
    workingDir: over.workingDirectory ?? config.workingDir,
  };
}

/** Makes an image function ready: its root unpacked, once per image. */
export async function prepareImage(
  host: Host,
  artefact: ImageArtefact,
  options: PrepareOptions & { readonly rootsFolder: string },
): Promise<Prepared> {
  const { config, layers } = artefact;
  const argv = [...config.entrypoint, ...config.cmd];
  const handler = config.cmd[0] ?? '';
  if (argv[0] === undefined) {
    throw failure('runtime/failed', 'the image names no program to run', {
      why: 'its config has neither an entry point nor a command',
      next: 'add a CMD line to the Dockerfile, or ImageConfig.Command to the function',
    });
  }
  const { backend, settings, name } = options;
  if (backend.kind === 'docker') return prepareContained(host, artefact, { ...options, engine: backend, argv, handler });
  const variables = (api: string): Record<string, string> =>
    functionVariables(host, settings, { name, api, artefact: { kind: 'image', handler, variables: parseVariables(config.env) } });
  const workingFolder = config.workingDir === '' ? '/' : config.workingDir;
  if (backend.kind === 'process') {
    const root = await unpackPlain({ layers, stable: artefact.stable, folder: options.rootsFolder });
    return preparePlain(artefact, { ...options, handler, root, variables });
  }
  const unpacked = await unpackSplit({ layers, stable: artefact.stable, folder: options.rootsFolder });
  const split = (await options.parking?.adopt(unpacked, options.rootsFolder, join(workingFolder, `${handler.replace(/\.[^.]*$/u, '')}.py`))) ?? unpacked;
  const extensionNames = await listExtensions(onDisk(split, '/opt'));
  const launch = (api: string, command: readonly string[]): Launch =>
    contain(host, backend, {
      tree: { kind: 'image', ...split }, argv: command, variables: variables(api), workingFolder, tmpSize: settings.ephemeralStorage, debug: command === argv ? settings.debug : undefined, parking: command === argv ? options.parking?.launch() : undefined,
    });
  return {
    handler,
    extensionNames,
    processes: (api) => ({
      runtime: launch(api, argv),
      extensions: extensionNames.map((extension) => ({ name: extension, launch: launch(api, [`/opt/extensions/${extension}`]) })),
    }),
    remarks: ['the image runs on this machine\'s kernel, not in Lambda\'s micro virtual machine'],
  };
}

/** Where a folder of a root lies on this machine. */
function onDisk({ root, mounts }: SplitRoot, path: string): string {
  const over = mounts.findLast(({ target }) => target === '/' || path === target || path.startsWith(`${target}/`));
  return over === undefined ? join(root, path) : join(over.source, path.slice(over.target === '/' ? 0 : over.target.length));
}

/** Runs the image in a container engine, from its own layers; external extensions are not started there. */
async function prepareContained(
  host: Host,
  { config, layers }: ImageArtefact,
  options: PrepareOptions & { readonly engine: Extract<Backend, { readonly kind: 'docker' }>; readonly argv: readonly string[]; readonly handler: string },
): Promise<Prepared> {
  const { engine, settings, name, argv, handler } = options;
  const image = await loadLayers(host, engine, layers, { architecture: host.arch, workFolder: options.workFolder });
  const variables = (api: string): Record<string, string> =>
    functionVariables(host, settings, { name, api, artefact: { kind: 'image', handler, variables: parseVariables(config.env) } });
  const workingFolder = config.workingDir === '' ? '/' : config.workingDir;
  return {
    handler,
    extensionNames: [],
    processes: (api) => ({
      runtime: inContainer(host, engine, { image, argv, variables: variables(api), workingFolder, tmpSize: settings.ephemeralStorage, memory: settings.memory, limitsCpu: settings.limitsCpu, mounts: [] }),
      extensions: [],
    }),
    remarks: [`external extensions of the image are not started under ${engine.program}`],
  };
}

interface PlainOptions extends PrepareOptions {
  readonly handler: string;
  readonly root: string;
  readonly variables: (api: string) => Record<string, string>;
}

/**
 * Runs a Python image's handler on the host's interpreter, with the image's packages: the entry point itself
 * is a program of the image, for another system.
 */
async function preparePlain(artefact: ImageArtefact, options: PlainOptions): Promise<Prepared> {
  const { config } = artefact;
  const { interpreter, root, handler } = options;
  const client = config.entrypoint.join(' ');
  const isPython = /(?:^|\/)lambda-entrypoint\.sh$|\bawslambdaric\b/u.test(client);
  if (!isPython || interpreter === undefined || handler === '') {
    throw failure('runtime/failed', 'this image cannot run as a plain process', {
      why: isPython ? 'no Python of the image\'s version is on this machine' : `its entry point (${client}) is a program of the image's own`,
      next: 'install bubblewrap (Linux), or run it with `sam local invoke`',
    });
  }
  const runtime = await writeBootstrap('python', options);
  const packages = await existing(root, await pythonFolders(options));
  const workingFolder = join(root, config.workingDir);
  const launch = (api: string): Launch => {
    const own = options.variables(api);
    // The image's libraries are made for the image's own loader.
    const { LD_LIBRARY_PATH: _, ...variables } = own;
    const rooted = (list: string | undefined): readonly string[] => (list ?? '').split(delimiter).filter(Boolean).map((path) => join(root, path));
    const env = {
      ...variables,
      PATH: [...(options.settings.programs === undefined ? [] : [options.settings.programs]), ...rooted(own['PATH']), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
      PYTHONPATH: [...rooted(own['PYTHONPATH']), ...packages].join(delimiter),
      LAMBDA_TASK_ROOT: join(root, own['LAMBDA_TASK_ROOT'] ?? '/var/task'),
      LAMBDA_RUNTIME_DIR: join(root, own['LAMBDA_RUNTIME_DIR'] ?? '/var/runtime'),
      SHEAR_OPT_FOLDER: join(root, 'opt'),
    };
    const args = [...bootArguments('python', runtime), 'artefact'];
    const { debug } = options.settings;
    return { program: interpreter, args, env: { ...env, ...debug?.variables(debug.folder ?? '', env) }, cwd: workingFolder, input: Buffer.alloc(0), codesAreSignals: false };
  };
  return {
    handler,
    extensionNames: [],
    processes: (api) => ({ runtime: launch(api), extensions: [] }),
    remarks: [
      `${interpreter} and this machine's libraries stand in for the image's; its entry point and extensions are not run`,
    ],
  };
}

/** Where images keep Python packages: AWS's bases, the official Python images, the distribution's own. */
async function pythonFolders(options: PlainOptions): Promise<readonly string[]> {
  const version = /python(3\.\d+)/u.exec(options.interpreter ?? '')?.[1];
  const versions = version === undefined ? Array.from({ length: 8 }, (_, at) => `3.${9 + at}`) : [version];
  return versions.flatMap((each) => [`var/lang/lib/python${each}/site-packages`, `usr/local/lib/python${each}/site-packages`])
    .concat('var/runtime', 'usr/lib/python3/dist-packages');
}

async function existing(root: string, folders: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    const path = join(root, folder);
    if (await access(path).then(() => true, () => false)) found.push(path);
  }
  return found;
}

function parseVariables(env: readonly string[]): Record<string, string> {
  return Object.fromEntries(env.map((variable) => {
    const at = variable.indexOf('=');
    return at < 0 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)];
  }));
}
