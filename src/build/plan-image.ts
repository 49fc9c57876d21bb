import type { Canonical, Digest } from '../base/digest.ts';
import { Failure, failure, placed } from '../base/fault.ts';
import { squiggle, type Place } from '../base/source.ts';
import type { GraphNode } from '../graph/node.ts';
import type { ImagePackage, LambdaFunction } from '../model/function.ts';
import { ffmpegPin } from '../model/shear-ffmpeg.ts';
import type { Dockerfile } from '../syntax/dockerfile.ts';
import { parseDockerignore } from '../syntax/dockerignore.ts';
import type { Interpretation } from './frontend/interpret.ts';
import { movedPath } from './frontend/moves.ts';
import type { Contribution } from './frontend/stage.ts';
import type { BaseImage } from './base-image.ts';
import { architectureOf, interpretImage } from './interpret-image.ts';
import { dependenciesOf } from './dependencies.ts';
import type { PlannedArtefact } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import { planFfmpeg } from './plan-ffmpeg.ts';
import { wheelGroups } from './wheel-groups.ts';
import { bytecodeVersion, type WheelInstall } from './python-tree.ts';
import type { WheelTarget } from './python/tags.ts';

interface LayerNode {
  readonly node: GraphNode;
  readonly role: 'ffmpeg' | 'dependencies' | 'application';
  /** What the node is made of, when that is a node of its own. */
  readonly before?: GraphNode;
}

/** Plans an image function: its nodes, or that BuildKit has to build it. */
export async function planImage(
  context: PlanContext,
  fn: LambdaFunction,
  image: ImagePackage,
): Promise<{ readonly nodes: readonly GraphNode[]; readonly artefact: PlannedArtefact }> {
  const architecture = architectureOf(fn);
  const bases = new Map<string, BaseImage>();
  const places = new Map<string, Place>();
  const { dockerfile, context: folder, ignore } = image.dockerfile;
  const interpretation = await interpretImage(fn, image, async (reference, _, place) => {
    const base = await context.openBase(reference, architecture).catch((error: unknown) => {
      throw placed(error, place, laterStage(dockerfile, reference));
    });
    if (base) bases.set(reference, base);
    places.set(reference, place);
    return base;
  });
  const name = `${fn.logicalId.toLowerCase()}:${image.tag}`;
  const extra = image.extraParameters.length > 0;
  if (interpretation.unsupported.length > 0 || extra) return { nodes: [], artefact: forBuildKit(fn, image, interpretation, { name, architecture, folder }) };
  const { stage } = interpretation;
  const reference = stage.base.kind === 'image' ? stage.base.reference : undefined;
  const base = reference === undefined ? undefined : bases.get(reference);
  const ignoreLines = ignore ? parseDockerignore(ignore.text) : null;
  const layers: LayerNode[] = [];
  for (const contribution of stage.contributions) {
    layers.push(...(await layersOf(contribution, { context, fn, architecture, interpretation, ignoreLines, at: layers.length })));
  }
  const id = `image:${fn.fullPath}`;
  const node: GraphNode = {
    id, kind: 'image', label: `${fn.logicalId}: image`,
    params: {
      base: base?.digest ?? 'scratch', architecture, changes: plain(stage.changes), metadata: [], roles: layers.map((layer) => layer.role),
    },
    inputs: layers.map((layer) => ({ kind: 'node', id: layer.node.id })),
  };
  const nodes = [...layers.flatMap((layer) => [...(layer.before ? [layer.before] : []), layer.node]), node];
  if (base && reference !== undefined) context.lockBase(fn.fullPath, reference, architecture, base);
  return {
    nodes,
    artefact: {
      kind: 'image', logicalId: fn.logicalId, fullPath: fn.fullPath, node: id, name, verdicts: interpretation.verdicts,
      base: base && reference !== undefined ? { reference, digest: base.digest, architecture, place: places.get(reference) ?? null } : null,
    },
  };
}

/** `FROM b` where the stage b comes further down names an image b, as in Docker: seldom what was meant. */
function laterStage(dockerfile: Dockerfile, name: string): string | undefined {
  return dockerfile.stages.some((stage) => stage.name === name.toLowerCase()) ? `the stage ${name} comes later in the file; FROM can only name earlier ones` : undefined;
}

interface LayerRequest {
  readonly context: PlanContext;
  readonly fn: LambdaFunction;
  readonly architecture: 'x86_64' | 'arm64';
  readonly interpretation: Interpretation;
  readonly ignoreLines: readonly string[] | null;
  readonly at: number;
}

async function layersOf(contribution: Contribution, request: LayerRequest): Promise<readonly LayerNode[]> {
  const { fn, at, ignoreLines } = request;
  const { createdBy, moves } = contribution;
  const id = (what: string): string => `layer:${fn.fullPath}/${at}-${what}`;
  switch (contribution.kind) {
    case 'copy': {
      const { sources, destination, intoFolder, mode, owner, context, place } = contribution;
      return [{
        role: 'application',
        node: {
          id: id('copy'), kind: 'copy-layer', label: `${fn.logicalId}: application`,
          params: plain({ sources, destination, intoFolder, mode, owner, moves, createdBy, place }),
          inputs: sources.map((source) => ({
            kind: 'files',
            files: { folder: context, below: source.isPattern ? '' : source.path, dockerignore: ignoreLines, excludeNames: ['.aws-sam'] },
          })),
        },
      }];
    }
    case 'folder': {
      const path = movedPath(contribution.path, moves);
      if (path === undefined) return [];
      return [{
        role: 'application',
        node: { id: id('folder'), kind: 'folder-layer', label: `${fn.logicalId}: ${path}`, params: { path, mode: contribution.mode, createdBy }, inputs: [] },
      }];
    }
    case 'ffmpeg':
      return await ffmpegLayers(contribution, request);
    case 'python':
      return await pythonLayers(contribution, request);
  }
}

async function ffmpegLayers(contribution: Extract<Contribution, { kind: 'ffmpeg' }>, request: LayerRequest): Promise<readonly LayerNode[]> {
  const { context, fn, architecture, at } = request;
  const { createdBy, moves, recipe, destination: root } = contribution;
  const { draft } = context;
  const platform = `linux/${architecture === 'arm64' ? 'arm64' : 'amd64'}`;
  const id = `layer:${fn.fullPath}/${at}-ffmpeg`;
  const planned = recipe === null ? { kind: 'prebuilt' as const, lockName: undefined } : await planFfmpeg(context, recipe, architecture);
  if (planned.kind === 'built') {
    draft.builds.set(`${fn.fullPath}#ffmpeg`, { section: 'functions', build: { platform, wheels: [], ffmpeg: planned.lockName } });
    const node: GraphNode = { id, kind: 'ffmpeg-files', label: `${fn.logicalId}: ffmpeg`, params: plain({ root, moves, createdBy }), inputs: [{ kind: 'node', id: planned.node.id }] };
    return [{ role: 'ffmpeg', node, before: planned.node }];
  }
  const destination = movedPath(recipe === null ? root : `${root}/bin/ffmpeg`, moves);
  if (destination === undefined) return [];
  const { fileName, ...file } = ffmpegPin.wheels[architecture];
  if (planned.lockName === undefined) draft.wheels.set(fileName, { name: ffmpegPin.package, version: ffmpegPin.version, ...file });
  const build = planned.lockName === undefined ? { platform, wheels: [fileName] } : { platform, wheels: [], ffmpeg: planned.lockName };
  draft.builds.set(`${fn.fullPath}#ffmpeg`, { section: 'functions', build });
  return [{ role: 'ffmpeg', node: { id, kind: 'ffmpeg-layer', label: `${fn.logicalId}: ffmpeg`, params: { architecture, destination, sha256: file.sha256, createdBy }, inputs: [] } }];
}

async function pythonLayers(contribution: Extract<Contribution, { kind: 'python' }>, request: LayerRequest): Promise<readonly LayerNode[]> {
  const { context, fn, architecture, interpretation, at } = request;
  const { python } = interpretation.facts;
  if (!python) throw new Error('unreachable: pip was taken without a known Python');
  const target: WheelTarget = { python: { major: python.major, minor: python.minor }, architecture, glibc: python.glibc };
  for (const path of [...contribution.manifests, ...contribution.constraints]) {
    const fault = context.faultOf(path);
    if (fault) throw new Failure(fault);
  }
  const name = at === 0 ? fn.fullPath : context.lockName(fn.fullPath);
  const { wheels, manifest, platform } = await dependenciesOf(context.host, context.store, context.draft, {
    name, target, projectFolder: context.projectFolder, withoutDependencies: contribution.noDependencies,
    source: {
      kind: 'requirements', files: contribution.manifests, constraints: contribution.constraints, texts: contribution.inline,
      cwd: context.projectFolder,
    },
  });
  context.draft.builds.set(name, { section: 'functions', build: { platform, manifest, wheels: wheels.map((wheel) => wheel.fileName).toSorted() } });
  const { install } = contribution;
  const common: Omit<WheelInstall, 'wheels'> = {
    target, form: install.kind === 'target' ? 'target' : 'prefix',
    folder: (install.kind === 'site' ? python.prefix : install.path).slice(1),
    interpreter: python.interpreter, root: '/', moves: contribution.moves,
    bytecode: await bytecodeVersion(context, target.python), packing: 'stored',
  };
  return wheelGroups(wheels).map((group, index) => ({
    role: 'dependencies',
    node: {
      id: `layer:${fn.fullPath}/${at}-wheels-${index}`, kind: 'wheel-layer',
      label: group.length === 1 ? `${fn.logicalId}: ${group[0]?.name ?? ''}` : `${fn.logicalId}: ${group.length} small packages`,
      params: plain({ install: { ...common, wheels: group }, createdBy: contribution.createdBy }),
      inputs: [],
    },
  }));
}

function forBuildKit(
  fn: LambdaFunction,
  image: ImagePackage,
  { unsupported, verdicts }: Interpretation,
  { name, architecture, folder }: { readonly name: string; readonly architecture: string; readonly folder: string },
): PlannedArtefact {
  const [first] = unsupported;
  const { path, dockerfile } = image.dockerfile;
  return {
    kind: 'buildkit', logicalId: fn.logicalId, fullPath: fn.fullPath, name, verdicts, dockerfile: path, context: folder,
    target: image.target ?? null, buildArgs: image.buildArgs, platform: architecture === 'arm64' ? 'linux/arm64' : 'linux/amd64',
    place: first?.place ?? null,
    reason: first ? `${first.reason}\n${squiggle(dockerfile.source, first.instruction.span)}` : 'Metadata.DockerBuildExtraParams are BuildKit options',
  };
}

/** A value as it will be after a JSON round trip, so that a plan and a reloaded plan have equal keys. */
function plain(value: unknown): Canonical {
  return JSON.parse(JSON.stringify(value)) as Canonical;
}

/** For a function that the model could not make sense of. */
export function unbuildable(fn: LambdaFunction): Error {
  const { package: code, logicalId } = fn;
  if (code.kind !== 'unbuildable') throw new Error('unreachable: a buildable function');
  if (code.fault) return new Failure(code.fault);
  return failure('project/unsupported', `${logicalId} cannot be built: ${code.why}`, { place: code.place, next: 'correct it there; `shear build NAME …` builds other functions meanwhile' });
}

export type { Digest };
