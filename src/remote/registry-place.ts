import { hexOf } from '../base/digest.ts';
import type { Host } from '../base/host.ts';
import { mediaTypes, type Descriptor } from '../oci/descriptor.ts';
import type { StoredBlob } from '../oci/blob-sink.ts';
import { parseManifest } from '../oci/image-json.ts';
import { createRegistryClient } from '../registry/client.ts';
import type { Repository } from '../registry/mirrors.ts';
import { corrupt } from '../registry/registry-fault.ts';
import { waitOn } from '../registry/transport.ts';
import type { RemotePlace } from './place.ts';

/** What an entry is, to whoever lists the repository. */
const artifactType = 'application/vnd.shear.action.v1';
const recordType = 'application/vnd.shear.action.v1+json';
const blobType = 'application/octet-stream';

/** Pauses between attempts are no longer than this, milliseconds: the step itself can be done instead. */
const longestPause = 500;

/**
 * A repository of an OCI registry. An entry is a manifest tagged by the key's hex digits; its config is the record, its layers are the
 * record's blobs as they are in the store.
 */
export function registryPlace(host: Host, repository: Repository): RemotePlace {
  const wait = waitOn(host.signal);
  const client = createRegistryClient(host, async (ms) => await wait(Math.min(ms, longestPause)));
  return {
    name: `${repository.registry}/${repository.name}`,
    readRecord: async (key) => {
      const bytes = await client.readManifest(repository, hexOf(key));
      if (!bytes) return undefined;
      const manifest = parseManifest(bytes);
      const asked = { repository, what: `the entry ${hexOf(key).slice(0, 12)} of ${repository.name}`, action: 'pull' as const };
      if (!manifest.ok || manifest.value.config.mediaType !== recordType) throw corrupt(asked, 'it is no record of a build');
      return (await client.readBlob(repository, manifest.value.config)).toString('utf8');
    },
    fetchBlob: async ({ digest, size }, sink) => await client.fetchBlob(repository, { mediaType: blobType, digest, size }, sink),
    write: async (key, { output, record, source }) => {
      if (await client.hasManifest(repository, hexOf(key))) return 0;
      let sent = 0;
      for (const { digest, size } of distinct([...output.blobs, record])) {
        if (await client.hasBlob(repository, digest, 'push')) continue;
        await client.uploadBlob(repository, { digest, size, path: source.pathOf(digest) });
        sent += size;
      }
      const bytes = manifestOf(record, output.blobs);
      await client.pushManifest(repository, hexOf(key), { mediaType: mediaTypes.ociManifest, bytes });
      return sent + bytes.length;
    },
  };
}

/** Registries ask for at least one layer (image-spec, "guidelines for artifact usage"): a record without blobs stands for itself. */
function manifestOf(record: StoredBlob, blobs: readonly StoredBlob[]): Buffer {
  const described = ({ digest, size }: StoredBlob, mediaType: string): Descriptor => ({ mediaType, digest, size });
  const layers = distinct(blobs).map((blob) => described(blob, blobType));
  const config = described(record, recordType);
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType, config, layers: layers.length > 0 ? layers : [config] }));
}

function distinct(blobs: readonly StoredBlob[]): readonly StoredBlob[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}
