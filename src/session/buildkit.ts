import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { PlannedArtefact } from '../build/plan.ts';
import type { FunctionReport } from '../build/report.ts';
import { fromEngine } from '../build/local-image.ts';
import { parseManifest } from '../oci/image-json.ts';
import { findEngine } from '../publish/docker-engine.ts';
import { digestOf } from '../base/digest.ts';
import type { Store } from '../store/store.ts';
import { hasBuildx } from '../tools/has-buildx.ts';

type BuildKitArtefact = Extract<PlannedArtefact, { kind: 'buildkit' }>;

/** Hands a Dockerfile that the native engine does not wholly take to the Docker engine; without one it is a clear failure. */
export async function buildByEngine(host: Host, store: Store, artefact: BuildKitArtefact): Promise<FunctionReport> {
  const start = host.now();
  await needEngine(host, artefact);
  const args = [
    'build', '--platform', artefact.platform, '--file', artefact.dockerfile, '--tag', artefact.name,
    ...(artefact.target === null ? [] : ['--target', artefact.target]),
    ...Object.entries(artefact.buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
  ];
  const command = (await hasBuildx(host)) ? ['buildx', ...args, '--provenance=false', '--sbom=false', '--load'] : args;
  const result = await host.run('docker', [...command, artefact.context]);
  if (result.code !== 0) {
    throw failure('build/failed', `docker build of ${artefact.fullPath} ended with exit code ${result.code}`, {
      why: (result.stderr || result.stdout).trim().split('\n').slice(-15).join('\n'),
    });
  }
  const local = await fromEngine(host, store, artefact.name, artefact.platform === 'linux/arm64' ? 'arm64' : 'x86_64');
  const manifest = parseManifest(local.manifestBytes);
  const layers = manifest.ok ? manifest.value.layers.map(({ digest, size }) => ({ role: 'application' as const, digest, size })) : [];
  return {
    name: artefact.fullPath, package: 'image', engine: 'buildkit', cached: false, ms: host.now() - start,
    image: { digest: digestOf(local.manifestBytes), layers, tag: artefact.name },
  };
}

/** Fails with `build/unsupported-instruction`, which says why an engine is needed, when none answers. */
export async function needEngine(host: Host, artefact: BuildKitArtefact): Promise<void> {
  if (await findEngine(host)) return;
  throw failure('build/unsupported-instruction', `${artefact.fullPath} needs a Docker engine, and none answers`, {
    place: artefact.place ?? undefined,
    why: artefact.reason,
    next: 'start Docker and run the same command again; `shear fix --dry-run` shows whether the line can be rewritten',
  });
}
