import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Host } from '../../src/base/host.ts';
import { searchPath } from '../../src/tools/search-path.ts';
import { freePort } from './free-port.ts';
import { installInto } from './install-into.ts';
import { makeOnce } from './make-once.ts';

/** A stand-in for the AWS APIs on 127.0.0.1. */
export interface Ministack {
  readonly kind: 'ministack';
  /** For AWS_ENDPOINT_URL. */
  readonly url: string;
  /** Endpoint, region and made-up credentials, for sam and SDKs. */
  readonly env: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/**
 * Starts ministack: the user's, else one installed into a virtual environment below `cache`, once. Without Docker: nothing is to run in it.
 * @param settings environment variables of its own, such as `AUTH` for the enforcement of policies.
 */
export async function startMinistack(host: Host, cache: string, settings: Readonly<Record<string, string>> = {}): Promise<Ministack | { readonly kind: 'none'; readonly reason: string }> {
  const program = searchPath(host, 'ministack')[0] ?? (await installed(host, cache));
  if (program === undefined) return { kind: 'none', reason: 'ministack could not be installed' };
  const port = await freePort();
  // Unless told so it listens to the whole network.
  const env = { ...process.env, BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port), MINISTACK_ACCOUNT_ID: '123456789012', DOCKER_HOST: 'unix:///nonexistent', ...settings };
  const child = spawn(program, [], { env, stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    for (let i = 0; i < 50 && child.exitCode === null && child.signalCode === null; i++) await wait(100);
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  };
  // Quick where nothing else is done; minutes beside a compiler.
  for (let i = 0; i < 900 && child.exitCode === null; i++) {
    if (await answers(url)) return { kind: 'ministack', url, env: awsEnvironment(url), stop };
    await wait(200);
  }
  await stop();
  return { kind: 'none', reason: 'ministack did not answer in three minutes' };
}

/** The Python that ministack was installed with, which has boto3; undefined where it is the user's. */
export function ministackPython(cache: string): string | undefined {
  const python = join(cache, 'peers', 'ministack', 'bin', 'python');
  return existsSync(python) ? python : undefined;
}

function awsEnvironment(url: string): Readonly<Record<string, string>> {
  return { AWS_ENDPOINT_URL: url, AWS_DEFAULT_REGION: 'us-east-1', AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: '123456789012', AWS_SECRET_ACCESS_KEY: 'local', SAM_CLI_TELEMETRY: '0' };
}

async function installed(host: Host, cache: string): Promise<string | undefined> {
  const folder = join(cache, 'peers', 'ministack');
  const program = join(folder, 'bin', 'ministack');
  await makeOnce(host, folder, () => existsSync(program), async () => {
    host.emit({ kind: 'note', text: 'installing ministack into .cache, once' });
    await installInto(host, folder, ['ministack==1.5.33', 'aws-sam-translator==1.115.0']);
  });
  return existsSync(program) ? program : undefined;
}

function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(1000) }).then(() => true, () => false);
}
