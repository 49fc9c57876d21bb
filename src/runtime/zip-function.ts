import { cp, mkdir, mkdtemp, readdir, realpath, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Host } from '../base/host.ts';
import { failure } from '../base/fault.ts';
import type { Backend } from './backend.ts';
import { contain } from './bubblewrap.ts';
import { inContainer } from './container.ts';
import type { EnvironmentKind, EnvironmentName, EnvironmentPlaces, FunctionSettings } from './environment.ts';
import { functionVariables } from './environment.ts';
import type { Launch } from './launch.ts';
import type { Processes } from './life.ts';
import type { Parking } from './parking.ts';
import { missingLayer } from './init-problem.ts';
import { nodeBootstrap } from './node-bootstrap.ts';
import { pythonBootstrap } from './python-bootstrap.ts';

/** A function as `shear build` leaves it in folders. */
export interface ZipArtefact {
  readonly kind: 'zip';
  /** Absolute: what is /var/task on Lambda. */
  readonly folder: string;
  /** Absolute: Lambda layers in the template's order; a later one's files win, as on Lambda. */
  readonly layerFolders: readonly string[];
  /** Lambda layers that are on AWS alone, as the template names them: a function that needs what is in them does not start here. */
  readonly missingLayers?: readonly string[] | undefined;
  /** As sam names it: `python3.12`, `nodejs22.x`. */
  readonly runtime: string;
  readonly handler: string;
}

/** An artefact made ready to be started, in whatever backend. */
export interface Prepared {
  readonly handler: string;
  readonly extensionNames: readonly string[];
  readonly processes: (api: string) => Processes;
  readonly remarks: readonly string[];
}

/** What preparing needs besides the artefact. */
export interface PrepareOptions {
  readonly settings: FunctionSettings;
  readonly name: EnvironmentName;
  readonly backend: Backend;
  /** Absolute folder for what the environment needs on disk. */
  readonly workFolder: string;
  /** Absolute path of the host's interpreter for the runtime; an image under bubblewrap brings its own. */
  readonly interpreter: string | undefined;
  /** Absolute folder with what Lambda's runtime itself offers to import (boto3, …), when there is one. */
  readonly runtimePackages?: string | undefined;
  /** Stops an image's process before it loads the handler. */
  readonly parking?: Parking | undefined;
}

/** Where a function's process under bubblewrap finds things; the search paths are Lambda's for managed runtimes. */
const containedPlaces: EnvironmentPlaces = {
  taskRoot: '/var/task',
  runtimeFolder: '/var/runtime',
  optFolder: '/opt',
  systemPath: ['/var/lang/bin', '/usr/local/bin', '/usr/bin', '/bin'],
  systemLibraries: ['/var/lang/lib', '/lib64', '/usr/lib64'],
};

/**
 * Makes a zip function ready: bootstrap and merged Lambda layers written to the work folder.
 * Fails with `runtime/failed` for a runtime that shear cannot run.
 */
export async function prepareZip(host: Host, artefact: ZipArtefact, options: PrepareOptions): Promise<Prepared> {
  const { interpreter, backend, settings, name } = options;
  if (backend.kind === 'docker') return prepareContained(host, artefact, { ...options, engine: backend });
  const language = languageOf(artefact.runtime);
  if (interpreter === undefined) {
    throw failure('runtime/failed', `no ${language} interpreter for the runtime ${artefact.runtime} on this machine`, {
      why: 'a zip function runs on an interpreter of the same version as its runtime',
      next: `install ${artefact.runtime.replace(/^(python|nodejs)/u, '$1 ')}, or build the function as an image`,
    });
  }
  const program = await realpath(interpreter);
  const runtime = await writeBootstrap(language, options);
  const opt = await mergeLayers(artefact.layerFolders, options.workFolder);
  const places = backend.kind === 'bubblewrap' ? containedPlaces : plainPlaces(host, { artefact, runtime, opt, program, programs: options.settings.programs });
  const kind: EnvironmentKind = { kind: 'zip', runtime: artefact.runtime, handler: artefact.handler, places };
  const extensionNames = await listExtensions(opt);
  const launch = (api: string, argv: readonly string[] | undefined): Launch => {
    const variables = functionVariables(host, settings, { name, api, artefact: kind });
    if (backend.kind === 'process') {
      const own = { ...variables, ...(argv ? {} : settings.debug?.variables(settings.debug.folder ?? '', variables)), SHEAR_OPT_FOLDER: places.optFolder };
      const [first, ...args] = argv ?? [program, ...bootArguments(language, runtime)];
      return { program: first ?? program, args, env: own, cwd: artefact.folder, input: Buffer.alloc(0), codesAreSignals: false };
    }
    const tree = { kind: 'zip' as const, task: artefact.folder, opt, runtime, language: dirname(dirname(program)) };
    const command = argv ?? [`/var/lang/bin/${basename(program)}`, ...bootArguments(language, '/var/runtime')];
    const workingFolder = '/var/task';
    return contain(host, backend, { tree, argv: command, variables, workingFolder, tmpSize: settings.ephemeralStorage, debug: argv ? undefined : settings.debug });
  };
  return {
    handler: artefact.handler,
    extensionNames,
    processes: (api) => ({
      runtime: launch(api, undefined),
      extensions: extensionNames.map((extension) => ({
        name: extension,
        launch: launch(api, [`${places.optFolder}/extensions/${extension}`]),
      })),
    }),
    remarks: [...missingLayerRemarks(artefact), ...remarksOf(language, options)],
  };
}

/** Runs a zip function in AWS's own base image for its runtime, with that image's client: the engine fetches the image when it lacks it. */
async function prepareContained(
  host: Host,
  artefact: ZipArtefact,
  options: PrepareOptions & { readonly engine: Extract<Backend, { readonly kind: 'docker' }> },
): Promise<Prepared> {
  const { engine, settings, name } = options;
  const [, language = '', version = ''] = /^([a-z]+)([\d.]+?)(?:\.x)?$/u.exec(artefact.runtime) ?? [];
  await mkdir(options.workFolder, { recursive: true });
  const opt = await mergeLayers(artefact.layerFolders, options.workFolder);
  const kind: EnvironmentKind = { kind: 'image', handler: artefact.handler, variables: {} };
  return {
    handler: artefact.handler,
    extensionNames: [],
    processes: (api) => {
      const { PATH: _path, LD_LIBRARY_PATH: _libraries, LANG: _language, TZ: _zone, ...variables } = functionVariables(host, settings, { name, api, artefact: kind });
      return {
        runtime: inContainer(host, engine, {
          image: `public.ecr.aws/lambda/${language === 'nodejs' ? 'nodejs' : language}:${version}`, argv: ['', artefact.handler], variables, workingFolder: undefined,
          tmpSize: settings.ephemeralStorage, limitsCpu: settings.limitsCpu, memory: settings.memory, mounts: [[artefact.folder, '/var/task'], ...(opt === undefined ? [] : [[opt, '/opt'] as const])],
        }),
        extensions: [],
      };
    },
    remarks: [...missingLayerRemarks(artefact), `external extensions are not started under ${engine.program}`],
  };
}

/** The names of a Lambda layer's external extensions: executable files right under extensions/. */
export async function listExtensions(opt: string | undefined): Promise<readonly string[]> {
  if (opt === undefined) return [];
  const folder = join(opt, 'extensions');
  const names = await readdir(folder).catch(() => []);
  const found: string[] = [];
  for (const name of names.toSorted()) {
    const info = await stat(join(folder, name)).catch(() => undefined);
    if (info?.isFile() && (info.mode & 0o111) !== 0) found.push(name);
  }
  return found;
}

/** Writes the Python bootstrap to a folder of its own below the work folder; gives the folder. */
export async function writeBootstrap(language: 'python' | 'nodejs', options: PrepareOptions): Promise<string> {
  await mkdir(options.workFolder, { recursive: true });
  const folder = await mkdtemp(join(options.workFolder, 'runtime-'));
  if (options.runtimePackages !== undefined) await cp(options.runtimePackages, folder, { recursive: true });
  if (language === 'python') await writeFile(join(folder, 'bootstrap.py'), pythonBootstrap);
  else await writeFile(join(folder, 'bootstrap.mjs'), nodeBootstrap);
  return folder;
}

/** Arguments after the interpreter: no .pyc written beside the user's files, no packages of the user's own site. */
export function bootArguments(language: 'python' | 'nodejs', runtimeFolder: string): readonly string[] {
  return language === 'python' ? ['-B', '-s', '-u', `${runtimeFolder}/bootstrap.py`] : [`${runtimeFolder}/bootstrap.mjs`];
}

function languageOf(runtime: string): 'python' | 'nodejs' {
  const language = /^(python|nodejs)\d/u.exec(runtime)?.[1];
  if (language === 'python' || language === 'nodejs') return language;
  throw failure('runtime/failed', `functions of the runtime ${runtime} cannot be run here`, {
    why: 'shear runs Python and Node.js zip functions, and every image function',
    next: '`sam local invoke` runs this function where a container engine is at hand',
  });
}

/** One folder as it is; several are copied over each other in their order. */
async function mergeLayers(folders: readonly string[], workFolder: string): Promise<string | undefined> {
  if (folders.length < 2) return folders[0];
  const merged = await mkdtemp(join(workFolder, 'opt-'));
  for (const folder of folders) await cp(folder, merged, { recursive: true, force: true, verbatimSymlinks: true });
  return merged;
}

function plainPlaces(
  host: Host,
  parts: { readonly artefact: ZipArtefact; readonly runtime: string; readonly opt: string | undefined; readonly program: string; readonly programs: string | undefined },
): EnvironmentPlaces {
  return {
    taskRoot: parts.artefact.folder,
    runtimeFolder: parts.runtime,
    optFolder: parts.opt ?? join(parts.runtime, 'no-layers'),
    systemPath: [...(parts.programs === undefined ? [] : [parts.programs]), dirname(parts.program), host.env['PATH'] ?? '/usr/bin:/bin'],
    systemLibraries: [],
  };
}

function missingLayerRemarks({ missingLayers = [] }: ZipArtefact): readonly string[] {
  return missingLayers.map((name) => `${missingLayer}${name} is not on this machine: what it holds cannot be imported; add its packages to the function's own for local runs, or give the layer a folder of the project`);
}

function remarksOf(language: 'python' | 'nodejs', options: PrepareOptions): readonly string[] {
  const sdk = language === 'python' ? 'boto3' : 'the AWS SDK';
  const system = 'the operating system\'s libraries and programs are this machine\'s, not Amazon Linux\'s';
  return [
    `${options.interpreter} stands in for Lambda's ${language === 'python' ? 'Python' : 'Node.js'}`,
    system,
    ...(options.runtimePackages === undefined ? [`${sdk}, which Lambda's runtime brings along, is there only if the artefact contains it`] : []),
  ];
}
