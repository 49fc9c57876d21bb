import { join, relative } from 'node:path';
import type { Canonical } from '../base/digest.ts';
import { Failure, failure } from '../base/fault.ts';
import type { GraphNode } from '../graph/node.ts';
import type { LambdaFunction, LambdaLayer, PythonVersion, ZipPackage } from '../model/function.ts';
import { runtimeFacts } from '../model/runtimes.ts';
import { findTool } from '../tools/find-tool.ts';
import { ffmpegPin } from '../model/shear-ffmpeg.ts';
import { dependenciesOf } from './dependencies.ts';
import { dependenciesOfLock } from './locked-dependencies.ts';
import type { PlannedArtefact } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import { planFfmpeg } from './plan-ffmpeg.ts';
import { bytecodeVersion, type WheelInstall } from './python-tree.ts';
import type { WheelTarget } from './python/tags.ts';
import { toolLockNames } from './python/tool-lock.ts';
import { zipDependencies, zipTarget, type ZipDependencies, type ZipPython } from './zip-dependencies.ts';
import { ffmpegRecipe, nodePackagesOf } from './zip-method.ts';

/** What no workflow of sam's ships, and caches of tools. */
const neverShipped = ['.aws-sam', '.chalice', '.git', '.gitignore', '__pycache__', '.pytest_cache', '.mypy_cache', '.eggs', '.idea', '.hypothesis', '.coverage', 'node_modules'];

/** What sam's workflows for Python leave out of a function's folder besides, but for `*.so`, which they lose to users' surprise. */
const neverShippedPython = [
  ...neverShipped, '.env', '.venv', 'venv', 'venv.bak', 'env', 'env.bak', 'ENV', '.Python', '.tox', '.nox', '.cache', '.python-version', '.dmypy.json', '.pyre', '.vscode', 'htmlcov',
  'pip-log.txt', 'pip-delete-this-directory.txt', '.uv-cache', 'uv.lock.bak',
];

interface ZipRequest {
  readonly kind: 'zip' | 'layer';
  readonly logicalId: string;
  readonly fullPath: string;
  readonly folder: string;
  readonly dependencies: ZipDependencies;
  readonly target: WheelTarget | undefined;
  readonly excludeNames: readonly string[];
}

/** Plans a zip function: sources and wheels side by side. */
export async function planFunctionZip(context: PlanContext, fn: LambdaFunction, code: ZipPackage): Promise<Planned> {
  const method = code.buildMethod ?? code.runtime;
  if (method === 'makefile') return planMake(fn, code.codeFolder, 'zip');
  const architecture = fn.architecture.kind === 'known' ? fn.architecture.value : 'x86_64';
  const target = zipTarget(method === 'python-uv' ? code.runtime : method, architecture);
  const python = target?.python;
  if (python) checkPython(context, fn, python);
  const node = !python && code.buildMethod === undefined && /^nodejs/u.test(code.runtime) ? nodePackagesOf(code.codeFolder) : undefined;
  if (!python && (node === undefined || node === 'installed by npm')) {
    return await planSam(context, fn, { folder: code.codeFolder, kind: 'zip', method: node ? `${method} with the npm packages of package.json` : method });
  }
  const dependencies = dependenciesFor(context, { name: fn.fullPath, folder: code.codeFolder, method, target, hasLayers: fn.layers.length > 0 });
  if (dependencies.kind === 'sam') return await planSam(context, fn, { folder: code.codeFolder, kind: 'zip', method: dependencies.why });
  const excluded = python ? neverShippedPython : neverShipped;
  return await planZip(context, {
    kind: 'zip', logicalId: fn.logicalId, fullPath: fn.fullPath, folder: code.codeFolder, dependencies, target,
    excludeNames: node === 'as they lie there' ? excluded.filter((name) => name !== 'node_modules') : excluded,
  });
}

/** Plans a Lambda layer with a build method: everything below `python/`. */
export async function planLayerZip(context: PlanContext, layer: LambdaLayer): Promise<Planned | undefined> {
  if (layer.contentFolder === undefined || layer.buildMethod === undefined) return undefined;
  if (layer.buildMethod === 'makefile') return (await planFfmpegZip(context, layer, layer.contentFolder)) ?? planMake(layer, layer.contentFolder, 'layer');
  const target = zipTarget(layer.buildMethod, layer.architecture);
  if (!target) return await planSam(context, layer, { folder: layer.contentFolder, kind: 'layer', method: layer.buildMethod });
  const dependencies = dependenciesFor(context, { name: layer.fullPath, folder: layer.contentFolder, method: layer.buildMethod, target, hasLayers: false });
  return await planZip(context, { kind: 'layer', logicalId: layer.logicalId, fullPath: layer.fullPath, folder: layer.contentFolder, dependencies, target, excludeNames: neverShippedPython });
}

/** A Makefile's own target runs as sam runs it; what it leaves is a function of its folder. */
function planMake({ logicalId, fullPath }: { readonly logicalId: string; readonly fullPath: string }, folder: string, kind: 'zip' | 'layer'): Planned {
  const id = `zip:${fullPath}`;
  const node: GraphNode = {
    id, kind: 'make', label: `${logicalId}: make`, params: { logicalId, folder },
    inputs: [{ kind: 'files', files: { folder, below: '', dockerignore: null, excludeNames: neverShipped } }],
  };
  return { nodes: [node], artefact: { kind, logicalId, fullPath, node: id, engine: 'native' } };
}

/** A layer whose Makefile is one that shear itself writes for ffmpeg; undefined for any other. */
async function planFfmpegZip(context: PlanContext, { logicalId, fullPath, architecture }: LambdaLayer, folder: string): Promise<Planned | undefined> {
  const recipe = ffmpegRecipe(folder, logicalId);
  if (!recipe) return undefined;
  context.watch([join(folder, 'Makefile')]);
  const planned = await planFfmpeg(context, recipe, architecture);
  const platform = `linux/${architecture === 'arm64' ? 'arm64' : 'amd64'}`;
  const { fileName, ...file } = ffmpegPin.wheels[architecture];
  const isPackage = planned.kind === 'prebuilt' && planned.lockName === undefined;
  if (isPackage) context.draft.wheels.set(fileName, { name: ffmpegPin.package, version: ffmpegPin.version, ...file });
  context.draft.builds.set(fullPath, { section: 'layers', build: isPackage ? { platform, wheels: [fileName] } : { platform, wheels: [], ffmpeg: planned.lockName } });
  const program: GraphNode = planned.kind === 'built'
    ? planned.node
    : { id: `ffmpeg:package/${architecture}`, kind: 'ffmpeg-package', label: 'ffmpeg of the pinned package', params: { architecture, sha256: file.sha256 }, inputs: [] };
  const id = `zip:${fullPath}`;
  const node: GraphNode = { id, kind: 'ffmpeg-zip', label: `${logicalId}: zip`, params: null, inputs: [{ kind: 'node', id: program.id }] };
  return { nodes: [program, node], artefact: { kind: 'layer', logicalId, fullPath, node: id, engine: 'native' } };
}

interface Planned {
  readonly nodes: readonly GraphNode[];
  readonly artefact: PlannedArtefact;
}

async function planZip(context: PlanContext, request: ZipRequest): Promise<Planned> {
  const { kind, logicalId, fullPath, folder } = request;
  const install = await installOf(context, request);
  const id = `zip:${fullPath}`;
  const params = { name: logicalId, install, sourceFolder: kind === 'layer' ? 'python' : '' };
  const node: GraphNode = {
    id, kind: 'zip', label: `${logicalId}: zip`,
    params: JSON.parse(JSON.stringify(params)) as Canonical,
    inputs: [{ kind: 'files', files: { folder, below: '', dockerignore: null, excludeNames: request.excludeNames } }],
  };
  return { nodes: [node], artefact: { kind, logicalId, fullPath, node: id, engine: 'native' } };
}

/** No wheels can be chosen for a Python that pip's and uv's tags do not reach; one that is not known yet may be right. */
function checkPython({ host }: PlanContext, { logicalId, place }: LambdaFunction, { major, minor }: PythonVersion): void {
  const name = `python${major}.${minor}`;
  if (major < 3 || (major === 3 && minor < 6)) {
    throw failure('project/unsupported', `${logicalId} has the runtime ${name}, which Lambda no longer runs`, { place, next: 'set Runtime to one that it does, python3.13 for instance' });
  }
  if (!runtimeFacts(name)) host.emit({ kind: 'warning', text: `this version of shear does not know the runtime ${name}; it is taken to run on Amazon Linux 2023`, place });
}

/** Where the packages come from; what is not as sam has it is told. */
function dependenciesFor(context: PlanContext, { name, target, ...zip }: Omit<ZipPython, 'shown' | 'target'> & { readonly name: string; readonly target: WheelTarget | undefined }): ZipDependencies {
  context.watch(['requirements.txt', ...(target ? toolLockNames : [])].map((file) => join(zip.folder, file)));
  if (!target) return { kind: 'none' };
  // A requirements file that is there and cannot be read must not pass for none: the function would miss its packages.
  const fault = context.faultOf(join(zip.folder, 'requirements.txt'));
  if (fault) throw new Failure(fault);
  const shown = (path: string): string => relative(context.projectFolder, path);
  const found = zipDependencies({ ...zip, target, shown });
  if (found.kind === 'none' && found.untaken !== undefined) context.warnOnce(`${name}: ${found.untaken}`);
  if (found.kind === 'lock' && found.isBeyondSam) context.warnOnce(`${name}: ${found.packages.length === 1 ? 'the package' : `the ${found.packages.length} packages`} of ${shown(found.lock.path)} ${found.packages.length === 1 ? 'is' : 'are'} installed; \`sam build\` would install none, since there is no requirements.txt`);
  return found;
}

async function installOf(context: PlanContext, request: ZipRequest): Promise<WheelInstall | null> {
  const { kind, dependencies, target, fullPath, folder } = request;
  if (!target || (dependencies.kind !== 'requirements' && dependencies.kind !== 'lock')) return null;
  const { host, store, draft, projectFolder } = context;
  const { wheels, manifest, platform } = dependencies.kind === 'lock'
    ? await dependenciesOfLock(host, store, draft, { name: fullPath, lock: dependencies.lock, packages: dependencies.packages, target, projectFolder })
    : await dependenciesOf(host, store, draft, {
        name: fullPath, target, projectFolder, withoutDependencies: false,
        source: { kind: 'requirements', files: [join(folder, 'requirements.txt')], cwd: folder },
      });
  const section = kind === 'layer' ? 'layers' : 'functions';
  context.draft.builds.set(fullPath, { section, build: { platform, manifest, wheels: wheels.map((wheel) => wheel.fileName).toSorted() } });
  const { major, minor } = target.python;
  return {
    wheels, target, form: 'target', folder: kind === 'layer' ? 'python' : '', moves: [],
    interpreter: `/var/lang/bin/python${major}.${minor}`,
    root: kind === 'layer' ? '/opt' : '/var/task',
    bytecode: await bytecodeVersion(context, target.python), packing: 'deflated',
  };
}

/** What shear has no step for is left to sam where it is installed; its folder is the step's input. */
async function planSam(
  context: PlanContext,
  { logicalId, fullPath, place }: Pick<LambdaFunction, 'logicalId' | 'fullPath' | 'place'>,
  { folder, kind, method }: { readonly folder: string; readonly kind: 'zip' | 'layer'; readonly method: string },
): Promise<Planned> {
  if (!(await findTool(context.host, 'sam'))) {
    throw failure('project/unsupported', `${logicalId} is built by ${method}, which shear leaves to sam, and sam is not installed`, {
      place, next: 'install the AWS SAM CLI, or name the other functions: `shear build FUNCTION …`',
    });
  }
  const id = `zip:${fullPath}`;
  const params = { fullPath, template: context.rootTemplate, parameterOverrides: context.parameterOverrides };
  const node: GraphNode = {
    id, kind: 'sam', label: `${logicalId}: sam build (${method})`, params,
    inputs: [{ kind: 'files', files: { folder, below: '', dockerignore: null, excludeNames: neverShipped } }],
  };
  return { nodes: [node], artefact: { kind, logicalId, fullPath, node: id, engine: 'sam' } };
}
