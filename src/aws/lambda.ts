import { failure } from '../base/fault.ts';
import type { Wait } from '../registry/transport.ts';
import type { AwsAnswer, AwsClient } from './client.ts';
import { jsonOf, listIn, mapIn, textIn } from './json.ts';

/** A function as Lambda has it. */
export interface CloudFunction {
  readonly name: string;
  /** Base64 of the zip's sha256; for images hexadecimal, or empty. */
  readonly codeSha256: string;
  /** The image by digest, where Lambda tells it. */
  readonly imageUri: string | undefined;
  readonly architectures: readonly string[];
  /** ARNs with versions. */
  readonly layers: readonly string[];
  readonly logGroup: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What a function gets: a zip of its own, one in a bucket, or an image. */
export type CodeSource =
  | { readonly kind: 'zip'; readonly bytes: Uint8Array }
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string }
  | { readonly kind: 'image'; readonly uri: string };

const functions = '/2015-03-31/functions';
/** Milliseconds between two looks at an update that goes on: quick at first, since most end within a second. */
const pauses = [80, 120, 160, 200, 250, 300];
/** Longest time that an update is waited for, milliseconds. */
const patience = 5 * 60_000;

/** GetFunction. */
export async function getFunction(aws: AwsClient, name: string): Promise<CloudFunction> {
  const answer = await aws.call({ service: 'lambda', what: `GetFunction of ${name}`, method: 'GET', path: `${functions}/${encodeURIComponent(name)}` });
  const json = jsonOf(answer.text);
  const configuration = mapIn(json, 'Configuration');
  const code = mapIn(json, 'Code');
  return {
    name, codeSha256: textIn(configuration, 'CodeSha256') ?? '', imageUri: textIn(code, 'ResolvedImageUri') ?? textIn(code, 'ImageUri'),
    architectures: Array.isArray(configuration['Architectures']) ? configuration['Architectures'].map(String) : [],
    layers: listIn(configuration, 'Layers').flatMap((layer) => textIn(layer, 'Arn') ?? []),
    logGroup: textIn(mapIn(configuration, 'LoggingConfig'), 'LogGroup') ?? `/aws/lambda/${name}`,
    tags: Object.fromEntries(Object.entries(mapIn(json, 'Tags')).map(([key, value]) => [key, String(value)])),
  };
}

/** UpdateFunctionCode; does not wait for its end. Gives the new CodeSha256. */
export async function updateFunctionCode(aws: AwsClient, name: string, code: CodeSource, wait: Wait): Promise<string> {
  const body = code.kind === 'zip' ? { ZipFile: Buffer.from(code.bytes).toString('base64') } : code.kind === 's3' ? { S3Bucket: code.bucket, S3Key: code.key } : { ImageUri: code.uri };
  const answer = await whenFree(wait, name, () => aws.call({
    service: 'lambda', what: `UpdateFunctionCode of ${name}`, method: 'PUT', path: `${functions}/${encodeURIComponent(name)}/code`, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), accept: ({ code: told }) => told === 'ResourceConflictException',
  }));
  return textIn(jsonOf(answer.text), 'CodeSha256') ?? '';
}

/** Sets a function's layers. */
export async function updateLayers(aws: AwsClient, name: string, layers: readonly string[], wait: Wait): Promise<void> {
  await whenFree(wait, name, () => aws.call({
    service: 'lambda', what: `UpdateFunctionConfiguration of ${name}`, method: 'PUT', path: `${functions}/${encodeURIComponent(name)}/configuration`, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ Layers: layers }), accept: ({ code }) => code === 'ResourceConflictException',
  }));
}

/** Waits until the last update of code or configuration has ended; fails when it did so badly. */
export async function waitUntilUpdated(aws: AwsClient, name: string, wait: Wait, now: () => number): Promise<void> {
  const started = now();
  for (let n = 0; ; n++) {
    const answer = await aws.call({ service: 'lambda', what: `GetFunctionConfiguration of ${name}`, method: 'GET', path: `${functions}/${encodeURIComponent(name)}/configuration` });
    const json = jsonOf(answer.text);
    const status = textIn(json, 'LastUpdateStatus') ?? 'Successful';
    if (status === 'Successful' && textIn(json, 'State') !== 'Pending') return;
    if (status === 'Failed') throw failure('aws/refused', `Lambda could not take the new code of ${name}`, { why: [textIn(json, 'LastUpdateStatusReasonCode'), textIn(json, 'LastUpdateStatusReason')].filter(Boolean).join(': ') || undefined });
    if (now() - started > patience) throw failure('aws/unavailable', `Lambda has not taken the new code of ${name} within 5 minutes`, { next: 'look at the function in the AWS console' });
    await wait(pauses[Math.min(n, pauses.length - 1)] ?? 300);
  }
}

/** PublishVersion, then UpdateAlias: what AutoPublishAlias does at a deployment. Gives the version. */
export async function publishToAlias(aws: AwsClient, name: string, alias: string): Promise<string> {
  const published = await aws.call({ service: 'lambda', what: `PublishVersion of ${name}`, method: 'POST', path: `${functions}/${encodeURIComponent(name)}/versions`, headers: { 'content-type': 'application/json' }, body: '{}' });
  const version = textIn(jsonOf(published.text), 'Version') ?? '$LATEST';
  await aws.call({ service: 'lambda', what: `UpdateAlias of ${name}:${alias}`, method: 'PUT', path: `${functions}/${encodeURIComponent(name)}/aliases/${encodeURIComponent(alias)}`, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ FunctionVersion: version }) });
  return version;
}

/** PublishLayerVersion; gives the ARN with its version. */
export async function publishLayer(aws: AwsClient, name: string, content: CodeSource): Promise<string> {
  const from = content.kind === 'zip' ? { ZipFile: Buffer.from(content.bytes).toString('base64') } : content.kind === 's3' ? { S3Bucket: content.bucket, S3Key: content.key } : {};
  const answer = await aws.call({
    service: 'lambda', what: `PublishLayerVersion of ${name}`, method: 'POST', path: `/2018-10-31/layers/${encodeURIComponent(name)}/versions`, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ Content: from }),
  });
  return textIn(jsonOf(answer.text), 'LayerVersionArn') ?? '';
}

/** Another update of the same function is under way: waits for its end. */
async function whenFree(wait: Wait, name: string, ask: () => Promise<AwsAnswer>): Promise<AwsAnswer> {
  for (let n = 0; ; n++) {
    const answer = await ask();
    if (!answer.error) return answer;
    if (n >= 200) throw failure('aws/unavailable', `another update of ${name} does not end`, { why: answer.error.message });
    await wait(pauses[Math.min(n, pauses.length - 1)] ?? 300);
  }
}
