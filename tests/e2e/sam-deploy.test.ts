import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCountingRegistry, type CountingRegistry } from '../../scripts/bench/counting-registry.ts';
import { startMinistack, type Ministack } from '../../scripts/peers/ministack.ts';
import { provideSam } from '../../scripts/peers/sam.ts';
import { shear, timed, type TimedRun } from '../../scripts/scenario/shear-cli.ts';
import { cacheFolder } from '../../scripts/script-host.ts';
import { buildExample, host, isBuilt, sharedCache } from './built-project.ts';

const registryName = '123456789012.dkr.ecr.us-east-1.amazonaws.com';

describe.runIf(isBuilt)('what shear builds, deployed by sam to a stand-in of AWS without Docker', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shear-deploy-'));
  let aws: Ministack | { readonly kind: 'none'; readonly reason: string };
  let sam: Awaited<ReturnType<typeof provideSam>>;
  let registry: CountingRegistry;
  beforeAll(async () => {
    aws = await startMinistack(host, cacheFolder);
    sam = await provideSam(host, cacheFolder);
    registry = await startCountingRegistry(join(folder, 'registry'));
    if (aws.kind === 'ministack') await fetch(`${aws.url}/artefacts`, { method: 'PUT' });
  });
  afterAll(async () => {
    if (aws.kind === 'ministack') await aws.stop();
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes the zip function with its layers', async (context) => {
    if (aws.kind === 'none') return context.skip(aws.reason);
    if ('reason' in sam) return context.skip(sam.reason);
    const project = await buildExample({ example: 'transcribe-zip', folder: join(folder, 'zip') });
    const { code, stdout, stderr } = await deploy(sam.path, project.folder, aws, 'zip');
    expect(code, `${stdout}${stderr}`).toBe(0);
    expect(stdout).toContain('Successfully created/updated stack - e2e-zip');
  });

  it('takes the image function by digest once shear has pushed it', async (context) => {
    if (aws.kind === 'none') return context.skip(aws.reason);
    if ('reason' in sam) return context.skip(sam.reason);
    const project = await buildExample({ example: 'transcribe', folder: join(folder, 'image') });
    const mirrors = [`${registryName}=http://${registry.address}`, ...(project.base.kind === 'stand-in' ? [project.base.mirrors] : [])];
    configure(project.folder, 'image');
    const env = { ...aws.env, SHEAR_CACHE: sharedCache, SHEAR_REGISTRY_MIRRORS: mirrors.join(',') };
    const pushed = await shear(['push', '--profile', 'e2e'], { cwd: project.folder, env });
    expect(pushed.code, `${pushed.stdout}${pushed.stderr}`).toBe(0);
    expect(readFileSync(join(project.folder, '.aws-sam', 'build', 'template.yaml'), 'utf8')).toContain(`${registryName}/transcribe@${project.built.image?.digest}`);
    const { code, stdout, stderr } = await deploy(sam.path, project.folder, aws, 'image');
    expect(code, `${stdout}${stderr}`).toBe(0);
    expect(stdout).toContain('Successfully created/updated stack - e2e-image');
  });
});

/** A samconfig environment of the test's own: the stand-in cannot do what `resolve_s3` and `resolve_image_repos` ask for. */
function configure(project: string, name: string): void {
  const parameters = [`stack_name = "e2e-${name}"`, 's3_bucket = "artefacts"', 'capabilities = "CAPABILITY_IAM"', `image_repository = "${registryName}/transcribe"`];
  const path = join(project, 'samconfig.toml');
  if (!readFileSync(path, 'utf8').includes('[e2e.')) appendFileSync(path, `\n[e2e.deploy.parameters]\n${parameters.join('\n')}\n`);
}

async function deploy(sam: string, project: string, aws: Ministack, name: string): Promise<TimedRun> {
  configure(project, name);
  return await timed(sam, ['deploy', '--config-env', 'e2e'], { cwd: project, env: { ...aws.env, DOCKER_HOST: 'unix:///nonexistent' } });
}
