import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';

/** Keys that sign requests. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  /** Milliseconds since the epoch; undefined for keys that stay. */
  readonly expiresAt: number | undefined;
}

/** Gives keys, kept until shortly before they end. */
export interface AwsCredentials {
  readonly keys: () => Promise<AwsKeys>;
  /** Looks anew: whoever has signed in again meanwhile is found. */
  readonly refresh: () => Promise<AwsKeys>;
}

/** Keys are renewed when less is left, milliseconds: a request must not arrive too late. */
const margin = 60_000;

/**
 * Keys from the environment, else as the AWS SDK finds them: a web identity, profile files with single sign-on, a process or an
 * assumed role. The metadata service of EC2 is asked only where a profile names it: on a laptop that costs seconds.
 * @param profile that of samconfig or `AWS_PROFILE`.
 */
export function findCredentials(host: Pick<Host, 'env' | 'now'>, profile: string | undefined): AwsCredentials {
  const name = profile ?? host.env['AWS_PROFILE'];
  const look = async (): Promise<AwsKeys> => (name === undefined ? fromEnvironment(host.env) : undefined) ?? (await fromChain(host, name));
  let known: AwsKeys | undefined;
  let pending: Promise<AwsKeys> | undefined;
  const refresh = (): Promise<AwsKeys> => {
    pending ??= look().finally(() => (pending = undefined));
    return pending.then((keys) => (known = keys));
  };
  return {
    refresh,
    keys: async () => (known && (known.expiresAt === undefined || known.expiresAt - margin > host.now()) ? known : await refresh()),
  };
}

function fromEnvironment(env: Host['env']): AwsKeys | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  if ((accessKeyId ?? '') === '' || (secretAccessKey ?? '') === '') return undefined;
  return { accessKeyId: accessKeyId ?? '', secretAccessKey: secretAccessKey ?? '', sessionToken: sessionToken === '' ? undefined : sessionToken, expiresAt: undefined };
}

/** Loaded only where it is needed: it takes 130 ms (measured). */
async function fromChain({ env }: Pick<Host, 'env'>, profile: string | undefined): Promise<AwsKeys> {
  const isPipeline = profile === undefined && (env['AWS_WEB_IDENTITY_TOKEN_FILE'] ?? '') !== '';
  try {
    const found = isPipeline
      ? await (await import('@aws-sdk/credential-provider-web-identity')).fromTokenFile()()
      : await (await import('@aws-sdk/credential-provider-ini')).fromIni({ ignoreCache: true, ...(profile === undefined ? {} : { profile }) })();
    return { accessKeyId: found.accessKeyId, secretAccessKey: found.secretAccessKey, sessionToken: found.sessionToken, expiresAt: found.expiration?.getTime() };
  } catch (error) {
    throw failure('aws/unauthorized', `there are no AWS credentials${profile === undefined ? '' : ` for the profile ${profile}`}`, {
      cause: error, why: error instanceof Error ? error.message : undefined,
      next: `sign in with \`aws sso login${profile === undefined ? '' : ` --profile ${profile}`}\`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
    });
  }
}
