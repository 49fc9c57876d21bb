import { Failure } from '../base/fault.ts';
import type { BlobSink, BlobWriter } from '../oci/blob-sink.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { HttpResponse } from './http.ts';
import type { Repository } from './mirrors.ts';
import { corrupt, unreachable, type Asked } from './registry-fault.ts';
import { backoff, type Transport, type Wait } from './transport.ts';

/** Told after each chunk: bytes so far. */
export type OnBytes = (bytes: number) => void;

/** Attempts in a row that bring nothing. */
const mostAttempts = 5;

/**
 * Fetches a blob into a sink, verified by size and digest. A transfer that is cut goes on where it
 * stopped (RFC 9110 14.2, Range) when the registry can, else from the start.
 */
export async function fetchBlob(
  repository: Repository,
  descriptor: Descriptor,
  sink: BlobSink,
  tools: { readonly transport: Transport; readonly wait: Wait; readonly onBytes: OnBytes },
): Promise<void> {
  const asked: Asked = { repository, what: `the blob ${descriptor.digest} of ${repository.name}`, action: 'pull' };
  const path = `/v2/${repository.name}/blobs/${descriptor.digest}`;
  let writer = sink.begin();
  let seen = 0;
  try {
    for (let failures = 0; seen < descriptor.size || descriptor.size === 0; ) {
      const headers: Record<string, string> = seen > 0 ? { range: `bytes=${seen}-` } : {};
      const response = await tools.transport.request(asked, path, { headers, accept: [200, 206, 416] });
      if (seen > 0 && !continues(response, seen)) {
        writer.abort();
        writer = sink.begin();
        seen = 0;
        if (response.status !== 200) {
          response.body.resume();
          if (++failures >= mostAttempts) throw corrupt(asked, 'it refuses to go on with a transfer that was cut');
          continue;
        }
      }
      const before = seen;
      const error = await copy(response, writer, descriptor.size - seen, (bytes) => tools.onBytes((seen += bytes)));
      if (error instanceof Failure) throw error;
      if (seen > descriptor.size) throw corrupt(asked, `more than the ${descriptor.size} bytes that the manifest gives`);
      if (seen === descriptor.size) break;
      if (error === undefined) throw corrupt(asked, `${seen} bytes came where the manifest gives ${descriptor.size}`);
      failures = seen > before ? 1 : failures + 1;
      if (failures >= mostAttempts) throw unreachable(error, asked);
      await tools.wait(backoff(failures));
    }
    await commit(writer, descriptor, asked);
  } finally {
    writer.abort();
  }
}

function continues(response: HttpResponse, from: number): boolean {
  return response.status === 206 && (response.headers['content-range'] ?? '').startsWith(`bytes ${from}-`);
}

/** Copies a body; gives back the error that cut it, and stops as soon as there is more than expected. */
async function copy(response: HttpResponse, writer: BlobWriter, most: number, onChunk: (bytes: number) => void): Promise<unknown> {
  let left = most;
  try {
    for await (const chunk of response.body) {
      const bytes: Buffer = chunk as Buffer;
      left -= bytes.length;
      if (left >= 0) writer.write(bytes);
      onChunk(bytes.length);
      if (left < 0) return undefined;
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

async function commit(writer: BlobWriter, descriptor: Descriptor, asked: Asked): Promise<void> {
  try {
    await writer.commit(descriptor);
  } catch (error) {
    if (error instanceof Failure && error.fault.code === 'registry/corrupt') throw corrupt(asked, error.message);
    throw error;
  }
}
