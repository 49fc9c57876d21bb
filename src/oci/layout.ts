import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync, constants } from 'node:fs';
import { join } from 'node:path';
import { hexOf, type Digest } from '../base/digest.ts';
import { attemptOnDisk, failure } from '../base/fault.ts';
import type { BlobSource } from './blob-sink.ts';
import type { Descriptor } from './descriptor.ts';
import { parseIndex } from './image-json.ts';
import type { ImageBlobs } from './image.ts';
import { removeFile } from './remove-file.ts';

/** An image under the name that a layout's index gives it. */
export interface NamedImage {
  readonly name: string;
  readonly image: ImageBlobs;
}

/** OCI image-spec, annotations.md: the name of an image within a layout. */
export const refName = 'org.opencontainers.image.ref.name';

/**
 * Makes a folder an OCI image layout of these images and no others. Blobs are hard links to the
 * source's where the file system can, else copies; what is there already stays. The index changes by
 * renaming, after the blobs have come and before stale ones go.
 * Throws `store/corrupt` when the source lacks a blob, `disk/…` when the folder cannot be written.
 */
export function writeLayout(folder: string, images: readonly NamedImage[], source: BlobSource): void {
  stageLayout(folder, images, source).commit();
}

/** As `writeLayout`, in two parts: the blobs come at once, the index names the images after `commit`. */
export function stageLayout(folder: string, images: readonly NamedImage[], source: BlobSource): { readonly commit: () => void } {
  const blobs = join(folder, 'blobs', 'sha256');
  const wanted = new Map(images.flatMap(({ image }) => [...image.layers, image.config, image.manifest]).map((blob) => [hexOf(blob.digest), blob]));
  attemptOnDisk(folder, () => {
    mkdirSync(blobs, { recursive: true });
    for (const [hex, blob] of wanted) placeBlob(join(blobs, hex), blob, source);
  });
  const commit = (): void => {
    if (!existsSync(join(folder, 'oci-layout'))) replace(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    const manifests = images.map(({ name, image }) => ({ ...image.manifest, annotations: { ...image.manifest.annotations, [refName]: name } }));
    replace(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
    for (const name of readdirSync(blobs)) if (!wanted.has(name)) removeFile(join(blobs, name));
  };
  return { commit: () => attemptOnDisk(folder, commit) };
}

/** An OCI image layout, to read from. */
export interface Layout extends BlobSource {
  /** Of the index, with their annotations. */
  readonly manifests: readonly Descriptor[];
}

/** Opens a layout folder (absolute). Throws `image/invalid` when it is none. */
export function openLayout(folder: string): Layout {
  let index: Buffer;
  try {
    index = readFileSync(join(folder, 'index.json'));
  } catch (error) {
    throw failure('image/invalid', `${folder} is not an OCI image layout: its index.json cannot be read`, {
      next: 'give the folder that holds `oci-layout`, `index.json` and `blobs`',
      cause: error,
    });
  }
  const parsed = parseIndex(index);
  if (!parsed) throw failure('image/invalid', `${join(folder, 'index.json')} is not an OCI image index`);
  const pathOf = (digest: Digest): string => join(folder, 'blobs', 'sha256', hexOf(digest));
  return { manifests: parsed.manifests, pathOf, has: (digest, size) => isFileOf(pathOf(digest), size) };
}

/** Puts a blob of a source at a path, by hard link if possible. */
export function placeBlob(path: string, blob: Descriptor, source: BlobSource): void {
  if (isFileOf(path, blob.size)) return;
  if (!source.has(blob.digest, blob.size)) {
    throw failure('store/corrupt', `the blob ${blob.digest} of ${blob.size} bytes is not in the store`, {
      next: 'run the same command again: what is missing is made or fetched anew',
    });
  }
  const temporary = `${path}.tmp`;
  try {
    linkSync(source.pathOf(blob.digest), temporary);
  } catch {
    // Left over from a process that was killed, or a link that cannot be: copying into a link would write into what it names.
    removeFile(temporary);
    copyFileSync(source.pathOf(blob.digest), temporary, constants.COPYFILE_FICLONE);
  }
  renameSync(temporary, path);
}

function isFileOf(path: string, size: number | undefined): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true && (size === undefined || stat.size === size);
}

function replace(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}
