import { failure } from '../base/fault.ts';
import type { AwsClient } from './client.ts';
import { jsonOf, listIn, textIn } from './json.ts';

/** GetAuthorizationToken: what a registry of ECR takes as a password, for 12 hours. */
export async function ecrPassword(aws: AwsClient): Promise<{ readonly user: string; readonly password: string }> {
  const answer = await aws.call({
    service: 'ecr', what: 'GetAuthorizationToken', method: 'POST', path: '/', body: '{}',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken' },
  });
  const token = textIn(listIn(jsonOf(answer.text), 'authorizationData')[0] ?? {}, 'authorizationToken');
  const pair = token === undefined ? '' : Buffer.from(token, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 1) throw failure('registry/unauthorized', 'ECR gave no token', { next: 'check that the AWS identity may call ecr:GetAuthorizationToken' });
  return { user: pair.slice(0, colon), password: pair.slice(colon + 1) };
}
