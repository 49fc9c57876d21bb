import { Failure, failure } from '../../base/fault.ts';
import type { AwsClient } from '../../aws/client.ts';
import { stackResources } from '../../aws/cloudformation.ts';
import type { CodeSource } from '../../aws/lambda.ts';
import { putObject } from '../../aws/s3.ts';

/** A zip may go into the request itself up to here, bytes (Lambda quotas: 50 MB, zipped, for direct upload). */
const mostDirect = 50 * 1024 * 1024;
/** The request has it in base64, a third more: past so many bytes more, a bucket is the shorter way though it is a call more. */
const mostOverhead = 8 * 1024;

/** How zips reach Lambda. */
export interface ZipWay {
  /** Uploads the zip where it goes by a bucket. `bytes`: what its body has on the wire. */
  readonly sourceOf: (name: string, zip: Uint8Array) => Promise<{ readonly code: CodeSource; readonly bytes: number }>;
  /** Lambda refused what lies in the bucket; true when there is another way for this zip, which is taken from now on. */
  readonly refused: (code: CodeSource, zip: Uint8Array, error: unknown) => boolean;
}

/**
 * UpdateFunctionCode takes a zip as base64 in JSON, or the name of an object in a bucket of the same region. shear takes the bucket that
 * samconfig names, else the one that sam manages, and one object for each function, written over. Without a bucket, or where it may not
 * be used, zips go into the request.
 * @param named samconfig's s3_bucket.
 * @param prefix of the objects' names.
 */
export function createZipWay(aws: AwsClient, { named, prefix }: { readonly named: string | undefined; readonly prefix: string }): ZipWay {
  let bucket: Promise<string | undefined> | undefined;
  const direct = (zip: Uint8Array): { readonly code: CodeSource; readonly bytes: number } => ({ code: { kind: 'zip', bytes: zip }, bytes: base64Length(zip) });
  return {
    sourceOf: async (name, zip) => {
      const mayBeDirect = zip.length <= mostDirect;
      if (mayBeDirect && base64Length(zip) - zip.length <= mostOverhead) return direct(zip);
      bucket ??= named === undefined ? managedBucket(aws) : Promise.resolve(named);
      const known = await bucket;
      if (known === undefined) {
        if (mayBeDirect) return direct(zip);
        throw failure('usage', 'a zip over 50 MB goes to Lambda through a bucket, and none is named', { next: 'write s3_bucket into samconfig, or deploy once with `resolve_s3 = true`' });
      }
      const place = { bucket: known, key: `shear/${prefix}/${name}.zip` };
      try {
        await putObject(aws, place, zip);
      } catch (error) {
        if (!mayBeDirect || !isRefusal(error)) throw error;
        bucket = Promise.resolve(undefined);
        return direct(zip);
      }
      return { code: { kind: 's3', ...place }, bytes: zip.length };
    },
    refused: (code, zip, error) => {
      if (code.kind !== 's3' || zip.length > mostDirect || !isRefusal(error)) return false;
      bucket = Promise.resolve(undefined);
      return true;
    },
  };
}

function base64Length(bytes: Uint8Array): number {
  return Math.ceil(bytes.length / 3) * 4;
}

/** No other keys or a later attempt would help; keys that have ended are the session's to renew. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Failure)) return false;
  const { code, what } = error.fault;
  return code === 'aws/refused' || code === 'aws/not-found' || (code === 'aws/unauthorized' && what.endsWith(' is not allowed'));
}

/** The bucket that sam made for deployments (`resolve_s3`). */
async function managedBucket(aws: AwsClient): Promise<string | undefined> {
  return (await stackResources(aws, 'aws-sam-cli-managed-default').catch(() => [])).find(({ type }) => type === 'AWS::S3::Bucket')?.physicalId;
}
