import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';

/** The region to speak to: what samconfig says, else the environment, else that of the AWS profile (AWS CLI, "configuration files"). */
export function findRegion(host: Pick<Host, 'env'>, { given, profile }: { readonly given: string | undefined; readonly profile: string | undefined }): string {
  const { env } = host;
  const region = given ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? regionOfProfile(env, profile ?? env['AWS_PROFILE'] ?? 'default');
  if (region !== undefined && /^[a-z]{2}(?:-[a-z]+)+-\d+$/u.test(region)) return region;
  throw failure('usage', region === undefined ? 'no AWS region is set' : `${region} is no AWS region`, { next: 'write `region = "eu-west-1"` into samconfig, or set AWS_REGION' });
}

function regionOfProfile(env: Host['env'], profile: string): string | undefined {
  const path = env['AWS_CONFIG_FILE'] ?? join(env['HOME'] ?? homedir(), '.aws', 'config');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  let isOwn = false;
  for (const line of text.split(/\r?\n/u)) {
    const section = /^\s*\[\s*(?:profile\s+)?([^\]]+?)\s*\]/u.exec(line)?.[1];
    if (section !== undefined) isOwn = section.replaceAll(/^["']|["']$/gu, '') === profile;
    const region = isOwn ? /^region\s*=\s*(\S+)/u.exec(line)?.[1] : undefined;
    if (region !== undefined) return region;
  }
  return undefined;
}
