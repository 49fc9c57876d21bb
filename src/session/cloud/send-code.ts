import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, failure } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import type { FunctionReport } from '../../build/report.ts';
import type { AwsClient } from '../../aws/client.ts';
import { ecrPassword } from '../../aws/ecr.ts';
import { getFunction, publishLayer, publishToAlias, updateFunctionCode, updateLayers, waitUntilUpdated, type CodeSource } from '../../aws/lambda.ts';
import { parseManifest } from '../../oci/image-json.ts';
import { openLayout } from '../../oci/layout.ts';
import { createRegistryClient, type RegistryClient } from '../../registry/client.ts';
import { ecrRegion, findCredentials } from '../../registry/credentials.ts';
import { pushImage } from '../../registry/push-image.ts';
import { parseReference } from '../../registry/reference.ts';
import type { Wait } from '../../registry/transport.ts';
import { destinationOf, tagOf } from '../push.ts';
import { createZipWay } from './zip-way.ts';

/** What sends code; keeps connections, tokens and what the registry is known to have. */
export interface CodeSender {
  /** Gives what Lambda calls the new code, and the bytes that went over the wire for it. */
  readonly send: (fn: FunctionReport, physical: { readonly name: string; readonly alias: string | undefined }, onSent: () => void) => Promise<SentResult>;
  /** Publishes a layer's zip and lets functions use it. `layer` is its ARN without the version. */
  readonly sendLayer: (report: FunctionReport, layer: string, users: readonly string[]) => Promise<SentResult>;
  readonly registry: () => RegistryClient;
}

/** What was sent. */
export interface SentResult {
  readonly cloud: string;
  readonly bytes: number;
  /** The alias now leads here. */
  readonly version: string | undefined;
}

/** Where a sender works. */
export interface SenderOptions {
  readonly aws: AwsClient;
  /** Absolute project folder. */
  readonly folder: string;
  readonly bucket: string | undefined;
  readonly stackName: string;
  readonly repositoryOf: (name: string) => string;
  readonly wait: Wait;
}

/** A sender with nothing known yet. */
export function createSender(host: Host, options: SenderOptions): CodeSender {
  const { aws, wait } = options;
  let client: RegistryClient | undefined;
  const registry = (): RegistryClient => (client ??= remembering(createRegistryClient(host, wait, (name) => credentialsFor(host, aws, name))));
  const pushed = async (fn: FunctionReport): Promise<{ readonly uri: string; readonly bytes: number }> => {
    try {
      return await pushOnce(host, registry(), fn, options);
    } catch (error) {
      // Nothing that was known of the registry is believed any more. A token of ECR lasts 12 hours, a session may last longer: once more with a new one.
      client = undefined;
      if (!(error instanceof Failure) || error.fault.code !== 'registry/unauthorized') throw error;
      return await pushOnce(host, registry(), fn, options);
    }
  };
  const zips = createZipWay(aws, { named: options.bucket, prefix: options.stackName });
  /** Gives the code to `use`, once more by another way where the first is refused. */
  const give = async <T>(fn: FunctionReport, use: (code: CodeSource) => Promise<T>): Promise<{ readonly used: T; readonly code: CodeSource; readonly bytes: number }> => {
    if (fn.image) {
      const { uri, bytes } = await pushed(fn);
      const code = { kind: 'image' as const, uri };
      return { used: await use(code), code, bytes };
    }
    const zip = readFileSync(fn.zip?.path ?? '');
    const { code, bytes } = await zips.sourceOf(fn.name, zip);
    try {
      return { used: await use(code), code, bytes };
    } catch (error) {
      if (!zips.refused(code, zip, error)) throw error;
      const other = await zips.sourceOf(fn.name, zip);
      return { used: await use(other.code), code: other.code, bytes: bytes + other.bytes };
    }
  };
  return {
    registry,
    send: async (fn, { name, alias }, onSent) => {
      const { used: cloud, code, bytes } = await give(fn, async (source) => await updateFunctionCode(aws, name, source, wait));
      onSent();
      await waitUntilUpdated(aws, name, wait, host.now);
      const version = alias === undefined ? undefined : await publishToAlias(aws, name, alias);
      return { cloud: code.kind === 'image' ? code.uri : cloud, bytes, version };
    },
    sendLayer: async (report, layer, users) => {
      const { used: arn, bytes } = await give(report, async (source) => await publishLayer(aws, layer.split(':').at(-1) ?? layer, source));
      await Promise.all(users.map(async (name) => {
        const { layers } = await getFunction(aws, name);
        const next = layers.map((own) => (own.replace(/:\d+$/u, '') === layer ? arn : own));
        if (next.join() === layers.join()) return;
        await updateLayers(aws, name, next, wait);
        await waitUntilUpdated(aws, name, wait, host.now);
      }));
      return { cloud: arn, bytes, version: arn.split(':').at(-1) };
    },
  };
}

async function pushOnce(host: Host, client: RegistryClient, fn: FunctionReport, { folder, repositoryOf }: SenderOptions): Promise<{ readonly uri: string; readonly bytes: number }> {
  const name = repositoryOf(fn.name);
  const reference = parseReference(name);
  if (!reference.ok) throw new Failure(reference.error);
  const layout = openLayout(join(folder, fn.image?.layout ?? ''));
  const [manifest] = layout.manifests;
  const content = manifest && parseManifest(readFileSync(layout.pathOf(manifest.digest)));
  if (!manifest || !content?.ok) throw failure('publish/failed', `${fn.name} has no built image`, { next: 'run `shear build`' });
  const { bytes } = await pushImage(client, destinationOf(host, reference.value), { manifest, config: content.value.config, layers: content.value.layers }, { source: layout, tags: [tagOf(fn.name, manifest.digest)] });
  return { uri: `${name}@${manifest.digest}`, bytes };
}

/** ECR is asked with the session's own keys; other registries as Docker does, and ECR too where that fails. */
async function credentialsFor(host: Host, aws: AwsClient, registry: string): ReturnType<typeof findCredentials> {
  if (ecrRegion(registry) !== aws.region) return await findCredentials(host, registry);
  return { credentials: { kind: 'password', ...(await ecrPassword(aws)) }, lookedIn: ['ecr:GetAuthorizationToken'] };
}

/** What a registry was found to have is not asked for again: blobs do not go while a session lasts, and each question costs a round trip. */
function remembering(client: RegistryClient): RegistryClient {
  const known = new Set<string>();
  return {
    ...client,
    hasBlob: async (repository, digest, action) => {
      const key = `${repository.origin} ${repository.name} ${digest}`;
      if (known.has(key)) return true;
      const has = await client.hasBlob(repository, digest, action);
      if (has) known.add(key);
      return has;
    },
    uploadBlob: async (repository, upload) => {
      const way = await client.uploadBlob(repository, upload);
      known.add(`${repository.origin} ${repository.name} ${upload.digest}`);
      return way;
    },
  };
}
