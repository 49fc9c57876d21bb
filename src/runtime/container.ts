import { randomBytes } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { digestOf, hexOf, type Digest } from '../base/digest.ts';
import { failure } from '../base/fault.ts';
import type { Architecture, Host } from '../base/host.ts';
import { writeArchive } from '../oci/archive.ts';
import type { Backend } from './backend.ts';
import { processorsFor } from './cpu-share.ts';
import { engineVariables } from './environment.ts';
import type { Launch } from './launch.ts';
import type { RootLayer } from './rootfs.ts';
import { temporaryName } from './temporary-name.ts';

type Engine = Extract<Backend, { readonly kind: 'docker' }>;

/** What to run in a container. */
export interface ContainerRun {
  /** As the engine knows the image. */
  readonly image: string;
  readonly argv: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Inside the container; the image's own when absent. */
  readonly workingFolder: string | undefined;
  /** Mebibytes of /tmp, and of memory. */
  readonly tmpSize: number;
  readonly memory: number;
  readonly limitsCpu?: boolean | undefined;
  /** Folders of this machine, read-only, by their paths in the container. */
  readonly mounts: readonly (readonly [from: string, to: string])[];
}

/**
 * The command that runs a program in a container as Lambda would: read-only but for /tmp, bounded memory, 1,024 processes, Lambda's user,
 * no privileges, this machine's network. Values of variables go through the program's environment, so that they do not show in a process list.
 */
export function inContainer(host: Host, { program }: Engine, run: ContainerRun): Launch {
  const own = engineVariables(host);
  const name = `shear-${randomBytes(8).toString('hex')}`;
  // On Linux containers share this machine's network; Docker Desktop and Finch reach it by a name.
  const isLinux = host.os === 'linux';
  const api = run.variables['AWS_LAMBDA_RUNTIME_API'] ?? '';
  const variables = isLinux ? run.variables : { ...run.variables, AWS_LAMBDA_RUNTIME_API: api.replace('127.0.0.1', 'host.docker.internal') };
  const [entrypoint = '', ...args] = run.argv;
  const isOfEngine = (variable: string): boolean => variable in own || variable === 'LD_LIBRARY_PATH';
  return {
    program,
    args: [
      'run', '--rm', '--interactive', '--name', name, ...(isLinux ? ['--network', 'host'] : []), '--read-only',
      '--tmpfs', `/tmp:rw,exec,mode=1777,size=${run.tmpSize}m`, '--memory', `${run.memory}m`, '--memory-swap', `${run.memory}m`, '--pids-limit', '1024',
      // The engine refuses more than the machine has.
      ...(run.limitsCpu === true && processorsFor(run.memory) < availableParallelism() ? ['--cpus', processorsFor(run.memory).toFixed(2)] : []),
      '--user', '993:990', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges',
      ...run.mounts.flatMap(([from, to]) => ['--mount', `type=bind,source=${from},target=${to},readonly`]),
      ...(run.workingFolder === undefined ? [] : ['--workdir', run.workingFolder]),
      ...Object.entries(variables).flatMap(([variable, value]) => ['--env', isOfEngine(variable) ? `${variable}=${value}` : variable]),
      ...(entrypoint === '' ? [] : ['--entrypoint', entrypoint]), run.image, ...args,
    ],
    env: { ...Object.fromEntries(Object.entries(variables).filter(([variable]) => !isOfEngine(variable))), ...own },
    cwd: '/',
    input: Buffer.alloc(0),
    codesAreSignals: true,
    container: { program, name },
  };
}

/** Gives layers to the engine as an image, once per list of layers; the answer is its name there. Throws `engine/docker`. */
export async function loadLayers(host: Host, { program }: Engine, layers: readonly RootLayer[], options: { readonly architecture: Architecture; readonly workFolder: string }): Promise<string> {
  const name = `shear-run:${hexOf(digestOf(layers.map((layer) => layer.diffId).join('\n'))).slice(0, 32)}`;
  const known = await host.run(program, ['image', 'inspect', '--format', '{{.Id}}', name], { timeout: 30_000 });
  if (known.code === 0) return name;
  await mkdir(options.workFolder, { recursive: true });
  const folder = temporaryName(options.workFolder);
  await mkdir(folder);
  try {
    const archive = await writeImage(layers, { name, folder, architecture: options.architecture });
    const loaded = await host.run(program, ['load', '--input', archive], { timeout: 600_000 });
    if (loaded.code === 0) return name;
    throw failure('engine/docker', `${program} does not take the image`, { why: loaded.stderr.trim().slice(0, 500) || undefined, next: 'check the space on the engine\'s disk, or leave `--backend docker` out' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeImage(layers: readonly RootLayer[], to: { readonly name: string; readonly folder: string; readonly architecture: Architecture }): Promise<string> {
  const paths = new Map<Digest, string>(layers.map((layer) => [layer.digest, layer.path]));
  const put = (text: string): { readonly digest: Digest; readonly size: number } => {
    const digest = digestOf(text);
    const path = join(to.folder, hexOf(digest));
    writeFileSync(path, text);
    paths.set(digest, path);
    return { digest, size: Buffer.byteLength(text) };
  };
  const architecture = to.architecture === 'arm64' ? 'arm64' : 'amd64';
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', ...put(JSON.stringify({ architecture, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) } })) };
  const described = layers.map(({ digest, path, diffId }) => ({ mediaType: `application/vnd.oci.image.layer.v1.tar${digest === String(diffId) ? '' : '+gzip'}`, digest, size: statSync(path).size }));
  const manifest = { mediaType: 'application/vnd.oci.image.manifest.v1+json', ...put(JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config, layers: described })) };
  const archive = join(to.folder, 'image.tar');
  await writeArchive(archive, { manifest, config, layers: described }, [to.name], {
    pathOf: (digest) => paths.get(digest) ?? '', has: (digest) => paths.has(digest),
  });
  return archive;
}
