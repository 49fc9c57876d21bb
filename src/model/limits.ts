/** A quota of Lambda's, with the page it comes from. */
export interface Limit {
  readonly value: number;
  readonly unit: 'bytes' | 'megabytes' | 'seconds' | 'milliseconds' | 'count';
  /** What it bounds, for messages. */
  readonly what: string;
  readonly source: string;
}

const quotas = 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html';
const mebibyte = 1024 * 1024;

/** The quotas by name. */
export type LimitName =
  | 'memoryMinimum'
  | 'memoryMaximum'
  | 'timeoutMaximum'
  | 'ephemeralStorageMinimum'
  | 'ephemeralStorageMaximum'
  | 'environment'
  | 'layers'
  | 'zipUpload'
  | 'zipUnpacked'
  | 'imageUnpacked'
  | 'imageLayers'
  | 'payload'
  | 'asynchronousPayload'
  | 'streamedResponse'
  | 'initialisation'
  | 'openFiles'
  | 'threads'
  | 'extensions';

/** Lambda's quotas that decide what can be built, configured and run. */
export const limits: Readonly<Record<LimitName, Limit>> = {
  memoryMinimum: { value: 128, unit: 'megabytes', what: 'memory of a function, at least', source: quotas },
  memoryMaximum: { value: 10_240, unit: 'megabytes', what: 'memory of a function, at most', source: quotas },
  timeoutMaximum: { value: 900, unit: 'seconds', what: 'timeout of a function, at most', source: quotas },
  ephemeralStorageMinimum: { value: 512, unit: 'megabytes', what: '/tmp of a function, at least', source: quotas },
  ephemeralStorageMaximum: { value: 10_240, unit: 'megabytes', what: '/tmp of a function, at most', source: quotas },
  environment: { value: 4096, unit: 'bytes', what: 'all environment variables of a function together', source: quotas },
  layers: { value: 5, unit: 'count', what: 'Lambda layers of a function', source: quotas },
  zipUpload: { value: 50 * mebibyte, unit: 'bytes', what: 'zip uploaded directly', source: quotas },
  zipUnpacked: { value: 250 * mebibyte, unit: 'bytes', what: 'unpacked zip with its Lambda layers', source: quotas },
  imageUnpacked: { value: 10 * 1024 * mebibyte, unit: 'bytes', what: 'uncompressed container image', source: quotas },
  imageLayers: { value: 127, unit: 'count', what: 'image layers', source: 'https://docs.docker.com/engine/storage/drivers/overlayfs-driver/' },
  payload: { value: 6 * mebibyte, unit: 'bytes', what: 'synchronous request or response', source: quotas },
  asynchronousPayload: { value: mebibyte, unit: 'bytes', what: 'asynchronous request', source: quotas },
  streamedResponse: { value: 200 * mebibyte, unit: 'bytes', what: 'streamed response', source: quotas },
  initialisation: { value: 10, unit: 'seconds', what: 'init phase of an on-demand function', source: 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html' },
  openFiles: { value: 1024, unit: 'count', what: 'open file descriptors', source: quotas },
  threads: { value: 1024, unit: 'count', what: 'processes and threads', source: quotas },
  extensions: { value: 10, unit: 'count', what: 'external extensions', source: 'https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html' },
};

/** Megabytes of memory that come with one whole virtual CPU. Source: Lambda developer guide, "Configure memory". */
export const megabytesPerCpu = 1769;

export { isDeprecated, manylinuxOf, pythonOfRuntime, runtimeFacts, runtimesAsOf, type RuntimeFacts } from './runtimes.ts';
