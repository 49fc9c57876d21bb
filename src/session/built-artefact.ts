import { join } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { Failure, failure } from '../base/fault.ts';
import type { ImagePackage, LambdaFunction, Model, ZipPackage } from '../model/function.ts';
import { printPlace } from '../base/source.ts';
import { parseConfig, parseManifest } from '../oci/image-json.ts';
import { withImageConfig, type ImageArtefact } from '../runtime/image-function.ts';
import type { ZipArtefact } from '../runtime/zip-function.ts';
import { buildFolder } from './build.ts';

/** A zip function's folders as a build leaves them in `.aws-sam/build`. */
export function zipArtefact(fn: LambdaFunction, code: ZipPackage, model: Model, folder: string): ZipArtefact {
  const layerFolders = fn.layers.flatMap((layer) => {
    const own = layer.kind === 'own' ? model.layers.find((one) => one.fullPath === layer.fullPath) : undefined;
    if (!own) return [];
    return [own.buildMethod === undefined ? (own.contentFolder ?? '') : join(buildFolder(folder), own.fullPath)];
  });
  return { kind: 'zip', folder: join(buildFolder(folder), fn.fullPath), layerFolders, missingLayers: fn.layers.flatMap(nameOfMissing), runtime: code.runtime, handler: code.handler ?? '' };
}

/** As short as tells which: `AWSLambdaPowertoolsPythonV2:45`. */
function nameOfMissing(layer: LambdaFunction['layers'][number]): readonly string[] {
  if (layer.kind === 'own') return [];
  return [layer.kind === 'arn' ? (/:layer:(.+)$/u.exec(layer.arn)?.[1] ?? layer.arn) : `at ${printPlace(layer.place)}`];
}

/** Where an image's blobs are. */
export interface BlobSource {
  readonly read: (digest: Digest) => Uint8Array | undefined;
  readonly pathOf: (digest: Digest) => string;
}

/**
 * An image by its manifest's digest, the template's ImageConfig over its own.
 * @param source said where the image is not: a path, a name.
 */
export function imageArtefact(code: ImagePackage, blobs: BlobSource, manifestDigest: Digest | undefined, source: string): ImageArtefact {
  const manifest = parsed(manifestDigest && blobs.read(manifestDigest), source, parseManifest);
  const { diffIds, env, entrypoint = [], cmd = [], workingDir } = parsed(blobs.read(manifest.config.digest), source, parseConfig);
  return {
    kind: 'image',
    layers: manifest.layers.flatMap(({ digest }, at) => {
      const diffId = diffIds[at];
      return diffId ? [{ digest, diffId, path: blobs.pathOf(digest) }] : [];
    }),
    config: withImageConfig({ env, entrypoint, cmd, workingDir }, code.imageConfig),
  };
}

function parsed<T>(bytes: Uint8Array | undefined, source: string, parse: (bytes: Uint8Array) => { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Failure['fault'] }): T {
  if (!bytes) throw failure('runtime/failed', `${source} holds no image`, { next: 'run `shear build`' });
  const result = parse(bytes);
  if (!result.ok) throw new Failure(result.error);
  return result.value;
}
