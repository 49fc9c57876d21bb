import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { digest, diffId, type Digest } from '../base/digest.ts';
import { attemptOnDisk, failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { LayerRole, Plan, PlannedArtefact } from '../build/plan.ts';
import type { FunctionReport } from '../build/report.ts';
import { stagingFolder, type BuildState } from '../build/state.ts';
import type { FileIndex } from '../graph/file-index.ts';
import type { NodeResult } from '../graph/run.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { updateArchive, type ArchiveState } from '../oci/archive.ts';
import type { ImageBlobs } from '../oci/image.ts';
import { stageLayout } from '../oci/layout.ts';
import type { Store } from '../store/store.ts';
import { buildFolder } from './build.ts';
import { archivePath, layoutPath } from './output-paths.ts';
import { engineInputs } from './engine-inputs.ts';
import type { Unbuilt } from './unbuilt.ts';
import { forgetUnpacked, readUnpacked, writeUnpacked } from './unpacked-state.ts';

/** Everything that publishing needs. */
export interface PublishRequest {
  readonly plan: Plan;
  readonly results: ReadonlyMap<string, NodeResult>;
  /** Absolute project folder. */
  readonly folder: string;
  /** Of the last build. */
  readonly archives: BuildState['archives'];
  readonly index: FileIndex;
  /** Of the last build of this process. */
  readonly engineBuilds: EngineBuilds | undefined;
  /** Gets what cannot be built by itself; absent where one failure is everybody's. */
  readonly unbuilt: Unbuilt | undefined;
}

/** What a Docker engine built, by full path: `key` names all that it was built from. */
export type EngineBuilds = ReadonlyMap<string, { readonly key: string; readonly report: FunctionReport }>;

/** What was written. */
export interface Published {
  readonly functions: readonly FunctionReport[];
  readonly notes: readonly string[];
  /** Absolute paths of files and folders that a later "nothing changed" has to find. */
  readonly outputs: readonly string[];
  readonly folders: readonly string[];
  readonly archives: Readonly<Record<string, ArchiveState>>;
  readonly engineBuilds: EngineBuilds;
  /** Puts into place what has been prepared beside it; only renames are left to do. */
  readonly commit: () => void;
}

/** A built image out of its node's output. */
export interface BuiltImage extends ImageBlobs {
  readonly diffIds: readonly ReturnType<typeof diffId>[];
  readonly roles: readonly LayerRole[];
}

/**
 * Writes what a build made beside where sam and other tools find it; `commit` puts it there. Whatever fails before, a full
 * disk for one, leaves the last build as it was.
 */
export async function publishArtefacts(host: Host, store: Store, request: PublishRequest): Promise<Published> {
  const functions: FunctionReport[] = [];
  const notes: string[] = [];
  const outputs: string[] = [];
  const folders: string[] = [];
  const commits: (() => void)[] = [];
  const archives: Record<string, ArchiveState> = { ...request.archives };
  const engineBuilds = new Map<string, { readonly key: string; readonly report: FunctionReport }>();
  const zips = new Map<PlannedArtefact, FunctionReport>();
  // Zips before images: an archive that is brought up to date in its place cannot wait for `commit`.
  for (const artefact of request.plan.artefacts) {
    if (artefact.kind !== 'zip' && artefact.kind !== 'layer') continue;
    const { report, folder, commit } = await publishZip(store, artefact, { result: resultOf(request, artefact.node), request });
    zips.set(artefact, report);
    commits.push(commit);
    folders.push(folder);
  }
  for (const artefact of request.plan.artefacts) {
    const zip = zips.get(artefact);
    if (zip) functions.push(zip);
    if (artefact.kind === 'buildkit') {
      const built = await byEngine(host, store, artefact, request);
      if (!built) continue;
      functions.push(built.report);
      engineBuilds.set(artefact.fullPath, built);
      notes.push(`${artefact.fullPath} was built by the Docker engine: ${artefact.reason.split('\n')[0] ?? ''}`);
    }
    if (artefact.kind !== 'image') continue;
    const result = resultOf(request, artefact.node);
    const image = imageOf(result);
    const layout = layoutPath(request.folder, artefact.fullPath);
    commits.push(stageLayout(layout, [{ name: artefact.name, image }], store).commit);
    outputs.push(join(layout, 'index.json'));
    const report = await publishImage(host, store, { artefact, image, result, request, layout });
    if (report.archive) {
      archives[artefact.fullPath] = report.archive;
      outputs.push(archivePath(request.folder, artefact.fullPath));
    }
    functions.push(report.function);
  }
  return { functions, notes, outputs, folders, archives, engineBuilds, commit: () => commits.forEach((commit) => commit()) };
}

/** Undefined when the engine cannot build it and the others go on. What the last build of this process had from the same is not built again. */
async function byEngine(host: Host, store: Store, artefact: Extract<PlannedArtefact, { kind: 'buildkit' }>, { index, engineBuilds, unbuilt }: PublishRequest): Promise<{ readonly key: string; readonly report: FunctionReport } | undefined> {
  const key = engineInputs(artefact, index);
  const known = engineBuilds?.get(artefact.fullPath);
  const image = known?.report.image;
  if (known?.key === key && image && store.has(digest(image.digest))) return { key, report: { ...known.report, cached: true, ms: 0 } };
  try {
    const { buildByEngine } = await import('./buildkit.ts');
    return { key, report: await buildByEngine(host, store, artefact) };
  } catch (error) {
    if (unbuilt?.bears(artefact.fullPath, error) !== true) throw error;
    return undefined;
  }
}

interface ImageToPublish {
  readonly artefact: Extract<PlannedArtefact, { kind: 'image' }>;
  readonly image: BuiltImage;
  readonly result: NodeResult;
  readonly request: PublishRequest;
  readonly layout: string;
}

async function publishImage(host: Host, store: Store, { artefact, image, result, request, layout }: ImageToPublish): Promise<{ readonly function: FunctionReport; readonly archive?: ArchiveState }> {
  const loaded = host.env['DOCKER_HOST'] !== undefined || existsSync('/var/run/docker.sock') ? await loadInto(host, store, artefact.name, image) : false;
  const path = archivePath(request.folder, artefact.fullPath);
  attemptOnDisk(dirname(path), () => mkdirSync(dirname(path), { recursive: true }));
  const archive = loaded ? undefined : await updateArchive(path, image, [artefact.name], { source: store, previous: request.archives[artefact.fullPath] });
  const layers = image.layers.map((layer, at) => ({ role: image.roles[at] ?? 'base', digest: layer.digest, size: layer.size }));
  return {
    ...(archive ? { archive } : {}),
    function: {
      name: artefact.fullPath, package: 'image', engine: 'native', cached: result.cached, ms: stepsMs(request, artefact.node),
      image: {
        digest: image.manifest.digest, layers, layout: relative(request.folder, layout),
        ...(loaded ? { tag: artefact.name } : { archive: relative(request.folder, path) }),
      },
    },
  };
}

async function loadInto(host: Host, store: Store, name: string, image: BuiltImage): Promise<boolean> {
  const { findEngine, loadImage } = await import('../publish/docker-engine.ts');
  const engine = await findEngine(host);
  if (!engine) {
    throw failure('engine/docker', 'the Docker engine does not answer', {
      why: 'DOCKER_HOST or the default socket names one, and the built template would name an image in it',
      next: 'start the engine, or unset DOCKER_HOST to get an archive instead',
    });
  }
  await loadImage(host, engine, image, { names: [name], source: store });
  return true;
}

async function publishZip(
  store: Store,
  artefact: Extract<PlannedArtefact, { kind: 'zip' | 'layer' }>,
  { result, request }: { readonly result: NodeResult; readonly request: PublishRequest },
): Promise<{ readonly report: FunctionReport; readonly folder: string; readonly commit: () => void }> {
  const [blob] = result.output.blobs;
  if (!blob) throw new Error('unreachable: a zip step without a zip');
  const folder = join(buildFolder(request.folder), artefact.fullPath);
  const zip = store.pathOf(blob.digest);
  const known = readUnpacked(request.folder, artefact.fullPath);
  let commit = (): void => undefined;
  if (known?.digest !== blob.digest || !existsSync(folder)) {
    const { stageZip } = await import('../publish/unpacked-zip.ts');
    const staged = stageZip(zip, folder, { staging: join(stagingFolder(request.folder), artefact.fullPath.replaceAll('/', '+')), previous: known?.files });
    commit = () => {
      // Forgotten first: a process that dies in between leaves a folder of which nothing may be believed.
      forgetUnpacked(request.folder, artefact.fullPath);
      writeUnpacked(request.folder, artefact.fullPath, { digest: blob.digest, files: staged.commit() });
    };
  }
  return {
    folder, commit,
    report: {
      name: artefact.fullPath, package: artefact.kind, engine: artefact.engine, cached: result.cached, ms: result.ms,
      zip: { path: zip, size: blob.size, sha256: blob.digest.slice('sha256:'.length) },
    },
  };
}

/** An image node's output as blobs. */
export function imageOf(result: NodeResult): BuiltImage {
  const { blobs, data } = result.output;
  const facts = data as unknown as {
    readonly layers: readonly { readonly role: LayerRole; readonly digest: Digest; readonly size: number; readonly mediaType: string }[];
    readonly diffIds: readonly string[];
    readonly manifestType: string;
    readonly configType: string;
  };
  const part = (name: string, mediaType: string): Descriptor => {
    const blob = blobs.find((one) => one.name === name);
    if (!blob) throw new Error(`unreachable: an image without ${name}`);
    return { mediaType, digest: blob.digest, size: blob.size };
  };
  return {
    manifest: part('manifest', facts.manifestType),
    config: part('config', facts.configType),
    layers: facts.layers.map(({ digest: name, size, mediaType }) => ({ digest: digest(name), size, mediaType })),
    roles: facts.layers.map((layer) => layer.role),
    diffIds: facts.diffIds.map(diffId),
  };
}

function resultOf({ results }: PublishRequest, node: string): NodeResult {
  const result = results.get(node);
  if (!result) throw new Error(`unreachable: ${node} has no result`);
  return result;
}

/** Milliseconds of an image's own steps. */
function stepsMs({ plan, results }: PublishRequest, node: string): number {
  const inputs = plan.nodes.find((one) => one.id === node)?.inputs ?? [];
  const ids = [node, ...inputs.flatMap((input) => (input.kind === 'node' ? [input.id] : []))];
  return ids.reduce((sum, id) => sum + (results.get(id)?.ms ?? 0), 0);
}
