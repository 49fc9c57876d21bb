import type { ImageLayer } from '../../oci/descriptor.ts';
import { diffId } from '../../base/digest.ts';
import { mediaTypes } from '../../oci/descriptor.ts';
import type { Output } from '../../graph/node.ts';

/** gzip level of big layers made once: level 6 takes 1.4 times as long for 3 % less (measured on numpy and ffmpeg). */
export const bulkLevel = 4;

/** A finished image layer as a step's output. `roots` are the paths it owns, for telling whether two layers can change places. */
export function layerOutput(layer: ImageLayer, roots: readonly string[]): Output {
  const { digest, size } = layer.blob;
  return {
    blobs: [{ name: 'layer', digest, size, diffId: layer.diffId }],
    data: { createdBy: layer.createdBy, roots: [...new Set(roots)].toSorted((a, b) => (a < b ? -1 : 1)) },
  };
}

/** A layer step's output with no layer, for a step that found nothing to put in. */
export const emptyLayerOutput: Output = { blobs: [], data: { createdBy: '', roots: [] } };

/** The image layer of an output; undefined for an empty one. */
export function layerOf(output: Output): (ImageLayer & { readonly roots: readonly string[] }) | undefined {
  const [blob] = output.blobs;
  const data = output.data as { readonly createdBy?: string; readonly roots?: readonly string[] } | null;
  if (!blob?.diffId) return undefined;
  return {
    blob: { mediaType: mediaTypes.ociLayer, digest: blob.digest, size: blob.size },
    diffId: diffId(blob.diffId),
    createdBy: data?.createdBy ?? '',
    roots: data?.roots ?? [],
  };
}
