import type { Canonical, Digest } from '../../base/digest.ts';
import { Failure, failure } from '../../base/fault.ts';
import type { Architecture } from '../../base/host.ts';
import type { Output } from '../../graph/node.ts';
import type { Step } from '../../graph/run.ts';
import { assembleImage, type ImageBase, type ImageChanges } from '../../oci/image.ts';
import { parseConfig, parseManifest } from '../../oci/image-json.ts';
import type { LayerRole } from '../plan.ts';
import { layerOf } from './layer-output.ts';
import type { StepContext } from './step-table.ts';

/** Parameters of an image: its base by manifest digest, its config, and what each input layer holds. */
export interface ImageParams {
  readonly base: Digest | 'scratch';
  readonly architecture: Architecture;
  readonly changes: ImageChanges;
  readonly metadata: readonly string[];
  readonly roles: readonly LayerRole[];
}

/** Rarely changed first: what a push or a pull can then skip. */
const rank: Readonly<Record<LayerRole, number>> = { base: 0, ffmpeg: 1, dependencies: 2, application: 3 };

/** Puts the layers on the base. */
export function imageStep({ store }: StepContext): Step['run'] {
  return async ({ node, outputs }) => {
    const params = node.params as unknown as ImageParams;
    const layers = outputs.flatMap((output, at) => {
      const layer = layerOf(output);
      return layer ? [{ ...layer, role: params.roles[at] ?? 'application' }] : [];
    });
    const ordered = inOrder(layers);
    const base = params.base === 'scratch' ? 'scratch' : readBase(params.base, store.read);
    const image = assembleImage({ base, layers: ordered, changes: params.changes, metadata: params.metadata, architecture: params.architecture });
    if (!image.ok) throw new Failure(image.error);
    const { manifestBytes, configBytes, manifest, config } = image.value;
    store.putSoon(configBytes);
    store.putSoon(manifestBytes);
    const ownCount = ordered.length;
    const data = image.value.layers.map((layer, at) => {
      const own = ordered[at - (image.value.layers.length - ownCount)];
      return { role: own?.role ?? 'base', digest: layer.digest, size: layer.size, mediaType: layer.mediaType };
    });
    const diffIds = [...(base === 'scratch' ? [] : base.config.diffIds), ...ordered.map((layer) => layer.diffId)];
    const output: Output = {
      blobs: [
        { name: 'manifest', digest: manifest.digest, size: manifest.size },
        { name: 'config', digest: config.digest, size: config.size },
      ],
      data: { layers: data, diffIds, manifestType: manifest.mediaType, configType: config.mediaType } as Canonical,
    };
    return await Promise.resolve(output);
  };
}

interface Ordered {
  readonly role: LayerRole;
  readonly roots: readonly string[];
}

/** Sorts by role, but only where no two layers that would change places own a common path: then the files stay the same. */
function inOrder<T extends Ordered>(layers: readonly T[]): readonly T[] {
  const sorted = layers.toSorted((a, b) => rank[a.role] - rank[b.role]);
  for (const [at, lower] of layers.entries()) {
    for (const upper of layers.slice(at + 1)) {
      if (rank[lower.role] > rank[upper.role] && !areApart(lower.roots, upper.roots)) return layers;
    }
  }
  return sorted;
}

function areApart(a: readonly string[], b: readonly string[]): boolean {
  const roots = new Set(b);
  const parents = new Set(b.flatMap(foldersOf));
  return a.every((path) => !roots.has(path) && !parents.has(path) && !foldersOf(path).some((folder) => roots.has(folder)));
}

function foldersOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
}

function readBase(digest: Digest, read: (digest: Digest) => Buffer | undefined): ImageBase {
  const manifest = parsed(read(digest), digest, parseManifest);
  return { manifest, config: parsed(read(manifest.config.digest), manifest.config.digest, parseConfig) };
}

function parsed<T>(bytes: Buffer | undefined, digest: Digest, parse: (bytes: Buffer) => { readonly ok: true; readonly value: T } | { readonly ok: false }): T {
  const result = bytes && parse(bytes);
  if (!result?.ok) throw failure('store/corrupt', `the store has lost ${digest} of the base image`, { next: 'run the same command again: it is fetched anew' });
  return result.value;
}
