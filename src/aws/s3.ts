import { createHash } from 'node:crypto';
import type { AwsClient } from './client.ts';

/** PutObject. */
export async function putObject(aws: AwsClient, { bucket, key }: { readonly bucket: string; readonly key: string }, bytes: Uint8Array): Promise<void> {
  const path = `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
  await aws.call({ service: 's3', what: `PutObject of s3://${bucket}/${key}`, method: 'PUT', path, headers: { 'content-type': 'application/zip', 'x-amz-content-sha256': createHash('sha256').update(bytes).digest('hex') }, body: bytes });
}
