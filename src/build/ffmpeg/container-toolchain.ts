import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Architecture, Host } from '../../base/host.ts';
import { stageBase } from '../../model/built-ffmpeg-stage.ts';
import { openLayout, refName } from '../../oci/layout.ts';
import { originRepository, mirrorRepository, mirrorsOf } from '../../registry/mirrors.ts';
import { parseReference } from '../../registry/reference.ts';
import { compilerId, compilerQuestions, type CompilerSearch } from '../../tools/find-compiler.ts';
import { hasBuildx } from '../../tools/has-buildx.ts';
import { searchPath } from '../../tools/search-path.ts';
import { stripBuildKit } from './buildkit-log.ts';

/** Debian's packages with what compiles. */
const common = ['g++', 'gcc', 'libc6-dev', 'make', 'nasm', 'pkg-config', 'xz-utils', 'bzip2'];
const cross: Readonly<Record<Architecture, readonly string[]>> = { arm64: ['g++-aarch64-linux-gnu'], x86_64: ['g++-x86-64-linux-gnu'] };
const triples: Readonly<Record<Architecture, string>> = { x86_64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** How long a toolchain may take to install, milliseconds. */
const patience = 15 * 60_000;

/**
 * A compiler in a container of BuildKit's, for machines that have a Docker engine and no toolchain of their own for an architecture.
 * It runs on the engine's own architecture and compiles across: under emulation the same takes ten times as long. The `id` says the
 * same as that of a compiler on a machine, so that equal toolchains share their builds.
 */
export async function findContainerCompiler(host: Host, architecture: Architecture): Promise<CompilerSearch> {
  const missing = (why: string): CompilerSearch => ({ kind: 'missing', why, appears: [] });
  if (searchPath(host, 'docker').length === 0) return missing('docker is not installed');
  const server = await host.run('docker', ['version', '--format', '{{.Server.Arch}}'], { timeout: 10_000 }).catch(() => undefined);
  if (server?.code !== 0) return missing('no Docker engine answers');
  if (!(await hasBuildx(host))) return missing('the Docker engine has no buildx');
  const machine: Architecture = /arm64|aarch64/u.test(server.stdout) ? 'arm64' : 'x86_64';
  const prefix = machine === architecture ? '' : `${triples[architecture]}-`;
  const stage = toolchainStage(baseFor(host).reference, machine, architecture);
  const folder = await mkdtemp(join(tmpdir(), 'shear-toolchain-'));
  const label = 'make a compiler ready in BuildKit';
  const started = host.now();
  host.emit({ kind: 'step-started', id: `toolchain:${architecture}`, label });
  try {
    const dockerfile = [...stage, `RUN ${questionsScript(prefix, architecture)}`, 'FROM scratch', 'COPY --from=toolchain /toolchain /', ''].join('\n');
    const out = join(folder, 'out');
    const result = await host.run('docker', buildxArguments(host, machine, { out, context: folder, file: '-' }), { input: dockerfile, timeout: patience });
    if (result.code !== 0) return missing(`BuildKit cannot make a compiler ready (${lastLines(result.stderr)})`);
    const answers = await Promise.all(compilerQuestions.map(async (name) => await readFile(join(out, name), 'utf8')));
    const [gcc = '', linker = '', nasm = '', libc = ''] = answers;
    return { kind: 'found', compiler: { architecture, prefix, id: compilerId({ gcc, linker, nasm, libc: libc.slice(0, 12) }), container: { machine, stage } } };
  } finally {
    host.emit({ kind: 'step-finished', id: `toolchain:${architecture}`, label, cached: false, ms: host.now() - started });
    await rm(folder, { recursive: true, force: true });
  }
}

/** `docker buildx build` with a folder as its outcome. `file`: `-` takes the Dockerfile from standard input. */
export function buildxArguments(host: Host, machine: Architecture, { out, context, file }: { readonly out: string; readonly context: string; readonly file: string }): readonly string[] {
  return ['buildx', 'build', '--progress', 'plain', '--platform', platformOf(machine), '--output', `type=local,dest=${out}`, ...baseFor(host).options, '--file', file, context];
}

/** The lines of the stage that both the question and the build start from: equal, so that BuildKit makes it once. */
function toolchainStage(base: string, machine: Architecture, architecture: Architecture): readonly string[] {
  const packages = [...common, ...(machine === architecture ? [] : cross[architecture])].toSorted();
  return [
    `FROM --platform=${platformOf(machine)} ${base} AS toolchain`,
    `RUN apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')} && rm -rf /var/lib/apt/lists/*`,
  ];
}

/** Leaves an answer to each of `compilerQuestions` in /toolchain, in the words of the programs. */
function questionsScript(prefix: string, architecture: Architecture): string {
  return [
    'mkdir /toolchain && cd /toolchain', `LC_ALL=C ${prefix}gcc --version > gcc`, `LC_ALL=C ${prefix}ld --version > linker`,
    // As on a machine: who compiles for arm64 needs no nasm, and it does not decide the bytes.
    architecture === 'arm64' ? ': > nasm' : 'LC_ALL=C nasm --version > nasm', `sha256sum "$(${prefix}gcc -print-file-name=libc.a)" > libc`,
  ].join(' && ');
}

function platformOf(architecture: Architecture): string {
  return `linux/${architecture === 'arm64' ? 'arm64' : 'amd64'}`;
}

/** The base image as BuildKit gets it: from a mirror where one is named, of which it does not know. */
interface Base {
  readonly reference: string;
  /** For an image layout on this machine; engines before 23 do not take it. */
  readonly options: readonly string[];
}

function baseFor(host: Host): Base {
  const parsed = parseReference(stageBase);
  if (!parsed.ok) throw new Error('unreachable: the base of our own stage');
  const [mirror] = mirrorsOf(host, originRepository(parsed.value).registry);
  if (mirror?.kind === 'registry') {
    const { registry, name } = mirrorRepository(mirror, parsed.value);
    return { reference: `${registry}/${name}:${parsed.value.tag ?? 'latest'}`, options: [] };
  }
  const image = mirror && openLayout(mirror.path).manifests.find(({ annotations }) => annotations?.[refName] === stageBase);
  return { reference: stageBase, options: mirror && image ? ['--build-context', `${stageBase}=oci-layout://${mirror.path}@${image.digest}`] : [] };
}

/** What BuildKit calls an error, else what it said last. */
function lastLines(log: string): string {
  const lines = stripBuildKit(log).filter((line) => line.trim() !== '' && !/^-+$|^ +\d+ \|/u.test(line));
  return (lines.findLast((line) => line.startsWith('ERROR')) ?? lines.slice(-2).join('; ')).slice(0, 400);
}
