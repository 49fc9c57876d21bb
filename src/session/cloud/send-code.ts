import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, failure } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import type { FunctionReport } from '../../build/report.ts';
import type { AwsClient } from '../../aws/client.ts';
import { stackResources } from '../../aws/cloudformation.ts';
import { ecrPassword } from '../../aws/ecr.ts';
import { getFunction, publishLayer, publishToAlias, updateFunctionCode, updateLayers, waitUntilUpdated, type CodeSource } from '../../aws/lambda.ts';
import { putObject } from '../../aws/s3.ts';
import { parseManifest } from '../../oci/image-json.ts';
import { openLayout } from '../../oci/layout.ts';
import { createRegistryClient, type RegistryClient } from '../../registry/client.ts';
import { ecrRegion, findCredentials } from '../../registry/credentials.ts';
import { pushImage } from '../../registry/push-image.ts';
import { parseReference } from '../../registry/reference.ts';
import type { Wait } from '../../registry/transport.ts';
import { destinationOf, tagOf } from '../push.ts';

/** A zip goes into the request itself up to here, bytes (Lambda quotas: 50 MB, zipped, for direct upload); larger ones by S3. */
const mostDirect = 50 * 1024 * 1024;

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
  const sourceOf = async (fn: FunctionReport): Promise<{ readonly code: CodeSource; readonly bytes: number }> => {
    if (fn.image) {
      const { uri, bytes } = await pushed(fn);
      return { code: { kind: 'image', uri }, bytes };
    }
    const zip = readFileSync(fn.zip?.path ?? '');
    if (zip.length <= mostDirect) return { code: { kind: 'zip', bytes: zip }, bytes: zip.length };
    const place = { bucket: options.bucket ?? (await managedBucket(aws)), key: `shear/${fn.name}-${fn.zip?.sha256.slice(0, 32) ?? ''}.zip` };
    await putObject(aws, place, zip);
    return { code: { kind: 's3', ...place }, bytes: zip.length };
  };
  return {
    registry,
    send: async (fn, { name, alias }, onSent) => {
      const { code, bytes } = await sourceOf(fn);
      const cloud = await updateFunctionCode(aws, name, code, wait);
      onSent();
      await waitUntilUpdated(aws, name, wait, host.now);
      const version = alias === undefined ? undefined : await publishToAlias(aws, name, alias);
      return { cloud: code.kind === 'image' ? code.uri : cloud, bytes, version };
    },
    sendLayer: async (report, layer, users) => {
      const { code, bytes } = await sourceOf(report);
      const arn = await publishLayer(aws, layer.split(':').at(-1) ?? layer, code);
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

/** The bucket that sam made for deployments (`resolve_s3`). */
async function managedBucket(aws: AwsClient): Promise<string> {
  const found = (await stackResources(aws, 'aws-sam-cli-managed-default').catch(() => [])).find(({ type }) => type === 'AWS::S3::Bucket');
  if (found) return found.physicalId;
  throw failure('usage', 'a zip over 50 MB goes to Lambda through a bucket, and none is named', { next: 'write s3_bucket into samconfig, or deploy once with `resolve_s3 = true`' });
}
