import { join, relative } from 'node:path';
import { Failure } from '../base/fault.ts';
import type { Architecture, Host } from '../base/host.ts';
import { printPlace } from '../base/source.ts';
import { openBase } from '../build/base-image.ts';
import type { Explanation } from '../build/explanation.ts';
import { interpretImage } from '../build/interpret-image.ts';
import { zipTarget } from '../build/zip-dependencies.ts';
import { zipMethod, type ZipSubject } from '../build/zip-method.ts';
import { readLock } from '../lock/file.ts';
import type { ImagePackage, LambdaFunction } from '../model/function.ts';
import { resolveModel } from '../model/resolve.ts';
import { wantedBy } from '../model/wanted.ts';
import { openProject } from '../project/open.ts';
import { openStore } from '../store/store.ts';
import type { BuildRequest } from './unchanged-build.ts';

/** Explains every function and Lambda layer of a project that is to be built, whether or not the build succeeds or has something to do. */
export async function explainBuild(host: Host, request: BuildRequest): Promise<readonly Explanation[]> {
  const given = { profile: request.profile, parameterOverrides: request.parameterOverrides };
  const project = await openProject(host, { folder: request.folder, template: request.template, allowsMissingTemplates: true, allowsBrokenDockerfiles: true, ...given });
  const model = resolveModel(project, given);
  const isWanted = wantedBy(request.only, model);
  const explanations: Explanation[] = [];
  for (const layer of model.layers.filter(isWanted)) {
    const verdict = layer.buildMethod === undefined || layer.contentFolder === undefined ? { engine: 'none' as const, why: 'it has no build method: sam uploads its folder as it is' } : zipMethod({ folder: layer.contentFolder, method: layer.buildMethod, isRuntimeOwn: false, layer: layer.logicalId, python: pythonOf(layer.buildMethod, layer.architecture, { hasLayers: false, projectFolder: request.folder }) });
    explanations.push({ name: layer.fullPath, instructions: [], ...verdict });
  }
  for (const fn of model.functions.filter(isWanted)) explanations.push(await explainFunction(host, fn, request.folder));
  return explanations;
}

async function explainFunction(host: Host, fn: LambdaFunction, folder: string): Promise<Explanation> {
  const { package: code, fullPath: name } = fn;
  switch (code.kind) {
    case 'image':
      return await explainImage(host, fn, code, folder);
    case 'zip': {
      const method = code.buildMethod ?? code.runtime;
      const python = pythonOf(method === 'python-uv' ? code.runtime : method, fn.architecture.kind === 'known' ? fn.architecture.value : 'x86_64', { hasLayers: fn.layers.length > 0, projectFolder: folder });
      return { name, instructions: [], ...zipMethod({ folder: code.codeFolder, method, isRuntimeOwn: code.buildMethod === undefined, python }) };
    }
    case 'unbuildable':
      return { name, instructions: [], engine: 'none', why: `it cannot be built: ${code.why} (${printPlace(code.place)})` };
    default:
      return { name, instructions: [], engine: 'none', why: 'there is nothing to build: its code stands in the template, or is built elsewhere' };
  }
}

function pythonOf(runtime: string, architecture: Architecture, { hasLayers, projectFolder }: { readonly hasLayers: boolean; readonly projectFolder: string }): ZipSubject['python'] {
  const target = zipTarget(runtime, architecture);
  return target && { target, hasLayers, shown: (path) => relative(projectFolder, path) };
}

async function explainImage(host: Host, fn: LambdaFunction, image: ImagePackage, folder: string): Promise<Explanation> {
  const store = openStore(join(host.cacheFolder, 'store'), host.now);
  const lock = readLock(folder);
  const doubts = new Set<string>();
  const interpretation = await interpretImage(fn, image, async (reference, architecture) => {
    const digest = lock.ok ? lock.value?.bases[reference]?.[architecture]?.digest : undefined;
    try {
      return await openBase(host, store, reference, architecture, { ...(digest ? { knownDigest: digest } : {}), isOffline: false });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      doubts.add(`${reference} could not be looked at: ${error.fault.what}`);
      return undefined;
    }
  }).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    return error;
  });
  const name = fn.fullPath;
  const doubt = doubts.size === 0 ? {} : { doubt: [...doubts].join('; ') };
  if (interpretation instanceof Failure) {
    const { what, place } = interpretation.fault;
    return { name, instructions: [], engine: 'none', why: `its Dockerfile cannot be followed: ${what}${place ? ` (${printPlace(place)})` : ''}`, ...doubt };
  }
  const [unsupported] = interpretation.unsupported;
  const instructions = interpretation.verdicts;
  if (image.extraParameters.length > 0) return { name, instructions, engine: 'buildkit', why: 'Metadata.DockerBuildExtraParams are options of BuildKit', ...doubt };
  if (unsupported) return { name, instructions, engine: 'buildkit', why: `BuildKit builds the whole image because of ${printPlace(unsupported.place)}: ${unsupported.reason}`, ...doubt };
  return { name, instructions, engine: 'native', why: 'every instruction is one that shear carries out by itself', ...doubt };
}
