import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { digest, diffId, type Digest } from '../base/digest.ts';
import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { LayerRole, Plan, PlannedArtefact } from '../build/plan.ts';
import type { FunctionReport } from '../build/report.ts';
import { stateFolder, type PlanState } from '../build/state.ts';
import type { NodeResult } from '../graph/run.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { updateArchive, type ArchiveState } from '../oci/archive.ts';
import type { ImageBlobs } from '../oci/image.ts';
import { writeLayout } from '../oci/layout.ts';
import type { Store } from '../store/store.ts';
import { buildFolder } from './build.ts';
import { readUnpacked, writeUnpacked } from './unpacked-state.ts';

/** Everything that publishing needs. */
export interface PublishRequest {
  readonly plan: Plan;
  readonly results: ReadonlyMap<string, NodeResult>;
  /** Absolute project folder. */
  readonly folder: string;
  readonly previous: PlanState | undefined;
}

/** What was written. */
export interface Published {
  readonly functions: readonly FunctionReport[];
  readonly notes: readonly string[];
  /** Absolute paths of files and folders that a later "nothing changed" has to find. */
  readonly outputs: readonly string[];
  readonly folders: readonly string[];
  readonly archives: Readonly<Record<string, ArchiveState>>;
  readonly archivesChanged: boolean;
}

/** A built image out of its node's output. */
export interface BuiltImage extends ImageBlobs {
  readonly diffIds: readonly ReturnType<typeof diffId>[];
  readonly roles: readonly LayerRole[];
}

/** Where an image's loadable archive goes. */
export function archivePath(folder: string, fullPath: string): string {
  return join(buildFolder(folder), `${fullPath}.tar`);
}

/** Where an image's OCI layout goes. */
export function layoutPath(folder: string, fullPath: string): string {
  return join(stateFolder(folder), 'images', fullPath);
}

/** Writes what a build made to where sam and other tools find it. */
export async function publishArtefacts(host: Host, store: Store, request: PublishRequest): Promise<Published> {
  const functions: FunctionReport[] = [];
  const notes: string[] = [];
  const outputs: string[] = [];
  const folders: string[] = [];
  const archives: Record<string, ArchiveState> = { ...request.previous?.archives };
  let archivesChanged = false;
  for (const artefact of request.plan.artefacts) {
    if (artefact.kind === 'buildkit') {
      const { buildByEngine } = await import('./buildkit.ts');
      functions.push(await buildByEngine(host, store, artefact));
      notes.push(`${artefact.fullPath} was built by the Docker engine: ${artefact.reason.split('\n')[0] ?? ''}`);
      continue;
    }
    const result = resultOf(request, artefact.node);
    if (artefact.kind === 'image') {
      const image = imageOf(result);
      const layout = layoutPath(request.folder, artefact.fullPath);
      writeLayout(layout, [{ name: artefact.name, image }], store);
      outputs.push(join(layout, 'index.json'));
      const report = await publishImage(host, store, { artefact, image, result, request, layout });
      if (report.archive) {
        archivesChanged ||= JSON.stringify(archives[artefact.fullPath]) !== JSON.stringify(report.archive);
        archives[artefact.fullPath] = report.archive;
        outputs.push(archivePath(request.folder, artefact.fullPath));
      }
      functions.push(report.function);
    } else {
      const { report, folder } = await publishZip(store, artefact, { result, request });
      functions.push(report);
      folders.push(folder);
    }
  }
  return { functions, notes, outputs, folders, archives, archivesChanged };
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
  mkdirSync(dirname(path), { recursive: true });
  const archive = loaded ? undefined : await updateArchive(path, image, [artefact.name], { source: store, previous: request.previous?.archives[artefact.fullPath] });
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
): Promise<{ readonly report: FunctionReport; readonly folder: string }> {
  const [blob] = result.output.blobs;
  if (!blob) throw new Error('unreachable: a zip step without a zip');
  const folder = join(buildFolder(request.folder), artefact.fullPath);
  const zip = store.pathOf(blob.digest);
  const known = readUnpacked(request.folder, artefact.fullPath);
  if (known?.digest !== blob.digest || !existsSync(folder)) {
    const { unpackZip } = await import('../publish/unpacked-zip.ts');
    writeUnpacked(request.folder, artefact.fullPath, { digest: blob.digest, files: unpackZip(zip, folder, known?.files) });
  }
  return {
    folder,
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
