import { failure } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import { searchPath } from '../../tools/search-path.ts';
import type { RegistryClient } from '../../registry/client.ts';
import type { BuildOptions } from '../build.ts';
import { push } from '../push.ts';
import type { CloudTarget } from './target.ts';

/** What a deployment needs. */
export interface DeployRequest {
  readonly target: CloudTarget;
  readonly build: BuildOptions;
  readonly region: string;
  readonly hasImages: boolean;
  readonly client: () => RegistryClient;
  readonly onLine: (line: string) => void;
}

/** Lets `sam deploy` bring the stack to the built template. Images are pushed first, so that it needs no Docker. */
export async function deploy(host: Host, { target, build, region, hasImages, client, onLine }: DeployRequest): Promise<void> {
  const sam = host.env['SHEAR_SAM'] ?? searchPath(host, 'sam')[0];
  if (sam === undefined) {
    throw failure('tool/missing', `the stack ${target.stackName} has to be deployed, and sam is not there`, { next: `install the AWS SAM CLI, or deploy the stack yourself: \`sam deploy --config-env ${target.profile}\`` });
  }
  if (hasImages) await push(host, { ...build, profile: target.profile }, undefined, client());
  const overrides = Object.entries(build.parameterOverrides).map(([name, value]) => `ParameterKey=${name},ParameterValue=${JSON.stringify(value)}`);
  const merged = [...target.parameters].filter(([name]) => !(name in build.parameterOverrides)).map(([name, value]) => `ParameterKey=${name},ParameterValue=${JSON.stringify(value)}`);
  const args = [
    'deploy', '--config-env', target.profile, '--region', region, '--no-confirm-changeset', '--no-fail-on-empty-changeset',
    // What is said on the command line takes the place of all that samconfig says, so that is said again.
    ...(overrides.length > 0 ? ['--parameter-overrides', ...merged, ...overrides] : []),
  ];
  const { code, stdout, stderr } = await host.run(sam, args, { cwd: build.folder, env: { SAM_CLI_TELEMETRY: '0' }, onStderr: (text) => text.split('\n').filter((line) => line.trim() !== '').forEach(onLine) });
  if (code === 0) return;
  const told = `${stdout}\n${stderr}`.split('\n').filter((line) => /error|failed|denied|invalid/iu.test(line)).slice(-6).join('\n');
  throw failure('publish/failed', `\`sam deploy\` of ${target.stackName} failed (${code})`, { why: told === '' ? stderr.trim().split('\n').slice(-4).join('\n') : told, next: `run \`sam deploy --config-env ${target.profile}\` to see all that it says` });
}
